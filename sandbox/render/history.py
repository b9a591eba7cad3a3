"""
What was done, one line a deed, and what ran at a moment.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.model.past import Deed, Fate
from sandbox.render.events import EVENT_SIGNS
from sandbox.render.outcomes import OUTCOME_SIGNS
from sandbox.render.style import PLAIN, Style
from sandbox.render.text import clean, columns, day_and_time, duration, headline, short

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import tzinfo

    from sandbox.model.past import Decision, InForce, PastDeed
    from sandbox.model.verdict import Figures
    from sandbox.render.documents import Json

NO_HISTORY = "Nothing was done yet. To begin: sandbox up"
_HEADINGS = (
    *("id", "when", "environment", "who", "what", "verdict", "took", "requests", "failed"),
    "revision",
)
_VERDICT, _FAILED = 5, 8
_FATE_SIGNS = {
    Fate.WAITING: ("◐", "yellow"),
    Fate.SUPERSEDED: ("○", "dim"),
    Fate.INVALID: ("✗", "red"),
    Fate.NOT_YET: ("○", "dim"),
    Fate.REMOVED: ("○", "dim"),
    Fate.UNRECORDED: ("?", "dim"),
}
_NOBODY = "-"
_LABEL_WIDTH = 11


def history_text(
    deeds: Sequence[PastDeed], *, zone: tzinfo | None = None, style: Style = PLAIN
) -> str:
    """
    A table, in the order given; below what did not go well the reason.

    ::

        id  when                 environment  who  what    verdict      took   ...  revision
        12  2026-11-23 14:03:09  staging      Ada  change  ● succeeded  2.1 s  ...  4b1c2d3  Say hi

    Requests are those during the sync; ``-`` where no ingress counted them.
    """
    if not deeds:
        return NO_HISTORY
    heading, *rows = columns([_HEADINGS, *(_row(each, zone) for each in deeds)])
    lines = [style.paint("".join(heading), "dim")]
    for deed, row in zip(deeds, rows, strict=True):
        lines.append(_painted(deed, row, style))
        lines += [f"    {clean(line)}" for line in deed.message.splitlines()]
    return "\n".join(lines)


def history_json(deeds: Sequence[PastDeed]) -> dict[str, Json]:
    """
    ``{"history": [...]}``; what only a sync has is ``null`` for a commit without one.
    """
    return {"history": [deed_json(each) for each in deeds]}


def at_text(answers: Sequence[InForce], *, zone: tzinfo | None = None, style: Style = PLAIN) -> str:
    """
    What each environment ran at a moment, since when, and who decided it.
    """
    return "\n\n".join("\n".join(_at_lines(each, zone, style)) for each in answers)


def at_json(answers: Sequence[InForce], at: float) -> dict[str, Json]:
    """
    ``{"at": ..., "environments": [...]}``; ``sync`` is ``null`` when none is recorded.
    """
    return {"at": at, "environments": [_at_document(each) for each in answers]}


def decision_json(decision: Decision | None) -> Json:
    """
    A commit and what it did to the release; ``null`` when there is none.
    """
    if decision is None:
        return None
    return {
        "commit": decision.commit,
        "author": decision.author,
        "at": decision.at,
        "subject": decision.subject,
        "what": decision.deed.value,
        "release": decision.release or None,
        "previous_release": decision.previous or None,
    }


def decision_text(decision: Decision, *, zone: tzinfo | None = None, style: Style = PLAIN) -> str:
    """
    A commit in a line: id, subject, author, when; and the releases of one that moved them.
    """
    commit = style.paint(short(decision.commit), "yellow")
    text = f"{commit}  {clean(decision.subject)}  ({_made(decision, zone)})"
    if decision.deed is Deed.CHANGE:
        return text
    new = short(decision.release) or "that of its branch"
    old = short(decision.previous) or "that of its branch"
    return f"{text}: {decision.deed.value}, release {old} -> {new}"


def _made(decision: Decision, zone: tzinfo | None) -> str:
    author = clean(decision.author) or "an unknown author"
    return f"{author}, {day_and_time(decision.at, zone)}"


def _row(deed: PastDeed, zone: tzinfo | None) -> tuple[str, ...]:
    record = deed.record
    counted = _counted(deed)
    subject = deed.decision.subject if deed.decision else ""
    return (
        str(record.id) if record else _NOBODY,
        day_and_time(deed.at, zone),
        clean(deed.environment),
        clean(deed.who) or _NOBODY,
        deed.deed.value,
        f"{_sign(deed)[0]} {deed.verdict}",
        duration(record.finished_at - record.started_at) if record else _NOBODY,
        _NOBODY if counted is None else f"{counted.requests:,}",
        _NOBODY if counted is None else f"{counted.failed:,}",
        f"{short(deed.revision)}  {clean(subject)}".strip(),
    )


def _painted(deed: PastDeed, row: Sequence[str], style: Style) -> str:
    cells = list(row)
    cells[_VERDICT] = style.paint(cells[_VERDICT], _sign(deed)[1])
    counted = _counted(deed)
    if counted is not None and counted.failed:
        cells[_FAILED] = style.paint(cells[_FAILED], "red")
    return "".join(cells).rstrip()


def _sign(deed: PastDeed) -> tuple[str, str]:
    if deed.record is not None:
        return OUTCOME_SIGNS[deed.record.outcome]
    if deed.health is not None:
        return EVENT_SIGNS[deed.health]
    return _FATE_SIGNS[deed.fate or Fate.UNRECORDED]


def deed_json(deed: PastDeed) -> dict[str, Json]:
    """
    One line of the history; what only a sync has is ``null`` for a commit without one.
    """
    record, counted = deed.record, _counted(deed)
    return {
        "id": record.id if record else None,
        "environment": deed.environment,
        "at": deed.at,
        "what": deed.deed.value,
        "who": deed.who or None,
        "verdict": deed.verdict,
        "revision": deed.revision or None,
        "subject": deed.decision.subject if deed.decision else "",
        "author": deed.decision.author if deed.decision else None,
        "release": (record.release or None) if record else None,
        "trigger": record.trigger.value if record else None,
        "started_at": record.started_at if record else None,
        "finished_at": record.finished_at if record else None,
        "seconds": round(record.finished_at - record.started_at, 3) if record else None,
        "outcome": record.outcome.value if record else None,
        "message": record.message if record else deed.message,
        "requests": None if counted is None else counted.requests,
        "failed": None if counted is None else counted.failed,
    }


def _counted(deed: PastDeed) -> Figures | None:
    record = deed.record
    if record is None or record.receipt is None or record.receipt.during is None:
        return None
    return record.receipt.during.total


def _at_lines(found: InForce, zone: tzinfo | None, style: Style) -> Iterator[str]:
    yield style.paint(f"{clean(found.environment)} at {day_and_time(found.at, zone)}", "bold")
    sync = found.sync
    record = sync.record if sync else None
    if (sync, found.decision, found.attempt) == (None, None, None):
        yield _labelled("ran", "nothing that is known: it was not an environment then", style)
    elif sync is None or record is None:
        yield _labelled("ran", "no sync before then is recorded; what follows was wanted", style)
    elif sync.deed is Deed.DOWN:
        by = f" by {clean(sync.who)}" if sync.who else ""
        yield _labelled("ran", f"nothing: taken down{by}", style)
    else:
        release = style.paint(short(record.release), "yellow") or "unknown"
        yield _labelled("ran", f"release {release}", style)
        subject = clean(sync.decision.subject) if sync.decision else ""
        yield _labelled("revision", f"{short(record.revision)}  {subject}".rstrip(), style)
        by = f" by {clean(sync.who)}" if sync.who and sync.who != sync.deed.value else ""
        ended = day_and_time(record.finished_at, zone)
        yield _labelled("sync", f"{record.id}, {sync.deed.value}{by}, ended {ended}", style)
    if found.decision is not None:
        shown = decision_text(found.decision, zone=zone, style=style)
        yield _labelled("decided by", shown, style)
    if found.source is not None and found.source != found.decision:
        shown = decision_text(found.source, zone=zone, style=style)
        yield _labelled("source", shown, style)
    attempt = found.attempt
    if attempt is not None and attempt.record is not None:
        under_way = attempt.record.finished_at > found.at
        how = "was under way" if under_way else f"{attempt.verdict}: {headline(attempt.message)}"
        text = f"sync {attempt.record.id} to {short(attempt.revision)} {how}"
        yield _labelled("meanwhile", text.rstrip(": "), style)


def _at_document(found: InForce) -> dict[str, Json]:
    sync = found.sync.record if found.sync else None
    return {
        "environment": found.environment,
        "release": (sync.release or None) if sync else None,
        "revision": (sync.revision or None) if sync else None,
        "sync": deed_json(found.sync) if found.sync else None,
        "decision": decision_json(found.decision),
        "source": decision_json(found.source),
        "attempt": deed_json(found.attempt) if found.attempt else None,
    }


def _labelled(label: str, text: str, style: Style) -> str:
    return f"  {style.paint(label.ljust(_LABEL_WIDTH), 'dim')}{text}"
