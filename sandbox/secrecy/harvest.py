"""The secrets of an environment, collected from everything that it declares."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final, cast

from sandbox.model.container_file import ContainerFile
from sandbox.secrecy.kinds import secrets_in
from sandbox.secrecy.names import (
    SHORTEST,
    is_common,
    is_ordinary,
    is_secret,
    looks_random,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from _typeshed import DataclassInstance

    from sandbox.model.desired import DesiredState

TEXT_MAX: Final = 2**18
_LINE_MIN: Final = 6
_LINES_MAX: Final = 500
_FRAME: Final = "-----"


def secrets_of(desired: DesiredState) -> frozenset[str]:
    """
    Every secret of *desired*, and what in it looks like one.

    What is the name of a service, a network or a volume as well stays readable: a name that is also
    a password cannot be hidden.
    """
    names = {each.name for each in (*desired.services, *desired.gates)}
    names |= {network.key for network in desired.networks}
    names |= {volume.key for volume in desired.volumes}
    names |= {desired.application, desired.environment}
    return frozenset(set(_walk("", desired)) - names)


def secrets_of_value(value: object) -> frozenset[str]:
    """Every secret in *value*: a dataclass, a mapping, a tuple or a text."""
    return frozenset(_walk("", value))


def secrets_of_text(text: str) -> frozenset[str]:
    """What looks like a secret in a committed text, and the lines of each that has several."""
    found = secrets_in(text[:TEXT_MAX])
    return frozenset(part for each in found for part in (each, *_lines(each), _unquoted(each)))


def secrets_of_file(content: bytes) -> frozenset[str]:
    """The content of a file that is declared as a secret, and each of its lines."""
    text = content[:TEXT_MAX].decode("utf-8", "surrogateescape").strip()
    lines = [line for line in _lines(text) if not line.startswith(_FRAME)]
    whole = [text] if "\n" not in text else []
    words = (word for line in lines for word in line.split() if not is_ordinary(word))
    return frozenset({*whole, *lines, *words, *secrets_of_text(text)})


def _walk(name: str, value: object) -> Iterator[str]:
    if isinstance(value, ContainerFile):
        if value.secret:
            yield from secrets_of_file(value.content)
        else:
            yield from secrets_of_text(value.content[:TEXT_MAX].decode("utf-8", "replace"))
    elif isinstance(value, str):
        yield from _of_named(name, value)
    elif isinstance(value, Mapping):
        for key, each in cast("Mapping[str, object]", value).items():
            yield from _walk(key, each)
    elif isinstance(value, tuple | list | frozenset):
        entries = tuple(cast("tuple[object, ...]", value))
        words = [each for each in entries if isinstance(each, str)]
        yield from _of_words(words)
        for each in entries:
            yield from _walk(name if isinstance(each, str) else "", each)
    elif is_dataclass(value) and not isinstance(value, type):
        for field, each in _filled(value):
            yield from _walk(f"_{field}", each)


def _filled(value: DataclassInstance) -> Iterator[tuple[str, object]]:
    """Fields of a dataclass that hold anything: most of a service do not."""
    for field in fields(value):
        each: object = getattr(value, field.name)
        if each:
            yield field.name, each


def _of_named(name: str, text: str) -> Iterator[str]:
    if not name.startswith("_") and is_secret(name, text):
        yield from (text, *_lines(text))
    elif looks_random(text):
        yield text
    yield from secrets_of_text(text)


def _of_words(words: list[str]) -> Iterator[str]:
    """Of a command: ``NAME=value``, and what follows an option with the name of a secret."""
    yield from secrets_in(" ".join(words))
    pieces = [piece for word in words for piece in word.split()]
    for option, value in pairwise(pieces):
        if option.startswith("-") and not value.startswith(("-", "$")):
            name = option.lstrip("-")
            if is_secret(name, value) and not looks_random(option):
                yield value.strip("\"'")
    for piece in words:
        name, separator, value = piece.partition("=")
        if separator and name.strip("-").replace("_", "").replace("-", "").isalnum():
            yield from _of_named(name.lstrip("-"), value)


def _unquoted(text: str) -> str:
    """Decode the percent signs of a part of a URL, as the program does that is given it."""
    content = re.sub(
        rb"%([0-9A-Fa-f]{2})",
        lambda found: bytes([int(found[1], 16)]),
        text.encode("utf-8", "surrogateescape"),
    )
    return content.decode("utf-8", "surrogateescape")


def _lines(text: str) -> tuple[str, ...]:
    """Lines of a text that has several, also when it writes each end of a line as two signs."""
    lines = [line.strip() for line in text.replace("\\n", "\n").splitlines()[:_LINES_MAX]]
    return tuple(
        line for line in lines if len(line) >= max(_LINE_MIN, SHORTEST) and not is_common(line)
    )
