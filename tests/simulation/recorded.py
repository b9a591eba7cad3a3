"""
Schedules that failed once, as short as they could be made.
"""

from __future__ import annotations

from typing import Final

from tests.simulation.models import JOB, CommitModel, ServiceModel
from tests.simulation.schedule import NEWEST, Commit, Deed, DeedKind, Schedule, Step

WEB: Final = ServiceModel(name="web", routed=True)
ONE: Final = CommitModel(services=(WEB,))


WITH_JOB: Final = CommitModel(
    services=(
        ServiceModel(name=JOB, job=True),
        ServiceModel(name="web", version=2, routed=True, after=(JOB,)),
    )
)


def _deed(kind: DeedKind, service: str) -> Deed:
    return Deed(environment="staging", kind=kind, rank=NEWEST, service=service)


TWO_AT_ONCE: Final = Schedule(
    seed=30089,
    beginning={"staging": ONE, "production": ONE},
    steps=(
        Step(act=_deed(DeedKind.CHANGE_MEMORY, "web"), pause_s=0.0),
        Step(act=_deed(DeedKind.DISCONNECT, "web"), pause_s=6.0),
    ),
    fixes={},
)
"""Requests were moved to a container that was only to be made."""
JOB_ENDED: Final = Schedule(
    seed=505,
    beginning={"staging": ONE, "production": ONE},
    steps=(
        Step(act=Commit(environment="staging", model=WITH_JOB, what="add migrate"), pause_s=0.3),
        Step(act=_deed(DeedKind.KILL, JOB), pause_s=0.0),
    ),
    fixes={},
)
"""A job that a person ended waits for a person."""
