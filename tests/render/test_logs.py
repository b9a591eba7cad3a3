"""
Logs of containers, and of a gate whose container is gone.
"""

from sandbox.model.gate import GatePhase, GateResult, GateVerdict
from sandbox.render.logs import LogLine, log_json, run_text
from tests.render.test_status import NOW, REVISION

RUN = GateResult(
    gate="units",
    phase=GatePhase.BEFORE,
    environment="staging",
    revision=REVISION,
    release=REVISION,
    inputs="0",
    verdict=GateVerdict.FAILED,
    started_at=NOW - 14,
    seconds=2.0,
    message="exited with 1\nE       assert 0 == 4.2",
)


def test_a_run_that_is_over_says_when_it_ended_and_how() -> None:
    assert run_text(RUN, now=NOW) == (
        "units failed for 4b1c2d3 12 s ago: exited with 1 (the gate does not run now; these are"
        " the last lines of its last run)"
    )


def test_a_line_without_a_time_has_none_in_json() -> None:
    assert log_json(LogLine(at="", source="units", text="x"))["at"] is None
