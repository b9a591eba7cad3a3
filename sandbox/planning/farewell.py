"""
Services that are no longer declared: their requests end at the ingress before they stop.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.model.action import ConfigureIngress
from sandbox.model.observed import ContainerState
from sandbox.model.plan import Step
from sandbox.planning.course import Course
from sandbox.planning.labels import SERVICE
from sandbox.planning.requests import drain_action, drain_reason
from sandbox.planning.routes import INGRESS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sandbox.model.observed import ObservedContainer
    from sandbox.planning.traffic import Traffic
    from sandbox.planning.wiring import Wiring


def emptying_steps(
    wiring: Wiring, traffic: Traffic, leaving: Sequence[ObservedContainer]
) -> Iterator[Step]:
    """
    Have an ingress that goes with the services behind it take no more requests.
    """
    ingress = _leaving_ingress(wiring, leaving)
    if ingress and any(_served(wiring, leaving, ingress)):
        label = wiring.label(ingress)
        yield Step(
            id=f"configure {label}",
            action=ConfigureIngress(
                container_name=ingress.name, container_id=ingress.id, config=traffic.config
            ),
            target=label,
            reason="nothing behind it is declared any more",
            depends_on=wiring.base,
            service_name=INGRESS,
        )


def farewells(
    wiring: Wiring, leaving: Sequence[ObservedContainer], gate: Sequence[Step]
) -> dict[str, Course]:
    """
    Let what is under way in containers of undeclared services end, once the ingress was told.

    Args:
        wiring: Everything but the courses.
        leaving: Containers that belong to no slot and go.
        gate: What tells the ingress.
    """
    replaced = _replaced_ingress(wiring)
    if replaced:
        return _outlived(wiring, leaving, replaced)
    going = _leaving_ingress(wiring, leaving)
    ingress = going or _staying_ingress(wiring)
    # An ingress that has to be connected first may wait for a network that these containers hold.
    if not ingress or (not going and any(step.depends_on for step in gate)):
        return {}
    waits = tuple(step.id for step in gate)
    drains = {
        each.id: _drain_step(wiring, ingress, each, waits)
        for each in _served(wiring, leaving, ingress)
    }
    courses = {
        service_name: Course(
            steps=tuple(step for step in drains.values() if step.service_name == service_name),
            # One that goes itself may be past answering.
            stops={} if going else {each: (step.id,) for each, step in drains.items()},
            stops_after={each: (step.id,) for each, step in drains.items()} if going else {},
        )
        for service_name in sorted({step.service_name for step in drains.values()})
    }
    if going and drains:
        ends = tuple(sorted(step.id for step in drains.values()))
        courses[INGRESS] = Course(stops_after={going.id: ends})
    return courses


def _outlived(
    wiring: Wiring, leaving: Sequence[ObservedContainer], ingress: ObservedContainer
) -> dict[str, Course]:
    """
    Let *ingress*, which makes way for another one, stop before what it leads to.
    """
    served = list(_served(wiring, leaving, ingress))
    wait = (f"stop {wiring.label(ingress)}",)
    return {
        service_name: Course(
            stops_after={
                each.id: wait for each in served if each.labels.get(SERVICE) == service_name
            }
        )
        for service_name in sorted({each.labels.get(SERVICE, "") for each in served})
    }


def _served(
    wiring: Wiring, leaving: Iterable[ObservedContainer], ingress: ObservedContainer
) -> Iterator[ObservedContainer]:
    """
    Containers of undeclared services that *ingress* may lead to, and that can wait.
    """
    desired = wiring.scene.desired
    declared = {each.name for each in (*desired.services, *desired.gates)} | {INGRESS}
    return (
        each
        for each in leaving
        if each.labels.get(SERVICE) not in declared
        and each.state is ContainerState.RUNNING
        and set(each.networks) & set(ingress.networks)
        and not wiring.is_early(each)
    )


def _leaving_ingress(
    wiring: Wiring, leaving: Iterable[ObservedContainer]
) -> ObservedContainer | None:
    """
    The one that runs, goes, and that nobody waits for.
    """
    found = (
        each
        for each in leaving
        if each.labels.get(SERVICE) == INGRESS
        and each.state is ContainerState.RUNNING
        and not wiring.is_early(each)
    )
    return None if wiring.slots.get(INGRESS) else next(found, None)


def _replaced_ingress(wiring: Wiring) -> ObservedContainer | None:
    """
    The one that runs and makes way; the next one knows of none of its requests.
    """
    found = (
        each
        for _, each in sorted(wiring.going.items())
        if each.labels.get(SERVICE) == INGRESS and each.state is ContainerState.RUNNING
    )
    return next(found, None) if wiring.slots.get(INGRESS) else None


def _staying_ingress(wiring: Wiring) -> ObservedContainer | None:
    """
    The one that runs and stays as it is.
    """
    for slot in wiring.slots.get(INGRESS, ()):
        if slot.keep and not slot.starts and slot.keep.state is ContainerState.RUNNING:
            return slot.keep
    return None


def _drain_step(
    wiring: Wiring,
    ingress: ObservedContainer,
    container: ObservedContainer,
    waits: tuple[str, ...],
) -> Step:
    label = wiring.label(container)
    action = drain_action(ingress.name, ingress.id, container.labels.get(SERVICE, ""), container)
    return Step(
        id=f"drain {label}",
        action=action,
        target=label,
        reason=drain_reason(action),
        depends_on=waits,
        service_name=action.service_name,
    )
