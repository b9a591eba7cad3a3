"""
What was done, one line a sync.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.render.outcomes import OUTCOME_SIGNS
from sandbox.render.style import PLAIN, Style
from sandbox.render.text import clean, columns, day_and_time, duration, short

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo

    from sandbox.model.record import PastSync, SyncRecord
    from sandbox.model.verdict import Figures
    from sandbox.render.documents import Json

NO_HISTORY = "Nothing was synced yet, or the journal was deleted. To begin: sandbox up"
_HEADINGS = (
    *("id", "when", "environment", "verdict", "took", "requests", "failed", "trigger"),
    "revision",
)
_VERDICT, _FAILED = 3, 6


def history_text(
    syncs: Sequence[PastSync], *, zone: tzinfo | None = None, style: Style = PLAIN
) -> str:
    """
    A table, in the order given; below a sync that did not succeed the reason.

    ::

        id  when                 environment  verdict      took   ...  trigger  revision
        12  2026-11-23 14:03:09  staging      ● succeeded  2.1 s  ...  commit   4b1c2d3  Say hello

    Requests are those during the sync; ``-`` where no ingress counted them.
    """
    if not syncs:
        return NO_HISTORY
    heading, *rows = columns([_HEADINGS, *(_row(each, zone) for each in syncs)])
    lines = [style.paint("".join(heading), "dim")]
    for past, row in zip(syncs, rows, strict=True):
        lines.append(_painted(past.record, row, style))
        if past.record.message:
            lines.append(f"    {clean(past.record.message.splitlines()[0])}")
    return "\n".join(lines)


def history_json(syncs: Sequence[PastSync]) -> dict[str, Json]:
    """
    ``{"history": [...]}``; requests are ``null`` where no ingress counted them.
    """
    return {"history": [_document(each) for each in syncs]}


def _row(past: PastSync, zone: tzinfo | None) -> tuple[str, ...]:
    record = past.record
    counted = _counted(record)
    return (
        str(record.id),
        day_and_time(record.started_at, zone),
        clean(record.environment),
        f"{OUTCOME_SIGNS[record.outcome][0]} {record.outcome.value}",
        duration(record.finished_at - record.started_at),
        "-" if counted is None else f"{counted.requests:,}",
        "-" if counted is None else f"{counted.failed:,}",
        record.trigger.value,
        f"{short(record.revision)}  {clean(past.subject)}".rstrip(),
    )


def _painted(record: SyncRecord, row: Sequence[str], style: Style) -> str:
    cells = list(row)
    cells[_VERDICT] = style.paint(cells[_VERDICT], OUTCOME_SIGNS[record.outcome][1])
    counted = _counted(record)
    if counted is not None and counted.failed:
        cells[_FAILED] = style.paint(cells[_FAILED], "red")
    return "".join(cells)


def _document(past: PastSync) -> dict[str, Json]:
    record = past.record
    counted = _counted(record)
    return {
        "id": record.id,
        "environment": record.environment,
        "revision": record.revision or None,
        "subject": past.subject,
        "release": record.release or None,
        "trigger": record.trigger.value,
        "started_at": record.started_at,
        "finished_at": record.finished_at,
        "seconds": round(record.finished_at - record.started_at, 3),
        "outcome": record.outcome.value,
        "message": record.message,
        "requests": None if counted is None else counted.requests,
        "failed": None if counted is None else counted.failed,
    }


def _counted(record: SyncRecord) -> Figures | None:
    if record.receipt is None or record.receipt.during is None:
        return None
    return record.receipt.during.total
