"""What the real engine makes of files of the commit in a volume."""

import subprocess
from collections.abc import Iterator

import pytest

from sandbox.model.action import FillVolume
from sandbox.model.container_file import ContainerFile, FileKind
from sandbox.planning import labels
from sandbox.planning.contents import RENEWED
from sandbox.runtime.filling import fill_volume
from tests.engine_world import World, real_world
from tests.fakes.engine_state import BASE_IMAGE

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def place() -> Iterator[World]:
    with real_world() as world:
        yield world


def a_filling(place: World, *files: ContainerFile, present: bool = False) -> FillVolume:
    name = f"{place.prefix}-filled"
    return FillVolume(
        name=name,
        labels=labels.owner_labels(place.owner),
        image=BASE_IMAGE,
        files=files,
        present=(name,) if present else (),
        renews=present,
    )


def a_folder(path: str, uid: int = 0) -> ContainerFile:
    return ContainerFile(
        target=path, content=b"", kind=FileKind.FOLDER, mode=0o755, uid=uid, source="x"
    )


def a_file(path: str, text: str) -> ContainerFile:
    return ContainerFile(target=path, content=text.encode(), mode=0o640, uid=3, source="x")


def seen(action: FillVolume, command: str) -> list[str]:
    """Run *command* in a container that mounts the volume at ``/v``, and give what it prints."""
    run = ["docker", "run", "--rm", "--network=none", "--volume", f"{action.name}:/v"]
    run += [action.image, "sh", "-c", f"cd /v; {command}"]
    return subprocess.run(run, check=True, capture_output=True, text=True).stdout.splitlines()


def test_everything_arrives_with_mode_and_owner_and_what_a_container_wrote_stays(
    place: World,
) -> None:
    link = ContainerFile(target="/l", content=b"../a b", kind=FileKind.LINK, mode=0o777, source="l")
    folders = (a_folder("/", 7), a_folder("/etc", 7))
    files = (*folders, a_file("/a", "1"), a_file("/b", "1"), a_file("/etc/x", "1"), link)
    told: list[str] = []
    action = a_filling(place, *files)
    fill_volume(place.engine, action, set(), told.append)
    assert sorted(seen(action, "find . -printf '%y %m %U:%G %P %l\\n'")) == [
        "d 755 7:0  ",
        "d 755 7:0 etc ",
        "f 640 3:0 a ",
        "f 640 3:0 b ",
        "f 640 3:0 etc/x ",
        "l 777 0:0 l ../a b",
    ]
    assert told == []

    seen(action, "echo mine >a; ln -sf mine l; rm b; chown 5:5 . etc; echo row >table")
    again = [a_file(path, "2") for path in ("/a", "/b", "/etc/x", "/etc/y")]
    second = a_filling(place, *folders, *again, link, present=True)
    fill_volume(place.engine, second, set(), told.append)

    assert [line.rpartition(": ")[2].partition(" ")[0] for line in told] == ["a", "l"]
    look = "grep -r '' a b etc table | sort; readlink l; stat -c %u . etc"
    assert seen(action, look) == [
        "a:mine",
        "b:2",
        "etc/x:2",
        "etc/y:2",
        "table:row",
        "mine",
        "5",
        "5",
    ]
    left = [volume.name for volume in place.look().volumes]
    assert left == [action.name, f"{action.name}{RENEWED}"]
    assert place.look().containers == ()
