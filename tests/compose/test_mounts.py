import pytest

from sandbox.compose.load import load_environment
from sandbox.model.service import (
    CommittedMount,
    HostMount,
    TmpfsMount,
    VolumeMount,
    given_files,
)
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
    assert service("tmpfs: /run").mounts == (TmpfsMount(target="/run", listed=True),)
    assert service("tmpfs: [/tmp, '/run:size=1m,mode=700']").mounts == (
        TmpfsMount(target="/run", options="size=1m,mode=700", listed=True),
        TmpfsMount(target="/tmp", listed=True),
    )


def test_of_two_mounts_on_one_target_the_last_wins() -> None:
    assert service("volumes: ['data:/d', 'other:/d']", top=DATA).mounts == (
        VolumeMount(volume="other", target="/d"),
    )


@pytest.mark.parametrize(
    ("written", "mount"),
    [
        ("/etc/app:/x", HostMount(source="/etc/app", target="/x")),
        ("/etc/a:/x:ro,z", HostMount(source="/etc/a", target="/x", read_only=True, selinux="z")),
        ("/etc/app:/x:rslave", HostMount(source="/etc/app", target="/x", propagation="rslave")),
        ("{type: bind, source: /etc, target: /x}", HostMount(source="/etc", target="/x")),
        ("{type: bind, source: /etc, target: /x, bind: {create_host_path: true}}",
         HostMount(source="/etc", target="/x")),
        ("{type: bind, source: /etc, target: /x, bind: {}}",
         HostMount(source="/etc", target="/x", create=False)),
        ("{type: bind, source: /etc, target: /x, bind: {recursive: disabled}}",
         HostMount(source="/etc", target="/x", create=False, recursive="disabled")),
    ],
)  # fmt: skip
def test_an_absolute_path_is_one_of_the_host(written: str, mount: HostMount) -> None:
    assert service(f"volumes: ['{written}']" if "type" not in written else f"volumes: [{written}]"
                   ).mounts == (mount,)  # fmt: skip


def test_a_folder_that_is_not_in_the_commit_is_a_volume_and_that_is_said() -> None:
    state = load(with_service("volumes: ['./data:/d:ro', '../data:/e']"))

    one, other = (mount for mount in state.services[0].mounts if isinstance(mount, VolumeMount))
    assert (one.target, one.read_only, other.target) == ("/d", True, "/e")
    assert one.volume.startswith("data-")
    assert one.volume != other.volume
    assert {volume.key for volume in state.volumes} == {one.volume, other.volume}
    assert "it becomes the volume data-" in state.warnings[0]


def test_a_volume_without_a_name_belongs_to_its_service() -> None:
    for written in ("/d", "{type: volume, target: /d}"):
        state = load(with_service(f"volumes: [{written}]"))
        assert state.services[0].mounts == (VolumeMount(volume="", target="/d"),)
        assert state.volumes == ()
        assert state.warnings == ()


def test_a_part_of_a_volume_is_mounted() -> None:
    written = "{type: volume, source: data, target: /d, volume: {subpath: a/b}}"
    assert service(f"volumes: [{written}]", top=DATA).mounts == (
        VolumeMount(volume="data", target="/d", subpath="a/b"),
    )


def test_only_volumes_that_are_used_are_desired() -> None:
    state = load(with_service("volumes: ['data:/d']", DATA))

    assert [volume.key for volume in state.volumes] == ["data"]


def test_a_file_of_the_repository_is_mounted_with_its_mode() -> None:
    found = service(
        "volumes: ['./page.html:/srv/page.html:ro', '../shared/x:/x']",
        others={"environments/staging/page.html": b"\x00hi", "environments/shared/x": "x"},
    )

    assert [(file.target, file.content, file.mode, file.source) for file in given_files(found)] == [
        ("/srv/page.html", b"\x00hi", 0o644, "environments/staging/page.html"),
        ("/x", b"x", 0o644, "environments/shared/x"),
    ]


def test_a_folder_of_the_repository_is_mounted_with_everything_below_it() -> None:
    committed = source(
        with_service("volumes: [{type: bind, source: ./conf, target: /etc/app, read_only: true}]")
    )
    files = {
        **committed.files,
        "environments/staging/conf/a": b"1",
        "environments/staging/conf/sub/run.sh": b"2",
        "environments/staging/config": b"no",
    }
    links = {"environments/staging/conf/b": b"../a", "environments/staging/x": b"a"}
    executables = frozenset({"environments/staging/conf/sub/run.sh"})

    state = load_environment(
        "staging",
        MemorySource(files=files, executables=executables, links=links),
        default_application="a",
    )

    (mount,) = state.services[0].mounts
    assert isinstance(mount, CommittedMount)
    assert (mount.folder, mount.read_only, mount.volume) == (True, True, "")
    assert [(file.target, file.content, file.mode, file.kind) for file in mount.files] == [
        ("/etc/app/a", b"1", 0o644, "file"),
        ("/etc/app/b", b"../a", 0o777, "link"),
        ("/etc/app/sub/run.sh", b"2", 0o755, "file"),
    ]


def test_a_writable_path_of_the_repository_is_a_volume_and_that_is_said() -> None:
    text = with_service("volumes: ['./a:/a', './b:/b:ro']")

    state = load(text, others={"environments/staging/a": "", "environments/staging/b": ""})

    one, other = state.services[0].mounts
    assert isinstance(one, CommittedMount)
    assert isinstance(other, CommittedMount)
    assert (one.volume[:2], one.read_only) == ("a-", False)
    assert (other.volume, other.read_only) == ("", True)
    assert len(state.warnings) == 1
    assert "environments/staging/a is writable: it is the volume a-" in state.warnings[0]


def test_all_services_see_what_one_of_them_writes() -> None:
    state = load(
        "services:\n"
        "  a: {image: x, volumes: ['./data:/d:ro', './other:/o:ro']}\n"
        "  b: {image: x, user: '7:8', volumes: ['./data:/var/data']}\n"
        "  c: {image: x, user: '9', volumes: ['./data:/c']}\n",
        others={f"environments/staging/{name}/.gitkeep": "" for name in ("data", "other")},
    )

    mounts = [
        mount
        for service in state.services
        for mount in service.mounts
        if isinstance(mount, CommittedMount)
    ]
    assert [(each.target, each.read_only) for each in mounts] == [
        ("/d", True),
        ("/o", True),
        ("/var/data", False),
        ("/c", False),
    ]
    data = [each for each in mounts if each.target != "/o"]
    assert len({each.volume for each in data}) == 1
    assert mounts[1].volume == ""
    assert {(each.uid, each.gid) for each in data} == {(7, 8)}
    assert {(each.files[0].uid, each.files[0].gid) for each in data} == {(7, 8)}
    assert (mounts[1].uid, mounts[1].files[0].uid) == (0, 0)


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("~/x:/x", "~/x: `~` is a home on one machine only (name a volume"),
        ("{type: bind, source: ./no, target: /x, bind: {create_host_path: false}}",
         "there is no environments/staging/no in the commit (commit it, or name"),
        ("./no.conf:/etc/no.conf", "there is no environments/staging/no.conf in the commit"),
        ("../../..:/x", "this path leads out of the repository"),
        ("../../../x:/x", "this path leads out of the repository"),
        ("{type: bind, target: /x}", "a bind mount needs a `source`"),
        ("d:/x", "d: is read as the drive of a Windows path"),
        ("dta:/x", "the volume 'dta' is not declared; did you mean 'data'? (add it under"),
        ("data:x", "the target must be an absolute path in the container, not 'x'"),
        ("data:/", "the target must be an absolute path in the container, not '/'"),
        ("data:/x:ro:x", "it has more than three parts"),
        ("data:/x:rshared", "rshared is for paths of the host, and this is a volume"),
        ("{type: npipe, source: x, target: /x}", "the type npipe is not supported"),
        ("{type: cluster, source: x, target: /x}", "the type cluster is not supported"),
        ("{type: image, source: x, target: /x}", "the type image is not supported"),
        ("{type: volume, source: data}", "the key `target` is missing"),
        ("{type: volume, source: data, target: /x, volume: {labels: {a: b}}}",
         "labels of a mount change nothing"),
    ],
)  # fmt: skip
def test_what_cannot_be_mounted_is_told_with_a_remedy(written: str, message: str) -> None:
    (found,) = service_problems(f"volumes: [{written}]", top=DATA)

    assert message in found


def test_a_target_of_tmpfs_must_be_absolute() -> None:
    assert "must be an absolute path" in service_problems("tmpfs: tmp")[0]


@pytest.mark.parametrize(
    "above", ["read_only: true", "tmpfs: /etc", "volumes: ['/etc:/etc', './a:/etc/a:ro']"]
)
def test_a_file_is_mounted_wherever_compose_can(above: str) -> None:
    given = above if "volumes" in above else f"{above}\nvolumes: ['./a:/etc/a:ro']"
    found = service(given, others={"environments/staging/a": ""})

    assert found.mounts[-1].target == "/etc/a"
    assert isinstance(found.mounts[-1], CommittedMount)


def test_a_secret_is_seen_below_a_tmpfs() -> None:
    found = service(
        "tmpfs: /run\nsecrets: [s]",
        top="secrets: {s: {file: ./s}}\n",
        others={"environments/staging/s": ""},
    )

    assert [mount.target for mount in found.mounts] == ["/run", "/run/secrets/s"]
