"""What no service can tell alone: dependencies, cycles and host ports."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Mapping

from sandbox.compose.known import suggestion
from sandbox.compose.node import Mark
from sandbox.compose.service import Draft
from sandbox.model.service import Dependency, Port


def check_dependencies(
    drafts: Mapping[str, Draft], declared: Collection[str]
) -> dict[str, tuple[Dependency, ...]]:
    """
    Report dependencies that do not exist or that no active profile enables, and cycles.

    Args:
        drafts: The enabled services by name.
        declared: The names of all services, the disabled ones too.

    Returns:
        Dependencies of each service, without optional ones that are disabled.
    """
    kept: dict[str, tuple[Dependency, ...]] = {}
    for name, draft in drafts.items():
        for dependency, mark in draft.dependencies.items():
            _check_dependency(draft, dependency, mark, drafts, declared)
        kept[name] = tuple(
            dependency for dependency in draft.dependencies if dependency.service_name in drafts
        )
    for cycle in _cycles({name: [one.service_name for one in on] for name, on in kept.items()}):
        draft = drafts[cycle[0]]
        mark = next(
            mark for one, mark in draft.dependencies.items() if one.service_name == cycle[1]
        )
        draft.place.at("depends_on").problem(
            mark, f"services wait for each other: {' -> '.join(cycle)}", "remove one of these"
        )
    return kept


def _check_dependency(
    draft: Draft,
    dependency: Dependency,
    mark: Mark,
    drafts: Mapping[str, Draft],
    declared: Collection[str],
) -> None:
    name = dependency.service_name
    place = draft.place.at("depends_on", name)
    if name not in declared:
        place.problem(mark, f"there is no service {name!r}{suggestion(name, declared)}")
    elif name not in drafts and dependency.required:
        place.problem(
            mark,
            f"the service {name!r} is disabled by its profiles",
            "give both the same profiles, or write `required: false`",
        )


def _cycles(edges: Mapping[str, list[str]]) -> list[list[str]]:
    """Find cycles, each closed with its first name and beginning with its least one."""
    found: dict[tuple[str, ...], None] = {}
    done: set[str] = set()
    for root in sorted(edges):
        path: list[str] = []
        pending: list[tuple[str, bool]] = [(root, True)]
        while pending:
            name, entering = pending.pop()
            if not entering:
                done.add(path.pop())
            elif name in path:
                cycle = path[path.index(name) :]
                first = cycle.index(min(cycle))
                found[(*cycle[first:], *cycle[:first])] = None
            elif name not in done:
                path.append(name)
                pending.append((name, False))
                pending += [(below, True) for below in sorted(edges[name], reverse=True)]
    return [[*cycle, cycle[0]] for cycle in sorted(found)]


def check_ports(drafts: Mapping[str, Draft]) -> None:
    """Report a host port that two services, or two replicas of one, would need."""
    taken: dict[tuple[int, str], list[tuple[Draft, Port, Mark]]] = {}
    for draft in drafts.values():
        for port, mark in draft.ports.items():
            if not port.published or port.published != port.published_end:
                continue
            if draft.service.replicas > 1:
                draft.place.at("ports").problem(
                    mark,
                    f"{draft.service.replicas} replicas cannot share the host port"
                    f" {port.published}",
                    "remove the host port, or give a range",
                )
            others = taken.setdefault((port.published, port.protocol), [])
            for other, other_port, other_mark in others:
                if _overlap(port.host_ip, other_port.host_ip):
                    _report(draft, port, mark, other, other_mark)
                    break
            others.append((draft, port, mark))


def _report(draft: Draft, port: Port, mark: Mark, other: Draft, other_mark: Mark) -> None:
    draft.place.at("ports").problem(
        mark,
        f"the host port {port.published}/{port.protocol} is already published by the service"
        f" {other.service.name!r} at {other_mark.text}",
        "choose another host port",
    )


def _overlap(one: str, other: str) -> bool:
    """Would the same port at both addresses collide?"""
    addresses = [ipaddress.ip_address(one), ipaddress.ip_address(other)]
    return addresses[0] == addresses[1] or any(address.is_unspecified for address in addresses)
