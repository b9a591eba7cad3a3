"""
What an engine holds for an environment in the end, without what two worlds must differ in.

Ids, times, addresses, numbers of ports, proofs of ownership, commits and hashes are left out: a
hash of a spec is one of the id of the image as well. So are dependencies: a container that runs
keeps what they were in the commit that it was created for.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from sandbox.planning.labels import (
    COMPOSE,
    COMPOSE_DEPENDS_ON,
    RELEASE,
    REPLICA,
    REVISION,
    SERVICE,
    SPEC,
    TAG,
)
from sandbox.planning.names import INGRESS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from sandbox.model.observed import ObservedContainer, ObservedState
    from sandbox.ports import Ingress

OF_A_RUN: Final = frozenset(
    {REVISION, RELEASE, TAG, SPEC, COMPOSE + "config-hash", COMPOSE_DEPENDS_ON}
)

EndState = dict[str, str]
"""A text by what it says."""


def end_state(
    seen: ObservedState, image_of: Callable[[str], str], ingress: Ingress
) -> Iterator[tuple[str, str]]:
    """
    Say everything of one environment.

    Args:
        image_of: Gives the reference that a container was created from, by its id.
    """
    instance = seen.owner.instance
    specs = {one.labels[SPEC][:8] for one in seen.containers}

    def shown(value: object) -> str:
        text = str(value).replace(instance, "INSTANCE").replace(instance[:6], "INSTANCE")
        for spec in specs:
            text = text.replace(f"-{spec}", "-SPEC")
        return text

    what = f"{seen.owner.environment} container"
    names = {one.id: one.name for one in seen.containers}
    met: Counter[str] = Counter()
    for one in sorted(seen.containers, key=_place):
        met[_place(one)] += 1
        again = f" ({met[_place(one)]})" if met[_place(one)] > 1 else ""
        for field, value in _container(one, image_of(one.id)):
            yield f"{what} {_place(one)}{again}: {field}", shown(value)
        if one.labels[SERVICE] == INGRESS and one.state == "running":
            served = ingress.serving(one.id)
            told = sorted((each.backend, each.server, each.weight) for each in served)
            yield f"{what} {_place(one)}{again}: sends requests to", shown(told)
    for network in seen.networks:
        on_it = sorted(shown(names.get(one, "a stranger")) for one in network.endpoints)
        yield f"network {shown(network.name)}: containers", str(on_it)
        yield f"network {shown(network.name)}: labels", shown(_labels(network.labels))
    for volume in seen.volumes:
        yield f"volume {shown(volume.name)}: labels", shown(_labels(volume.labels))


def _place(one: ObservedContainer) -> str:
    return f"{one.labels[SERVICE]}-{one.labels[REPLICA]}"


def _container(one: ObservedContainer, image: str) -> Iterator[tuple[str, object]]:
    yield "name", one.name
    yield "state", one.state.value
    yield "exit code", one.exit_code
    yield "image", image
    yield "limits", one.limits
    yield "networks", dict(one.networks)
    yield "networks with an address", sorted(one.addresses)
    yield "volumes", dict(sorted(one.volumes.items()))
    yield "ports", sorted((address, protocol) for address, _, protocol in one.host_ports)
    yield "healthcheck", one.probed
    yield "error", one.error
    for name, text in _labels(one.labels).items():
        yield f"label {name}", text


def _labels(carried: Mapping[str, str]) -> dict[str, str]:
    return {name: text for name, text in sorted(carried.items()) if name not in OF_A_RUN}


def differences(simulated: EndState, real: EndState) -> Iterator[str]:
    """Say where they differ, a line each."""
    for key in sorted(simulated.keys() | real.keys()):
        one, other = simulated.get(key, "nothing"), real.get(key, "nothing")
        if one != other:
            yield f"{key}: simulated {one}, real {other}"
