"""
Steps of the volumes with files of the commit.

They are filled before a container mounts them, and removed when they hold only a copy that nothing
mounts any more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sandbox.model.action import CreateContainer, FillVolume, RemoveContainer, RemoveVolume
from sandbox.model.desired import Volume
from sandbox.model.plan import Step
from sandbox.planning.contents import CARRIER, RENEWED, UNFILLED, service_contents
from sandbox.planning.diff import present_containers
from sandbox.planning.field_label import WITHHELD
from sandbox.planning.fingerprint import volume_digest
from sandbox.planning.labels import COMMITTED, is_owned, parse_container_labels, volume_labels
from sandbox.planning.names import project_name
from sandbox.planning.plan_volumes import is_unproven

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sandbox.model.action import ContainerSpec
    from sandbox.model.observed import ObservedContainer, ObservedState
    from sandbox.planning.contents import Content
    from sandbox.planning.slot import Scene, Slot

_SHOWN: Final = 3


def fill_steps(
    scene: Scene,
    slots: Sequence[Slot],
    gates: Sequence[ContainerSpec],
    images: Mapping[str, str],
) -> tuple[Step, ...]:
    """
    Fill each volume of *slots* and *gates* that is missing, not whole, or behind the commit.

    Args:
        slots: Those that are not held.
        gates: What the gates that run are created from.
        images: Id of the step that makes an image available, by reference.
    """
    steps: dict[str, Step] = {}
    owner = scene.observed.owner
    users = [(slot.spec, slot) for slot in slots] + [(spec, None) for spec in gates]
    for spec, slot in users:
        for content in service_contents(owner, spec.service):
            reason = _reason(scene.observed, spec, content, creates=slot is None or slot.creates)
            if not reason or content.name in steps:
                continue
            # The image of a container that stays may have lost its name meanwhile.
            kept = slot.keep.image_id if slot and slot.keep and not slot.creates else ""
            image = kept or spec.service.image
            steps[content.name] = _fill_step(scene, content, image, reason, images)
    return tuple(step for _, step in sorted(steps.items()))


def fill_step_ids(steps: Sequence[Step]) -> dict[str, str]:
    """
    Id of the step that fills a volume, by ``volume <name>``.
    """
    return {
        f"volume {step.action.name}": step.id
        for step in steps
        if isinstance(step.action, FillVolume)
    }


def carrier_names(steps: Sequence[Step]) -> frozenset[str]:
    """
    Names of the containers through which *steps* fill volumes; an interrupted run may have left it.
    """
    return frozenset(
        f"{step.action.name}{CARRIER}" for step in steps if isinstance(step.action, FillVolume)
    )


def settle_steps(scene: Scene, fills: Sequence[Step], steps: Sequence[Step]) -> Iterator[Step]:
    """
    Remove the mark of each renewed volume, once *steps* created every container that mounts it.

    Those that were made for the files of before are gone then.
    """
    removals_by_id = _removals(steps)
    for fill in fills:
        if not (isinstance(fill.action, FillVolume) and fill.action.renews):
            continue
        name = fill.action.name
        creates = [
            step.id
            for step in steps
            if isinstance(step.action, CreateContainer)
            and name in step.action.spec.volume_names.values()
        ]
        removals = [
            removals_by_id[each.id]
            for each in scene.observed.containers
            if name in each.volumes.values() and each.id in removals_by_id
        ]
        yield Step(
            id=f"remove mark of {fill.target}",
            action=RemoveVolume(name=f"{name}{RENEWED}"),
            target=fill.target,
            reason="every container that mounts it is made for this commit",
            depends_on=tuple(sorted([fill.id, *creates, *removals])),
        )


def stale_steps(scene: Scene, steps: Sequence[Step]) -> Iterator[Step]:
    """
    Remove copies of the commit that no service mounts, once *steps* removed all that do.
    """
    observed = scene.observed
    wanted = {
        content.name
        for service in (*scene.desired.services, *scene.desired.gates)
        if service.replicas
        for content in service_contents(observed.owner, service)
    }
    wanted |= {f"{name}{UNFILLED}" for name in wanted}
    removals = _removals(steps)
    for name in copies(observed):
        users = [each.id for each in observed.containers if name in each.volumes.values()]
        if name not in wanted and removals.keys() >= set(users):
            yield Step(
                id=f"remove volume {name}",
                action=RemoveVolume(name=name),
                target=f"volume {_label(observed, name)}",
                reason="holds a copy of committed files that nothing mounts",
                depends_on=tuple(sorted(removals[each] for each in users)),
            )


def _removals(steps: Sequence[Step]) -> dict[str, str]:
    """
    Id of the step that removes a container, by its id.
    """
    return {
        step.action.container_id: step.id
        for step in steps
        if isinstance(step.action, RemoveContainer)
    }


def copies(observed: ObservedState) -> tuple[str, ...]:
    """
    Names of our volumes that hold only a copy of the commit, and that no foreign container mounts.
    """
    return tuple(
        sorted(
            each.name
            for each in observed.volumes
            if COMMITTED in each.labels
            and is_owned(each.labels, observed.owner)
            and each.name not in observed.foreign_mounts
        )
    )


def _reason(
    observed: ObservedState, spec: ContainerSpec, content: Content, *, creates: bool
) -> str:
    """
    Say why the volume of *content* is filled now; empty when it is as the commit says.
    """
    places = ", ".join(content.targets[:_SHOWN])
    present = _present(observed, content)
    if content.name not in present:
        return f"{spec.service.name} mounts files of the commit at {places}"
    if f"{content.name}{UNFILLED}" in present:
        return "an interrupted run may not have filled it"
    if f"{content.name}{RENEWED}" in present:
        return f"a sync that did not end changed it; what containers wrote at {places} stays"
    if not (content.written and creates):
        return ""
    users = [each for each in observed.containers if content.name in each.volumes.values()]
    (target,) = content.targets
    wanted = _seed(spec.labels, target)
    if not users:
        return f"the commit is put into it; what containers wrote at {places} stays"
    seeds = [_seed(each.labels, _target(each, content.name)) for each in users]
    # A label does not hold what may be a secret: of such a file nobody knows whether it changed.
    if all(seed == wanted for seed in seeds) and WITHHELD not in wanted.values():
        return ""
    return f"the commit changed; what containers wrote at {places} stays" + _gone(seeds, wanted)


def _present(observed: ObservedState, content: Content) -> tuple[str, ...]:
    """
    Which volumes there are: that of *content*, and those that mark it.
    """
    names = {each.name for each in observed.volumes}
    if content.written and is_unproven(Volume(key=content.key), content.name, observed):
        names.add(content.name)
    ours = (content.name, f"{content.name}{UNFILLED}", f"{content.name}{RENEWED}")
    return tuple(name for name in ours if name in names)


def _gone(seeds: Sequence[Mapping[str, str]], wanted: Mapping[str, str]) -> str:
    """
    Name files that an earlier commit put into the volume and this one does not have.
    """
    gone = sorted({path for seed in seeds for path in seed} - wanted.keys())
    more = f" and {len(gone) - _SHOWN} more" if len(gone) > _SHOWN else ""
    names = ", ".join(path.lstrip("/") for path in gone[:_SHOWN])
    return f"; so do files that the commit removed: {names}{more}" if gone else ""


def _target(container: ObservedContainer, name: str) -> str:
    return next(target for target, volume in container.volumes.items() if volume == name)


def _seed(labels: Mapping[str, str], target: str) -> dict[str, str]:
    """
    Fields of what the commit has at *target*, by path below it, as a container's labels say.
    """
    prefix = f"files.{target}"
    return {
        field.removeprefix(prefix): text
        for field, text in parse_container_labels(labels).fields.items()
        if field == prefix or field.startswith(f"{prefix}/")
    }


def _fill_step(
    scene: Scene, content: Content, image: str, reason: str, images: Mapping[str, str]
) -> Step:
    observed, desired = scene.observed, scene.desired
    label, present = _label(observed, content.name), _present(observed, content)
    return Step(
        id=f"fill volume {label}",
        action=FillVolume(
            name=content.name,
            labels=volume_labels(
                observed.owner,
                label,
                {} if content.written else {COMMITTED: "true"},
                # As a volume that stands for a folder which is not in the commit: it may become so.
                spec_hash=volume_digest(Volume(key=label)),
                revision=desired.revision,
                release=desired.release,
            ),
            image=image,
            files=content.files,
            present=present,
            renews=content.name in present and f"{content.name}{UNFILLED}" not in present,
            left=_left_carrier(observed, content.name),
        ),
        target=f"volume {label}",
        reason=reason,
        depends_on=(images[image],) if image in images else (),
    )


def _left_carrier(observed: ObservedState, name: str) -> str:
    found = (each.id for each in present_containers(observed) if each.name == f"{name}{CARRIER}")
    return next(found, "")


def _label(observed: ObservedState, name: str) -> str:
    return name.removeprefix(f"{project_name(observed.owner)}_")
