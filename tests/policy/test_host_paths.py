import pytest

from sandbox.policy.host_paths import looks_like_path, normal, reaches_engine


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/", "/"),
        ("//", "/"),
        ("/a/./b//c/", "/a/b/c"),
        ("/a/../../..", "/"),
        ("/var/run/../run/docker.sock", "/var/run/docker.sock"),
        ("name", "name"),
    ],
)
def test_a_path_has_one_spelling(path: str, expected: str) -> None:
    assert normal(path) == expected


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/run",
        "/var",
        "/var/run",
        "/var/run/docker.sock",
        "/run/docker.sock",
        "/run/user/1000/docker.sock",
        "/home/ada/.docker/run/docker.sock",
        "/run/containerd",
        "/run/podman/podman.sock",
        "/proc",
        "/proc/1/root",
        "/proc/self/root/run",
        "/proc/4711/cwd",
        "/var/lib",
    ],
)
def test_a_way_to_command_the_host_is_known_as_one(path: str) -> None:
    assert reaches_engine(path)


@pytest.mark.parametrize(
    "path", ["/etc", "/srv/data", "/var/log", "/running", "/varnish", "/process"]
)
def test_any_other_path_is_none(path: str) -> None:
    assert not reaches_engine(path)


@pytest.mark.parametrize("source", ["/x", "./x", "../x", "~/x", "a/b", r"\\.\pipe\x", r"C:\x"])
def test_a_path_is_no_name_of_a_volume(source: str) -> None:
    assert looks_like_path(source)


def test_a_name_is_no_path() -> None:
    assert not looks_like_path("shop-staging_data")
