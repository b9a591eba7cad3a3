"""
Is a tree surely valid? Most are, and to say so takes no library.

Knows the keywords that the schema of `toplevel` uses. `schema` has jsonschema look at whatever is
not accepted here, for it can say what is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Mapping
from typing import Any, TypeAlias, cast

Json: TypeAlias = Any
Check: TypeAlias = Callable[[Json, Json, Mapping[str, Json]], bool]


def accepts(schema: Mapping[str, Json], value: Json) -> bool:
    """
    Tell whether *value* is valid; false when it is not, or when a keyword is unknown.
    """
    return all(
        keyword in _NOTES or (keyword in _CHECKS and _CHECKS[keyword](wanted, value, schema))
        for keyword, wanted in schema.items()
    )


def frozen(value: Json) -> Hashable:
    """
    Give a key that equal values have in common; true is not one.
    """
    if isinstance(value, dict):
        return frozenset((key, frozen(below)) for key, below in value.items())  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType] - any JSON
    if isinstance(value, list):
        return tuple(map(frozen, value))  # pyright: ignore[reportUnknownArgumentType] - any JSON
    return isinstance(value, bool), value


def all_differ(items: list[Json]) -> bool:
    """
    Tell whether no item is there twice.
    """
    return len({*map(frozen, items)}) == len(items)


def _mapping(value: Json) -> dict[str, Json]:
    """
    Give *value* if it is a mapping; of nothing else are its keys judged.
    """
    return cast("dict[str, Json]", value) if isinstance(value, dict) else {}


def _items_of(value: Json) -> list[Json]:
    return cast("list[object]", value) if isinstance(value, list) else []


def _is_number(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _type(wanted: Json, value: Json, _schema: Mapping[str, Json]) -> bool:
    kinds = [wanted] if isinstance(wanted, str) else wanted
    if _is_number(value):
        whole = isinstance(value, int) or value.is_integer()
        return "number" in kinds or ("integer" in kinds and whole)
    return any(kind in kinds for known, kind in _TYPES.items() if isinstance(value, known))


def _properties(wanted: Json, value: Json, _schema: Mapping[str, Json]) -> bool:
    found = _mapping(value)
    return all(accepts(wanted[key], found[key]) for key in found if key in wanted)


def _pattern_properties(wanted: Json, value: Json, _schema: Mapping[str, Json]) -> bool:
    found = _mapping(value)
    return all(
        accepts(below, found[key])
        for pattern, below in _mapping(wanted).items()
        for key in found
        if re.search(pattern, key)
    )


def _additional_properties(wanted: Json, value: Json, schema: Mapping[str, Json]) -> bool:
    if wanted is True:
        return True
    known = _mapping(schema.get("properties"))
    patterns = _mapping(schema.get("patternProperties"))
    return all(
        key in known
        or any(re.search(pattern, key) for pattern in patterns)
        or (wanted is not False and accepts(wanted, below))
        for key, below in _mapping(value).items()
    )


def _items(wanted: Json, value: Json, _schema: Mapping[str, Json]) -> bool:
    return all(accepts(wanted, item) for item in _items_of(value))


def _unique_items(wanted: Json, value: Json, _schema: Mapping[str, Json]) -> bool:
    return not wanted or all_differ(_items_of(value))


def _required(wanted: Json, value: Json, _schema: Mapping[str, Json]) -> bool:
    return not isinstance(value, dict) or all(key in value for key in wanted)


def _enum(wanted: Json, value: Json, _schema: Mapping[str, Json]) -> bool:
    return any(type(value) is type(choice) and value == choice for choice in wanted)


def _minimum(wanted: Json, value: Json, _schema: Mapping[str, Json]) -> bool:
    return not _is_number(value) or value >= wanted


def _maximum(wanted: Json, value: Json, _schema: Mapping[str, Json]) -> bool:
    return not _is_number(value) or value <= wanted


def _pattern(wanted: Json, value: Json, _schema: Mapping[str, Json]) -> bool:
    return not isinstance(value, str) or re.search(wanted, value) is not None


_TYPES: dict[type, str] = {
    str: "string",
    bool: "boolean",
    list: "array",
    dict: "object",
    type(None): "null",
}
_CHECKS: dict[str, Check] = {
    "additionalProperties": _additional_properties,
    "enum": _enum,
    "items": _items,
    "maximum": _maximum,
    "minimum": _minimum,
    "pattern": _pattern,
    "patternProperties": _pattern_properties,
    "properties": _properties,
    "required": _required,
    "type": _type,
    "uniqueItems": _unique_items,
}
_NOTES = frozenset({"later", "names", "newer", "says"})
"""Keywords for messages; they forbid nothing."""
