"""What `wait` says while it waits."""

from dataclasses import replace

import pytest

from sandbox.cli.invocation import Invocation
from sandbox.cli.wait import teller
from sandbox.model.status import EnvironmentStatus, Health, SyncStatus
from tests.fakes.clock import FakeClock

STATUS = EnvironmentStatus(
    name="staging", revision="a" * 40, sync=SyncStatus.OUT_OF_SYNC, health=Health.HEALTHY
)


def test_no_line_is_said_twice_and_no_wait_is_silent(capsys: pytest.CaptureFixture[str]) -> None:
    clock = FakeClock()
    tell = teller(Invocation(), clock)
    said: list[tuple[float, str]] = []
    began = clock.monotonic()
    for _ in range(48):
        tell(STATUS)
        at = round(clock.monotonic() - began, 1)
        said += [(at, line) for line in capsys.readouterr().err.splitlines()]
        clock.sleep(0.25)

    times, lines = [at for at, _ in said], [line for _, line in said]
    assert times == [1.0, 6.0, 11.0]
    assert len(set(lines)) == len(lines)
    assert lines[0] == "staging  \u25cf healthy \u00b7 out of sync  at aaaaaaa"
    assert lines[1] == f"{lines[0]}  (still, after 6.0 s)"


def test_what_changes_is_said_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    clock = FakeClock()
    tell = teller(Invocation(), clock)
    clock.sleep(1.0)
    tell(STATUS)
    clock.sleep(0.25)
    tell(replace(STATUS, health=Health.DEGRADED))

    first, second = capsys.readouterr().err.splitlines()
    assert ("healthy" in first, "degraded" in second) == (True, True)
