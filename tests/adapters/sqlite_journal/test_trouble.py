"""What happens to the file while a process writes to it: no record is lost without a word."""

import resource
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from sandbox.adapters.sqlite_journal import SqliteJournal
from sandbox.adapters.sqlite_journal.file import RETRY_S
from sandbox.model.event import Event, EventKind
from sandbox.model.record import Outcome, SyncRecord, Trigger
from sandbox.model.status import Suspension
from tests.fakes.clock import FakeClock

EVENT = Event(at=1.0, environment="staging", kind=EventKind.SEEN, message="m")
SYNC = SyncRecord(
    environment="staging",
    revision="a" * 40,
    trigger=Trigger.COMMIT,
    started_at=1.0,
    finished_at=2.0,
    outcome=Outcome.SUCCEEDED,
)


class Ground:
    """A journal that is written to, its file, and what it warned of."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder / "journal.sqlite"
        self.clock = FakeClock()
        self.warned: list[str] = []
        self.journal = SqliteJournal(str(folder), self.warned.append, self.clock.monotonic)

    def written(self) -> list[str]:
        """Messages of the syncs that another process finds, newest first."""
        other = SqliteJournal(str(self.folder), pytest.fail)
        return [each.message for each in other.syncs(limit=100)]


@pytest.fixture
def ground(tmp_path: Path) -> Ground:
    made = Ground(tmp_path / "sandbox")
    for number in range(3):
        made.journal.record_sync(replace(SYNC, message=f"before {number}"))
    return made


def delete(file: Path) -> None:
    file.unlink()


def delete_all(file: Path) -> None:
    for each in file.parent.iterdir():
        each.unlink()


def replace_with_nothing(file: Path) -> None:
    new = file.with_name("new")
    new.touch()
    new.rename(file)


def replace_with_rubbish(file: Path) -> None:
    new = file.with_name("new")
    new.write_bytes(b"rubbish" * 1000)
    new.rename(file)


def replace_with_another(file: Path) -> None:
    other = SqliteJournal(str(file.parent / "other"), pytest.fail)
    other.record_sync(replace(SYNC, message="another"))
    other.close()
    for suffix in ("-wal", "-shm"):
        file.with_name(file.name + suffix).unlink()
    (file.parent / "other" / file.name).rename(file)


def truncate(file: Path) -> None:
    with file.open("r+b") as opened:
        opened.truncate(0)


def cut(file: Path) -> None:
    with file.open("r+b") as opened:
        opened.truncate(1000)


def overwrite_the_head(file: Path) -> None:
    with file.open("r+b") as opened:
        opened.write(b"\xff" * 200)


DAMAGES: list[Callable[[Path], None]] = [
    delete,
    delete_all,
    replace_with_nothing,
    replace_with_rubbish,
    replace_with_another,
    truncate,
    cut,
    overwrite_the_head,
]


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_happens_to_an_open_file_loses_no_later_sync(
    damage: Callable[[Path], None], ground: Ground
) -> None:
    damage(ground.file)

    first = ground.journal.record_sync(replace(SYNC, message="after 1"))
    ground.journal.record_sync(replace(SYNC, message="after 2"))

    assert ground.written()[:2] == ["after 2", "after 1"]
    found = ground.journal.sync(first)
    assert found is not None
    assert found.message == "after 1"
    assert ground.journal.trouble() == ""
    told = ground.journal.notices()
    assert list(told) == ground.warned
    # Replaced by what is no journal: that it was replaced, and that it was set aside.
    assert len(told) == (2 if damage is replace_with_rubbish else 1)
    assert ground.journal.notices() == ()


@pytest.mark.parametrize("damage", [truncate, cut, overwrite_the_head])
def test_a_damaged_open_file_is_set_aside(damage: Callable[[Path], None], ground: Ground) -> None:
    damage(ground.file)
    ground.journal.record_event(EVENT)

    assert ground.file.with_name("journal.sqlite.corrupt-1").exists()
    assert "corrupt-1" in ground.warned[0]


def test_damage_that_only_reading_finds_is_set_aside(ground: Ground) -> None:
    for _ in range(200):
        ground.journal.record_sync(replace(SYNC, message="x" * 500))
    with sqlite3.connect(ground.file) as other:
        other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    other.close()
    content = ground.file.read_bytes()
    with ground.file.open("r+b") as opened:
        opened.seek(4096)
        opened.write(b"\xff" * (len(content) - 4096))

    ground.journal.syncs(limit=1000)
    ground.journal.record_sync(replace(SYNC, message="after"))

    assert ground.written()[0] == "after"
    assert len(ground.warned) == 1


@contextmanager
def full_disk(ground: Ground) -> Generator[None]:
    """Let no file of this process grow, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    size = max(each.stat().st_size for each in ground.folder.iterdir())
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_what_a_full_disk_does_not_take_is_written_later(ground: Ground) -> None:
    with full_disk(ground):
        numbers = [
            ground.journal.record_sync(replace(SYNC, message=f"{number} {'x' * 5000}"))
            for number in range(30)
        ]
        assert "cannot be written" in ground.journal.trouble()
        kept = ground.journal.syncs(limit=100)
        assert len(kept) == 33, "all can be asked for meanwhile"
        ground.clock.sleep(RETRY_S)
        assert ground.journal.trouble(), "the disk is still full"
        ground.journal.record_event(EVENT)
        assert len(ground.warned) == 1, "told once"

    ground.clock.sleep(RETRY_S)
    found = ground.journal.syncs(limit=100)

    assert ground.journal.trouble() == ""
    assert [each.id for each in found][:30] == numbers[::-1]
    assert len(ground.written()) == 33
    assert len(ground.warned) == 2
    assert "written again" in ground.warned[1]


def test_what_waits_is_written_at_the_end_at_the_latest(ground: Ground) -> None:
    with full_disk(ground):
        for _ in range(30):
            ground.journal.record_sync(replace(SYNC, message="x" * 5000))
        assert ground.journal.trouble()

    ground.journal.close()

    assert len(ground.written()) == 33


def test_a_journal_that_another_process_keeps_locked_gets_its_records_later(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sandbox.adapters.sqlite_journal.schema.BUSY_TIMEOUT_S", 0.05)
    ground.journal.close()
    locker = sqlite3.connect(ground.file, isolation_level=None)
    locker.execute("BEGIN EXCLUSIVE")

    ground.journal.record_sync(replace(SYNC, message="meanwhile"))
    assert ground.journal.trouble()
    locker.execute("COMMIT")
    locker.close()
    ground.clock.sleep(RETRY_S)
    ground.journal.record_event(EVENT)

    assert ground.written()[0] == "meanwhile"
    assert ground.journal.trouble() == ""


def test_what_another_process_wrote_and_closed_is_seen(tmp_path: Path) -> None:
    # To look at the file must not drop the locks that SQLite holds on it for this process.
    with closing(SqliteJournal(str(tmp_path))) as journal:
        journal.suspend(Suspension(environment="staging", reason="", since=1.0))
        assert journal.suspensions()
        other = (
            "import sys; from sandbox.adapters.sqlite_journal import SqliteJournal as Journal;"
            "journal = Journal(sys.argv[1]); assert journal.resume('staging'); journal.close()"
        )
        subprocess.run([sys.executable, "-c", other, str(tmp_path)], check=True)
        assert journal.suspensions() == ()
        assert (tmp_path / "journal.sqlite-wal").exists()
