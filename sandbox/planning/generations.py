"""
Who serves a service now: containers of the wanted spec, and those of the generation before.

Looks at containers only, not at what is planned, so that plan and execution see the same.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sandbox.model.observed import ContainerState
from sandbox.planning.diff import present_containers
from sandbox.planning.labels import parse_container_labels
from sandbox.planning.slot import is_live, is_ready
from sandbox.planning.spec import container_spec

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sandbox.model.desired import DesiredState
    from sandbox.model.observed import ObservedContainer, ObservedState
    from sandbox.model.service import Service


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """
    The containers of one service that can take requests, the best of each place.

    Attributes:
        right: Of the wanted spec, by number of the replica.
        old: Of the generation before, likewise.
        beyond: Of replicas that are not declared any more.
        ailing: What runs and is not ready, or was; better than nothing when nothing else is there.
    """

    right: Mapping[int, ObservedContainer] = field(default_factory=dict[int, "ObservedContainer"])
    old: Mapping[int, ObservedContainer] = field(default_factory=dict[int, "ObservedContainer"])
    beyond: tuple[ObservedContainer, ...] = ()
    ailing: tuple[ObservedContainer, ...] = ()

    @property
    def is_return(self) -> bool:
        """
        What is wanted was there before what is not: it has served already.
        """
        newest = max((each.created_at for each in self.right.values()), default=0.0)
        oldest = min((each.created_at for each in self.old.values()), default=0.0)
        return bool(self.right and self.old) and newest < oldest

    def before(self) -> tuple[ObservedContainer, ...]:
        """
        Who serves while nothing of the wanted spec does that need not.
        """
        return tuple(({**self.right, **self.old}).values()) + self.beyond or self.ailing

    def after(self) -> tuple[ObservedContainer, ...]:
        """
        Who serves once everything of the wanted spec does that can.
        """
        return tuple(({**self.old, **self.right}).values()) or self.beyond or self.ailing


def standing(desired: DesiredState, observed: ObservedState, service: Service) -> Standing:
    """
    Look who of *service* can take requests; *desired* has the ingress in it.
    """
    wanted = container_spec(observed.owner, desired, service, 1).spec_hash
    mine = [
        each
        for each in present_containers(observed)
        if parse_container_labels(each.labels).service_name == service.name
    ]
    serving = serving_generation([each for each in mine if generation_of(each) != wanted])
    known = [each for each in mine if generation_of(each) in {wanted, serving}]
    ready = [each for each in known if is_ready(each) and each.addresses]
    declared = range(1, service.replicas + 1)
    right = _best_by_replica(each for each in ready if generation_of(each) == wanted)
    old = _best_by_replica(each for each in ready if generation_of(each) != wanted)
    beyond = {**old, **right}
    ailing = [each for each in known if _is_ailing(each) and replica_of(each) in declared]
    return Standing(
        right={number: each for number, each in right.items() if number in declared},
        old={number: each for number, each in old.items() if number in declared},
        beyond=tuple(beyond[number] for number in sorted(beyond) if number not in declared),
        ailing=tuple(_best_by_replica(ailing).values()),
    )


def serving_generation(containers: Sequence[ObservedContainer]) -> str:
    """
    Spec hash of those of *containers* that are kept longest: most ready, most running, oldest.

    Empty when none of them lives. What is off all networks serves nobody, where others are on one.
    """
    live = [each for each in containers if is_live(each)]
    reached = any(each.networks for each in live)
    working = (each for each in live if is_ready(each) and bool(each.networks) == reached)
    ready = Counter(generation_of(each) for each in working)
    number = Counter(generation_of(each) for each in live)
    ages = {name: _age(live, name) for name in number}
    ranked = sorted(number, key=lambda each: (-ready[each], -number[each], ages[each], each))
    return ranked[0] if ranked else ""


def generation_of(container: ObservedContainer) -> str:
    """
    Spec hash that *container* was made from.
    """
    return parse_container_labels(container.labels).spec_hash


def replica_of(container: ObservedContainer) -> int:
    """
    Number of the place that *container* was made for.
    """
    return parse_container_labels(container.labels).replica


def _age(containers: Iterable[ObservedContainer], generation: str) -> float:
    return min(each.created_at for each in containers if generation_of(each) == generation)


def _is_ailing(container: ObservedContainer) -> bool:
    return container.state is ContainerState.RUNNING and bool(container.addresses)


def _best_by_replica(containers: Iterable[ObservedContainer]) -> dict[int, ObservedContainer]:
    """
    The one of each place that is preferred, which is the one that the plan keeps, sorted.
    """
    best: dict[int, ObservedContainer] = {}
    for each in sorted(containers, key=lambda one: (one.created_at, one.name, one.id)):
        best.setdefault(replica_of(each), each)
    return dict(sorted(best.items()))
