"""
A repository stays who it is when it is moved, and never becomes another one.
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from sandbox.adapters import identity_files
from sandbox.adapters.git_repository import find_place
from sandbox.adapters.identity_files import (
    IdentityFiles,
    machine_folder,
    read_record,
    registrations,
)
from sandbox.errors import SetupError
from sandbox.planning.ownership import derived_instance


class Disk:
    """Repositories on one machine."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.machine: Path | None = folder / "state" / "sandbox"

    def init(self, name: str) -> Path:
        self._git("init", "--quiet", str(self.folder / name))
        self._git("-C", str(self.folder / name), "commit", "--quiet", "--allow-empty", "-m", "x")
        return self.folder / name

    def clone(self, top: Path, name: str) -> Path:
        self._git("clone", "--quiet", str(top), str(self.folder / name))
        return self.folder / name

    def copy(self, top: Path, name: str) -> Path:
        """``cp -a``: everything comes along."""
        return Path(shutil.copytree(top, self.folder / name, symlinks=True))

    def move(self, top: Path, name: str) -> Path:
        return top.rename(self.folder / name)

    def open(self, top: Path) -> IdentityFiles:
        return IdentityFiles(find_place(str(top)).common_dir, self.machine)

    def claim(self, top: Path) -> IdentityFiles:
        identity = self.open(top)
        identity.claim()
        return identity

    def picture(self) -> dict[str, bytes]:
        return {str(each): each.read_bytes() for each in self.folder.rglob("*") if each.is_file()}

    @staticmethod
    def _git(*arguments: str) -> None:
        subprocess.run(["git", *arguments], check=True, capture_output=True)


@pytest.fixture
def disk(tmp_path: Path) -> Disk:
    return Disk(tmp_path)


def test_a_new_repository_is_called_after_its_place(disk: Disk) -> None:
    top = disk.init("shop")
    assert disk.open(top).instance == derived_instance(os.fsencode((top / ".git").resolve()))


def test_looking_writes_nothing(disk: Disk) -> None:
    top = disk.init("shop")
    disk.claim(top)
    copied, moved = disk.copy(top, "copy"), disk.move(top, "moved")
    before = disk.picture()
    for each in (copied, moved):
        identity = disk.open(each)
        assert identity.instance
        identity.keyring()
    assert disk.picture() == before


def test_only_this_user_can_read_the_key_and_neither_copy_is_in_the_commit(disk: Disk) -> None:
    top = disk.init("shop")
    (key,) = disk.claim(top).keyring().keys
    holders = [each for each, content in disk.picture().items() if key.hex().encode() in content]
    assert sorted(Path(each).name for each in holders) == sorted(
        ["identity.json", f"{disk.open(top).instance}.json"]
    )
    assert {stat.S_IMODE(Path(each).stat().st_mode) for each in holders} == {0o600}
    assert key.hex() not in repr(disk.open(top).keyring())


def test_a_repository_that_was_moved_keeps_id_and_key(disk: Disk) -> None:
    top = disk.init("shop")
    before = disk.claim(top)
    moved = disk.claim(disk.move(top, "elsewhere"))
    assert moved.instance == before.instance
    assert moved.keyring() == before.keyring()
    (registered,) = registrations(disk.machine)
    assert registered.place == str((disk.folder / "elsewhere" / ".git").resolve())


def test_a_clone_has_its_own(disk: Disk) -> None:
    top = disk.init("shop")
    assert disk.claim(disk.clone(top, "clone")).instance != disk.claim(top).instance


def test_a_copy_has_its_own_and_leaves_the_other_history_aside(disk: Disk) -> None:
    top = disk.init("shop")
    original = disk.claim(top)
    (top / ".git/sandbox/journal.sqlite").write_bytes(b"history")
    copied = disk.copy(top, "copy")
    ours = disk.claim(copied)
    assert ours.instance != original.instance
    assert not set(ours.keyring().keys) & set(original.keyring().keys)
    assert disk.open(copied).instance == ours.instance
    assert disk.open(top).instance == original.instance
    assert (top / ".git/sandbox/journal.sqlite").exists()
    assert not (copied / ".git/sandbox/journal.sqlite").exists()
    aside = copied / f".git/sandbox/journal.sqlite.of-{original.instance}"
    assert aside.read_bytes() == b"history"


def test_a_copy_of_what_is_gone_takes_its_place(disk: Disk) -> None:
    top = disk.init("shop")
    original = disk.claim(top)
    copied = disk.copy(top, "copy")
    shutil.rmtree(top)
    assert disk.claim(copied).instance == original.instance


def test_of_a_copy_and_a_moved_original_one_is_the_old_one_and_stays_it(disk: Disk) -> None:
    top = disk.init("shop")
    original = disk.claim(top)
    copied, moved = disk.copy(top, "copy"), disk.move(top, "moved")
    first, second = disk.claim(copied), disk.claim(moved)
    assert first.instance == original.instance
    assert second.instance != original.instance
    assert disk.claim(copied).instance == first.instance
    assert disk.claim(moved).instance == second.instance


def test_a_new_repository_in_the_place_of_a_moved_one_has_its_own(disk: Disk) -> None:
    top = disk.init("shop")
    before = disk.claim(top)
    moved = disk.move(top, "elsewhere")
    another = disk.claim(disk.init("shop"))
    assert another.instance != before.instance
    assert disk.claim(moved).instance == before.instance
    assert disk.open(disk.folder / "shop").instance == another.instance


def test_a_new_repository_in_the_place_of_one_that_is_gone_has_its_own(disk: Disk) -> None:
    top = disk.init("shop")
    before = disk.claim(top)
    kept = disk.move(top, "shop-that-is-removed")
    another = disk.init("shop")  # made while the other inode is still in use
    shutil.rmtree(kept)
    assert disk.claim(another).instance != before.instance


@pytest.mark.parametrize("lost", ["state folder", "home", "damaged", "emptied"])
def test_either_file_may_be_lost(disk: Disk, lost: str) -> None:
    top = disk.init("shop")
    before = disk.claim(top)
    keys = before.keyring().keys
    file = top / ".git/sandbox/identity.json"
    assert disk.machine is not None
    if lost == "state folder":
        shutil.rmtree(file.parent)
    elif lost == "home":
        shutil.rmtree(disk.machine)
    else:
        file.write_text('{"instance": ' if lost == "damaged" else "")
    after = disk.claim(top)
    assert after.instance == before.instance
    assert after.keyring().keys == keys
    assert read_record(file) == registrations(disk.machine)[0]


def test_a_moved_repository_may_lose_its_file_afterwards(disk: Disk) -> None:
    top = disk.init("shop")
    before = disk.claim(top)
    moved = disk.move(top, "elsewhere")
    disk.claim(moved)
    shutil.rmtree(moved / ".git/sandbox")
    assert disk.claim(moved).instance == before.instance


def test_without_a_home_the_repository_keeps_it_alone(disk: Disk) -> None:
    disk.machine = None
    top = disk.init("shop")
    before = disk.claim(top)
    assert disk.claim(disk.move(top, "elsewhere")).keyring() == before.keyring()


def test_a_home_that_cannot_be_written_is_done_without(disk: Disk) -> None:
    blocker = disk.folder / "file"
    blocker.write_text("")
    disk.machine = blocker / "sandbox"
    top = disk.init("shop")
    assert disk.claim(top).keyring() == disk.open(top).keyring()


def test_a_key_that_cannot_be_kept_signs_nothing(
    disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    top, claimed = disk.init("shop"), disk.init("claimed")
    instance = disk.claim(claimed).instance
    moved = disk.move(claimed, "moved")
    monkeypatch.setattr(identity_files, "_write", full)
    with pytest.raises(SetupError, match="No space left on device"):
        disk.claim(top)
    assert disk.claim(moved).instance == instance


def test_a_linked_worktree_and_a_symlink_are_the_same_repository(disk: Disk) -> None:
    top = disk.init("shop")
    instance = disk.claim(top).instance
    disk._git("-C", str(top), "worktree", "add", "--quiet", str(disk.folder / "linked"))
    (disk.folder / "link").symlink_to(top)
    assert disk.open(disk.folder / "linked").instance == instance
    assert disk.open(disk.folder / "link").instance == instance


def test_where_an_earlier_version_ran_its_objects_are_from_before(disk: Disk) -> None:
    top = disk.init("shop")
    (top / ".git/sandbox").mkdir()
    (top / ".git/sandbox/journal.sqlite").write_bytes(b"history")
    legacy = disk.claim(top).keyring().legacy_before
    assert legacy > 0
    assert disk.open(top).keyring().legacy_before == legacy
    assert disk.claim(disk.init("new")).keyring().legacy_before == 0.0


@pytest.mark.parametrize(
    ("environment", "folder"),
    [
        ({"HOME": "/home/ada"}, "/home/ada/.local/state/sandbox"),
        ({"HOME": "/home/ada", "XDG_STATE_HOME": "/var/state"}, "/var/state/sandbox"),
        ({"HOME": "/home/ada", "XDG_STATE_HOME": "state"}, "/home/ada/.local/state/sandbox"),
        ({"HOME": ""}, None),
        ({}, None),
    ],
)
def test_the_machine_keeps_it_where_programs_keep_state(
    environment: dict[str, str], folder: str | None
) -> None:
    assert machine_folder(environment) == (Path(folder) if folder else None)
