"""Plain values of a canonical tree: texts by name, sizes, durations, sets."""

from __future__ import annotations

from sandbox.compose.findings import Place
from sandbox.compose.node import Node, Scalar, integer, is_null, items, mapping, text
from sandbox.compose.units import DURATION_SAYS, duration_s, size_bytes

_OUR_LABELS = ("dev.sandbox.", "com.docker.compose.")


def texts(node: Node | None) -> dict[str, str]:
    """Give a mapping of texts, sorted; what has no value is empty."""
    return {name: text(value) for name, value in sorted(mapping(node).values.items())}


def valued(node: Node | None) -> dict[str, str]:
    """Give a mapping of texts, sorted, without what has no value."""
    found = sorted(mapping(node).values.items())
    return {name: text(value) for name, value in found if not is_null(value)}


def no_value_text(name: str, env_file: str) -> str:
    """Say that nothing gives *name*, which is written without a value, one; *env_file* could."""
    return (
        f"{name} has no value: no variable of that name is set, so it is left out"
        f" (set it in `{env_file}`; the environment of this machine does not count)"
    )


def labels(node: Node | None, place: Place) -> dict[str, str]:
    """Give labels, sorted; those by which we recognise our own objects are refused."""
    for name, value in mapping(node).values.items():
        if name.startswith(_OUR_LABELS):
            place.at(name).problem(
                value, f"the label {name} is reserved: sandbox recognises its own objects by it"
            )
    return texts(node)


def words(node: Node | None) -> tuple[str, ...]:
    """Give a list of texts in its order."""
    return tuple(text(item) for item in items(node))


def word_set(node: Node | None) -> tuple[str, ...]:
    """Give a list of texts whose order means nothing: sorted, each once."""
    return tuple(sorted(set(words(node))))


def size(node: Node | None) -> int:
    """Give a number of bytes; 0 without one, -1 for the word of the engine for no limit."""
    written = text(node)
    return -1 if written == "-1" else size_bytes(written) or 0


def seconds(node: Node | None, place: Place) -> float | None:
    """Give a duration, if there is one; a negative one is a problem."""
    if node is None or not text(node):
        return None
    found = duration_s(text(node))
    if found is None:
        place.problem(node, f"must be {DURATION_SAYS}, not {text(node)!r}")
    return found


def whole(node: Node | None, place: Place) -> int:
    """Give a whole number; 0 without one, and after a problem."""
    found = integer(node)
    if found is None and node is not None and text(node):
        place.problem(node, f"must be a whole number, not {text(node)!r}")
    return found or 0


def permission_bits(node: Node | None, default: int) -> int:
    """Give permission bits: a number, or octal digits in a text."""
    value = node.value if isinstance(node, Scalar) else None
    if isinstance(value, str):
        try:
            return int(value, 8)
        except ValueError:
            return default
    return int(value) if isinstance(value, int | float) else default
