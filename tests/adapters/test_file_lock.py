import resource
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from sandbox.adapters.file_lock import FileLock
from sandbox.errors import LockedError, SetupError

HOLD = """
import sys
from sandbox.adapters.file_lock import FileLock
with FileLock(sys.argv[1], "sandbox up").hold():
    print("held", flush=True)
    sys.stdin.read()
"""


class Holder:
    """Another process that holds the lock until it is told to end."""

    def __init__(self, folder: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", HOLD, str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self.process.stdout
        assert self.process.stdout.readline() == b"held\n"

    def end(self, *, kill: bool = False) -> None:
        if kill:
            self.process.kill()
        self.process.communicate(timeout=20)


def test_a_second_process_is_told_who_holds_it(tmp_path: Path) -> None:
    lock = FileLock(str(tmp_path / "sandbox"), "sandbox sync")
    holder = Holder(tmp_path / "sandbox")
    who = f"sandbox up (process {holder.process.pid}, since 20"

    assert (lock.holder() or "").startswith(who)
    with pytest.raises(LockedError) as caught, lock.hold():
        pass
    assert who in caught.value.message
    assert caught.value.remedy.endswith(": sandbox stop")

    holder.end()
    assert lock.holder() is None
    with lock.hold():
        pass


def test_it_is_gone_with_the_process_that_held_it(tmp_path: Path) -> None:
    holder = Holder(tmp_path)
    holder.end(kill=True)

    assert FileLock(str(tmp_path)).holder() is None
    with FileLock(str(tmp_path)).hold():
        pass


def test_two_parts_of_one_process_do_not_hold_it_together(tmp_path: Path) -> None:
    with (
        FileLock(str(tmp_path)).hold(),
        pytest.raises(LockedError),
        FileLock(str(tmp_path)).hold(),
    ):
        pass


def test_it_is_given_back_when_the_work_fails(tmp_path: Path) -> None:
    lock = FileLock(str(tmp_path))
    with pytest.raises(ZeroDivisionError), lock.hold():
        raise ZeroDivisionError

    assert lock.holder() is None
    with lock.hold():
        assert lock.holder() is not None


def test_looking_for_the_holder_makes_nothing(tmp_path: Path) -> None:
    assert FileLock(str(tmp_path / "sandbox")).holder() is None
    assert list(tmp_path.iterdir()) == []


def test_looking_for_the_holder_hinders_nobody(tmp_path: Path) -> None:
    lock = FileLock(str(tmp_path))
    with lock.hold():
        pass
    stop = threading.Event()

    def look() -> None:
        while not stop.wait(0.0005):
            lock.holder()

    threads = [threading.Thread(target=look) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(50):
            with lock.hold():
                pass
    finally:
        stop.set()
        for thread in threads:
            thread.join(10)
    assert lock.holder() is None


def test_only_this_user_can_read_it(tmp_path: Path) -> None:
    with FileLock(str(tmp_path / "sandbox")).hold():
        assert (tmp_path / "sandbox").stat().st_mode & 0o777 == 0o700
        assert (tmp_path / "sandbox/lock").stat().st_mode & 0o777 == 0o600


def test_a_folder_that_cannot_be_written_is_an_error_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "sandbox").write_text("a file")

    with pytest.raises(SetupError) as caught, FileLock(str(tmp_path / "sandbox")).hold():
        pass
    assert str(tmp_path / "sandbox") in caught.value.remedy


@pytest.mark.parametrize("what", ["file", "folder"])
def test_a_lock_file_that_is_deleted_is_made_anew(what: str, tmp_path: Path) -> None:
    lock = FileLock(str(tmp_path / "sandbox"), "sandbox up")
    with lock.hold():
        assert lock.still_held()
        (tmp_path / "sandbox/lock").unlink()
        if what == "folder":
            (tmp_path / "sandbox").rmdir()

        assert lock.still_held()

        with (
            pytest.raises(LockedError, match="sandbox up"),
            FileLock(str(tmp_path / "sandbox")).hold(),
        ):
            pass
    assert not lock.still_held()
    with FileLock(str(tmp_path / "sandbox")).hold():
        pass


def test_who_was_overtaken_does_not_hold_it_any_more(tmp_path: Path) -> None:
    lock = FileLock(str(tmp_path))
    with lock.hold():
        (tmp_path / "lock").unlink()
        with FileLock(str(tmp_path)).hold():
            assert not lock.still_held()


def test_a_full_disk_keeps_nobody_from_holding_it(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))  # no file grows, as on a full disk
    try:
        with FileLock(str(tmp_path), "sandbox up").hold():
            assert FileLock(str(tmp_path)).holder() == "another process"
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert FileLock(str(tmp_path)).holder() is None
