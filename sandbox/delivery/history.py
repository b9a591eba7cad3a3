"""What was done to an environment, from what Git and the journal tell."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from sandbox.model.past import Deed, Fate, PastDeed
from sandbox.model.record import Outcome, SyncRecord, Trigger

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sandbox.model.event import Event
    from sandbox.model.past import Decision

_DEEDS: Final = {
    Trigger.DRIFT: Deed.DRIFT,
    Trigger.RETRY: Deed.RETRY,
    Trigger.ROLLBACK: Deed.WAY_BACK,
    Trigger.PERSON: Deed.SYNC,
    Trigger.PIPELINE: Deed.PIPELINE,
}
_ABSENT: Final = {
    Fate.NOT_YET: "not an environment yet",
    Fate.REMOVED: "no environment any more",
}
_BY_ITSELF: Final = {Deed.DRIFT: "drift", Deed.RETRY: "retry", Deed.WAY_BACK: "rollback"}


def deed_of(previous: str, release: str, *, goes_back: bool, promotes: bool) -> Deed:
    """
    Say what a commit is, from the release that it pins and the one pinned before.

    Args:
        previous: Empty when none was pinned, as *release*.
        release: Full commit id.
        goes_back: *previous* holds all that *release* does.
        promotes: The environment promotes from another one.
    """
    if release == previous:
        return Deed.CHANGE
    if not release:
        return Deed.UNPIN
    if previous and goes_back:
        return Deed.ROLLBACK
    return Deed.PROMOTION if promotes else Deed.PIN


def past_deed(record: SyncRecord, decision: Decision | None) -> PastDeed:
    """
    Tell of a sync: what it was and whose.

    Args:
        record: As the journal has it.
        decision: The commit of its revision; ``None`` when it is gone.
    """
    if record.trigger is Trigger.COMMIT:
        deed = decision.deed if decision else Deed.CHANGE
        idle = record.outcome is Outcome.SUCCEEDED and not record.steps
        deed = Deed.NO_CHANGE if idle and deed is Deed.CHANGE else deed
        who = decision.author if decision else ""
    else:
        deed = Deed.DOWN if is_down(record) else _DEEDS[record.trigger]
        who = _BY_ITSELF.get(deed, record.author)
    return PastDeed(
        environment=record.environment,
        at=record.started_at,
        deed=deed,
        who=who,
        decision=decision,
        record=record,
        message=_first_line(record.message),
    )


def change_of_health(event: Event) -> PastDeed:
    """Tell of an event of how a service does."""
    return PastDeed(
        environment=event.environment,
        at=event.at,
        deed=Deed.HEALTH,
        who=event.service_name,
        health=event.kind,
        message=_first_line(event.message),
    )


def is_down(record: SyncRecord) -> bool:
    """Tell whether a person took the environment down."""
    return record.trigger is Trigger.PERSON and not record.revision


def unsynced(
    environment: str,
    decision: Decision,
    *,
    successor: str,
    problem: str,
    began: float | None,
    absent: Fate | None = None,
) -> PastDeed:
    """
    Tell of a commit that no sync is recorded of.

    Args:
        environment: Whose history it is in.
        decision: The commit.
        successor: Commit that was synced in its place; empty when none was.
        problem: Why its files cannot be used; empty when they can.
        began: When the first sync of the journal began; ``None`` when there is none.
        absent: Says that the commit holds no such environment: not yet, or not any more.
    """
    if absent:
        fate, message = absent, _ABSENT[absent]
    elif problem:
        fate, message = Fate.INVALID, problem
    elif successor:
        fate, message = Fate.SUPERSEDED, f"{successor[:7]} was newer when it would have begun"
    elif began is None or decision.at < began:
        fate, message = Fate.UNRECORDED, ""
    else:
        fate, message = Fate.WAITING, ""
    return PastDeed(
        environment=environment,
        at=decision.at,
        deed=decision.deed,
        who=decision.author,
        decision=decision,
        fate=fate,
        message=_first_line(message),
    )


def successor(
    decision: Decision, records: Sequence[SyncRecord], holds: Callable[[str], bool]
) -> str:
    """
    Find the commit that was synced in place of *decision*; empty when none was.

    Args:
        decision: A commit that was not synced itself.
        records: Newest first.
        holds: Tells whether a commit holds all that *decision* does.
    """
    if not records or decision.at < records[-1].started_at:
        return ""  # older than the journal: it may well have been synced
    # Git knows whole seconds only.
    later = [each.revision for each in reversed(records) if each.started_at >= decision.at]
    return next((each for each in dict.fromkeys(later) if each and holds(each)), "")


def newest_first(deeds: Sequence[PastDeed]) -> tuple[PastDeed, ...]:
    """
    Sort them: syncs by their numbers, the others between those by time.

    A clock that was set back makes an earlier sync seem later; then it counts as of the next one.
    Those of one moment stay as they are.
    """
    syncs = sorted((each for each in deeds if each.record), key=lambda each: -_number(each))
    moments: dict[int, float] = {}
    latest = math.inf
    for each in syncs:
        latest = moments[_number(each)] = min(latest, each.at)
    others = [each for each in deeds if not each.record]
    return tuple(sorted((*syncs, *others), key=lambda each: -moments.get(_number(each), each.at)))


def _number(deed: PastDeed) -> int:
    return deed.record.id if deed.record else 0


def in_force(
    records: Sequence[SyncRecord], at: float
) -> tuple[SyncRecord | None, SyncRecord | None]:
    """
    Find the sync that left the environment as it was at a moment.

    Args:
        records: Of one environment, newest first.
        at: Seconds since the epoch.

    Returns:
        The last that had gone well; and the newest after it that had not, or was under way.
    """
    attempt: SyncRecord | None = None
    for record in records:
        if record.started_at > at:
            continue
        if record.outcome is Outcome.SUCCEEDED and record.finished_at <= at:
            return record, attempt
        attempt = attempt or record
    return None, attempt


def _first_line(message: str) -> str:
    return next(iter(message.splitlines()), "")
