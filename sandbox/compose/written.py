"""Where the values of a service, network or volume stand, for messages about what they come to."""

from __future__ import annotations

from collections.abc import Iterator

from sandbox.compose.findings import Findings
from sandbox.compose.node import ListNode, MapNode, Node, text
from sandbox.model.written import Written

_PROSE = frozenset(
    {
        *("command", "configs", "depends_on", "entrypoint", "environment", "expose"),
        *("extra_hosts", "healthcheck", "image", "labels", "secrets", "x-sandbox"),
    }
)
"""What no policy judges."""
_DEPTH_MAX = 4  # deploy.resources.reservations.devices


def written_entries(
    node: MapNode, findings: Findings
) -> dict[str, tuple[tuple[Written, ...], ...]]:
    """Give the entries of every attribute of *node*, with the variables that they are made of."""
    return {
        key: tuple(
            tuple(_leaves(entry, key if entry is value else "", findings))
            for entry in (value.items if isinstance(value, ListNode) else (value,))
        )
        for key, value in node.values.items()
        if key not in _PROSE
    }


def places(node: MapNode, above: str = "", depth: int = 1) -> dict[str, str]:
    """Give the place of every key of *node*, and of keys below it by their dotted path."""
    found: dict[str, str] = {}
    for key, value in node.values.items():
        found[f"{above}{key}"] = node.key_marks.get(key, value.mark).text
        if isinstance(value, MapNode) and depth < _DEPTH_MAX and key not in _PROSE:
            found |= places(value, f"{above}{key}.", depth + 1)
    return found


def _leaves(node: Node, name: str, findings: Findings) -> Iterator[Written]:
    if isinstance(node, MapNode):
        for key, value in node.values.items():
            yield from _leaves(value, key, findings)
    elif isinstance(node, ListNode):
        for item in node.items:
            yield from _leaves(item, "", findings)
    else:
        variables, unset = findings.variables(node.mark)
        yield Written(
            text=text(node), name=name, place=node.mark.text, variables=variables, unset=unset
        )
