"""
Values as the texts that a fingerprint is made of.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_PLAIN = re.compile(r'[^\s,:="][^\s,="]*')
_PLAIN_ENTRY = re.compile(r'[^,"\n][^,\n]*')


def group_fields(
    path: str, group: object, *, in_order: bool = False
) -> Iterator[tuple[str, str | None]]:
    """
    Say each field of the dataclass *group* that differs from its default, groups inside it too.

    Args:
        path: What the fields are called after.
        in_order: The order of its tuples means something; else they are sets.
    """
    for each in fields(group):  # type: ignore[arg-type] # any dataclass
        value: object = getattr(group, each.name)
        if value == _default(each):
            continue
        name = f"{path}.{each.name}"
        if isinstance(value, Mapping):
            yield from named(name, cast("Mapping[str, str]", value)).items()
        elif is_dataclass(value):
            yield from group_fields(name, value, in_order=in_order)
        else:
            yield name, _text(value, in_order=in_order)


def named(path: str, values: Mapping[str, str]) -> dict[str, str]:
    """Say each entry of *values*."""
    return {f"{path}.{name}": text for name, text in values.items()}


def words(texts: tuple[str, ...] | None) -> str | None:
    """Say a list whose order counts."""
    return None if texts is None else json.dumps(list(texts))


def ordered(texts: Iterable[str]) -> str | None:
    """Say a list whose order counts; empty is nothing."""
    return ", ".join(map(_quoted_entry, texts)) or None


def unordered(texts: Iterable[str]) -> str | None:
    """Say a list whose order does not count; empty is nothing."""
    return ", ".join(sorted(map(_quoted_entry, texts))) or None


def quoted(text: str, *, colon: bool = True) -> str:
    """
    Say a part of a longer text: in quotes where it could be taken for two parts.

    Args:
        text: The part.
        colon: A colon, but for the first letter, is no separator of the longer text.
    """
    plain = _PLAIN.fullmatch(text) and (colon or ":" not in text)
    return text if plain else json.dumps(text)


def number(value: float | None) -> str | None:
    """Say a number of seconds, with all of its digits."""
    return None if value is None else repr(float(value)).removesuffix(".0")


def _default(field: Field[Any]) -> object:
    if field.default_factory is not MISSING:
        return field.default_factory()
    return field.default


def _text(value: object, *, in_order: bool) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, tuple):
        return str(value)
    texts = [_entry(entry) for entry in cast("tuple[object, ...]", value)]
    return ", ".join(texts if in_order else sorted(texts))


def _entry(entry: object) -> str:
    """Say an entry of a list: a text, or a group as JSON of what it says."""
    if isinstance(entry, str):
        return _quoted_entry(entry)
    return json.dumps(_plain(entry), sort_keys=True)


def _quoted_entry(text: str) -> str:
    """Say an entry of a list, in quotes where it could be taken for two or for none."""
    return text if _PLAIN_ENTRY.fullmatch(text) else json.dumps(text)


def _plain(value: object) -> object:
    if is_dataclass(value):
        each = ((field, getattr(value, field.name)) for field in fields(value))
        return {field.name: _plain(text) for field, text in each if text != _default(field)}
    if isinstance(value, Mapping):
        return dict(cast("Mapping[str, str]", value))
    return value
