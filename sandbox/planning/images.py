"""
Images: what containers are created from, and what must be built or pulled first.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sandbox.model.action import BuildImage, PullImage
from sandbox.model.plan import Step
from sandbox.planning.fingerprint import build_fields, digest
from sandbox.planning.labels import RELEASE

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from sandbox.model.desired import DesiredState
    from sandbox.model.observed import ObservedState
    from sandbox.model.service import Service

_CONTENT_TAG = re.compile(r".+:[0-9a-f]{16}")


def references(desired: DesiredState) -> tuple[str, ...]:
    """
    Every image reference that containers of *desired* are created from, sorted.
    """
    return tuple(sorted({reference(desired, service) for service in desired.services}))


def reference(desired: DesiredState, service: Service) -> str:
    """
    Reference that a container of *service* is created from.

    A built service that names its image itself (``image: shop:latest``) would say the same name for
    every content; its containers are created from the name by content, and the own name is a tag.
    """
    if service.build is None or _CONTENT_TAG.fullmatch(service.image):
        return service.image
    content = digest(build_fields(service.build))[:16]
    return f"{desired.application}/{service.name}:{content}"


def image_steps(
    desired: DesiredState, observed: ObservedState, needed: Collection[str]
) -> Iterator[Step]:
    """
    Build or pull each reference of *needed* that is absent; services of one content share a build.
    """
    absent = [
        service
        for service in desired.services
        if reference(desired, service) not in observed.images
    ]
    done: set[str] = set()
    for service in absent:
        name = reference(desired, service)
        if name not in needed or name in done:
            continue
        alike = [each for each in absent if _same_content(each, service)] or [service]
        done.update(reference(desired, each) for each in alike)
        yield _image_step(desired, service, alike)


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


def _image_step(desired: DesiredState, service: Service, alike: list[Service]) -> Step:
    target = f"image {service.name}"
    name = reference(desired, service)
    if service.build is None:
        return Step(
            id=f"pull {target}",
            action=PullImage(reference=name),
            target=target,
            reason=f"{name} is not on this machine",
        )
    tags = {reference(desired, each) for each in alike} | {each.image for each in alike}
    return Step(
        id=f"build {target}",
        action=BuildImage(
            tags=tuple(sorted(tags)),
            build=service.build,
            release=desired.release,
            # One label: the engine's builder spends a step on each. No instance, for images are
            # shared by content.
            labels={RELEASE: desired.release},
        ),
        target=target,
        reason=f"{name} has not been built yet",
    )


def _same_content(one: Service, other: Service) -> bool:
    return (
        one.build is not None
        and other.build is not None
        and build_fields(one.build) == build_fields(other.build)
    )
