"""What no service can tell alone: dependencies, cycles and host ports."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sandbox.compose.known import suggestion
from sandbox.compose.node import Mark
from sandbox.compose.service import Draft
from sandbox.model.service import Dependency

CYCLES_MAX = 20
_EVERY_ADDRESS = ("0.0.0.0", "::")  # noqa: S104 - nothing is bound here


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
        path: dict[str, None] = {}
        pending: list[tuple[str, bool]] = [(root, True)]
        while pending and len(found) < CYCLES_MAX:
            name, entering = pending.pop()
            if not entering:
                del path[name]
                done.add(name)
            elif name in path:
                found[_rotated(list(path), name)] = None
            elif name not in done:
                path[name] = None
                pending.append((name, False))
                pending += [(below, True) for below in sorted(edges[name], reverse=True)]
    return [[*cycle, cycle[0]] for cycle in sorted(found)]


def _rotated(path: list[str], name: str) -> tuple[str, ...]:
    """Take the part of *path* from *name* on and let it begin with its least name."""
    cycle = path[path.index(name) :]
    first = cycle.index(min(cycle))
    return (*cycle[first:], *cycle[:first])


def check_ports(drafts: Mapping[str, Draft]) -> None:
    """Report a host port that two services, or two replicas of one, would need."""
    taken: dict[tuple[int, str], dict[str, tuple[str, Mark]]] = {}
    for name, draft in drafts.items():
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


def _holder(host_ip: str, others: Mapping[str, tuple[str, Mark]]) -> tuple[str, Mark] | None:
    """Find who has the same port at the same address, or at one of two that mean every address."""
    for address in (host_ip, *_EVERY_ADDRESS):
        if address in others:
            return others[address]
    return next(iter(others.values()), None) if host_ip in _EVERY_ADDRESS else None
