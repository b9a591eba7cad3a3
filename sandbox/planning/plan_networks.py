"""
Networks: which are there, which are made, renewed or left alone, and the steps for that.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from sandbox.model.action import CreateNetwork, RemoveNetwork
from sandbox.model.plan import Hold, HoldReason, Step
from sandbox.planning.api_version import network_needs
from sandbox.planning.fingerprint import network_digest
from sandbox.planning.labels import SPEC, is_owned, network_labels, resource_key
from sandbox.planning.names import network_name
from sandbox.planning.subnets import free_subnet

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sandbox.model.desired import DesiredState, Network
    from sandbox.model.observed import ObservedNetwork, ObservedState
    from sandbox.model.plan import SyncPolicy


class NetworkNeed(StrEnum):
    """
    What a declared network needs.
    """

    NOTHING = "nothing"
    CREATE = "create"
    RENEW = "renew"
    """Its definition changed: it is removed and created again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkVerdict:
    """
    What is done about one declared network.

    Attributes:
        name: On the engine.
        subnet: For a network that is created; empty leaves the choice to the engine.
        replaces: Networks of ours that have its subnet now, and go before it is made.
        hold: Why it is left as it is; nobody can attach to it when it is absent.
    """

    network: Network
    name: str
    present: ObservedNetwork | None = None
    need: NetworkNeed = NetworkNeed.NOTHING
    subnet: str = ""
    replaces: tuple[ObservedNetwork, ...] = ()
    hold: Hold | None = None

    @property
    def makes(self) -> bool:
        """
        It is created by this plan.
        """
        return self.need is not NetworkNeed.NOTHING and self.hold is None

    @property
    def absence(self) -> str:
        """
        Why nobody can attach to it, or may; empty when all can.
        """
        if self.hold is None or (self.present and self.hold.reason is not HoldReason.POLICY):
            return ""
        return absence(self.target, self.hold)

    @property
    def target(self) -> str:
        """
        What people call it.
        """
        return f"network {self.network.key}"


def judge_networks(
    desired: DesiredState, observed: ObservedState, policy: SyncPolicy
) -> tuple[NetworkVerdict, ...]:
    """
    Decide about every declared network, sorted by key.
    """
    used = list(observed.used_subnets)
    verdicts: list[NetworkVerdict] = []
    for network in sorted(desired.networks, key=lambda each: each.key):
        verdict = _judge(network, observed, policy, used)
        used += [verdict.subnet] if verdict.subnet else []
        used += [pool.subnet for pool in network.pools if pool.subnet]
        verdicts.append(_as_the_engine_can(verdict, observed.api_version))
    return tuple(verdicts)


def own_networks(observed: ObservedState) -> tuple[ObservedNetwork, ...]:
    """
    Networks that carry our labels, sorted by name and id.
    """
    owned = (each for each in observed.networks if is_owned(each.labels, observed.owner))
    return tuple(sorted(owned, key=lambda each: (each.name, each.id)))


def network_steps(
    desired: DesiredState,
    observed: ObservedState,
    verdicts: Sequence[NetworkVerdict],
    detached_by: Mapping[str, tuple[str, ...]],
    removals: Sequence[Step],
) -> Iterator[Step]:
    """
    Create what is missing and renew what changed.

    Args:
        desired, observed, verdicts: As in `judge_networks`.
        detached_by: Ids of the steps after which nothing of ours is attached, by name.
        removals: Steps that remove networks which are not declared.
    """
    makes = [verdict for verdict in verdicts if verdict.makes]
    removed_by = {
        verdict.present.id: f"remove {verdict.target}" for verdict in makes if verdict.present
    }
    removed_by |= {
        step.action.network_id: step.id
        for step in removals
        if isinstance(step.action, RemoveNetwork)
    }
    for verdict in makes:
        waits = [removed_by[each.id] for each in verdict.replaces]
        reason = "is declared and does not exist"
        if verdict.need is NetworkNeed.RENEW and verdict.present:
            reason = "its definition changed"
            removal = Step(
                id=f"remove {verdict.target}",
                action=RemoveNetwork(name=verdict.name, network_id=verdict.present.id),
                target=verdict.target,
                reason=reason,
                depends_on=detached_by.get(verdict.name, ()),
            )
            yield removal
            waits.append(removal.id)
        yield Step(
            id=f"create {verdict.target}",
            action=_creation(desired, observed, verdict),
            target=verdict.target,
            reason="; ".join([reason, *map(_handed_over, verdict.replaces)]),
            depends_on=tuple(sorted(waits)),
        )


def undeclared_networks(
    observed: ObservedState, verdicts: Sequence[NetworkVerdict]
) -> tuple[ObservedNetwork, ...]:
    """
    Networks of ours that no declaration stands for, sorted by name.
    """
    kept = {verdict.present.id for verdict in verdicts if verdict.present}
    return tuple(each for each in own_networks(observed) if each.id not in kept)


def _judge(
    network: Network, observed: ObservedState, policy: SyncPolicy, used: Sequence[str]
) -> NetworkVerdict:
    name = network_name(observed.owner, network)
    foreign = name in observed.foreign_names.get("network", frozenset())
    named = [each for each in own_networks(observed) if each.name == name]
    if network.external:
        hold = None if foreign or named else _hold(network, HoldReason.EXTERNAL_MISSING, name)
        return NetworkVerdict(network=network, name=name, hold=hold)
    if named:
        return _judge_present(network, named, observed, policy, used)
    if foreign:
        hold = _hold(network, HoldReason.NAME_TAKEN, name)
        return NetworkVerdict(network=network, name=name, hold=hold)
    return _made(network, name, None, policy, used)


def _judge_present(
    network: Network,
    named: Sequence[ObservedNetwork],
    observed: ObservedState,
    policy: SyncPolicy,
    used: Sequence[str],
) -> NetworkVerdict:
    name = named[0].name
    # The engine allows two networks of one name: stay with the right one that is in use.
    spec = network_digest(network)
    present = min(named, key=lambda each: (_spec(each) != spec, not each.endpoints, each.id))
    if _spec(present) == spec:
        return NetworkVerdict(network=network, name=name, present=present)
    ours = {each.id for each in observed.containers if is_owned(each.labels, observed.owner)}
    strangers = sorted(set(present.endpoints) - ours)
    if strangers:
        hold = _hold(network, HoldReason.NETWORK_IN_USE, disconnecting(name, strangers[0]))
        return NetworkVerdict(network=network, name=name, present=present, hold=hold)
    return _made(network, name, present, policy, used)


def _made(
    network: Network,
    name: str,
    present: ObservedNetwork | None,
    policy: SyncPolicy,
    used: Sequence[str],
) -> NetworkVerdict:
    subnet: str | None = ""
    fixed = any(pool.subnet for pool in network.pools)
    if network.driver == "bridge" and not fixed and network.enable_ipv4 is not False:
        subnet = free_subnet(policy.subnet_pool, policy.subnet_prefix, name=name, used=used)
    hold = None
    if subnet is None:
        hold = _hold(network, HoldReason.SUBNETS_EXHAUSTED, policy.subnet_pool)
    return NetworkVerdict(
        network=network,
        name=name,
        present=present,
        need=NetworkNeed.RENEW if present else NetworkNeed.CREATE,
        subnet=subnet or "",
        hold=hold,
    )


def _as_the_engine_can(verdict: NetworkVerdict, api_version: str) -> NetworkVerdict:
    """
    Hold a network that is to be made, and that the engine would make otherwise.
    """
    makes = verdict.need in {NetworkNeed.CREATE, NetworkNeed.RENEW} and not verdict.hold
    lacking = network_needs(verdict.network, api_version) if makes else ""
    if not lacking:
        return verdict
    hold = _hold(verdict.network, HoldReason.ENGINE_TOO_OLD, lacking)
    return replace(verdict, hold=hold)


def disconnecting(name: str, container_id: str) -> str:
    """
    Give the command that takes somebody else's container off the network *name*.
    """
    return f"docker network disconnect {name} {container_id[:12]}"


def absence(target: str, hold: Hold) -> str:
    """
    Say why *target*, which does not exist or is denied, cannot be had.
    """
    denied = hold.reason is HoldReason.POLICY
    return f"{target}, which the policy denies" if denied else f"{target}: {hold.message}"


def renewed_names(verdicts: Sequence[NetworkVerdict]) -> frozenset[str]:
    """
    Names of networks that nothing may be attached to before they are made.

    Those whose subnet another one gets are among them.
    """
    return frozenset(
        name
        for verdict in verdicts
        if verdict.hold is None and (verdict.need is NetworkNeed.RENEW or verdict.replaces)
        for name in (verdict.name, *(each.name for each in verdict.replaces))
    )


def absent_networks(verdicts: Sequence[NetworkVerdict]) -> dict[str, str]:
    """
    Why a declared network cannot be had, by ``network <name>``.
    """
    return {f"network {each.name}": each.absence for each in verdicts if each.absence}


def _handed_over(network: ObservedNetwork) -> str:
    return f"it gets the subnet {', '.join(network.subnets)} of {network_target(network)}"


def _hold(network: Network, reason: HoldReason, what: str) -> Hold:
    messages = {
        HoldReason.EXTERNAL_MISSING: f"external network {what} does not exist; create it: "
        f"docker network create {what}",
        HoldReason.NAME_TAKEN: f"a network named {what} exists and is not ours; "
        "remove it or give ours another name",
        HoldReason.NETWORK_IN_USE: "its definition changed, but a container that is not ours is "
        f"attached to it; take it off: {what}",
        HoldReason.ENGINE_TOO_OLD: what,
        HoldReason.SUBNETS_EXHAUSTED: f"no subnet of {what} is free; remove unused networks",
    }
    return Hold(target=f"network {network.key}", reason=reason, message=messages[reason])


def _creation(
    desired: DesiredState, observed: ObservedState, verdict: NetworkVerdict
) -> CreateNetwork:
    network = verdict.network
    return CreateNetwork(
        name=verdict.name,
        network=network,
        subnet=verdict.subnet,
        labels=network_labels(
            observed.owner,
            network.key,
            network.labels,
            spec_hash=network_digest(network),
            revision=desired.revision,
            release=desired.release,
        ),
    )


def _spec(network: ObservedNetwork) -> str:
    return network.labels.get(SPEC, "")


def network_target(network: ObservedNetwork) -> str:
    """
    What people call an observed network.
    """
    return f"network {resource_key(network.labels) or network.name}"
