"""
Write the turns that the containers of one service take, in the order in which they are taken.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from sandbox.model.action import ConnectNetwork, Pause, WatchContainer
from sandbox.model.plan import Step
from sandbox.model.rollout import FailureAction
from sandbox.planning.cast import starts_first, update_of
from sandbox.planning.plan_repairs import renamed_to, repair_steps
from sandbox.planning.slot import STARTS, Need, is_live, is_ready

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sandbox.model.observed import ObservedContainer
    from sandbox.model.rollout import UpdateConfig
    from sandbox.model.service import Service
    from sandbox.planning.cast import Cast
    from sandbox.planning.requests import Requests
    from sandbox.planning.slot import Slot
    from sandbox.planning.wiring import Wiring

Waits = dict[str, tuple[str, ...]]
_NAMED: Final = 3


@dataclass(slots=True, kw_only=True)
class Turns:
    """
    The turns of one service, as they are written; the rest is as in `Course`.

    Attributes:
        crowded: Stops that every start waits for: at most two generations live at once.
        reconnected: Targets of slots whose container gets another address.
        turn, turn_after: The end of the batch before, which must have ended well, or only ended.
    """

    wiring: Wiring
    service: Service
    cast: Cast
    requests: Requests
    crowded: tuple[str, ...] = ()
    turn: tuple[str, ...] = ()
    turn_after: tuple[str, ...] = ()
    steps: list[Step] = field(default_factory=list[Step])
    starts: Waits = field(default_factory=Waits)
    starts_after: Waits = field(default_factory=Waits)
    stops: Waits = field(default_factory=Waits)
    stops_after: Waits = field(default_factory=Waits)
    successors: dict[str, tuple[Slot, ...]] = field(default_factory=dict[str, "tuple[Slot, ...]"])
    proofs: Waits = field(default_factory=Waits)
    reconnected: set[str] = field(default_factory=set[str])

    @property
    def update(self) -> UpdateConfig:
        """
        How the service is updated.
        """
        return update_of(self.wiring.scene, self.service)

    def write(self, slots: Sequence[Slot]) -> None:
        """
        Say for every container that starts or stops what it waits for.

        *slots* are all of the service that are not held.
        """
        self.clear_crowd()
        self.prove(slots)
        if self.is_canary():
            self.canary()
        else:
            self.bring_up()
            self.take_turns()
        self.let_go(slots)

    def clear_crowd(self) -> None:
        """
        Stop what is neither wanted nor serving before anything new starts.
        """
        crowd, early = self.cast.crowd, self.cast.all_early
        self.requests.away(early, self._labels(early), "it has to stop before its successor starts")
        olds = [each.name for each in self.cast.olds.values() if is_ready(each)]
        self.requests.away(crowd, self._labels(crowd), "it is neither wanted nor needed", to=olds)
        for each in crowd:
            self.stops[each.id] = self.requests.drained(each)
        self.crowded = self._stop_ids(crowd)

    def prove(self, slots: Iterable[Slot]) -> None:
        """
        Say after which steps the container of each slot counts.
        """
        for slot in slots:
            waits = [f"await {slot.target}"] if self.wiring.awaits(slot) else []
            if slot.keep and is_live(slot.keep) and not slot.creates:
                repairs = tuple(repair_steps(self.wiring, slot))
                waits += [step.id for step in repairs]
                if any(isinstance(step.action, ConnectNetwork) for step in repairs):
                    self.reconnected.add(slot.target)
            if self._is_watched(slot):
                step = watch_step(slot, self.update.monitor_s, waits)
                self.steps.append(step)
                waits.append(step.id)
            self.proofs[slot.target] = tuple(waits)

    def bring_up(self) -> None:
        """
        Start what replaces nothing that could serve meanwhile.
        """
        for slot in self.cast.fresh:
            # What a job does is not undone when an image turns out to be broken.
            self._let_start(slot, self.wiring.base if slot.job else ())
        self._give(self.cast.fresh)

    def take_turns(self) -> None:
        """
        Replace batch by batch.
        """
        for number, batch in enumerate(self.cast.turns):
            if number:
                self._pause(batch)
            stopped = [each for each in batch if not starts_first(self.wiring.scene, each)]
            olds = [self.cast.olds[each.target] for each in stopped]
            self.requests.away(olds, self._labels(olds), "it is replaced", self.turn)
            for slot in stopped:
                old = self.cast.olds[slot.target]
                self.stops[old.id] = (*self.turn, *self.requests.drained(old))
                self.stops_after[old.id] = self.turn_after
                self._let_start(slot, self._stop_ids([old]))
            started = [each for each in batch if each not in stopped]
            for slot in started:
                self._let_start(slot, self.wiring.base)
            self._give(batch)
            self._retire(started)
            self._end_turn(batch)

    def is_canary(self) -> bool:
        """
        Tell whether the new generation gets its share of the requests step by step.
        """
        scene = self.wiring.scene
        slots = [slot for batch in self.cast.turns for slot in batch]
        olds = {each.name for each in self.cast.olds.values()}
        return (
            bool(olds & self.requests.current.keys())
            and bool(self.requests.canary_steps)
            and all(starts_first(scene, slot) for slot in slots)
            and not scene.policy.rollback
        )

    def canary(self) -> None:
        """
        Bring up the whole new generation beside the old one, and move the requests in steps.
        """
        slots = [*self.cast.fresh, *(slot for batch in self.cast.turns for slot in batch)]
        for slot in slots:
            self._let_start(slot, self.wiring.base)
        news = [slot for slot in slots if self._will_serve(slot)]
        olds = {each.name for each in self.cast.olds.values()}
        new = {self._name(slot) for slot in news}
        new |= {
            slot.keep.name
            for slot in slots
            if slot.keep and slot.keep.name in self.requests.current and slot.keep.name not in olds
        }
        self.requests.canary(new, tuple(wait for slot in news for wait in self.proofs[slot.target]))
        self._give(slots)
        self._retire([slot for slot in slots if slot.target in self.cast.olds])

    def let_go(self, slots: Iterable[Slot]) -> None:
        """
        Take the requests off what is one replica too many, last.

        It may be all that works: it stays until the replicas that stay have come up.
        """
        beyond = self.cast.beyond
        self.requests.away(beyond, self._labels(beyond), "is one replica too many", self.turn)
        proofs = [wait for slot in self.cast.fresh for wait in self.proofs[slot.target]]
        staying = tuple(slot for slot in slots if self._will_serve(slot))
        for each in beyond:
            self.stops[each.id] = (*self.requests.drained(each), *proofs)
            self.successors[each.id] = staying

    def _let_start(self, slot: Slot, waits: tuple[str, ...]) -> None:
        early = self._stop_ids(self.cast.early[slot.target])
        turn = self.turn if slot.target in self.cast.olds else ()
        self.starts[slot.target] = (*self.crowded, *early, *turn, *waits)
        self.starts_after[slot.target] = self.turn_after if slot.target in self.cast.olds else ()

    def _give(self, slots: Sequence[Slot]) -> None:
        """
        Let the containers of *slots* have requests, and their old ones none.
        """
        news = [slot for slot in slots if self._will_serve(slot)]
        targets = [slot.target for slot in slots]
        olds = [self.cast.olds[target] for target in targets if target in self.cast.olds]
        self.requests.give(
            [self._name(slot) for slot in news],
            [each.name for each in olds],
            listed([slot.target for slot in news if self.proofs[slot.target]] or targets),
            tuple(wait for slot in news for wait in self.proofs[slot.target]),
            moved=any(slot.starts or slot.target in self.reconnected for slot in news),
        )

    def _retire(self, slots: Iterable[Slot]) -> None:
        """
        Stop the old containers of *slots* once their successors have the requests.
        """
        for slot in slots:
            old = self.cast.olds[slot.target]
            self.stops[old.id] = (*self.proofs[slot.target], *self.requests.drained(old))
            self.successors[old.id] = (slot,)

    def _will_serve(self, slot: Slot) -> bool:
        """
        Tell whether the container of *slot* is ready once the plan is carried out.
        """
        if slot.job or slot.need in STARTS or self.wiring.awaits(slot):
            return not slot.job
        reached = slot.keep and (self.requests.reaches(slot.keep) or self.proofs[slot.target])
        return bool(slot.keep and reached and is_ready(slot.keep))

    def _name(self, slot: Slot) -> str:
        """
        What the container of *slot* is called once the plan is carried out.
        """
        if slot.creates or not slot.keep:
            return slot.spec.name
        return renamed_to(self.wiring, slot)

    def _is_watched(self, slot: Slot) -> bool:
        if self.update.monitor_s <= 0 or slot.target not in self.cast.olds:
            return False
        return slot.need is not Need.RESTART and not self.requests.is_proven

    def _pause(self, batch: Sequence[Slot]) -> None:
        if self.update.delay_s <= 0:
            return
        names = listed([slot.target for slot in batch])
        step = Step(
            id=f"pause before {names}",
            action=Pause(for_s=self.update.delay_s),
            target=self.service.name,
            reason=f"{self.update.delay_s:g} s between two batches",
            depends_on=self.turn,
            after=self.turn_after,
            service_name=self.service.name,
        )
        self.steps.append(step)
        self.turn, self.turn_after = (step.id,), ()

    def _end_turn(self, batch: Sequence[Slot]) -> None:
        proofs = tuple(wait for slot in batch for wait in self.proofs[slot.target])
        stops = self._stop_ids([self.cast.olds[slot.target] for slot in batch])
        end = tuple(sorted({*proofs, *stops, *self.requests.gate}))
        # Requests never go on to what comes after a container that failed: they would go to it too.
        if self.update.failure_action is FailureAction.CONTINUE and not self.requests.ingress:
            self.turn, self.turn_after = (), end
        else:
            self.turn, self.turn_after = end, ()

    def _labels(self, containers: Iterable[ObservedContainer]) -> str:
        return listed([self.wiring.label(each) for each in containers])

    def _stop_ids(self, containers: Iterable[ObservedContainer]) -> tuple[str, ...]:
        return tuple(f"stop {self.wiring.label(each)}" for each in containers)


def watch_step(slot: Slot, for_s: float, waits: Sequence[str]) -> Step:
    """
    See that the container of *slot* stays ready.
    """
    keep = None if slot.creates else slot.keep
    return Step(
        id=f"watch {slot.target}",
        action=WatchContainer(
            container_name=keep.name if keep else slot.spec.name,
            container_id=keep.id if keep else "",
            for_s=for_s,
        ),
        target=slot.target,
        reason=f"it must stay ready for {for_s:g} s",
        depends_on=tuple(sorted(waits)),
        service_name=slot.service.name,
    )


def listed(names: Sequence[str]) -> str:
    """
    Name a few, and count the others.
    """
    if len(names) <= _NAMED:
        return ", ".join(names)
    return f"{names[0]} and {len(names) - 1} more"
