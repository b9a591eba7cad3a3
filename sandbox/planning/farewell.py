"""
What the ingress is to lead to no more: services that are undeclared, or not published any longer.

A container stops only when no ingress that runs may lead to it any more: one that goes has stopped,
one that stays was told, and what was under way there has ended. What is published gives its
requests away in its own turns, see `requests`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sandbox.model.action import ConfigureIngress, StopContainer
from sandbox.model.observed import ContainerState
from sandbox.model.plan import Step
from sandbox.planning.diff import present_containers
from sandbox.planning.labels import SERVICE
from sandbox.planning.order import waited_for
from sandbox.planning.requests import drain_action, drain_reason
from sandbox.planning.routes import INGRESS
from sandbox.planning.slot import is_live

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sandbox.model.observed import ObservedContainer
    from sandbox.planning.traffic import Traffic
    from sandbox.planning.wiring import Wiring


def emptying_steps(
    wiring: Wiring, traffic: Traffic, leaving: Sequence[ObservedContainer]
) -> Iterator[Step]:
    """
    Have an ingress that goes with the services behind it take no more requests.
    """
    ingress = _leaving_ingress(wiring)
    if ingress and any(
        _is_undeclared(wiring, each) and _can_drain(wiring, ingress, each) for each in leaving
    ):
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


def with_farewells(wiring: Wiring, steps: Sequence[Step], told: tuple[str, ...]) -> Sequence[Step]:
    """
    Let containers that are not routed stop when no ingress leads to them any more.

    One that an ingress waits for goes before: else both would wait for ever.

    Args:
        wiring: Everything.
        steps: All of the plan.
        told: Id of the step that tells the ingress where to lead, if there is one.
    """
    going, kept = _going_ingresses(wiring), _kept_ingress(wiring)
    ingresses = [*going, kept] if kept else going
    if not ingresses:
        return steps
    ours = present_containers(wiring.scene.observed)
    behind = {
        each.id: each
        for each in ours
        if _is_unrouted(wiring, each) and any(_meet(each, other) for other in ingresses)
    }
    drains = _drains(wiring, steps, behind, told)
    steps = _with_drains(wiring, steps, drains)
    for end in (*(f"stop {wiring.label(each)}" for each in going), *(told if kept else ())):
        before = waited_for(steps, end)
        steps = [
            _waiting(step, end) if _stopped(step) in behind and step.id not in before else step
            for step in steps
        ]
    return steps


def _drains(
    wiring: Wiring,
    steps: Sequence[Step],
    behind: Mapping[str, ObservedContainer],
    told: tuple[str, ...],
) -> dict[str, Step]:
    """
    Steps that let requests under way end, by id of the container that stops then.

    Of what is declared only a change of the ingress says that it may have been behind it.
    """
    leaving = _leaving_ingress(wiring)
    ingress = leaving or _serving_ingress(wiring)
    before = {each for end in told for each in waited_for(steps, end)}
    stops = {_stopped(step): step.id for step in steps if step.id not in before}
    return {
        key: _drain_step(wiring, ingress, each, told)
        for key, each in behind.items()
        if ingress and key in stops and _can_drain(wiring, ingress, each)
        if _is_undeclared(wiring, each) or (told and not leaving)
    }


def _with_drains(
    wiring: Wiring, steps: Sequence[Step], drains: Mapping[str, Step]
) -> Sequence[Step]:
    """
    Put *drains* before what waits for them: the container, or the ingress that goes with it.

    That one may be past answering.
    """
    leaving = _leaving_ingress(wiring)
    ends = tuple(sorted(step.id for step in drains.values())) if leaving else ()
    found: list[Step] = []
    for step in steps:
        drain = drains.get(_stopped(step))
        if leaving and _stopped(step) == leaving.id:
            found.append(replace(step, after=tuple(sorted({*step.after, *ends}))))
        elif drain:
            found += [drain, step if leaving else _waiting(step, drain.id)]
        else:
            found.append(step)
    return found


def _stopped(step: Step) -> str:
    return step.action.container_id if isinstance(step.action, StopContainer) else ""


def _waiting(step: Step, other: str) -> Step:
    return replace(step, depends_on=tuple(sorted({*step.depends_on, other})))


def _is_unrouted(wiring: Wiring, container: ObservedContainer) -> bool:
    scene = wiring.scene
    routed = {*scene.routed, *(gate.name for gate in scene.desired.gates), INGRESS}
    return container.labels.get(SERVICE) not in routed


def _is_undeclared(wiring: Wiring, container: ObservedContainer) -> bool:
    desired = wiring.scene.desired
    declared = {each.name for each in (*desired.services, *desired.gates)} | {INGRESS}
    return container.labels.get(SERVICE) not in declared


def _meet(one: ObservedContainer, other: ObservedContainer) -> bool:
    return bool(set(one.networks) & set(other.networks))


def _can_drain(wiring: Wiring, ingress: ObservedContainer, container: ObservedContainer) -> bool:
    """
    Tell whether *container* may have requests of *ingress*, and can wait for their end.
    """
    runs = container.state is ContainerState.RUNNING
    return runs and _meet(ingress, container) and not wiring.is_early(container)


def _going_ingresses(wiring: Wiring) -> list[ObservedContainer]:
    """
    Those that stop for ever; the next one knows of none of their requests.
    """
    restarted = _kept_ingress(wiring)
    found = (each for _, each in sorted(wiring.going.items()) if each is not restarted)
    return [each for each in found if each.labels.get(SERVICE) == INGRESS and is_live(each)]


def _kept_ingress(wiring: Wiring) -> ObservedContainer | None:
    """
    The one that stays, running or not: once it runs again it leads where it was told last.
    """
    slots = wiring.slots.get(INGRESS, ())
    return next((slot.keep for slot in slots if slot.keep and not slot.creates), None)


def _leaving_ingress(wiring: Wiring) -> ObservedContainer | None:
    """
    The one that runs, goes with what is behind it, and that nobody waits for.
    """
    found = (
        each
        for each in _going_ingresses(wiring)
        if each.state is ContainerState.RUNNING and not wiring.is_early(each)
    )
    return None if wiring.slots.get(INGRESS) else next(found, None)


def _serving_ingress(wiring: Wiring) -> ObservedContainer | None:
    """
    The one that runs and stays as it is.
    """
    kept = _kept_ingress(wiring)
    starts = any(slot.starts for slot in wiring.slots.get(INGRESS, ()))
    return kept if kept and kept.state is ContainerState.RUNNING and not starts else None


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
