"""
How the containers of one service take turns: who goes first, who waits for whom, who gets requests.

Start-first: the new one comes up, gets the requests, the old one is drained, then it is stopped.
Stop-first: the old one gives its requests away, is drained and stopped, then the new one starts.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sandbox.planning.cast import cast_of
from sandbox.planning.requests import Requests
from sandbox.planning.turns import Turns

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sandbox.model.observed import ObservedContainer
    from sandbox.model.plan import Step
    from sandbox.model.service import Service
    from sandbox.planning.requests import Ingress
    from sandbox.planning.slot import Slot
    from sandbox.planning.wiring import Wiring


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """
    What the turns of one service add to its steps.

    Attributes:
        steps: Those about its requests, and those that only wait.
        starts, starts_after: What a start waits for, by target of the slot: steps that must end
            well, and steps that must only end.
        stops, stops_after: What a stop waits for, by container id, likewise.
        successors: Slots of which the container of one has to work when a container is stopped, by
            its id.
        proofs: What must have ended well before a new container counts, by target of the slot.
        end: Steps after which the requests go where they should.
    """

    steps: tuple[Step, ...] = ()
    starts: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    starts_after: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    stops: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    stops_after: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    successors: Mapping[str, tuple[Slot, ...]] = field(
        default_factory=dict[str, "tuple[Slot, ...]"]
    )
    proofs: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    end: tuple[str, ...] = ()


def course_of(
    wiring: Wiring,
    service: Service,
    slots: Sequence[Slot],
    leaving: Sequence[ObservedContainer],
    ingress: Ingress | None,
) -> Course:
    """
    Let the containers of *service* take turns.

    Args:
        wiring: Everything but the courses.
        service: Without what the ingress does for it.
        slots: Those of it that are not held.
        leaving: Its containers that belong to no slot and go.
        ingress: ``None`` when its requests do not go through one.
    """
    turns = Turns(
        wiring=wiring,
        service=service,
        cast=cast_of(wiring, service, slots, leaving),
        requests=Requests(wiring=wiring, service=service, ingress=ingress),
    )
    turns.write(slots)
    return Course(
        steps=(*turns.steps, *turns.requests.steps),
        starts=turns.starts,
        starts_after=turns.starts_after,
        stops=turns.stops,
        stops_after=turns.stops_after,
        successors=turns.successors,
        proofs=turns.proofs,
        end=turns.requests.gate,
    )
