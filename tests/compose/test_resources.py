import pytest

from sandbox.model.container_file import ContainerFile
from sandbox.model.service import CommittedMount, HostMount, given_files
from tests.compose.committed import problems, service, service_problems, with_service

TOP = "configs: {c: {content: 'v=$V'}, f: {file: ./f.conf}}\nsecrets: {s: {file: ./s.txt}}\n"
OTHERS: dict[str, str | bytes] = {
    "environments/staging/f.conf": b"\xff",
    "environments/staging/s.txt": "hush",
}


def files(attributes: str) -> tuple[ContainerFile, ...]:
    found = service(attributes, top=TOP, others=OTHERS, env="V=1")
    return tuple(sorted(given_files(found), key=lambda file: file.target))


def test_the_short_form_takes_the_default_targets() -> None:
    assert files("configs: [c, f]\nsecrets: [s]") == (
        ContainerFile(target="/c", content=b"v=1", source="config c"),
        ContainerFile(target="/f", content=b"\xff", mode=0o644, source="config f"),
        ContainerFile(
            target="/run/secrets/s", content=b"hush", mode=0o644, source="secret s", secret=True
        ),
    )


@pytest.mark.parametrize(
    ("attributes", "copied", "mounted"),
    [
        ("configs: [c, f]", ["/c"], ["/f"]),
        ("configs: [c]\nread_only: true", [], ["/c"]),
        ("configs: [{source: c, target: /run/c}]\ntmpfs: /run", [], ["/run/c"]),
        ("configs: [c]\ntmpfs: /run", ["/c"], []),
    ],
)
def test_a_file_is_mounted_and_content_is_copied_where_the_engine_can(
    attributes: str, copied: list[str], mounted: list[str]
) -> None:
    found = service(attributes, top=TOP, others=OTHERS, env="V=1")

    assert [file.target for file in found.files] == copied
    mounts = [each for each in found.mounts if isinstance(each, CommittedMount)]
    assert [each.target for each in mounts] == mounted
    assert all(each.read_only and not each.volume and not each.folder for each in mounts)


def test_the_long_form_sets_target_owner_and_mode() -> None:
    (config, secret) = files(
        "configs: [{source: c, target: /etc/c, uid: '10', gid: '20', mode: 0640}]\n"
        "secrets: [{source: s, target: other, mode: '0400'}]"
    )

    assert (config.target, config.uid, config.gid, config.mode) == ("/etc/c", 10, 20, 0o640)
    assert (secret.target, secret.mode) == ("/run/secrets/other", 0o400)


def test_a_number_without_a_leading_zero_is_decimal_as_in_compose() -> None:
    assert files("secrets: [{source: s, mode: 440}]")[0].mode == 0o670


def test_a_relative_target_of_a_config_begins_at_the_root() -> None:
    assert files("configs: [{source: c, target: a/b}]")[0].target == "/a/b"


def test_of_two_with_one_target_the_last_wins() -> None:
    assert [file.source for file in files("configs: [c, {source: f, target: /c}]")] == ["config f"]


def test_the_content_of_a_secret_is_not_in_its_text_form() -> None:
    assert "hush" not in repr(files("secrets: [s]"))


def test_a_variable_may_hold_the_content() -> None:
    found = service("secrets: [s]", top="secrets: {s: {environment: PIN}}\n", env="PIN=1234")

    assert found.files[0].content == b"1234"


def test_a_path_of_the_host_is_mounted_where_a_file_of_the_commit_is_copied() -> None:
    found = service("secrets: [{source: s, target: pin}]", top="secrets: {s: {file: /etc/x}}\n")

    mount = HostMount(source="/etc/x", target="/run/secrets/pin", read_only=True, create=False)
    assert (found.mounts, found.files) == ((mount,), ())


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        ("configs: [d]", "the config 'd' is not declared (add it under top-level `configs:`)"),
        ("secrets: [ss]", "the secret 'ss' is not declared"),
        ("configs: [{target: /x}]", "the config '' is not declared"),
        ("configs: [{source: c, mode: '999'}]", 'must be permissions such as 0440 or "0440"'),
        ("configs: [{source: c, uid: root}]", "uid must be a number"),
        ("configs: c", "must be a list, not 'c'"),
    ],
)
def test_what_cannot_be_taken_is_told(attributes: str, message: str) -> None:
    (found,) = service_problems(attributes, top=TOP, others=OTHERS, env="V=1")

    assert message in found


@pytest.mark.parametrize(
    ("declared", "message"),
    [
        ("{file: ./no}", "there is no file environments/staging/no in the commit"),
        ("{file: ../../../x}", "is not a path inside the repository"),
        ("{file: ./x, content: y}", "`file` and `content` exclude each other"),
        ("{}", "one of file, environment, content is needed"),
        ("{environment: NOPE}", "the variable NOPE is not set"),
        ("{external: true}", "`external` is not supported"),
        ("{file: ./x, template_driver: y}", "`template_driver` is not supported"),
    ],
)
def test_what_cannot_be_declared_is_told(declared: str, message: str) -> None:
    (found,) = problems(with_service("configs: [c]", f"configs: {{c: {declared}}}\n"))

    assert message in found
