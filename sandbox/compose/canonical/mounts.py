"""``volumes`` and ``devices`` of a service: ``source:target:options`` as mappings."""

from __future__ import annotations

import posixpath

from sandbox.compose.canonical.shape import record, scalar
from sandbox.compose.findings import Place
from sandbox.compose.known import shown
from sandbox.compose.node import Node, Scalar, text

_SHORTEST_PAIR = 3  # a:b; anything shorter is a target alone
_PROPAGATIONS = frozenset({"private", "rprivate", "shared", "rshared", "slave", "rslave"})
_DEVICE_PARTS_MAX = 3


class _FaultError(Exception):
    """The short form is no mount; the message says what is wrong."""


def mount(node: Node, place: Place) -> Node | None:
    """Read a short form as a mapping; a long form stays."""
    if not isinstance(node, Scalar) or not isinstance(node.value, str):
        return node
    written = node.value
    try:
        source, target, options = _parts(written)
    except _FaultError as fault:
        place.problem(
            node,
            f"{shown(written)} is no mount: {fault}",
            "write volume:/path, ./file:/path or /path, with :ro for read-only",
        )
        return None
    if len(written) < _SHORTEST_PAIR:
        return record({"type": scalar("volume", node), "target": scalar(target, node)}, node)
    if is_drive(written[:2]) and not source:
        place.warn(node, f"{written[:2]} is read as the drive of a Windows path, not as a volume")
    return _entry(node, source, target, options)


def target_of(written: str) -> str | None:
    """Give the clean path in the container of a short form; ``None`` when it is no mount."""
    try:
        return _parts(written)[1]
    except _FaultError:
        return None


def _parts(written: str) -> tuple[str, str, list[str]]:
    """Split at colons, but not behind the letter of a drive; the target comes cleaned."""
    if not written:
        raise _FaultError("it is empty")
    if len(written) < _SHORTEST_PAIR:
        return "", cleaned(written), []
    fields: list[str] = []
    for field in written.split(":"):
        if fields and is_drive(f"{fields[-1]}:"):
            fields[-1] += f":{field}"
        else:
            fields.append(field)
    if "" in fields:
        raise _FaultError("there is nothing between two colons, or before or after one")
    if len(fields) > 3:  # noqa: PLR2004 - source, target, options
        raise _FaultError("it has more than three parts")
    if len(fields) == 1:
        return "", cleaned(fields[0]), []
    return fields[0], cleaned(fields[1]), fields[2].split(",") if fields[2:] else []


def cleaned(path: str) -> str:
    """Write a path in the container without detours."""
    found = posixpath.normpath(path)
    return found[1:] if found.startswith("//") else found


def is_drive(written: str) -> bool:
    """Is *written* a letter and a colon?"""
    return len(written) == 2 and written[0].isalpha() and written[1] == ":"  # noqa: PLR2004 - c:


def is_path(source: str) -> bool:
    """Is *source* a path of the host rather than the name of a volume?"""
    return source.startswith((".", "/", "~", "\\\\")) or is_drive(source[:2])


def _entry(node: Scalar, source: str, target: str, options: list[str]) -> Node:
    kind = "bind" if is_path(source) else "volume"
    values: dict[str, Node] = {"type": scalar(kind, node)}
    if source:
        values["source"] = scalar(source, node)
    values["target"] = scalar(target, node)
    bind, volume = _options(node, options)
    written = [option for option in options if option in {"ro", "rw"}]
    if written[-1:] == ["ro"]:
        values["read_only"] = scalar(value=True, where=node)
    if kind == "bind":
        bind["create_host_path"] = scalar(value=True, where=node)
    if bind:
        values["bind"] = record(bind, node)
    if kind == "volume" or volume:
        values["volume"] = record(volume, node)
    return record(values, node)


def _options(node: Scalar, options: list[str]) -> tuple[dict[str, Node], dict[str, Node]]:
    """Give what *options* say of a bind and of a volume; unknown ones mean nothing."""
    bind: dict[str, Node] = {}
    volume: dict[str, Node] = {}
    for option in options:
        if option in {"z", "Z"}:
            bind["selinux"] = scalar(option, node)
        elif option in _PROPAGATIONS:
            bind["propagation"] = scalar(option, node)
        elif option == "nocopy":
            volume["nocopy"] = scalar(value=True, where=node)
    return bind, volume


def device(node: Node, place: Place) -> Node | None:
    """Read ``source:target:permissions`` as a mapping; a long form stays."""
    if not isinstance(node, Scalar) or not isinstance(node.value, str):
        return node
    parts = text(node).split(":")
    if len(parts) > _DEVICE_PARTS_MAX:
        place.problem(
            node,
            f"{shown(text(node))} has more than three parts",
            "write source:target:permissions",
        )
        return None
    source = parts[0]
    values = {
        "source": source,
        "target": "".join(parts[1:2]) or source,
        "permissions": parts[2] if parts[2:] else "rwm",
    }
    return record({key: scalar(value, node) for key, value in values.items()}, node)
