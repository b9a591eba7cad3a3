"""Memory, processors, processes, replicas and restart: everything that bounds a service."""

from __future__ import annotations

from sandbox.compose.findings import Place
from sandbox.compose.node import EMPTY, MapNode, Node, integer, mapping, text
from sandbox.compose.units import nano_cpus, size_bytes
from sandbox.model.service import Limits, Ulimit


def read_limits(service: MapNode, place: Place) -> Limits:
    """Read the short attributes and ``deploy.resources.limits``, which must not contradict."""
    resources = mapping(mapping(service.get("deploy")).get("resources"))
    limits = resources.get("limits")
    long = mapping(limits)
    given = limits is not None
    return Limits(
        memory_bytes=_one(
            service,
            "mem_limit",
            _bytes(service.get("mem_limit")),
            "memory",
            _bytes(long.get("memory")),
            place,
            given=given,
        ),
        nano_cpus=_one(
            service,
            "cpus",
            _nano_cpus(service.get("cpus")),
            "cpus",
            _nano_cpus(long.get("cpus")),
            place,
            given=given,
        ),
        pids=max(
            0,
            _one(
                service,
                "pids_limit",
                integer(service.get("pids_limit")) or 0,
                "pids",
                integer(long.get("pids")) or 0,
                place,
                given=given,
            ),
        ),
        restart=_restart(text(service.get("restart"))),
    )


def read_replicas(service: MapNode, place: Place) -> int:
    """Read ``scale`` and ``deploy.replicas``, which must not contradict."""
    scale = integer(service.get("scale"))
    replicas_node = mapping(service.get("deploy")).get("replicas")
    replicas = integer(replicas_node)
    if scale is not None and replicas is not None and scale != replicas:
        place.at("scale").problem(
            service.values["scale"], f"`scale` is {scale}, but `deploy.replicas` is {replicas}"
        )
    found = replicas if scale is None else scale
    return 1 if found is None else found


def read_ulimits(node: Node | None, place: Place) -> tuple[Ulimit, ...]:
    """Read both forms, sorted by name."""
    found: list[Ulimit] = []
    for name, value in sorted(mapping(node).values.items()):
        pair = value if isinstance(value, MapNode) else EMPTY
        single = integer(value)
        soft, hard = integer(pair.get("soft")), integer(pair.get("hard"))
        if single is not None:
            found.append(Ulimit(name=name, soft=single, hard=single))
        elif soft is not None and hard is not None:
            if soft > hard >= 0:
                place.at(name).problem(value, f"soft ({soft}) is more than hard ({hard})")
            found.append(Ulimit(name=name, soft=soft, hard=hard))
    return tuple(found)


def _one(  # noqa: PLR0917 - two names, two values
    service: MapNode,
    short: str,
    short_value: int,
    long: str,
    long_value: int,
    place: Place,
    *,
    given: bool,
) -> int:
    """Take the value that is given; both, when ``limits`` is there at all, have to be equal."""
    if short_value and given and short_value != long_value:
        place.at(short).problem(
            service.values[short],
            f"`{short}` and `deploy.resources.limits.{long}` have different values",
            "write one of them only",
        )
    return short_value or long_value


def _bytes(node: Node | None) -> int:
    return size_bytes(text(node)) or 0


def _nano_cpus(node: Node | None) -> int:
    return nano_cpus(text(node)) or 0


def _restart(written: str) -> str:
    return "on-failure" if written == "on-failure:0" else written or "no"
