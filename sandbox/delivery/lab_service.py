"""What the visitors of one environment got over time: a release, nothing, or nobody knows."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sandbox.model.lab import Visit

UNKNOWN_AFTER_S: Final = 2.0
"""No request under way for longer than this: nobody knows what a visitor would have got."""


OUT_AFTER_S: Final = 2.0
"""Requests under way and none served for longer than this: an outage, although none failed."""


class Service(StrEnum):
    """What a visitor got."""

    SERVED = "served"
    OUT = "out"
    """Requests were made, and none was served: they failed, or they waited."""
    UNKNOWN = "unknown"
    """No request was made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """
    A time in which visitors got the same; seconds since the epoch.

    Attributes:
        release: That served most requests; empty when none did, or it did not say.
    """

    service: Service
    release: str
    began_at: float
    ended_at: float


@dataclass(frozen=True, slots=True)
class _Moment:
    """Requests that ended within one moment; *asked_at* is when the first of them was made."""

    service: Service
    release: str
    asked_at: float
    ended_at: float
    turned_at: float
    """When visitors had what the moment says: the first answer, or the first lost request."""


def stretches(
    visits: Sequence[Visit], began_at: float, ended_at: float, *, moment_s: float
) -> tuple[Stretch, ...]:
    """
    Divide the time from *began_at* to *ended_at* by what visitors got.

    Args:
        visits: Of one environment, in order of their ends.
        moment_s: Requests that end within such a time are judged together: the release that
            served most of them counts.

    Returns:
        Stretches without gap or overlap, neighbours differ; none when the time is empty.
    """
    found: list[Stretch] = []
    turns = list(_turns(visits, began_at, ended_at, moment_s))
    ends = [turn.at for turn in turns[1:]]
    for turn, end in zip(turns, [*ends, ended_at], strict=True):
        last = found[-1] if found else None
        if end <= turn.at:
            continue
        since = turn.at
        if last and (last.service, last.release) == (turn.service, turn.release):
            since = found.pop().began_at
        found.append(
            Stretch(service=turn.service, release=turn.release, began_at=since, ended_at=end)
        )
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Turn:
    """From *at* on visitors got this."""

    at: float
    service: Service
    release: str = ""


def _turns(
    visits: Sequence[Visit], began_at: float, ended_at: float, moment_s: float
) -> Iterator[_Turn]:
    """Turns in order of time; some change nothing, or not for any time."""
    heard_at = began_at
    yield _Turn(began_at, Service.UNKNOWN)
    for number, moment in enumerate(_moments(visits, began_at, moment_s)):
        asked_at = min(max(moment.asked_at, heard_at), ended_at)
        if asked_at - heard_at > UNKNOWN_AFTER_S:
            yield _Turn(heard_at, Service.UNKNOWN)
            turned_at = asked_at
        elif number:
            turned_at = min(max(moment.turned_at, heard_at), ended_at)
        else:
            turned_at = began_at
        answered_at = min(max(moment.turned_at, asked_at), ended_at)
        if moment.service is Service.SERVED and answered_at - asked_at > OUT_AFTER_S:
            yield _Turn(asked_at, Service.OUT)
            turned_at = answered_at
        yield _Turn(turned_at, moment.service, moment.release)
        heard_at = min(max(moment.ended_at, heard_at), ended_at)
    if ended_at - heard_at > UNKNOWN_AFTER_S:
        yield _Turn(heard_at, Service.UNKNOWN)


def _moments(visits: Sequence[Visit], began_at: float, moment_s: float) -> Iterator[_Moment]:
    """Each moment in which a request ended."""
    by_number: dict[int, list[Visit]] = {}
    for visit in visits:
        by_number.setdefault(int((visit.at - began_at) / max(moment_s, 1e-9)), []).append(visit)
    for _, together in sorted(by_number.items()):
        asked_at = min(each.at - each.seconds for each in together)
        ended_at = max(each.at for each in together)
        served = [each for each in together if not each.failure]
        if not served:
            yield _Moment(Service.OUT, "", asked_at, ended_at, asked_at)
            continue
        most = Counter(each.release for each in served)
        release = max(sorted(most), key=lambda each: most[each])
        turned_at = min(each.at for each in served)
        yield _Moment(Service.SERVED, release, asked_at, ended_at, turned_at)
