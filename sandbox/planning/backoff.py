"""
How long to wait before something that failed is tried again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

WINDOW_S: Final = 600.0
STARTS_MAX: Final = 12
DELAY_MAX_S: Final = 60.0
REPAIRS_AT_ONCE: Final = 5
REPAIR_DELAY_MAX_S: Final = 3600.0


def delay_s(starts: Sequence[float], now: float) -> float:
    """
    Seconds until a container may be started again; 0.0 is at once.

    The first restart comes at once, then 1, 2, 4 ... 60 s after the start before; what is older
    than ten minutes is forgotten, and within ten minutes there are at most twelve starts.

    Args:
        starts: When it was started, in seconds of a clock that nobody sets; in any order.
        now: Of the same clock.
    """
    # A start in the future is a clock that was set back: count it as now.
    recent = sorted(min(start, now) for start in starts if start > now - WINDOW_S)
    if not recent:
        return 0.0
    until = recent[-1] + _growing_s(len(recent) - 2)
    if len(recent) >= STARTS_MAX:
        until = max(until, recent[-STARTS_MAX] + WINDOW_S)
    return max(0.0, until - now)


def start_times(
    steps: Iterable[tuple[str, float]], before: Mapping[str, Sequence[float]] | None = None
) -> dict[str, list[float]]:
    """
    When a container was started again and again in one place, by target such as ``web-1``.

    A container that a plan stopped there, or made and started, is a change, from which starts count
    anew. One that was made and removed again is none: what runs there runs on.

    Args:
        steps: Ids of steps, which are made of verb and target, with when they began; oldest first.
        before: The answer for earlier steps, which is not changed.
    """
    times = {target: list(starts) for target, starts in (before or {}).items()}
    made: set[str] = set()
    for step_id, at in steps:
        verb, _, words = step_id.partition(" ")
        target = words.partition(" ")[0]
        if verb == "stop" or (verb == "start" and target in made):
            times.pop(target, None)
        if verb == "create":
            made.add(target)
        elif verb in {"start", "remove"}:
            made.discard(target)
        if verb == "start":
            times[target] = [each for each in times.get(target, ()) if each > at - WINDOW_S] + [at]
    return times


def repair_delay_s(repairs: int) -> float:
    """
    Seconds after the *repairs*-th repair of the same drift before it is repaired again.

    Five times at once, for people try things; then 10 s, 30 s, 90 s ... up to an hour.
    """
    if repairs < REPAIRS_AT_ONCE:
        return 0.0
    return float(min(REPAIR_DELAY_MAX_S, 10 * 3 ** min(repairs - REPAIRS_AT_ONCE, 10)))


def retry_delay_s(failures: int) -> float:
    """
    Seconds between the end of a failed sync, the *failures*-th in a row, and the next try.
    """
    return _growing_s(failures - 1)


def _growing_s(exponent: int) -> float:
    if exponent < 0:
        return 0.0
    # The cap is reached after six doublings; a huge power would only overflow.
    return float(min(DELAY_MAX_S, 2 ** min(exponent, 6)))
