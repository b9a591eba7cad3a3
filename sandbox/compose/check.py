"""What no service can tell alone and only an engine minds: names, host ports, who shares."""

from __future__ import annotations

from collections.abc import Mapping

from sandbox.compose.findings import Place, key_mark
from sandbox.compose.node import Mark, Node, mapping
from sandbox.compose.service import Draft
from sandbox.compose.surge import binds_itself
from sandbox.words import count

_EVERY_ADDRESS = ("0.0.0.0", "::")  # noqa: S104 - nothing is bound here
_SERVICE = "service:"
OUR_NAMES = frozenset({"sandbox-edge", "sandbox-ingress"})
"""Services and networks that we add to an environment."""


def check_names(drafts: Mapping[str, Draft], networks: Node | None, place: Place) -> None:
    """Report services, and *networks* at *place*, with a name of `OUR_NAMES`."""
    for name in sorted(OUR_NAMES & drafts.keys()):
        drafts[name].place.problem(
            drafts[name].mark, f"the name {name} is reserved; choose another"
        )
    declared = mapping(networks)
    for name in sorted(OUR_NAMES & declared.values.keys()):
        mark = key_mark(declared, name)
        place.at(name).problem(mark, f"the name {name} is reserved; choose another")


def check_ports(drafts: Mapping[str, Draft]) -> None:
    """Report a host port that two services, or two replicas of one, would need."""
    taken: dict[tuple[int, str], dict[str, tuple[str, Mark]]] = {}
    for name, draft in drafts.items():
        for port, mark in draft.ports.items():
            if not port.published or port.published != port.published_end:
                continue
            if draft.service.replicas > 1 and binds_itself(draft.service, port):
                draft.place.at("ports").problem(
                    mark,
                    f"{count(draft.service.replicas, 'replica')} cannot share the host port"
                    f" {port.published}",
                    "give a range, or let the ingress bind it: a TCP port without `route: direct`",
                )
            others = taken.setdefault((port.published, port.protocol), {})
            holder = _holder(port.host_ip, others)
            if holder is not None:
                draft.place.at("ports").problem(
                    mark,
                    f"the host port {port.published}/{port.protocol} is already published by the"
                    f" service {holder[0]!r} at {holder[1].text}",
                    "choose another host port",
                )
            others.setdefault(port.host_ip, (name, mark))


def check_sharing(drafts: Mapping[str, Draft]) -> None:
    """Report a service that shares with one which has no container."""
    for draft in drafts.values():
        shared = draft.service.namespaces
        modes = {"network_mode": shared.network, "ipc": shared.ipc, "pid": shared.pid}
        wanted = {
            key: mode.removeprefix(_SERVICE)
            for key, mode in modes.items()
            if mode.startswith(_SERVICE)
        }
        for key, name in wanted.items():
            _check_shared(draft, key, name, drafts)
        for each in draft.service.volumes_from:
            if each.service_name:
                _check_shared(draft, "volumes_from", each.service_name, drafts)


def _check_shared(draft: Draft, key: str, name: str, drafts: Mapping[str, Draft]) -> None:
    other = drafts.get(name)
    if other is None or other.service.replicas < 1:
        why = "is not enabled" if other is None else "has no replica"
        draft.place.at(key).problem(
            draft.mark, f"{draft.service.name} shares with {name}, which {why}"
        )


def _holder(host_ip: str, others: Mapping[str, tuple[str, Mark]]) -> tuple[str, Mark] | None:
    """Find who has the same port at the same address, or at one of two that mean every address."""
    for address in (host_ip, *_EVERY_ADDRESS):
        if address in others:
            return others[address]
    return next(iter(others.values()), None) if host_ip in _EVERY_ADDRESS else None
