"""The journal as `sandbox.ports.Journal` has it: one small table for each kind of record."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from sandbox.adapters.sqlite_journal.file import JournalFile
from sandbox.adapters.sqlite_journal.rows import text_of, value_of
from sandbox.model.event import OF_HEALTH, Event
from sandbox.model.gate import GateResult
from sandbox.model.observed import Creation
from sandbox.model.ownership import ADOPTED, MADE_MAX, Kind, Made, Present
from sandbox.model.quarantine import Quarantine
from sandbox.model.receipt import Traffic
from sandbox.model.record import SyncRecord
from sandbox.model.status import Suspension
from sandbox.model.steadiness import HealthRecord
from sandbox.model.syncing import Syncing

EVENTS_MAX: Final = 10_000
STEPS_MAX: Final = 10_000
PROOFS_MAX: Final = 1_000  # of each kind
JOBS_MAX: Final = 10_000
NOTICES_MAX: Final = 20
SYNCS_MAX: Final = 1_000  # of each environment
GATES_MAX: Final = 1_000  # of each environment
OLD_GATES: Final = """
DELETE FROM gate WHERE environment = ?1 AND id <=
    (SELECT id FROM gate WHERE environment = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)
"""
OLD_SYNCS: Final = """
DELETE FROM sync WHERE environment = ?1 AND id <=
    (SELECT id FROM sync WHERE environment = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)
"""

OLD_MADE: Final = """
DELETE FROM made WHERE tag NOT LIKE ?2 || '%' AND rowid <= (SELECT max(rowid) FROM made) - ?1
"""

HEALTH_EVENTS: Final = """
SELECT event FROM event WHERE json_extract(event, '$.environment') = ?
AND json_extract(event, '$.kind') IN (?, ?, ?) ORDER BY id DESC LIMIT ?
"""

log = logging.getLogger(__name__)


class SqliteJournal:
    """
    Implements `sandbox.ports.Journal` on ``<state_folder>/journal.sqlite``.

    Args:
        state_folder: Made, for this user only, by the first write.
        warn: Told in a sentence when history is lost or cannot be written, once each time.
        monotonic: Seconds that never go back.
    """

    def __init__(
        self,
        state_folder: str,
        warn: Callable[[str], None] = log.warning,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._warn = warn
        self._notices: deque[str] = deque(maxlen=NOTICES_MAX)
        self._file = JournalFile(Path(state_folder, "journal.sqlite"), self._notice, monotonic)

    def trouble(self) -> str:
        """Why what is recorded is only in memory now; empty while the file takes it."""
        return self._file.trouble

    def notices(self) -> tuple[str, ...]:
        """What happened to the file since this was asked last."""
        taken: list[str] = []
        while self._notices:
            taken.append(self._notices.popleft())
        return tuple(taken)

    def _notice(self, message: str) -> None:
        self._notices.append(message)
        self._warn(message)

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

    def syncs(self, environment: str = "", *, limit: int = 20) -> tuple[SyncRecord, ...]:
        """Newest first; those of all environments when none is named."""
        where, values = ("WHERE environment = ?", [environment]) if environment else ("", [])
        query = f"SELECT id, record FROM sync {where} ORDER BY id DESC LIMIT ?"  # noqa: S608 - one of two constants
        return _numbered(self._file.read(query, (*values, limit)))

    def sync(self, number: int) -> SyncRecord | None:
        """Give the one that `record_sync` gave this number."""
        rows = self._file.read("SELECT id, record FROM sync WHERE id = ?", (number,))
        return next(iter(_numbered(rows)), None)

    def complete_receipt(self, number: int, after: Traffic) -> None:
        """Add *after* to the receipt of a sync; nothing happens when there is none (any more)."""
        # A path below what is null is not made.
        completed = (
            "UPDATE sync SET record = json_set(record, '$.receipt.after', json(?)) WHERE id = ?"
        )
        self._file.write((completed, (text_of(after), number)))

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
        found = ((number, value_of(Event, text)) for number, text in rows)
        return tuple((number, event) for number, event in found if event is not None)

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

    def steps_since(self, environment: str, at: float) -> tuple[tuple[str, float], ...]:
        """Ids of the steps of *environment* that began since then, with when; oldest first."""
        query = (
            "SELECT step_id, began_at FROM step WHERE environment = ? AND began_at >= ? ORDER BY id"
        )
        rows = self._file.read(query, (environment, at))
        return tuple((step_id, began_at) for step_id, began_at in rows)

    def record_syncing(self, syncing: Syncing) -> None:
        """Keep *syncing* instead of an earlier one of its environment."""
        self._file.write(
            (
                "INSERT OR REPLACE INTO syncing VALUES (?, ?)",
                (syncing.environment, text_of(syncing)),
            )
        )

    def syncing(self, environment: str) -> Syncing | None:
        """Give what was kept of *environment* and not ended."""
        query = "SELECT syncing FROM syncing WHERE environment = ?"
        rows = self._file.read(query, (environment,))
        return value_of(Syncing, rows[0][0]) if rows else None

    def end_syncing(self, environment: str) -> None:
        """Forget what was kept of *environment*."""
        self._file.write(("DELETE FROM syncing WHERE environment = ?", (environment,)))

    # what was created

    def record_made(self, made: Made) -> None:
        """
        Keep *made* instead of an earlier one of its tag.

        The last `MADE_MAX` are kept, and everything that was adopted.
        """
        self._file.write(
            (
                "INSERT OR REPLACE INTO made VALUES (?, ?, ?, ?)",
                (made.tag, made.kind.value, made.name, made.object_id),
            ),
            (OLD_MADE, (MADE_MAX, ADOPTED)),
        )

    def made(self) -> tuple[Made, ...]:
        """What was created or is about to be, oldest first."""
        rows = self._file.read("SELECT tag, kind, name, object_id FROM made ORDER BY rowid")
        return tuple(
            Made(tag=tag, kind=Kind(kind), name=name, object_id=object_id)
            for tag, kind, name, object_id in rows
        )

    def record_present(self, environment: str, present: Present) -> None:
        """Keep *present* instead of what was kept of *environment* before."""
        self._file.write(
            ("INSERT OR REPLACE INTO present VALUES (?, ?)", (environment, text_of(present)))
        )

    def present(self, environment: str) -> Present:
        """Give what was kept of *environment*; nothing when nothing was."""
        query = "SELECT present FROM present WHERE environment = ?"
        rows = self._file.read(query, (environment,))
        return (value_of(Present, rows[0][0]) if rows else None) or Present()

    # what containers are and proved

    def record_creation(self, container_id: str, creation: Creation) -> None:
        """Keep what the engine made of a container; the last 1,000 are kept."""
        self._file.write(
            ("INSERT OR REPLACE INTO creation VALUES (?, ?)", (container_id, text_of(creation))),
            (
                "DELETE FROM creation WHERE rowid <= (SELECT max(rowid) FROM creation) - ?",
                (PROOFS_MAX,),
            ),
        )

    def creations(self, container_ids: Collection[str]) -> Mapping[str, Creation]:
        """What was kept of these, by container id."""
        wanted = ", ".join("?" * len(container_ids))
        query = f"SELECT container_id, creation FROM creation WHERE container_id IN ({wanted})"  # noqa: S608 - placeholders only
        rows = self._file.read(query, tuple(container_ids))
        found = {container_id: value_of(Creation, text) for container_id, text in rows}
        return {container_id: each for container_id, each in found.items() if each is not None}

    def mark_ready(self, container_id: str, started_at: float) -> None:
        """A healthcheck passed for the container as started then; the last 1,000 are kept."""
        self._file.write(
            ("INSERT OR REPLACE INTO ready VALUES (?, ?)", (container_id, started_at)),
            ("DELETE FROM ready WHERE rowid <= (SELECT max(rowid) FROM ready) - ?", (PROOFS_MAX,)),
        )

    def ready(self) -> Mapping[str, float]:
        """Start times by container id, of those that were marked."""
        return dict(self._file.read("SELECT container_id, started_at FROM ready"))

    def mark_routed(self, container_id: str, started_at: float, config_hash: str) -> None:
        """The ingress, as started then, does *config_hash*; the last 1,000 are kept."""
        self._file.write(
            (
                "INSERT OR REPLACE INTO routed VALUES (?, ?, ?)",
                (container_id, started_at, config_hash),
            ),
            (
                "DELETE FROM routed WHERE rowid <= (SELECT max(rowid) FROM routed) - ?",
                (PROOFS_MAX,),
            ),
        )

    def routed(self) -> Mapping[str, tuple[float, str]]:
        """Start time and the last proven hash by container id."""
        rows = self._file.read("SELECT container_id, started_at, config_hash FROM routed")
        return {container_id: (at, config_hash) for container_id, at, config_hash in rows}

    # jobs

    def mark_job_done(self, environment: str, spec_hash: str) -> None:
        """Keep that this job ended well; the last 10,000 are kept."""
        self._file.write(
            ("INSERT OR REPLACE INTO job_done VALUES (?, ?)", (environment, spec_hash)),
            (
                "DELETE FROM job_done WHERE rowid <= (SELECT max(rowid) FROM job_done) - ?",
                (JOBS_MAX,),
            ),
        )

    def jobs_done(self, environment: str) -> frozenset[str]:
        """Spec hashes of the jobs of *environment* that were marked."""
        query = "SELECT spec_hash FROM job_done WHERE environment = ?"
        return frozenset(spec_hash for (spec_hash,) in self._file.read(query, (environment,)))

    def forget_jobs(self, environment: str) -> None:
        """Forget them all: what they did is gone."""
        self._file.write(("DELETE FROM job_done WHERE environment = ?", (environment,)))

    # quarantine

    def quarantine(self, quarantine: Quarantine) -> None:
        """Keep *quarantine* instead of an earlier one of its environment."""
        self._file.write(
            (
                "INSERT OR REPLACE INTO quarantine VALUES (?, ?)",
                (quarantine.environment, text_of(quarantine)),
            )
        )

    def quarantined(self, environment: str) -> Quarantine | None:
        """Give the revision of *environment* that is not tried again."""
        query = "SELECT quarantine FROM quarantine WHERE environment = ?"
        rows = self._file.read(query, (environment,))
        return value_of(Quarantine, rows[0][0]) if rows else None

    def release_quarantine(self, environment: str) -> bool:
        """Forget the quarantine of *environment*; false when there is none."""
        if self.quarantined(environment) is None:
            return False
        self._file.write(("DELETE FROM quarantine WHERE environment = ?", (environment,)))
        return True

    # gates

    def record_gate(self, result: GateResult) -> None:
        """Keep how a gate ended; of one environment the last 1,000 are kept."""
        self._file.write(
            (
                "INSERT INTO gate (environment, result) VALUES (?, ?)",
                (result.environment, text_of(result)),
            ),
            (OLD_GATES, (result.environment, GATES_MAX)),
        )

    def gate_results(self, environment: str = "", *, limit: int = 200) -> tuple[GateResult, ...]:
        """Newest first; those of all environments when none is named."""
        where, values = ("WHERE environment = ?", [environment]) if environment else ("", [])
        query = f"SELECT result FROM gate {where} ORDER BY id DESC LIMIT ?"  # noqa: S608 - one of two constants
        rows = self._file.read(query, (*values, limit))
        found = (value_of(GateResult, text) for (text,) in rows)
        return tuple(result for result in found if result is not None)

    # health of services

    def record_health(self, record: HealthRecord) -> None:
        """Keep *record* instead of an earlier one of its service."""
        self._file.write(
            (
                "INSERT OR REPLACE INTO health VALUES (?, ?, ?)",
                (record.environment, record.service_name, text_of(record)),
            )
        )

    def health_records(self, environment: str) -> tuple[HealthRecord, ...]:
        """Those of *environment*, sorted by service."""
        query = "SELECT record FROM health WHERE environment = ? ORDER BY service"
        found = (value_of(HealthRecord, text) for (text,) in self._file.read(query, (environment,)))
        return tuple(record for record in found if record is not None)

    def forget_health(self, environment: str, service_name: str = "") -> None:
        """Forget what is remembered of a service, or of all of them."""
        where = "DELETE FROM health WHERE environment = ?1 AND ?2 IN ('', service)"
        self._file.write((where, (environment, service_name)))

    def health_events(self, environment: str, *, limit: int) -> tuple[Event, ...]:
        """Events that tell of the health of services, newest first."""
        found = (
            value_of(Event, text)
            for (text,) in self._file.read(HEALTH_EVENTS, (environment, *sorted(OF_HEALTH), limit))
        )
        return tuple(event for event in found if event is not None)

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
        found = (value_of(Suspension, text) for (text,) in rows)
        return tuple(suspension for suspension in found if suspension is not None)

    def close(self) -> None:
        """Give the file back; writing again would open it again."""
        self._file.close()


def _numbered(rows: Iterable[tuple[int, str]]) -> tuple[SyncRecord, ...]:
    """Read records, each with its number."""
    found = ((number, value_of(SyncRecord, text)) for number, text in rows)
    return tuple(replace(record, id=number) for number, record in found if record is not None)
