"""
The secrets that this process has seen, and the one place that every text passes on its way out.

One for the whole process on purpose: a line of a log may hold the secret of any environment, and
whoever writes it does not know which. It grows while the process runs, up to a limit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final, TypeVar, cast

from sandbox.secrecy.controls import without_controls
from sandbox.secrecy.harvest import secrets_of_text
from sandbox.secrecy.kinds import hide_kinds
from sandbox.secrecy.names import STAND_IN, is_common, is_secret, is_strong_name
from sandbox.secrecy.values import hide_values

if TYPE_CHECKING:
    from collections.abc import Iterable

T = TypeVar("T")

VALUES_MAX: Final = 5_000
TEXTS_MAX: Final = 2_000
_values: dict[str, None] = {}
_texts: dict[int, None] = {}


def learn(values: Iterable[str]) -> None:
    """Hide *values* from now on; of too many the oldest are forgotten."""
    for value in values:
        if not is_common(value):
            _values.pop(value, None)
            _values[value] = None
    for old in list(_values)[:-VALUES_MAX]:
        _values.pop(old, None)


def learn_text(text: str) -> None:
    """Hide from now on what looks like a secret in *text*."""
    mark = hash(text)
    if mark not in _texts:
        _texts[mark] = None
        for old in list(_texts)[:-TEXTS_MAX]:
            _texts.pop(old, None)
        learn(secrets_of_text(text))


def shown(text: str) -> str:
    """
    Give *text* as it may leave this process: without secrets and without control characters.

    Newlines and tabs stay. Whoever cuts a text does so afterwards: the beginning of a secret would
    not be known for one.
    """
    return hidden(without_controls(text))


def hidden(text: str) -> str:
    """Give *text* without secrets, with the colours and the like that we put there ourselves."""
    return hide_kinds(hide_values(text, tuple(_values)))


def shown_fields(fields: Mapping[str, T]) -> dict[str, T]:
    """Give *fields*, down to the last text in them, as `shown`; secrets by their keys hidden."""
    return {key: cast("T", _shown_value(each, key)) for key, each in fields.items()}


def _shown_value(value: object, name: str = "") -> object:
    if isinstance(value, str):
        named = is_strong_name(name) and is_secret(name, value)
        return STAND_IN if named else shown(value)
    if isinstance(value, Mapping):
        return shown_fields(cast("Mapping[str, object]", value))
    if isinstance(value, Sequence):
        return [_shown_value(each, name) for each in cast("Sequence[object]", value)]
    return value


def forget_all() -> None:
    """Know no secret: for tests, which share one process."""
    _values.clear()
    _texts.clear()
