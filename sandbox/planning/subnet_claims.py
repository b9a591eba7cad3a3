"""
A subnet that is fixed in the file moves from network to network: the old one goes before the new.
"""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_network
from typing import TYPE_CHECKING

from sandbox.model.plan import Hold, HoldReason
from sandbox.planning.labels import is_owned
from sandbox.planning.plan_networks import disconnecting, network_target, own_networks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sandbox.model.desired import Network
    from sandbox.model.observed import ObservedNetwork, ObservedState
    from sandbox.planning.plan_networks import NetworkVerdict


def hand_over_subnets(
    verdicts: Sequence[NetworkVerdict], observed: ObservedState, *, prune: bool
) -> tuple[NetworkVerdict, ...]:
    """
    Say for each network that is made which of ours go before it, or why it cannot be made.

    What one that is held does not release holds others, so this repeats until nothing follows.

    Args:
        verdicts: Of every declared network.
        observed: As for `judge_networks`.
        prune: What is no longer declared may be removed.
    """
    while True:
        judged = tuple(_claim(each, verdicts, observed, prune=prune) for each in verdicts)
        if judged == tuple(verdicts):
            return judged
        verdicts = judged


def kept_subnet(verdict: NetworkVerdict, network: ObservedNetwork, why: str) -> NetworkVerdict:
    """
    Hold a network, for *network* has its subnet and cannot go; *why* says what stands in the way.
    """
    subnet = _overlap(verdict.network, network)
    hold = Hold(
        target=verdict.target,
        reason=HoldReason.NETWORK_IN_USE,
        message=f"{network_target(network)} has its subnet {subnet}, and stays: {why}",
    )
    return replace(verdict, hold=hold, replaces=())


def _claim(
    verdict: NetworkVerdict,
    verdicts: Sequence[NetworkVerdict],
    observed: ObservedState,
    *,
    prune: bool,
) -> NetworkVerdict:
    if not verdict.makes:
        return verdict
    found = [
        each
        for each in own_networks(observed)
        if each != verdict.present and _overlap(verdict.network, each)
    ]
    for network in found:
        why = _why_it_stays(network, verdicts, observed, prune=prune)
        if why:
            return kept_subnet(verdict, network, why)
    return replace(verdict, replaces=tuple(found))


def _why_it_stays(
    network: ObservedNetwork,
    verdicts: Sequence[NetworkVerdict],
    observed: ObservedState,
    *,
    prune: bool,
) -> str:
    declared = next((each for each in verdicts if each.present == network), None)
    if declared:
        if declared.hold:
            return declared.hold.message
        return "" if declared.makes else "it is declared as well; give one of them another subnet"
    if not prune:
        return "it is no longer declared, and prune is off"
    ours = {each.id for each in observed.containers if is_owned(each.labels, observed.owner)}
    strangers = sorted(set(network.endpoints) - ours)
    if strangers:
        command = disconnecting(network.name, strangers[0])
        return f"a container that is not ours is attached to it; take it off: {command}"
    return ""


def _overlap(network: Network, other: ObservedNetwork) -> str:
    """
    The first subnet of *network* that *other* has, at least in part; empty when it has none.
    """
    taken = [ip_network(each, strict=False) for each in other.subnets]
    for pool in network.pools:
        if pool.subnet:
            subnet = ip_network(pool.subnet, strict=False)
            if any(each.version == subnet.version and subnet.overlaps(each) for each in taken):
                return pool.subnet
    return ""
