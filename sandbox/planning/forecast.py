"""
What a plan comes to: which services are replaced, and what is gone meanwhile.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.model.action import (
    BuildImage,
    CreateContainer,
    RemoveContainer,
    RunGate,
    StartContainer,
    StopContainer,
)
from sandbox.model.forecast import Forecast, NameMove, Replacement
from sandbox.planning.diff import job_names
from sandbox.planning.edge import environment_host, main_service
from sandbox.planning.routes import routes

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from sandbox.model.desired import DesiredState
    from sandbox.model.plan import Plan, Step


def forecast(plan: Plan, desired: DesiredState, applied: DesiredState | None = None) -> Forecast:
    """
    Say what *plan*, of *desired* as committed, comes to.

    *applied* is what the environment was brought to last; ``None`` when it never was, and where no
    edge leads to it by name.
    """
    jobs = job_names(desired)
    by_kind = {
        kind: {step.service_name for step in plan.steps if isinstance(step.action, kind)} - {""}
        for kind in (CreateContainer, StartContainer, StopContainer, RemoveContainer)
    }
    created, started = by_kind[CreateContainer] - jobs, by_kind[StartContainer] - jobs
    gone = (by_kind[StopContainer] | by_kind[RemoveContainer]) - jobs
    return Forecast(
        replaced=tuple(_replacement(plan, desired, name) for name in sorted(created & gone)),
        created=tuple(sorted(created - gone)),
        restarted=tuple(sorted(started - created)),
        removed=tuple(sorted(gone - created - started)),
        images=tuple(
            sorted(
                step.action.tags[0] for step in plan.steps if isinstance(step.action, BuildImage)
            )
        ),
        jobs=tuple(sorted(by_kind[StartContainer] & jobs)),
        gates=tuple(
            sorted(step.action.gate for step in plan.steps if isinstance(step.action, RunGate))
        ),
        name_move=_name_move(applied, desired) if applied else None,
    )


def _name_move(applied: DesiredState, desired: DesiredState) -> NameMove | None:
    before, after = (main_service(routes(each)) for each in (applied, desired))
    host = environment_host(desired.environment)
    if not host or not before or before == after:
        return None
    return NameMove(host=host, before=before, after=after)


def _replacement(plan: Plan, desired: DesiredState, name: str) -> Replacement:
    stops, starts = (
        {step.id for step in plan.steps if step.service_name == name and type(step.action) is kind}
        for kind in (StopContainer, StartContainer)
    )
    steps = {step.id: step for step in plan.steps}
    # Where any stop waits for a start, somebody serves all the time.
    downtime = bool(stops) and not any(_waits_for(steps, stop, starts) for stop in stops)
    ports = {
        f"{port.host_ip}:{port.published}"
        for service in desired.services
        if service.name == name
        for port in service.ports
        if port.published
    }
    return Replacement(
        service=name, downtime=downtime, ports=tuple(sorted(ports)) if downtime else ()
    )


def _waits_for(steps: Mapping[str, Step], step_id: str, wanted: Collection[str]) -> bool:
    """
    Tell whether a step begins only after one of *wanted* has ended.
    """
    waiting, seen = [step_id], set[str]()
    while waiting:
        here = waiting.pop()
        if here in wanted:
            return True
        if here not in seen and here in steps:
            seen.add(here)
            waiting += (*steps[here].depends_on, *steps[here].after)
    return False
