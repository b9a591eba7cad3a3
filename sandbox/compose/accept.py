"""
Is a tree surely valid? Most are, and to say so takes no library.

Knows the keywords that the schema of `toplevel` uses. `schema` has jsonschema look at whatever is
not accepted here, for it can say what is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Mapping
from typing import Any, TypeAlias

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


def _type(wanted: Json, value: Json, _schema: Mapping[str, Json]) -> bool:
    kinds = [wanted] if isinstance(wanted, str) else wanted
    if "number" in kinds and type(value) in {int, float}:
        return True
    if "integer" in kinds and type(value) is float and value.is_integer():
        return True
    return _TYPES.get(type(value)) in kinds


def _properties(wanted: Json, value: Json, _schema: Mapping[str, Json]) -> bool:
    if type(value) is not dict:
        return True
    return all(accepts(wanted[key], value[key]) for key in value if key in wanted)


def _pattern_properties(wanted: Json, value: Json, _schema: Mapping[str, Json]) -> bool:
    if type(value) is not dict:
        return True
    return all(
        accepts(below, value[key])
        for pattern, below in wanted.items()
        for key in value
        if re.search(pattern, key)
    )


def _additional_properties(wanted: Json, value: Json, schema: Mapping[str, Json]) -> bool:
    if type(value) is not dict or wanted is True:
        return True
    known = schema.get("properties", {})
    patterns = schema.get("patternProperties", {})
    others = (key for key in value if key not in known)
    extra = (key for key in others if not any(re.search(pattern, key) for pattern in patterns))
    if wanted is False:
        return not any(True for _ in extra)
    return all(accepts(wanted, value[key]) for key in extra)


def _items(wanted: Json, value: Json, _schema: Mapping[str, Json]) -> bool:
    return type(value) is not list or all(accepts(wanted, item) for item in value)


def _unique_items(wanted: Json, value: Json, _schema: Mapping[str, Json]) -> bool:
    return not wanted or type(value) is not list or all_differ(value)


def _required(wanted: Json, value: Json, _schema: Mapping[str, Json]) -> bool:
    return type(value) is not dict or all(key in value for key in wanted)


def _enum(wanted: Json, value: Json, _schema: Mapping[str, Json]) -> bool:
    return any(type(value) is type(choice) and value == choice for choice in wanted)


def _minimum(wanted: Json, value: Json, _schema: Mapping[str, Json]) -> bool:
    return type(value) not in {int, float} or value >= wanted


def _maximum(wanted: Json, value: Json, _schema: Mapping[str, Json]) -> bool:
    return type(value) not in {int, float} or value <= wanted


def _pattern(wanted: Json, value: Json, _schema: Mapping[str, Json]) -> bool:
    return type(value) is not str or re.search(wanted, value) is not None


_TYPES: dict[type, str] = {
    str: "string",
    bool: "boolean",
    int: "integer",
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
