"""
Images: what containers are created from, and what must be built or pulled first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.model.action import BuildImage, PullImage
from sandbox.model.plan import Step
from sandbox.model.service import PullPolicy
from sandbox.planning.ingress_service import ingress_template
from sandbox.planning.labels import RELEASE
from sandbox.planning.routes import routes

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from sandbox.model.desired import DesiredState
    from sandbox.model.observed import ObservedState
    from sandbox.model.service import Service


def references(desired: DesiredState) -> tuple[str, ...]:
    """
    Every image reference that containers of *desired*, as committed, are created from, sorted.
    """
    images = {service.image for service in (*desired.services, *desired.gates)}
    return tuple(sorted(images | ({ingress_template().image} if routes(desired) else set())))


def image_steps(
    desired: DesiredState, observed: ObservedState, needed: Collection[str]
) -> Iterator[Step]:
    """
    Build or pull each reference of *needed* that is absent; services of one content share a build.

    One that is always to be pulled is pulled though it is there.
    """
    services = (*desired.services, *desired.gates)
    absent = [service for service in services if service.image not in observed.images]
    always = [
        service
        for service in services
        if service.pull_policy is PullPolicy.ALWAYS and service not in absent
    ]
    done: set[str] = set()
    for service in (*absent, *always):
        if service.build is None and service.pull_policy is PullPolicy.NEVER:
            continue
        if service.image not in needed or service.image in done:
            continue
        tags = {
            each.image for each in absent if each.build is not None and each.build == service.build
        }
        done |= tags | {service.image}
        yield _image_step(desired, service, tuple(sorted(tags)))


def image_step_ids(steps: Collection[Step]) -> dict[str, str]:
    """
    Id of the step that makes an image available, by reference.
    """
    ids: dict[str, str] = {}
    for step in steps:
        match step.action:
            case BuildImage(tags=tags):
                ids.update(dict.fromkeys(tags, step.id))
            case PullImage(reference=name):
                ids[name] = step.id
            case _:
                pass
    return ids


def _image_step(desired: DesiredState, service: Service, tags: tuple[str, ...]) -> Step:
    target = f"image {service.name}"
    name = service.image
    if service.build is None:
        return Step(
            id=f"pull {target}",
            action=PullImage(reference=name, platform=service.platform),
            target=target,
            reason=f"{name} is not on this machine"
            if service.pull_policy is PullPolicy.MISSING
            else f"{name} is pulled each time, by its pull_policy",
        )
    return Step(
        id=f"build {target}",
        action=BuildImage(
            tags=tags,
            build=service.build,
            release=desired.release,
            # One label: the engine's builder spends a step on each. No instance, for images are
            # shared by content.
            labels={RELEASE: desired.release},
        ),
        target=target,
        reason=f"{name} has not been built yet",
    )
