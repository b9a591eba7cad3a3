"""
Say what serves now: of which release the containers are that get requests, and how many of them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sandbox.model.observed import ContainerState
from sandbox.model.status import ServedRelease
from sandbox.planning.diff import job_names, present_containers
from sandbox.planning.ingress_service import with_ingress
from sandbox.planning.labels import SERVICE, parse_container_labels
from sandbox.planning.routes import INGRESS, routes
from sandbox.planning.slot import is_ready
from sandbox.planning.spec import container_spec

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sandbox.model.desired import DesiredState
    from sandbox.model.ingress import ServingServer
    from sandbox.model.observed import ObservedContainer, ObservedState


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """
    What serves an environment.

    Attributes:
        releases: By name of a service; none where nothing serves, or nobody knows.
        wanted_only: Something serves, and all of it is made from what is wanted.
        others: Revisions that the rest was created for, sorted.
    """

    releases: Mapping[str, tuple[ServedRelease, ...]] = field(
        default_factory=dict[str, tuple[ServedRelease, ...]]
    )
    wanted_only: bool = False
    others: tuple[str, ...] = ()


def what_serves(
    desired: DesiredState, observed: ObservedState, servers: Sequence[ServingServer] | None
) -> Serving:
    """
    Say of every declared service which releases serve it, the one with most requests first.

    Of a service behind the ingress only the ingress knows; of any other what is ready serves,
    evenly. A container that is made from what is wanted counts as wanted, even when it was created
    for an older commit that asked for the same.

    Args:
        desired: What is wanted, as committed.
        observed: One fresh snapshot.
        servers: What the ingress says; ``None`` when it does not answer.
    """
    derived, jobs = with_ingress(desired, observed), job_names(desired)
    routed = {route.service_name for route in routes(desired)}
    releases: dict[str, tuple[ServedRelease, ...]] = {}
    others: set[str] = set()
    wanted = 0
    for service in derived.services:
        if service.name == INGRESS or service.name in jobs:
            continue
        containers = _of_service(observed, service.name)
        if service.name in routed:
            weights = _weights(containers, servers or ())
        else:
            weights = {each.name: 1 for each in containers if is_ready(each)}
        spec_hash = container_spec(observed.owner, derived, service, 1).spec_hash
        shares: dict[tuple[str, str], int] = {}
        for container in containers:
            if not weights.get(container.name):
                continue
            labels = parse_container_labels(container.labels)
            is_wanted = labels.spec_hash == spec_hash
            made_for = (
                (desired.release, desired.revision)
                if is_wanted
                else (labels.release, labels.revision)
            )
            shares[made_for] = shares.get(made_for, 0) + weights[container.name]
            wanted += is_wanted
            others |= set() if is_wanted else {labels.revision}
        releases[service.name] = _in_percent(shares)
    return Serving(
        releases=releases, wanted_only=wanted > 0 and not others, others=tuple(sorted(others))
    )


def running_ingress(observed: ObservedState) -> str:
    """
    Id of the container of the ingress; empty when none runs.
    """
    found = (
        each.id
        for each in observed.containers
        if each.labels.get(SERVICE) == INGRESS and each.state is ContainerState.RUNNING
    )
    return next(found, "")


def _of_service(observed: ObservedState, service_name: str) -> tuple[ObservedContainer, ...]:
    return tuple(
        each for each in present_containers(observed) if each.labels.get(SERVICE) == service_name
    )


def _weights(
    containers: Iterable[ObservedContainer], servers: Iterable[ServingServer]
) -> dict[str, int]:
    """
    Weight by container name; a service with several ports has a server in a backend for each.
    """
    names = {each.name for each in containers}
    weights: dict[str, int] = {}
    for each in servers:
        if each.server in names:
            weights[each.server] = max(weights.get(each.server, 0), each.weight)
    return weights


def _in_percent(shares: Mapping[tuple[str, str], int]) -> tuple[ServedRelease, ...]:
    total = sum(shares.values())
    return tuple(
        ServedRelease(release=release, revision=revision, weight=round(100 * weight / total))
        for (release, revision), weight in sorted(
            shares.items(), key=lambda each: (-each[1], each[0])
        )
    )
