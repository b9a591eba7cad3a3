"""
The parts that the containers of one service have in its rollout: who goes, who stays, who is first.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sandbox.compose.surge import only_one, shared
from sandbox.model.observed import ContainerState
from sandbox.model.rollout import Order
from sandbox.planning.diff import present_containers
from sandbox.planning.generations import generation_of, serving_generation
from sandbox.planning.labels import SERVICE
from sandbox.planning.place_volumes import moves_volume
from sandbox.planning.routes import INGRESS
from sandbox.planning.slot import Need, is_live, is_ready

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sandbox.model.observed import ObservedContainer
    from sandbox.model.rollout import UpdateConfig
    from sandbox.model.service import Service
    from sandbox.planning.slot import Scene, Slot
    from sandbox.planning.wiring import Wiring


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """
    Who has which part.

    Attributes:
        olds: The container of each place that makes way, by target of the slot.
        early: What must stop before others can start, by target of the slot it belongs to.
        all_early: All of these, and those that belong to no slot.
        crowd: Live containers that are neither wanted nor the generation that serves.
        beyond: Live containers of replicas that are not declared any more.
        turns: Slots with an old container, in batches; the next one waits for the one before.
        fresh: Slots without one; they come up at once.
    """

    olds: Mapping[str, ObservedContainer] = field(default_factory=dict[str, "ObservedContainer"])
    early: Mapping[str, tuple[ObservedContainer, ...]] = field(
        default_factory=dict[str, "tuple[ObservedContainer, ...]"]
    )
    all_early: tuple[ObservedContainer, ...] = ()
    crowd: tuple[ObservedContainer, ...] = ()
    beyond: tuple[ObservedContainer, ...] = ()
    turns: tuple[tuple[Slot, ...], ...] = ()
    fresh: tuple[Slot, ...] = ()


def cast_of(
    wiring: Wiring,
    service: Service,
    slots: Sequence[Slot],
    leaving: Sequence[ObservedContainer],
) -> Cast:
    """
    Give every live container of *service* that goes its part.
    """
    wanted = slots[0].spec.spec_hash if slots else ""
    serving = _serving(wiring.scene, service, wanted)
    olds: dict[str, ObservedContainer] = {}
    early: dict[str, tuple[ObservedContainer, ...]] = {}
    crowd: list[ObservedContainer] = []
    for slot in slots:
        going = displaced(slot)
        early[slot.target] = tuple(each for each in going if wiring.is_early(each))
        rest = [each for each in going if not wiring.is_early(each)]
        old = _old(slot, rest, serving)
        if old:
            olds[slot.target] = old
        crowd += [each for each in rest if each is not old]
    all_early = [each for group in early.values() for each in group]
    all_early += [each for each in leaving if is_live(each) and wiring.is_early(each)]
    beyond = [each for each in leaving if is_live(each) and not wiring.is_early(each)]
    kept = {serving, wanted}
    crowd += [each for each in beyond if generation_of(each) not in kept]
    update = update_of(wiring.scene, service)
    return Cast(
        olds=olds,
        early=early,
        all_early=tuple(all_early),
        crowd=tuple(sorted(crowd, key=lambda each: each.name)),
        beyond=tuple(each for each in beyond if generation_of(each) in kept),
        turns=_turns([slot for slot in slots if slot.target in olds], update),
        fresh=tuple(slot for slot in slots if slot.target not in olds),
    )


def displaced(slot: Slot) -> tuple[ObservedContainer, ...]:
    """
    Live containers of *slot* that are stopped.
    """
    goes = slot.need in {Need.RECREATE, Need.RESTART}
    found = (slot.keep, *slot.surplus) if slot.keep and goes else slot.surplus
    return tuple(each for each in found if is_live(each))


def update_of(scene: Scene, service: Service) -> UpdateConfig:
    """
    How *service* is updated, which on the way back may be another way.
    """
    return service.rollout.rollback if scene.policy.rollback else service.rollout.update


def starts_first(scene: Scene, slot: Slot) -> bool:
    """
    Tell whether the new container of *slot* comes up beside the old one.
    """
    if slot.need in {Need.RECREATE, Need.RESTART}:
        return False
    service = slot.service
    if _is_single(service) or slot.spec.followed or _is_followed(scene, service):
        return False
    order = update_of(scene, service).order
    if moves_volume(scene.observed, displaced(slot)):
        return False
    if order is not None:
        return order is Order.START_FIRST
    return not shared(service)


def _is_single(service: Service) -> bool:
    """
    Tell whether two containers of one place cannot run at once; the ingress has the other ports.
    """
    return service.name == INGRESS or bool(only_one(service, bound=service.ports))


def _is_followed(scene: Scene, service: Service) -> bool:
    return any(
        mode == f"service:{service.name}"
        for other in scene.desired.services
        for mode in (other.namespaces.network, other.namespaces.ipc, other.namespaces.pid)
    ) or any(
        each.service_name == service.name
        for other in scene.desired.services
        for each in other.volumes_from
    )


def _serving(scene: Scene, service: Service, wanted: str) -> str:
    mine = (
        each
        for each in present_containers(scene.observed)
        if each.labels.get(SERVICE) == service.name
    )
    return serving_generation([each for each in mine if generation_of(each) != wanted])


def _old(slot: Slot, going: Iterable[ObservedContainer], serving: str) -> ObservedContainer | None:
    """
    The one of *going* that serves until its successor does.
    """
    if slot.keep and slot.need in {Need.RECREATE, Need.RESTART}:
        return next((each for each in going if each is slot.keep), None)
    # Of what is kept already a copy is of no use; of what is made anew it is what serves.
    known = {serving} if slot.keep else {serving, slot.spec.spec_hash}
    ranked = sorted(
        (each for each in going if generation_of(each) in known),
        key=lambda each: (
            not is_ready(each),
            each.state is not ContainerState.RUNNING,
            each.created_at,
            each.name,
        ),
    )
    return ranked[0] if ranked and not slot.job else None


def _turns(slots: Sequence[Slot], update: UpdateConfig) -> tuple[tuple[Slot, ...], ...]:
    """
    Batches of *slots*, those first whose turn an interrupted run had begun.
    """
    ranked = sorted(slots, key=lambda each: (not (each.keep and is_live(each.keep)), each.replica))
    size = update.parallelism or max(len(ranked), 1)
    return tuple(tuple(ranked[first : first + size]) for first in range(0, len(ranked), size))
