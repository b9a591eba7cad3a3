"""
What the ingress is meant to do: listeners and backends from the routes, servers from who serves.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from itertools import islice, product
from typing import TYPE_CHECKING, Final

from sandbox.model.ingress import Backend, IngressConfig, Server
from sandbox.planning.generations import standing
from sandbox.planning.haproxy import config_hash
from sandbox.planning.ingress_service import with_ingress
from sandbox.planning.labels import SERVICE, is_owned
from sandbox.planning.listeners import structure_of
from sandbox.planning.names import network_name
from sandbox.planning.reach import with_refusals
from sandbox.planning.routes import INGRESS, routes

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from sandbox.model.desired import DesiredState
    from sandbox.model.observed import ObservedContainer, ObservedState
    from sandbox.model.rollout import Rollout
    from sandbox.planning.generations import Standing

FULL: Final = 100
"""Weight of every server when nobody is preferred."""
_WEIGHT_MAX: Final = 256
_GUESSES_MAX: Final = 64
_SERVER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """
    One way in which the requests of a service may be spread in the middle of its rollout.

    Attributes:
        shares: Weight by container name.
        step: Canary steps that have begun; 0 before the first.
        proven: The new generation needs to show nothing more.
    """

    shares: Mapping[str, int]
    step: int = 0
    proven: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """
    What the ingress is meant to do before a plan begins.

    Attributes:
        networks: Exact names of those on which the ingress meets services: those that it is meant
            to be on, then those that it will leave.
        phases: How far each routed service is, by name.
    """

    config: IngressConfig
    networks: tuple[str, ...] = ()
    phases: Mapping[str, Phase] = field(default_factory=dict[str, Phase])


def meant_config(
    desired: DesiredState, observed: ObservedState, *, rollback: bool = False
) -> IngressConfig:
    """
    Say what the ingress of *desired*, as committed, is meant to do now.

    Servers are the containers that are ready, of the wanted spec where it serves already, else of
    the one before. In the middle of a rollout it is whatever step of it the ingress reports.
    """
    return meant_traffic(desired, observed, rollback=rollback).config


def meant_traffic(
    desired: DesiredState,
    observed: ObservedState,
    *,
    rollback: bool = False,
    subnets: Mapping[str, tuple[str, ...]] | None = None,
) -> Traffic:
    """
    As `meant_config`, and how far each service is.

    Args:
        desired: As committed.
        observed: What is there; what the ingress reports, or was told last when it reports
            nothing, tells which step of a rollout it is.
        rollback: It is the way back, which has no canary.
        subnets: Of networks that are about to be made, by their exact name.
    """
    found = routes(desired)
    derived = with_ingress(desired, observed)
    networks = _networks(derived, observed)
    services = {service.name: service for service in derived.services}
    names = sorted({route.service_name for route in found})
    phases: list[tuple[Phase, ...]] = []
    addresses: dict[str, str] = {}
    for name in names:
        stand = standing(derived, observed, services[name])
        reachable = {
            each.name: shared_address(each, networks) for each in (*stand.before(), *stand.after())
        }
        addresses |= reachable
        rollout = services[name].rollout
        phases.append(_phases(stand, rollout, reachable, rollback=rollback))
    structure = with_refusals(
        structure_of(desired, observed, found),
        derived,
        observed,
        services[INGRESS].attachments if found else (),
        subnets or {},
    )
    known = reported_hash(observed) or observed.told_hash
    guesses = (dict(zip(names, guess, strict=True)) for guess in product(*phases))
    first: Traffic | None = None
    for guess in islice(guesses, _GUESSES_MAX):
        config = _filled(structure, guess, addresses)
        traffic = Traffic(config=config, networks=networks, phases=guess)
        if config_hash(traffic.config) == known:
            return traffic
        first = first or traffic
    assert first, "there is at least one way"
    return first


def with_shares(
    config: IngressConfig,
    service_name: str,
    shares: Mapping[str, int],
    addresses: Mapping[str, str],
) -> IngressConfig:
    """
    Give the requests of *service_name* to the containers in *shares*, and to no other.

    Args:
        config: What the ingress does now.
        service_name: All backends of this service are changed.
        shares: Weight by container name.
        addresses: By container name, see `shared_address`; one without an address gets nothing.
    """
    backends = tuple(
        replace(backend, servers=_servers(backend, shares, addresses))
        if backend.service_name == service_name
        else backend
        for backend in config.backends
    )
    return replace(config, backends=backends)


def shared_address(container: ObservedContainer, networks: Sequence[str]) -> str:
    """
    Address of *container* on the first of *networks* that it is on; empty when it has none there.

    *networks* are the exact names of those of the ingress, preferred ones first.
    """
    met = [name for name in networks if name in container.addresses]
    return container.addresses[met[0]] if met and _SERVER.fullmatch(container.name) else ""


def ingress_networks(desired: DesiredState, observed: ObservedState) -> tuple[str, ...]:
    """
    Exact names of the networks on which the ingress of *desired*, as committed, meets services.
    """
    return _networks(with_ingress(desired, observed), observed)


def reported_hash(observed: ObservedState) -> str:
    """
    What the ingress of the environment proved to run; empty when it proved nothing.
    """
    hashes = (
        each.config_hash
        for each in observed.containers
        if is_owned(each.labels, observed.owner) and each.labels.get(SERVICE) == INGRESS
    )
    return next(filter(None, hashes), "")


def canary_shares(new: Collection[str], rest: Collection[str], percent: int) -> dict[str, int]:
    """
    Weights that give *new* so much of the requests and *rest* the others, evenly among each.
    """
    if not new or not rest:
        return dict.fromkeys(sorted({*new, *rest}), FULL)
    one, other = percent * len(rest), (100 - percent) * len(new)
    scale = min(1.0, _WEIGHT_MAX / max(one, other))
    return {
        **dict.fromkeys(sorted(rest), max(1, round(other * scale))),
        **dict.fromkeys(sorted(new), max(1, round(one * scale))),
    }


def _phases(
    stand: Standing, rollout: Rollout, reachable: Mapping[str, str], *, rollback: bool
) -> tuple[Phase, ...]:
    """
    All ways in which the requests may be spread now, the one to begin with first.
    """
    before, after = (
        {each.name: FULL for each in group if reachable[each.name]}
        for group in (stand.before(), stand.after())
    )
    if before.keys() == after.keys():
        return (Phase(shares=after),)
    done = Phase(shares=after, proven=True)
    watched = rollout.steps or rollout.update.monitor_s
    if rollback or stand.is_return or not watched:
        return done, Phase(shares=before, proven=True)
    first = Phase(shares=before)
    new = after.keys() & {each.name for each in stand.right.values()}
    steps = (
        Phase(shares=canary_shares(new, before.keys() - new, each.weight), step=number)
        for number, each in enumerate(rollout.steps, start=1)
    )
    return first, *steps, done


def _networks(derived: DesiredState, observed: ObservedState) -> tuple[str, ...]:
    exact = {each.key: network_name(observed.owner, each) for each in derived.networks}
    meant = {
        exact.get(each.network, each.network)
        for service in derived.services
        if service.name == INGRESS
        for each in service.attachments
    }
    attached = {
        name
        for service in derived.services
        if service.name == INGRESS
        for each in standing(derived, observed, service).right.values()
        for name in each.networks
    }
    return (*sorted(meant), *sorted(attached - meant))


def _filled(
    structure: IngressConfig, phases: Mapping[str, Phase], addresses: Mapping[str, str]
) -> IngressConfig:
    for name, phase in phases.items():
        structure = with_shares(structure, name, phase.shares, addresses)
    return structure


def _servers(
    backend: Backend, shares: Mapping[str, int], addresses: Mapping[str, str]
) -> tuple[Server, ...]:
    return tuple(
        Server(name=name, address=addresses[name], port=backend.port, weight=shares[name])
        for name in sorted(shares)
        if addresses.get(name)
    )
