"""The journal as `sandbox.ports.Journal` has it: one small table for each kind of record."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from sandbox.adapters.sqlite_journal.file import JournalFile
from sandbox.adapters.sqlite_journal.rows import event_of, suspension_of, sync_of, text_of
from sandbox.model.event import Event
from sandbox.model.record import SyncRecord
from sandbox.model.status import Suspension

EVENTS_MAX: Final = 10_000
STEPS_MAX: Final = 10_000
READY_MAX: Final = 1_000
SYNCS_MAX: Final = 1_000  # of each environment
OLD_SYNCS: Final = """
DELETE FROM sync WHERE environment = ?1 AND id <=
    (SELECT id FROM sync WHERE environment = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)
"""

log = logging.getLogger(__name__)


class SqliteJournal:
    """
    Implements `sandbox.ports.Journal` on ``<state_folder>/journal.sqlite``.

    Args:
        state_folder: Made, for this user only, by the first write.
        warn: Told once, in a sentence, when history is lost or cannot be kept.
    """

    def __init__(self, state_folder: str, warn: Callable[[str], None] = log.warning) -> None:
        self._file = JournalFile(Path(state_folder, "journal.sqlite"), warn)

    # syncs

    def record_sync(self, record: SyncRecord) -> int:
        """Keep *record* and return its number; of one environment the last 1,000 are kept."""
        return self._file.write(
            (
                "INSERT INTO sync (environment, record) VALUES (?, ?)",
                (record.environment, text_of(record)),
            ),
            (
                OLD_SYNCS,
                (record.environment, SYNCS_MAX),
            ),
        )

    def syncs(self, environment: str, *, limit: int = 20) -> tuple[SyncRecord, ...]:
        """Newest first."""
        rows = self._file.read(
            "SELECT id, record FROM sync WHERE environment = ? ORDER BY id DESC LIMIT ?",
            (environment, limit),
        )
        return tuple(sync_of(number, text) for number, text in rows)

    # events and steps

    def record_event(self, event: Event) -> None:
        """Keep *event*; the last 10,000 are kept."""
        self._file.write(
            ("INSERT INTO event (event) VALUES (?)", (text_of(event),)),
            ("DELETE FROM event WHERE id <= (SELECT max(id) FROM event) - ?", (EVENTS_MAX,)),
        )

    def events(self, *, after: int = 0, limit: int = 200) -> tuple[tuple[int, Event], ...]:
        """Events with their numbers, oldest first; *after* 0 gives the newest *limit*."""
        query = "SELECT id, event FROM event WHERE id > ? ORDER BY id {} LIMIT ?"
        if after:
            rows = self._file.read(query.format("ASC"), (after, limit))
        else:
            rows = self._file.read(query.format("DESC"), (0, limit))[::-1]
        return tuple((number, event_of(text)) for number, text in rows)

    def begin_step(self, environment: str, step_id: str, at: float) -> int:
        """Write the intent before the step; return its number."""
        return self._file.write(
            (
                "INSERT INTO step (environment, step_id, began_at) VALUES (?, ?, ?)",
                (environment, step_id, at),
            ),
            ("DELETE FROM step WHERE id <= (SELECT max(id) FROM step) - ?", (STEPS_MAX,)),
        )

    def end_step(self, number: int, outcome: str, at: float) -> None:
        """Write how the step of that number ended."""
        self._file.write(
            ("UPDATE step SET ended_at = ?, outcome = ? WHERE id = ?", (at, outcome, number))
        )

    # readiness

    def mark_ready(self, container_id: str, started_at: float) -> None:
        """A healthcheck passed for the container as started then; the last 1,000 are kept."""
        self._file.write(
            ("INSERT OR REPLACE INTO ready VALUES (?, ?)", (container_id, started_at)),
            ("DELETE FROM ready WHERE rowid <= (SELECT max(rowid) FROM ready) - ?", (READY_MAX,)),
        )

    def ready(self) -> Mapping[str, float]:
        """Start times by container id, of those that were marked."""
        return dict(self._file.read("SELECT container_id, started_at FROM ready"))

    # suspensions

    def suspend(self, suspension: Suspension) -> None:
        """Keep *suspension* instead of an earlier one of its environment."""
        self._file.write(
            (
                "INSERT OR REPLACE INTO suspension VALUES (?, ?)",
                (suspension.environment, text_of(suspension)),
            )
        )

    def resume(self, environment: str) -> bool:
        """Forget the suspension of *environment*; false when there is none."""
        if not any(one.environment == environment for one in self.suspensions()):
            return False
        self._file.write(("DELETE FROM suspension WHERE environment = ?", (environment,)))
        return True

    def suspensions(self) -> tuple[Suspension, ...]:
        """All of them, those whose `until` has passed too: who asks knows what time it is."""
        rows = self._file.read("SELECT suspension FROM suspension ORDER BY environment")
        return tuple(suspension_of(text) for (text,) in rows)

    def close(self) -> None:
        """Give the file back; writing again would open it again."""
        self._file.close()
