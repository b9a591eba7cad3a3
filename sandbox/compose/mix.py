"""Attributes of one service that contradict or exclude each other."""

from __future__ import annotations

from collections.abc import Iterator

from sandbox.compose.findings import Place, key_mark
from sandbox.compose.known import shown
from sandbox.compose.node import (
    ListNode,
    MapNode,
    Mark,
    Node,
    Scalar,
    integer,
    mapping,
    numbered,
    text,
)
from sandbox.words import count

_TESTS = ("CMD", "CMD-SHELL", "NONE")
_WATCHES_WITHOUT_TARGET = ("rebuild", "restart")
# What may be written in two places, and must then be the same in both.
_TWICE = (
    ("cpus", "limits", "cpus"),
    ("mem_limit", "limits", "memory"),
    ("pids_limit", "limits", "pids"),
    ("mem_reservation", "reservations", "memory"),
)


def check_mix(name: str, service: MapNode, place: Place, mark: Mark) -> None:
    """Report contradictions in the normalised *service*; *mark* is where its name stands."""
    has_origin = {"image", "build", "provider"} & service.values.keys()
    if not has_origin and not place.findings.is_spoiled(place.path):
        place.problem(
            mark, "the service has neither `image` nor `build`", "say what the container is made of"
        )
    _check_build(service, place)
    if "network_mode" in service.values and mapping(service.get("networks")).values:
        place.problem(
            key_mark(service, "network_mode"),
            "`network_mode` and `networks` exclude each other",
            "remove one of them",
        )
    _check_test(service, place)
    _check_twice(service, place)
    _check_replicas(name, service, place)
    _check_watches(service, place)
    _check_targets(service, place)


def _check_build(service: MapNode, place: Place) -> None:
    build = mapping(service.get("build"))
    if {"dockerfile", "dockerfile_inline"} <= build.values.keys():
        place.at("build").problem(
            key_mark(build, "dockerfile_inline"),
            "`dockerfile` and `dockerfile_inline` exclude each other",
            "remove one of them",
        )
    platform = service.get("platform")
    platforms = [text(item) for _, item in numbered(build.get("platforms"))]
    if platforms and platform is not None and text(platform) not in platforms:
        place.at("platform").problem(
            platform,
            f"{shown(text(platform))} is not among the platforms of `build`:"
            f" {', '.join(platforms)}",
        )


def _check_test(service: MapNode, place: Place) -> None:
    test = mapping(service.get("healthcheck")).get("test")
    if isinstance(test, ListNode) and test.items and text(test.items[0]) not in _TESTS:
        place.at("healthcheck", "test").problem(
            test.items[0],
            f"a list must begin with CMD, CMD-SHELL or NONE, not {shown(text(test.items[0]))}",
            "add CMD before the command",
        )


def _check_twice(service: MapNode, place: Place) -> None:
    """Compare as Compose does: a group without the value has zero there."""
    resources = mapping(mapping(service.get("deploy")).get("resources"))
    for short, group, key in _TWICE:
        value, others = service.get(short), resources.get(group)
        if value is None or not isinstance(others, MapNode):
            continue
        other = others.get(key)
        if _number(value) and _number(value) != _number(other):
            said = text(other) if other is not None else "not given"
            place.at(short).problem(
                key_mark(service, short),
                f"`{short}` is {text(value)} and `deploy.resources.{group}.{key}` is {said}",
                "write the same in both places, or remove one",
            )


def _number(node: Node | None) -> float:
    try:
        return float(text(node, "0"))
    except ValueError:
        return 0.0


def _check_replicas(name: str, service: MapNode, place: Place) -> None:
    scale, replicas = service.get("scale"), mapping(service.get("deploy")).get("replicas")
    if scale is not None and replicas is not None and integer(scale) != integer(replicas):
        place.at("scale").problem(
            key_mark(service, "scale"),
            f"`scale` is {text(scale)} and `deploy.replicas` is {text(replicas)}",
            "write the same in both places, or remove one",
        )
    wanted = scale if scale is not None else replicas
    if "container_name" in service.values and (integer(wanted) or 0) > 1:
        place.at("container_name").problem(
            key_mark(service, "container_name"),
            f"{count(integer(wanted) or 0, 'container')} of the service {shown(name)} cannot have"
            " the same name",
            "remove `container_name`, or run one",
        )


def _check_watches(service: MapNode, place: Place) -> None:
    for index, node in numbered(mapping(service.get("develop")).get("watch")):
        action = text(mapping(node).get("action"))
        target = text(mapping(node).get("target"))
        if action and not target and action not in _WATCHES_WITHOUT_TARGET:
            place.at("develop", "watch", index).problem(node, f"`target` is needed for {action}")


def _check_targets(service: MapNode, place: Place) -> None:
    """Report two mounts of any kind at one path."""
    taken: dict[str, Mark] = {}
    for target, node, where in _targets(service, place):
        if target in taken:
            where.problem(node, f"{target} is mounted already, at {taken[target].text}")
        taken.setdefault(target, node.mark)


def _targets(service: MapNode, place: Place) -> Iterator[tuple[str, Node, Place]]:
    for index, node in numbered(service.get("tmpfs")):
        if isinstance(node, Scalar):
            yield text(node).partition(":")[0], node, place.at("tmpfs", index)
    for key, folder in (("volumes", ""), ("configs", "/"), ("secrets", "/run/secrets/")):
        for index, node in numbered(service.get(key)):
            entry = mapping(node)
            target = text(entry.get("target")) or f"{folder}{text(entry.get('source'))}"
            yield target, node, place.at(key, index)
