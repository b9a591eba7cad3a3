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


class Service(StrEnum):
    """What a visitor got."""

    SERVED = "served"
    OUT = "out"
    """Requests were made, and none was served."""
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
    for stretch in _raw(visits, began_at, ended_at, moment_s):
        last = found[-1] if found else None
        if stretch.ended_at <= stretch.began_at:
            continue
        if last and (last.service, last.release) == (stretch.service, stretch.release):
            found[-1] = Stretch(
                service=last.service,
                release=last.release,
                began_at=last.began_at,
                ended_at=stretch.ended_at,
            )
        else:
            found.append(stretch)
    return tuple(found)


def _raw(
    visits: Sequence[Visit], began_at: float, ended_at: float, moment_s: float
) -> Iterator[Stretch]:
    """Stretches in order, of which some are empty and neighbours may be alike."""
    service, release, since, heard_at = Service.UNKNOWN, "", began_at, began_at
    for number, moment in enumerate(_moments(visits, began_at, moment_s)):
        asked_at = min(max(moment.asked_at, began_at), ended_at)
        if asked_at - heard_at > UNKNOWN_AFTER_S:
            yield Stretch(service=service, release=release, began_at=since, ended_at=heard_at)
            yield _unknown(heard_at, asked_at)
            since = asked_at
        elif number:
            turned = min(max(moment.turned_at, heard_at), ended_at)
            yield Stretch(service=service, release=release, began_at=since, ended_at=turned)
            since = turned
        service, release = moment.service, moment.release
        heard_at = min(max(moment.ended_at, began_at), ended_at)
    known_until = ended_at if ended_at - heard_at <= UNKNOWN_AFTER_S else heard_at
    yield Stretch(service=service, release=release, began_at=since, ended_at=known_until)
    yield _unknown(known_until, ended_at)


def _unknown(began_at: float, ended_at: float) -> Stretch:
    return Stretch(service=Service.UNKNOWN, release="", began_at=began_at, ended_at=ended_at)


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
