"""``environment``, ``env_file``, ``labels``, ``args``: everything that is NAME=value."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping

from sandbox.compose.dotenv import DotenvFile, parse_dotenv, parse_raw
from sandbox.compose.findings import Findings, Place
from sandbox.compose.merge import pairs
from sandbox.compose.node import (
    EMPTY,
    MapNode,
    Mark,
    Node,
    Scalar,
    flag,
    is_null,
    mapping,
    numbered,
    text,
)
from sandbox.compose.paths import folder_of, resolve_path
from sandbox.compose.source import CommittedSource
from sandbox.compose.template import Variables

SIZE_BYTES_MAX = 2**20
_OUR_LABELS = ("dev.sandbox.", "com.docker.compose.")


def read_environment(
    environment: Node | None,
    env_file: Node | None,
    place: Place,
    source: CommittedSource,
    variables: Variables,
) -> dict[str, str]:
    """
    Read both attributes; ``environment`` wins, also with a name that has no value anywhere.

    A name alone takes its value from the variables of the environment and is left out without one.
    """
    values: dict[str, str] = {}
    for index, item in numbered(env_file):
        here = (
            place.at("env_file", index)
            if not isinstance(env_file, Scalar)
            else place.at("env_file")
        )
        earlier = Variables(values, variables)
        values.update(_env_file(item, here, source, earlier))
    for name, node in _pairs(environment).values.items():
        value = variables.get(name) if is_null(node) else text(node)
        if not name or "\0" in name or "=" in name:
            place.at("environment").problem(node, "a variable needs a name without `=`")
        elif value is None:
            values.pop(name, None)
        else:
            values[name] = value
    return dict(sorted(values.items()))


def read_pairs(node: Node | None) -> dict[str, str]:
    """Read a mapping or a list of NAME=value; a missing value is empty. Sorted by name."""
    return {name: text(value) for name, value in sorted(_pairs(node).values.items())}


def read_args(node: Node | None, variables: Variables) -> dict[str, str]:
    """Read build arguments; a name alone takes its value from *variables* or is left out."""
    found = {
        name: variables.get(name) if is_null(value) else text(value)
        for name, value in sorted(_pairs(node).values.items())
    }
    return {name: value for name, value in found.items() if value is not None}


def read_labels(node: Node | None, place: Place) -> dict[str, str]:
    """Read labels; those by which we recognise our own objects are refused."""
    for name, value in _pairs(node).values.items():
        if name.startswith(_OUR_LABELS):
            place.at(name).problem(
                value, f"the label {name} is not yours to set: we recognise our own objects by it"
            )
    return read_pairs(node)


def read_dotenv_file(
    file: str, content: bytes, findings: Findings, variables: Variables, *, raw: bool = False
) -> dict[str, str]:
    """Read *content* of *file*; what cannot be read is a problem."""
    if len(content) > SIZE_BYTES_MAX:
        findings.problem(Mark(file=file), (), "the file is larger than 1 MiB")
        return {}
    try:
        decoded = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        findings.problem(Mark(file=file), (), "the file is not UTF-8 text")
        return {}
    parsed: DotenvFile = (parse_raw if raw else parse_dotenv)(decoded, variables)
    for line, message in parsed.faults:
        findings.problem(Mark(file=file, line=line), (), message)
    for line, name in parsed.unset:
        findings.warn(
            Mark(file=file, line=line), f"the variable {name} is not set; it reads as empty"
        )
    return parsed.values


def _env_file(
    node: Node, place: Place, source: CommittedSource, variables: Variables
) -> Mapping[str, str]:
    entry = mapping(node)
    path_node = entry.get("path") or node
    if isinstance(path_node, MapNode):  # without a path: reported by the schema
        return {}
    file = resolve_path(text(path_node), folder_of(path_node), path_node, place)
    if file is None:
        return {}
    content = source.read_file(file)
    if content is not None:
        raw = text(entry.get("format")) == "raw"
        return read_dotenv_file(file, content, place.findings, variables, raw=raw)
    if flag(entry.get("required"), default=True):
        place.problem(
            path_node,
            f"there is no file {file} in the commit",
            f"commit {posixpath.basename(file)}, or write `required: false`",
        )
    return {}


def _pairs(node: Node | None) -> MapNode:
    return (pairs(node) if node is not None else None) or EMPTY
