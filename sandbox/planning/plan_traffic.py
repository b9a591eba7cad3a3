"""
The steps about the ingress: what it is told first, and how each service takes turns behind it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sandbox.model.action import ConfigureIngress, ConnectNetwork
from sandbox.model.observed import ContainerState
from sandbox.model.plan import Step
from sandbox.planning.course import course_of
from sandbox.planning.haproxy import config_hash
from sandbox.planning.labels import SERVICE
from sandbox.planning.order import waited_for
from sandbox.planning.plan_repairs import repair_steps
from sandbox.planning.requests import Ingress
from sandbox.planning.routes import INGRESS
from sandbox.planning.slot import STARTS, Need
from sandbox.planning.traffic import reported_hash

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sandbox.model.observed import ObservedContainer
    from sandbox.planning.slot import Slot
    from sandbox.planning.traffic import Traffic
    from sandbox.planning.wiring import Wiring


def configure_steps(wiring: Wiring, traffic: Traffic) -> Iterator[Step]:
    """
    Tell the ingress what to do, if it has just started or does something else.
    """
    for slot in wiring.slots.get(INGRESS, ()):
        keep = None if slot.creates else slot.keep
        waits = _comes_up(slot)
        if not waits and reported_hash(wiring.scene.observed) == config_hash(traffic.config):
            continue
        yield Step(
            id=f"configure {slot.target}",
            action=ConfigureIngress(
                container_name=keep.name if keep else slot.spec.name,
                container_id=keep.id if keep else "",
                config=traffic.config,
            ),
            target=slot.target,
            reason="it has just started"
            if waits
            else "its configuration differs from the desired one",
            depends_on=tuple(sorted({*waits, *connections(wiring, slot)})),
            service_name=INGRESS,
        )


def after_creates(steps: Sequence[Step], slots: Iterable[Slot]) -> list[Step]:
    """
    Let a live ingress lose its last servers only after what is to replace them was created.

    A create that meets an existing name proves that the servers are there, and the plan ends.
    """
    creates = {slot.service.name: f"create {slot.target}" for slot in slots if not _found(slot)}
    ids = {step.id for step in steps}
    found: list[Step] = []
    for step in steps:
        action = step.action
        live = isinstance(action, ConfigureIngress) and action.container_id
        config = action.config if isinstance(action, ConfigureIngress) and live else None
        empty = [each for each in config.backends if not each.servers] if config else []
        waits = {creates[each.service_name] for each in empty if each.service_name in creates}
        waits = {each for each in waits & ids if step.id not in waited_for(steps, each)}
        found.append(replace(step, depends_on=tuple(sorted({*step.depends_on, *waits}))))
    return found


def _found(slot: Slot) -> bool:
    return bool(slot.keep or slot.surplus)


def with_courses(
    wiring: Wiring,
    leaving: Sequence[ObservedContainer],
    traffic: Traffic,
    configure: Sequence[Step],
) -> Wiring:
    """
    Let the containers of every service take turns.

    *leaving* are the containers that belong to no slot and go.
    """
    wiring = replace(wiring, configured="".join(step.id for step in configure))
    ingress = _ingress(wiring, traffic)
    return replace(
        wiring,
        courses={
            service.name: course_of(
                wiring,
                service,
                wiring.slots.get(service.name, ()),
                [each for each in leaving if each.labels.get(SERVICE) == service.name],
                ingress if service.name in wiring.scene.routed else None,
            )
            for service in wiring.scene.desired.services
        },
    )


def connections(wiring: Wiring, slot: Slot) -> tuple[str, ...]:
    """
    Ids of the steps that attach the kept container of *slot* to networks.
    """
    steps = repair_steps(wiring, slot)
    return tuple(step.id for step in steps if isinstance(step.action, ConnectNetwork))


def _comes_up(slot: Slot) -> tuple[str, ...]:
    """
    The step after which the container of *slot* runs; none when it does already.
    """
    if slot.need in STARTS:
        return (f"start {slot.target}",)
    if slot.need is Need.UNPAUSE:
        return (f"unpause {slot.target}",)
    restarting = slot.keep and slot.keep.state is ContainerState.RESTARTING
    return (f"await {slot.target}",) if restarting else ()


def _ingress(wiring: Wiring, traffic: Traffic) -> Ingress | None:
    for slot in wiring.slots.get(INGRESS, ()):
        keep = None if slot.creates else slot.keep
        return Ingress(
            container_name=keep.name if keep else slot.spec.name,
            container_id=keep.id if keep else "",
            gate=(wiring.configured,) if wiring.configured else connections(wiring, slot),
            networks=traffic.networks,
            phases=traffic.phases,
        )
    return None
