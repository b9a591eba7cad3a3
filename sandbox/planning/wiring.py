"""
Who waits for whom. Step ids are made of verb and target, so a wait needs no step to exist yet.

The one rule that matters: whatever can fail harmlessly (images, creates, copies) comes before
anything stops, and before a successor starts beside what serves. A stop that others need early (for
a network that is renewed, a port or an address that moves) waits for nothing else; every other stop
also waits until its successor could start at once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sandbox.model.observed import ContainerState
from sandbox.model.service import Condition
from sandbox.planning.exclusive import claimed
from sandbox.planning.labels import SERVICE
from sandbox.planning.slot import STARTS, Need, is_live, is_ready

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.model.observed import ObservedContainer
    from sandbox.planning.course import Course
    from sandbox.planning.slot import Scene, Slot


@dataclass(frozen=True, slots=True, kw_only=True)
class Wiring:
    """
    Everything that is known before the first container step is made.

    Attributes:
        slots: Those that are not held, by service name.
        labels: What people call each observed container, by id; unique.
        homes: The slot of each container that is stopped or removed for one, by container id.
        makers: Id of the step that makes an image, network or volume available, by its name.
        keepers: Ids of the steps that remember the volumes of a container, by its id.
        asides: Id of the step that frees a name which a container of ours holds, by that name.
        ranks: Number of each service; its dependencies have lower ones.
        going: Ids of all containers that this plan removes or restarts.
        courses: How the containers of each service take turns, by its name.
        configured: Id of the step that configures the ingress; empty when there is none.
        base: Ids of the steps that can fail harmlessly.
    """

    scene: Scene
    slots: Mapping[str, tuple[Slot, ...]]
    labels: Mapping[str, str]
    homes: Mapping[str, Slot]
    makers: Mapping[str, str]
    asides: Mapping[str, str]
    ranks: Mapping[str, int]
    going: Mapping[str, ObservedContainer]
    base: tuple[str, ...] = ()
    hasty: frozenset[str] = frozenset()
    keepers: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, "tuple[str, ...]"])
    wanted: frozenset[str] = field(default_factory=frozenset[str])
    courses: Mapping[str, Course] = field(default_factory=dict[str, "Course"])
    configured: str = ""

    def label(self, container: ObservedContainer) -> str:
        """
        What people call *container*.
        """
        return self.labels[container.id]

    def awaits(self, slot: Slot) -> bool:
        """
        Tell whether the plan waits for this slot.
        """
        if slot.need in STARTS or slot.need in {Need.AWAIT, Need.UNPAUSE}:
            return True
        keep = slot.keep
        if slot.job or keep is None or slot.service.name not in self.wanted:
            return False
        return keep.state is ContainerState.RUNNING and not is_ready(keep)

    def create_waits(self, slot: Slot) -> tuple[str, ...]:
        """
        What must be there before the container can be created.
        """
        names = [slot.spec.service.image, *_resources(slot)]
        waits = [self.makers[name] for name in names if name in self.makers]
        if slot.need is Need.RECREATE:
            waits.append(f"remove {slot.target}")
        if slot.spec.name in self.asides:
            waits.append(self.asides[slot.spec.name])
        for name in slot.spec.followed:
            waits += [
                f"create {each.target}" for each in self.slots.get(name, ())[:1] if each.creates
            ]
        return _unique(waits)

    def start_waits(self, slot: Slot) -> tuple[str, ...]:
        """
        What must have ended well before the container can be started.
        """
        waits = list(self._made_waits(slot))
        waits += self.turn_waits(slot)
        if not slot.creates:
            waits += [self.makers[name] for name in _resources(slot) if name in self.makers]
        waits += [f"stop {self.label(container)}" for container in self._holders(slot)]
        waits += self.dependency_waits(slot)[0]
        return _unique(waits)

    def start_after(self, slot: Slot) -> tuple[str, ...]:
        """
        What must have ended, well or not, before the container can be started.
        """
        after = [*self.dependency_waits(slot)[1]]
        if slot.service.name in self.courses:
            after += self.courses[slot.service.name].starts_after.get(slot.target, ())
        return _unique(after)

    def turn_waits(self, slot: Slot) -> tuple[str, ...]:
        """
        What must have stopped before the container of *slot* can run, and whose turn is first.
        """
        course = self.courses.get(slot.service.name)
        return course.starts.get(slot.target, ()) if course else ()

    def stop_waits(self, container: ObservedContainer) -> tuple[str, ...]:
        """
        What must have ended well before *container* is stopped.
        """
        waits = [*self.base]
        course = self._course(container)
        if course:
            waits += course.stops.get(container.id, ())
        slot = self._successor(container)
        return _unique([*waits, *(self.dependency_waits(slot)[0] if slot else ())])

    def successors(self, container: ObservedContainer) -> tuple[Slot, ...]:
        """
        Slots of which the container of one has to work when *container* is stopped.
        """
        course = self._course(container)
        return course.successors.get(container.id, ()) if course else ()

    def stop_after(self, container: ObservedContainer) -> tuple[str, ...]:
        """
        What must have ended, well or not, before *container* is stopped.
        """
        slot, course = self._successor(container), self._course(container)
        after = [*(self.dependency_waits(slot)[1] if slot else ())]
        return _unique([*after, *(course.stops_after.get(container.id, ()) if course else ())])

    def remove_waits(self, container: ObservedContainer) -> tuple[str, ...]:
        """
        What must have ended well before *container* is removed.
        """
        waits = [f"stop {self.label(container)}"] if is_live(container) else list(self.base)
        waits += self.keepers.get(container.id, ())
        if container.name in self.asides:
            waits.append(self.asides[container.name])
        slot = self.homes.get(container.id)
        if slot and slot.keep is not container and not self._is_renewed(container):
            waits += [f"await {slot.target}"] if self.awaits(slot) else []
            course = self.courses.get(slot.service.name)
            waits += course.proofs.get(slot.target, ()) if course else ()
        return _unique(waits)

    def dependency_waits(self, slot: Slot) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """
        Steps of the dependencies: those that must end well, and those that must only end.
        """
        hard: list[str] = []
        soft: list[str] = []
        rank = self.ranks[slot.service.name]
        for each in sorted(slot.service.depends_on, key=lambda other: other.service_name):
            if self.ranks.get(each.service_name, rank) < rank:
                waits = self._condition_waits(each.service_name, each.condition)
                (hard if each.required else soft).extend(waits)
        return _unique(hard), _unique(soft)

    def _condition_waits(self, service_name: str, condition: Condition) -> list[str]:
        waits: list[str] = []
        for slot in self.slots.get(service_name, ()):
            if condition is not Condition.STARTED:
                waits += [f"await {slot.target}"] if self.awaits(slot) else []
                # Its name may lead to the ingress, which has to know where it is.
                course = self.courses.get(service_name)
                waits += course.end if course else ()
            elif slot.need in STARTS:
                waits.append(f"start {slot.target}")
            elif slot.need is Need.UNPAUSE:
                waits.append(f"unpause {slot.target}")
        return waits

    def _made_waits(self, slot: Slot) -> tuple[str, ...]:
        copies = f"copy files {slot.target}" if slot.spec.service.files else ""
        if slot.creates:
            return (copies or f"create {slot.target}",)
        if slot.need is Need.RESTART:
            return (f"stop {slot.target}",)
        fresh = slot.keep and slot.keep.state is ContainerState.CREATED
        return (copies,) if copies and fresh else ()

    def handed_over(self, container: ObservedContainer) -> str:
        """
        Say what *container* leaves to a container of another place; empty when nothing.
        """
        found = [
            f"{thing} goes to {slot.target}"
            for slots in self.slots.values()
            for slot in slots
            if slot.starts and slot is not self.homes.get(container.id)
            for thing in claimed(container, slot, self.slots)
        ]
        return "; ".join(found)

    def _holders(self, slot: Slot) -> list[ObservedContainer]:
        """
        Containers that have what *slot* needs alone, and go.
        """
        return [
            container
            for _, container in sorted(self.going.items())
            if container is not slot.keep
            and is_live(container)
            and claimed(container, slot, self.slots)
        ]

    def is_early(self, container: ObservedContainer) -> bool:
        """
        Tell whether others cannot wait until *container* has a successor.
        """
        return container.id in self.hasty or self._is_renewed(container)

    def _is_renewed(self, container: ObservedContainer) -> bool:
        return bool(self.scene.renewed & set(container.networks))

    def _course(self, container: ObservedContainer) -> Course | None:
        return self.courses.get(container.labels.get(SERVICE, ""))

    def _successor(self, container: ObservedContainer) -> Slot | None:
        """
        The slot that starts in its place, unless others cannot wait for that.
        """
        slot = self.homes.get(container.id)
        return slot if slot and slot.starts and not self.is_early(container) else None


def _resources(slot: Slot) -> list[str]:
    names = [f"network {endpoint.network_name}" for endpoint in slot.spec.endpoints]
    volumes = slot.spec.volume_names
    return [*names, *(f"volume {volumes[key]}" for key in sorted(volumes))]


def _unique(names: list[str]) -> tuple[str, ...]:
    return tuple(sorted(set(names)))
