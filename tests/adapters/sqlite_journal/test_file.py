import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from sandbox.adapters.sqlite_journal import SqliteJournal, schema
from sandbox.adapters.sqlite_journal import journal as module
from sandbox.model.event import Event, EventKind
from sandbox.model.quarantine import Quarantine
from sandbox.model.record import Outcome, StepRecord, SyncRecord, Trigger
from sandbox.model.status import Suspension
from tests.repositories import snapshot

# Of the test; the real bounds are thousands.
EVENTS_MAX = 60
SYNCS_MAX = 20

EVENT = Event(at=1.0, environment="staging", kind=EventKind.SEEN, message="m")
SYNC = SyncRecord(
    environment="staging",
    revision="a" * 40,
    trigger=Trigger.COMMIT,
    started_at=1.0,
    finished_at=2.0,
    outcome=Outcome.SUCCEEDED,
)
SUSPENSION = Suspension(environment="staging", reason="r", since=1.0)


QUARANTINE = Quarantine(
    environment="staging", revision="b" * 40, reason="r", since=1.0, serving="a" * 40
)


class Spoken(list[str]):
    """What a journal warned of."""

    def journal(self, folder: Path) -> SqliteJournal:
        return SqliteJournal(str(folder), self.append)


@pytest.fixture
def spoken() -> Spoken:
    return Spoken()


def read_everything(journal: SqliteJournal) -> tuple[object, ...]:
    return (
        journal.events(),
        journal.syncs("staging"),
        dict(journal.ready()),
        journal.suspensions(),
        journal.quarantined("staging"),
    )


def test_reading_what_is_not_there_makes_nothing(tmp_path: Path, spoken: Spoken) -> None:
    journal = spoken.journal(tmp_path / "sandbox")

    assert read_everything(journal) == ((), (), {}, (), None)
    assert journal.resume("staging") is False
    journal.close()

    assert list(tmp_path.iterdir()) == []
    assert spoken == []


def test_reading_what_another_process_left_changes_nothing(tmp_path: Path, spoken: Spoken) -> None:
    writer = spoken.journal(tmp_path)
    writer.record_event(EVENT)
    writer.suspend(SUSPENSION)
    writer.close()
    before = snapshot(tmp_path)

    reader = spoken.journal(tmp_path)
    found = read_everything(reader)
    reader.close()

    assert found == (((1, EVENT),), (), {}, (SUSPENSION,), None)
    assert snapshot(tmp_path) == before


def test_what_is_written_is_seen_at_once_by_another_process(tmp_path: Path, spoken: Spoken) -> None:
    writer, reader = spoken.journal(tmp_path), spoken.journal(tmp_path)
    writer.record_event(EVENT)
    assert len(reader.events()) == 1
    writer.record_event(EVENT)
    assert len(reader.events()) == 2
    writer.close()
    assert len(reader.events()) == 2


def test_only_this_user_can_read_it(tmp_path: Path, spoken: Spoken) -> None:
    spoken.journal(tmp_path / "sandbox").record_event(EVENT)

    assert (tmp_path / "sandbox").stat().st_mode & 0o777 == 0o700
    rights = {place.stat().st_mode & 0o777 for place in (tmp_path / "sandbox").iterdir()}
    assert rights == {0o600}


@pytest.mark.parametrize(
    "damage", [b"not a database at all" * 100, b"SQLite format 3\0" + b"x" * 99]
)
def test_a_damaged_file_is_set_aside_and_history_begins_anew(
    damage: bytes, tmp_path: Path, spoken: Spoken
) -> None:
    (tmp_path / "journal.sqlite").write_bytes(damage)
    (tmp_path / "journal.sqlite.corrupt-1").write_bytes(b"an older one")

    journal = spoken.journal(tmp_path)
    journal.record_event(EVENT)

    assert journal.events() == ((1, EVENT),)
    assert (tmp_path / "journal.sqlite.corrupt-2").read_bytes() == damage
    assert (tmp_path / "journal.sqlite.corrupt-1").read_bytes() == b"an older one"
    assert len(spoken) == 1
    assert "corrupt-2" in spoken[0]
    journal.close()
    assert spoken.journal(tmp_path).events() == ((1, EVENT),)


def test_a_damaged_file_is_left_alone_by_reading(tmp_path: Path, spoken: Spoken) -> None:
    (tmp_path / "journal.sqlite").write_bytes(b"damaged" * 1000)
    before = snapshot(tmp_path)

    assert read_everything(spoken.journal(tmp_path)) == ((), (), {}, (), None)
    assert snapshot(tmp_path) == before
    assert len(spoken) == 1


def test_damage_in_the_middle_of_the_work_does_not_end_it(tmp_path: Path, spoken: Spoken) -> None:
    journal = spoken.journal(tmp_path)
    for _ in range(200):
        journal.record_sync(replace(SYNC, message="x" * 500))
    journal.close()
    damaged = tmp_path / "journal.sqlite"
    content = damaged.read_bytes()
    damaged.write_bytes(content[:4096] + b"\xff" * (len(content) - 4096))

    number = journal.record_sync(SYNC)

    assert journal.syncs("staging") == (replace(SYNC, id=number),)
    assert len(spoken) == 1


def test_the_file_of_a_newer_version_is_set_aside_whole(tmp_path: Path, spoken: Spoken) -> None:
    with sqlite3.connect(tmp_path / "journal.sqlite") as connection:
        connection.executescript("CREATE TABLE future (x); PRAGMA user_version = 99;")
    connection.close()

    assert spoken.journal(tmp_path).events() == ()
    journal = spoken.journal(tmp_path)
    journal.record_event(EVENT)

    assert len(journal.events()) == 1
    with sqlite3.connect(tmp_path / "journal.sqlite.corrupt-1") as connection:
        assert connection.execute("SELECT count(*) FROM future").fetchone() == (0,)
    connection.close()


def test_where_nothing_can_be_written_this_process_remembers(
    tmp_path: Path, spoken: Spoken
) -> None:
    (tmp_path / "sandbox").write_text("a file where the folder should be")

    journal = spoken.journal(tmp_path / "sandbox")
    journal.record_event(EVENT)
    journal.suspend(SUSPENSION)
    number = journal.record_sync(SYNC)

    assert journal.events() == ((1, EVENT),)
    assert journal.suspensions() == (SUSPENSION,)
    assert journal.syncs("staging") == (replace(SYNC, id=number),)
    assert len(spoken) == 1
    assert "cannot be written" in spoken[0]


def test_a_journal_that_vanishes_takes_only_history_with_it(tmp_path: Path, spoken: Spoken) -> None:
    journal = spoken.journal(tmp_path / "sandbox")
    journal.record_event(EVENT)
    for place in (tmp_path / "sandbox").iterdir():
        place.unlink()
    (tmp_path / "sandbox").rmdir()

    journal.record_event(EVENT)
    journal.record_sync(SYNC)

    assert journal.events()


def test_another_version_may_know_more_of_a_record(tmp_path: Path, spoken: Spoken) -> None:
    spoken.journal(tmp_path).record_sync(SYNC)
    spoken.journal(tmp_path).record_event(EVENT)
    with sqlite3.connect(tmp_path / "journal.sqlite") as connection:
        connection.execute("UPDATE sync SET record = json_set(record, '$.novelty', 1)")
        connection.execute("UPDATE event SET event = json_set(event, '$.novelty', 1)")
    connection.close()

    journal = spoken.journal(tmp_path)

    assert journal.syncs("staging") == (replace(SYNC, id=1),)
    assert journal.events() == ((1, EVENT),)


def of_the_first_version(folder: Path) -> None:
    """
    Write the file that the first version left: one sync, without what is known of one today.
    """
    record = (
        '{"id":0,"environment":"staging","revision":"'
        + "a" * 40
        + '","release":"","trigger":"commit","started_at":1.0,"finished_at":2.0,"outcome":'
        '"succeeded","message":"","steps":[{"step_id":"1","reason":"r","outcome":"succeeded",'
        '"seconds":0.5,"message":""}],"log":[]}'
    )
    with sqlite3.connect(folder / "journal.sqlite") as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.executescript(f"{schema.MIGRATIONS[0]} PRAGMA user_version = 1;")
        connection.execute("INSERT INTO sync VALUES (7, 'staging', ?)", (record,))
    connection.close()


OLD_SYNC = replace(
    SYNC,
    id=7,
    steps=(StepRecord(step_id="1", reason="r", outcome=Outcome.SUCCEEDED, seconds=0.5),),
)


def test_the_file_of_an_older_version_is_read_without_touching_it(
    tmp_path: Path, spoken: Spoken
) -> None:
    of_the_first_version(tmp_path)
    before = snapshot(tmp_path)

    journal = spoken.journal(tmp_path)

    assert journal.syncs("staging") == (OLD_SYNC,)
    assert journal.quarantined("staging") is None
    assert journal.routed() == {}
    assert snapshot(tmp_path) == before
    assert spoken == []


def test_the_file_of_an_older_version_is_brought_along_by_writing(
    tmp_path: Path, spoken: Spoken
) -> None:
    of_the_first_version(tmp_path)

    journal = spoken.journal(tmp_path)
    journal.quarantine(QUARANTINE)
    journal.mark_job_done("staging", "a")
    journal.close()

    assert spoken.journal(tmp_path).quarantined("staging") == QUARANTINE
    assert spoken.journal(tmp_path).syncs("staging") == (OLD_SYNC,)
    assert spoken.journal(tmp_path).jobs_done("staging") == {"a"}
    assert spoken == []


def test_a_migration_that_another_process_made_meanwhile_may_be_made_again(
    tmp_path: Path, spoken: Spoken
) -> None:
    spoken.journal(tmp_path).quarantine(QUARANTINE)
    with sqlite3.connect(tmp_path / "journal.sqlite") as connection:
        connection.execute("PRAGMA user_version = 1")
    connection.close()

    journal = spoken.journal(tmp_path)
    journal.record_event(EVENT)

    assert journal.quarantined("staging") == QUARANTINE
    assert spoken == []


def test_a_record_that_cannot_be_read_is_as_good_as_forgotten(
    tmp_path: Path, spoken: Spoken
) -> None:
    journal = spoken.journal(tmp_path)
    for _ in range(3):
        journal.record_sync(SYNC)
    journal.quarantine(QUARANTINE)
    with sqlite3.connect(tmp_path / "journal.sqlite") as connection:
        connection.execute("UPDATE sync SET record = 'no JSON' WHERE id = 1")
        connection.execute(
            "UPDATE sync SET record = json_set(record, '$.trigger', 'x') WHERE id = 3"
        )
        connection.execute("UPDATE quarantine SET quarantine = '{}'")
    connection.close()

    assert journal.syncs("staging") == (replace(SYNC, id=2),)
    assert journal.sync(3) is None
    assert journal.quarantined("staging") is None


def test_old_history_is_forgotten(
    tmp_path: Path, spoken: Spoken, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "EVENTS_MAX", EVENTS_MAX)
    monkeypatch.setattr(module, "SYNCS_MAX", SYNCS_MAX)
    journal = spoken.journal(tmp_path)
    for _ in range(EVENTS_MAX + 5):
        journal.record_event(EVENT)
    journal.record_sync(replace(SYNC, environment="production"))
    for _ in range(SYNCS_MAX + 5):
        journal.record_sync(SYNC)

    numbers = [number for number, _ in journal.events(limit=EVENTS_MAX * 2)]
    assert numbers == list(range(6, EVENTS_MAX + 6))
    assert len(journal.syncs("staging", limit=SYNCS_MAX * 2)) == SYNCS_MAX
    assert len(journal.syncs("production")) == 1
