"""A canary that gets too few requests says so, with since when and until when."""

from types import SimpleNamespace
from typing import cast

import pytest

from sandbox.errors import HeldError
from sandbox.model.action import AnalyseTraffic
from sandbox.model.event import EventKind
from sandbox.model.rollout import Analysis
from sandbox.runtime.traffic import Traffic
from sandbox.runtime.workspace import Workspace
from tests.fakes.clock import FakeClock
from tests.fakes.ingress import FakeIngress

STEP = AnalyseTraffic(
    service_name="web",
    ingress_name="ingress",
    ingress_id="i",
    old=("web-1",),
    new=("web-2",),
    for_s=20.0,
    analysis=Analysis(max_error_rate=0.01, min_requests=50),
    deadline_s=120.0,
)


def test_a_canary_without_requests_says_that_it_waits_and_until_when() -> None:
    clock, ingress = FakeClock(), FakeIngress()
    ingress.start("i")
    workspace = cast("Workspace", SimpleNamespace(clock=clock, ingress=ingress))
    began = clock.monotonic()
    said: list[tuple[EventKind, float, str]] = []

    with pytest.raises(HeldError, match="0 of at least 50 requests"):
        Traffic(workspace=workspace, stop=lambda: False).analyse(
            "i", STEP, lambda kind, text: said.append((kind, clock.monotonic() - began, text))
        )

    (output, at_once_s, text), (event, late_s, again) = said
    assert (output, event) == (EventKind.OUTPUT, EventKind.WAITING)
    assert at_once_s <= 1.0
    assert STEP.for_s <= late_s <= STEP.for_s + 1.0
    assert text == again
    assert text.startswith("the canary of web waits for requests: 0 of at least 50 came since ")
    assert " UTC, and are waited for until " in text
