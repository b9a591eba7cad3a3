"""
Work that takes a while: what is seen of it, and that no wait is endless.
"""

import threading
from collections.abc import Callable

import pytest

from sandbox.adapters.system_clock import SystemClock
from sandbox.cli.follow import follow
from sandbox.cli.invocation import Invocation
from sandbox.errors import DeadlineError, NotFoundError
from sandbox.model.event import Event, EventKind

CLOCK = SystemClock()


def event(kind: EventKind, message: str, step_id: str = "", steps: int = 0) -> Event:
    return Event(
        at=CLOCK.now(),
        environment="staging",
        kind=kind,
        message=message,
        step_id=step_id,
        steps=steps,
    )


def test_results_and_errors_come_back_by_name(capsys: pytest.CaptureFixture[str]) -> None:
    failure = NotFoundError("gone")

    def fail(_: Callable[[Event], None]) -> int:
        raise failure

    def work(on_event: Callable[[Event], None]) -> int:
        on_event(event(EventKind.PLANNED, "2 steps", steps=2))
        on_event(event(EventKind.STEP_BEGAN, "is missing", "start web-1"))
        on_event(event(EventKind.STEP_ENDED, "is missing", "start web-1"))
        return 7

    results = follow(Invocation(), CLOCK, {"staging": work, "production": fail}, timeout_s=5.0)
    assert results == {"staging": 7, "production": failure}
    told = capsys.readouterr()
    assert told.out == ""
    lines = [line.split("  ", 1)[1] for line in told.err.splitlines()]
    assert lines == ["staging     → 2 steps", "staging     ✓ start web-1: is missing"]


def test_a_deadline_names_what_was_waited_for_and_shows_its_last_lines() -> None:
    never = threading.Event()

    def work(on_event: Callable[[Event], None]) -> int:
        on_event(event(EventKind.PLANNED, "2 steps", steps=2))
        on_event(event(EventKind.STEP_BEGAN, "is missing", "build image web"))
        on_event(event(EventKind.OUTPUT, "Step 3/9: RUN sleep"))
        never.wait(10.0)
        return 0

    with pytest.raises(DeadlineError) as caught:
        follow(Invocation(), CLOCK, {"staging": work}, timeout_s=0.3)
    never.set()
    assert caught.value.message == (
        "not done after 0.3 s; staging was waiting for: build image web (0 of 2 steps done)"
    )
    assert caught.value.log == ("Step 3/9: RUN sleep",)


def test_off_a_terminal_silence_is_broken_after_a_second(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def work(on_event: Callable[[Event], None]) -> int:
        on_event(event(EventKind.STEP_BEGAN, "is missing", "build image web"))
        CLOCK.sleep(1.6)
        return 0

    follow(Invocation(), CLOCK, {"staging": work}, timeout_s=5.0)
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("staging: still at it after 1.")
    assert line.endswith(": build image web")


def test_a_bug_in_the_work_is_not_hidden() -> None:
    def work(_: Callable[[Event], None]) -> int:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        follow(Invocation(), CLOCK, {"staging": work}, timeout_s=5.0)
