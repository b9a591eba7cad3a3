"""Is a tree what may be written? The only module that knows jsonschema."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from sandbox.compose.accept import accepts, all_differ, frozen
from sandbox.compose.findings import Findings
from sandbox.compose.known import shown, suggestion, unknown_key
from sandbox.compose.node import (
    EMPTY,
    Date,
    ListNode,
    MapNode,
    Mark,
    Node,
    Path,
    Scalar,
    text,
)
from sandbox.compose.toplevel import FILE

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator, ValidationError

_TYPE_WORDS = {
    "string": "a string",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a mapping",
    "null": "nothing",
}
# Values at these keys may be secret and are never repeated in a message.
_HIDDEN = frozenset({"environment", "content", "args", "options", "labels"})


@cache
def _validator() -> Draft202012Validator:
    """Make the validator when the first file is not accepted: most are."""
    from jsonschema import Draft202012Validator, validators  # noqa: PLC0415 - slow to import

    extend: Callable[..., type[Draft202012Validator]] = validators.extend  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType] - its stub has no types
    return extend(Draft202012Validator, {"uniqueItems": _unique})(FILE)


def _unique(_validator: object, wanted: bool, items: Any, _schema: object) -> Iterator[Any]:  # noqa: ANN401, FBT001 - any JSON; as the library calls it
    """Compare the items of a list in one pass; the library compares each with all others."""
    from jsonschema import ValidationError  # noqa: PLC0415 - slow to import

    if wanted and isinstance(items, list) and not all_differ(items):  # pyright: ignore[reportUnknownArgumentType] - any JSON
        yield ValidationError("an item is there twice")


def validate(tree: MapNode, findings: Findings) -> MapNode:
    """
    Report everything in *tree* that may not be written.

    Returns:
        The tree without what is wrong, for later steps to go on with.
    """
    faulty: set[Path] = set()
    for path, mark, message in _faults(tree):
        findings.problem(mark, path, message)
        faulty.add(path)
        if findings.are_many:
            break
    cut = _cut(tree, (), faulty) if faulty else tree
    return cut if isinstance(cut, MapNode) else EMPTY


def _faults(tree: MapNode) -> Iterator[tuple[Path, Mark, str]]:
    plain = _plain(tree)
    if accepts(FILE, plain):
        return
    errors: Iterator[ValidationError] = _validator().iter_errors(  # pyright: ignore[reportUnknownMemberType] - an overload of the stubs
        plain
    )
    for error in errors:
        yield from _explain(error, tuple(error.absolute_path), tree)


def _plain(node: Node) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(node, Scalar):
        return node.value
    if isinstance(node, ListNode):
        return [_plain(item) for item in node.items]
    return {key: _plain(value) for key, value in node.values.items()}


def _cut(node: Node, path: Path, faulty: set[Path]) -> Node | None:
    """Copy *node* without the faulty parts; ``None`` when it is one itself."""
    if path in faulty:
        return None
    if isinstance(node, ListNode):
        kept = tuple(
            _cut(item, (*path, index), faulty) or Scalar(value=None, mark=item.mark)
            for index, item in enumerate(node.items)
        )
        return ListNode(items=kept, mark=node.mark)
    if isinstance(node, MapNode):
        below = {key: _cut(value, (*path, key), faulty) for key, value in node.values.items()}
        values = {key: value for key, value in below.items() if value is not None}
        return MapNode(values=values, key_marks=node.key_marks, mark=node.mark)
    return node


def _explain(error: ValidationError, path: Path, tree: MapNode) -> Iterator[tuple[Path, Mark, str]]:
    """Give path, place and message of each thing that *error* stands for."""
    node, mark = find(tree, path)
    schema: Mapping[str, Any] = error.schema if isinstance(error.schema, Mapping) else {}
    if error.validator == "additionalProperties" and isinstance(node, MapNode):
        yield from _extra_keys(node, path, schema)
    elif error.validator == "uniqueItems" and isinstance(node, ListNode):
        yield from _repeated(node, path)
    elif error.validator == "required" and isinstance(node, MapNode):
        missing = [key for key in schema["required"] if key not in node.values]
        yield path, mark, f"the key `{missing[0]}` is missing"
    else:
        place = node.mark if isinstance(node, Scalar) and node.value is not None else mark
        yield path, place, _message(error, schema, node, path)


def _extra_keys(
    node: MapNode, path: Path, schema: Mapping[str, Any]
) -> Iterator[tuple[Path, Mark, str]]:
    allowed: Mapping[str, Any] = schema.get("properties", {})
    patterns: Mapping[str, Any] = schema.get("patternProperties", {})
    for key in node.values:
        if key in allowed or any(re.search(pattern, key) for pattern in patterns):
            continue
        message = schema.get("names") or unknown_key(
            key, allowed, newer=schema.get("newer", ()), later=schema.get("later", ())
        )
        yield (*path, key), node.key_marks[key], str(message)


def _repeated(node: ListNode, path: Path) -> Iterator[tuple[Path, Mark, str]]:
    seen: dict[object, int] = {}
    for index, item in enumerate(node.items):
        value = frozen(_plain(item))
        if value in seen:
            said = shown(text(item)) if isinstance(item, Scalar) else "this"
            yield (*path, index), item.mark, f"{said} is in the list already"
        seen.setdefault(value, index)


def _message(error: ValidationError, schema: Mapping[str, Any], node: Node, path: Path) -> str:
    if isinstance(node, Scalar) and node.value is None:
        return "has no value; give it one or remove the key"
    got = _got(node, path)
    if error.validator == "enum":
        choices = [str(choice) for choice in schema["enum"] if choice != ""]
        hint = suggestion(text(node), choices)
        return f"must be {_listed(choices)}, not {got}{hint}"
    if "says" in schema:
        return f"must be {schema['says']}, not {got}"
    if error.validator == "type":
        allowed: str | list[str] = schema["type"]
        kinds = [allowed] if isinstance(allowed, str) else allowed
        words = [_TYPE_WORDS[kind] for kind in kinds if kind != "null"]
        return f"must be {_listed(words)}, not {got}{_hint(kinds, node)}"
    assert error.validator == "minimum", "everything else that is bounded says what it is"
    return f"must be at least {schema['minimum']}, not {got}"


def _hint(kinds: list[str], node: Node) -> str:
    if "string" in kinds and isinstance(node, Scalar):
        return "; write it in quotes"
    return ""


def _got(node: Node, path: Path) -> str:
    if isinstance(node, ListNode):
        return "a list"
    if isinstance(node, MapNode):
        return "a mapping"
    value = node.value
    if _HIDDEN.intersection(part for part in path if isinstance(part, str)):
        return f"{_kind(value)} (not shown)"
    if isinstance(value, str):
        return shown(value)
    return f"{_kind(value)} ({text(node)})"


def _kind(value: object) -> str:
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, Date):
        return "a date"
    return "a string" if isinstance(value, str) else "a number"


def _listed(words: list[str]) -> str:
    return " or ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def find(tree: Node, path: Path) -> tuple[Node, Mark]:
    """Give the node at *path* and the place of its key, or of the item itself in a list."""
    node, mark = tree, tree.mark
    for part in path:
        if isinstance(node, MapNode):
            mark = node.key_marks[str(part)]
            node = node.values[str(part)]
        elif isinstance(node, ListNode):
            node = node.items[int(part)]
            mark = node.mark
    return node, mark
