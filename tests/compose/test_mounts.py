import pytest

from sandbox.compose.load import load_environment
from sandbox.model.service import TmpfsMount, VolumeMount
from tests.compose.committed import (
    MemorySource,
    load,
    service,
    service_problems,
    source,
    with_service,
)

DATA = "volumes: {data: {}, other: {}}\n"


@pytest.mark.parametrize(
    ("written", "mount"),
    [
        ("data:/d", VolumeMount(volume="data", target="/d")),
        ("data:/d/", VolumeMount(volume="data", target="/d")),
        ("data:/d:ro", VolumeMount(volume="data", target="/d", read_only=True)),
        ("'data:/d:rw,nocopy'", VolumeMount(volume="data", target="/d", no_copy=True)),
        ("{type: volume, source: data, target: /d, read_only: true}",
         VolumeMount(volume="data", target="/d", read_only=True)),
        ("{type: volume, source: data, target: /d, volume: {nocopy: true}}",
         VolumeMount(volume="data", target="/d", no_copy=True)),
        ("{type: tmpfs, target: /d}", TmpfsMount(target="/d")),
        ("{type: tmpfs, target: /d, tmpfs: {size: 64m, mode: 01777}}",
         TmpfsMount(target="/d", size_bytes=67108864, mode=0o1777)),
    ],
)  # fmt: skip
def test_both_forms_of_volumes_are_read(written: str, mount: VolumeMount | TmpfsMount) -> None:
    assert service(f"volumes: [{written}]", top=DATA).mounts == (mount,)


def test_tmpfs_is_read_with_its_options() -> None:
    assert service("tmpfs: /run").mounts == (TmpfsMount(target="/run"),)
    assert service("tmpfs: [/tmp, '/run:size=1m,mode=700']").mounts == (
        TmpfsMount(target="/run", options="size=1m,mode=700"),
        TmpfsMount(target="/tmp"),
    )


def test_of_two_mounts_on_one_target_the_last_wins() -> None:
    assert service("volumes: ['data:/d', 'other:/d/']", top=DATA).mounts == (
        VolumeMount(volume="other", target="/d"),
    )


def test_only_volumes_that_are_used_are_desired() -> None:
    state = load(with_service("volumes: ['data:/d']", DATA))

    assert [volume.key for volume in state.volumes] == ["data"]


def test_a_file_of_the_repository_is_copied_with_its_mode() -> None:
    found = service(
        "volumes: ['./page.html:/srv/page.html:ro', '../shared/x:/x']",
        others={"environments/staging/page.html": b"\x00hi", "environments/shared/x": "x"},
    )

    assert [(file.target, file.content, file.mode, file.source) for file in found.files] == [
        ("/srv/page.html", b"\x00hi", 0o644, "environments/staging/page.html"),
        ("/x", b"x", 0o644, "environments/shared/x"),
    ]


def test_a_folder_of_the_repository_is_copied_with_everything_below_it() -> None:
    committed = source(with_service("volumes: [{type: bind, source: ./conf, target: /etc/app}]"))
    files = {
        **committed.files,
        "environments/staging/conf/a": b"1",
        "environments/staging/conf/sub/run.sh": b"2",
        "environments/staging/config": b"no",
    }
    executables = frozenset({"environments/staging/conf/sub/run.sh"})

    state = load_environment(
        "staging", MemorySource(files=files, executables=executables), default_application="a"
    )

    assert [(file.target, file.content, file.mode) for file in state.services[0].files] == [
        ("/etc/app/a", b"1", 0o644),
        ("/etc/app/sub/run.sh", b"2", 0o755),
    ]


def test_a_writable_file_of_the_repository_is_warned_of() -> None:
    text = with_service("volumes: ['./a:/a', './b:/b:ro']")

    warnings = load(
        text, others={"environments/staging/a": "", "environments/staging/b": ""}
    ).warnings

    assert len(warnings) == 1
    assert "environments/staging/a is copied into the container" in warnings[0]


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("/etc/passwd:/x", "/etc/passwd is a path of the host"),
        ("/var/run/docker.sock:/var/run/docker.sock", "is a path of the host"),
        ("~/x:/x", "~/x is a path of the host"),
        ("{type: bind, source: /etc, target: /x}", "/etc is a path of the host"),
        ("./no:/x", "there is no environments/staging/no in the commit (commit it, or name"),
        ("../../..:/x", "../../.. leads out of the repository"),
        ("/x", "'/x' is a volume without a name"),
        ("{type: volume, target: /x}", "a volume without `source` has no name"),
        ("{type: bind, target: /x}", "a bind mount needs a `source`"),
        ("d:/x", "d: is read as the drive of a Windows path"),
        ("dta:/x", "the volume 'dta' is not declared; did you mean 'data'? (add dta: under"),
        ("data:x", "the target must be an absolute path in the container, not 'x'"),
        ("data:/", "the target must be an absolute path in the container, not '/'"),
        ("data:/x:ro:x", "is not source:target or source:target:options"),
        ("data:/x:rshared", "the option 'rshared' is not supported"),
        ("{type: npipe, source: x, target: /x}", "must be volume, bind or tmpfs, not 'npipe'"),
        ("{type: volume, source: data}", "the key `target` is missing"),
        ("{type: volume, source: data, target: /x, volume: {subpath: x}}",
         "the key `subpath` is not supported yet"),
    ],
)  # fmt: skip
def test_what_cannot_be_mounted_is_told_with_a_remedy(written: str, message: str) -> None:
    (found,) = service_problems(f"volumes: [{written}]", top=DATA)

    assert message in found


def test_a_target_of_tmpfs_must_be_absolute() -> None:
    assert "must be an absolute path" in service_problems("tmpfs: tmp")[0]


def test_files_cannot_be_copied_into_a_read_only_root() -> None:
    (found,) = service_problems(
        "read_only: true\nvolumes: ['./a:/a:ro']", others={"environments/staging/a": ""}
    )

    assert found.startswith("compose.yaml:4:16: services.web.read_only:")
    assert "environments/staging/a cannot be copied into a container with a read-only root" in found


def test_a_file_that_a_tmpfs_would_hide_is_told() -> None:
    (found,) = service_problems(
        "tmpfs: /run\nsecrets: [s]",
        top="secrets: {s: {file: ./s}}\n",
        others={"environments/staging/s": ""},
    )

    assert "the tmpfs at /run hides /run/secrets/s (secret s)" in found
