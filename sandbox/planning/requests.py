"""
Where the requests of one service go while its containers take turns, step by step.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sandbox.model.action import AnalyseTraffic, DrainContainer, ShiftTraffic
from sandbox.model.observed import ContainerState
from sandbox.model.plan import Step
from sandbox.planning.labels import stop_grace_s
from sandbox.planning.slot import is_ready
from sandbox.planning.traffic import FULL, canary_shares, shared_address

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from sandbox.model.action import Action
    from sandbox.model.observed import ObservedContainer
    from sandbox.model.rollout import CanaryStep
    from sandbox.model.service import Service
    from sandbox.planning.slot import Slot
    from sandbox.planning.traffic import Phase
    from sandbox.planning.wiring import Wiring


def drain_action(
    ingress_name: str, ingress_id: str, service_name: str, container: ObservedContainer
) -> DrainContainer:
    """
    Wait until nothing is under way in *container*, for the grace that it was created with.
    """
    return DrainContainer(
        service_name=service_name,
        ingress_name=ingress_name,
        ingress_id=ingress_id,
        container_name=container.name,
        container_id=container.id,
        timeout_s=stop_grace_s(container.labels),
    )


def drain_reason(action: DrainContainer) -> str:
    """
    Why there is a step of *action*, for people.
    """
    return f"requests under way may end, for {action.timeout_s:g} s at most"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingress:
    """
    The ingress that a plan shifts requests with.

    Attributes:
        container_id: Empty when the plan creates it.
        gate: Ids of the steps after which it can be told where requests go.
        networks: Exact names of those on which it meets services, preferred ones first.
        phases: How far each routed service is, by name.
    """

    container_name: str
    container_id: str
    gate: tuple[str, ...]
    networks: tuple[str, ...]
    phases: Mapping[str, Phase]


@dataclass(slots=True, kw_only=True)
class Requests:
    """
    The steps about the requests of one service, in their order.

    Attributes:
        ingress: ``None`` when its requests do not go through one: then there are no steps.
        current: Weight by container name, as the steps so far leave it.
        gate: The last of the steps; the next one waits for it.
        ailing: Names of containers that have requests only because nothing better was there.
    """

    wiring: Wiring
    service: Service
    ingress: Ingress | None
    current: dict[str, int] = field(default_factory=dict[str, int])
    gate: tuple[str, ...] = ()
    ailing: frozenset[str] = frozenset()
    steps: list[Step] = field(default_factory=list[Step])

    def __post_init__(self) -> None:
        if self.ingress:
            self.current = dict(self.ingress.phases[self.service.name].shares)
            self.gate = self.ingress.gate
            containers = self.wiring.scene.observed.containers
            self.ailing = frozenset(
                each.name for each in containers if each.name in self.current and not is_ready(each)
            )

    @property
    def is_proven(self) -> bool:
        """
        The new generation needs to show nothing more.
        """
        return bool(self.ingress and self.ingress.phases[self.service.name].proven)

    @property
    def canary_steps(self) -> tuple[CanaryStep, ...]:
        """
        Steps that a canary has still to take, the one that was interrupted included.
        """
        if not self.ingress or self.is_proven:
            return ()
        begun = self.ingress.phases[self.service.name].step
        return self.service.rollout.steps[max(begun - 1, 0) :]

    def reaches(self, container: ObservedContainer) -> bool:
        """
        Tell whether the ingress and *container* meet on a network.
        """
        return bool(self.ingress and shared_address(container, self.ingress.networks))

    def away(
        self,
        containers: Collection[ObservedContainer],
        labels: str,
        reason: str,
        waits: tuple[str, ...] = (),
        *,
        to: Collection[str] = (),
    ) -> None:
        """
        Send nothing more to *containers*; where they have all requests these go *to* others.
        """
        going = {each.name for each in containers}
        rest = {name: weight for name, weight in self.current.items() if name not in going}
        if self.current and not rest:
            rest = {each: FULL for each in sorted(to) if not self._is_made(each)}
        name = self.service.name
        self._shift(f"shift {name} away from {labels}", rest, reason, waits)

    def give(
        self,
        news: Collection[str],
        olds: Collection[str],
        labels: str,
        waits: tuple[str, ...],
        *,
        moved: bool,
    ) -> None:
        """
        Let the containers *news* have requests once they are ready, and *olds* none.

        *moved* says that an address changes, though maybe no name.
        """
        kept = self.current.keys() - {*olds}
        kept -= self.ailing if news else set()
        # What is repaired may have had another name when the ingress was configured.
        kept -= {
            slot.keep.name
            for slot in self._slots()
            if slot.keep and not slot.creates and slot.spec.name in news
        }
        shares = dict.fromkeys(sorted({*kept, *news}), FULL)
        name = self.service.name
        reason = "it is ready" if not olds else "it is ready and takes the requests of the old one"
        self._shift(f"shift {name} to {labels}", shares, reason, waits, force=moved)

    def canary(self, news: Collection[str], waits: tuple[str, ...]) -> None:
        """
        Move the requests to *news* in steps, each judged before the next.
        """
        name, rest = self.service.name, self.current.keys() - {*news}
        for each in self.canary_steps:
            shares = canary_shares(news, rest, each.weight)
            reason = f"a canary, for {each.for_s:g} s"
            self._shift(f"shift {each.weight} % of {name}", shares, reason, waits)
            self._analyse(each, sorted(rest), sorted(news), waits)

    def drained(self, container: ObservedContainer) -> tuple[str, ...]:
        """
        Wait until nothing is under way in *container*; give what its stop waits for.
        """
        if not self.ingress or container.state is not ContainerState.RUNNING:
            return self.gate
        served = self.ingress.phases[self.service.name].shares
        if not is_ready(container) and container.name not in served:
            return self.gate
        action = drain_action(
            self.ingress.container_name, self.ingress.container_id, self.service.name, container
        )
        label = self.wiring.label(container)
        return (self._add(f"drain {label}", action, label, drain_reason(action), self.gate),)

    def _shift(
        self,
        step_id: str,
        shares: dict[str, int],
        reason: str,
        waits: tuple[str, ...],
        *,
        force: bool = False,
    ) -> None:
        if not self.ingress or (shares == self.current and not force):
            return
        ids = {each.name: each.id for each in self.wiring.scene.observed.containers}
        ids |= {
            slot.spec.name: slot.keep.id for slot in self._slots() if slot.keep and not slot.creates
        }
        action = ShiftTraffic(
            service_name=self.service.name,
            ingress_name=self.ingress.container_name,
            ingress_id=self.ingress.container_id,
            shares=shares,
            networks=self.ingress.networks,
            ids={name: ids[name] for name in shares if name in ids and not self._is_made(name)},
        )
        self.current = shares
        self.gate = (self._add(step_id, action, self.service.name, reason, (*waits, *self.gate)),)

    def _is_made(self, name: str) -> bool:
        """
        Tell whether a container is created under *name*, whoever has it now.
        """
        return any(slot.creates and slot.spec.name == name for slot in self._slots())

    def _slots(self) -> tuple[Slot, ...]:
        return self.wiring.slots.get(self.service.name, ())

    def _analyse(
        self, step: CanaryStep, old: Sequence[str], new: Sequence[str], waits: tuple[str, ...]
    ) -> None:
        assert self.ingress, "only what is routed has a canary"
        deadline_s = step.for_s + self.wiring.scene.desired.settings.rollout.deadline_s
        action = AnalyseTraffic(
            service_name=self.service.name,
            ingress_name=self.ingress.container_name,
            ingress_id=self.ingress.container_id,
            old=tuple(old),
            new=tuple(new),
            for_s=step.for_s,
            analysis=self.service.rollout.analysis,
            deadline_s=deadline_s,
        )
        name = self.service.name
        reason = (
            "its figures promote it or take it back" if action.analysis else "time to look at it"
        )
        step_id = f"analyse {name} at {step.weight} %"
        self.gate = (self._add(step_id, action, name, reason, (*waits, *self.gate)),)

    def _add(
        self, step_id: str, action: Action, target: str, reason: str, waits: tuple[str, ...]
    ) -> str:
        self.steps.append(
            Step(
                id=step_id,
                action=action,
                target=target,
                reason=reason,
                depends_on=tuple(sorted(set(waits))),
                service_name=self.service.name,
            )
        )
        return step_id
