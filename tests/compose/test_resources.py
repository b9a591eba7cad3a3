import pytest

from sandbox.model.service import ContainerFile
from tests.compose.committed import load, problems, service, service_problems, with_service

TOP = "configs: {c: {content: 'v=$V'}, f: {file: ./f.conf}}\nsecrets: {s: {file: ./s.txt}}\n"
OTHERS: dict[str, str | bytes] = {
    "environments/staging/f.conf": b"\xff",
    "environments/staging/s.txt": "hush",
}


def files(attributes: str) -> tuple[ContainerFile, ...]:
    return service(attributes, top=TOP, others=OTHERS, env="V=1").files


def test_the_short_form_takes_the_default_targets() -> None:
    assert files("configs: [c, f]\nsecrets: [s]") == (
        ContainerFile(target="/c", content=b"v=1", source="config c"),
        ContainerFile(target="/f", content=b"\xff", source="config f"),
        ContainerFile(target="/run/secrets/s", content=b"hush", source="secret s", secret=True),
    )


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


def test_inline_content_of_a_secret_works_and_is_warned_of() -> None:
    state = load(with_service("secrets: [s]", "secrets: {s: {content: x}}\n"))

    assert state.services[0].files[0].content == b"x"
    assert "knows no `content` for secrets" in state.warnings[0]


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        ("configs: [d]", "the config 'd' is not declared (add it under top-level configs)"),
        ("secrets: [ss]", "the secret 'ss' is not declared"),
        ("configs: [{target: /x}]", "the key `source` is missing"),
        ("configs: [{source: c, mode: '999'}]", 'must be permissions such as 0440 or "0440"'),
        ("configs: [{source: c, uid: root}]", "must be a number as a string, not 'root'"),
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
        ("{file: /etc/x}", "/etc/x is not a path inside the repository"),
        ("{file: ../../../x}", "leads out of the repository"),
        ("{file: ./x, content: y}", "`file` and `content` exclude each other"),
        ("{}", "exactly one of `file` and `content` is needed"),
        ("{external: true}", "the key `external` is not supported yet"),
    ],
)
def test_what_cannot_be_declared_is_told_even_if_nobody_takes_it(
    declared: str, message: str
) -> None:
    (found,) = problems(f"services: {{}}\nconfigs: {{c: {declared}}}\n")

    assert message in found
