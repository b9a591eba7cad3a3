"""
The language of the control socket: values <-> JSON, and errors that stay the same class.

Both ends are ours, but not always of one version: what a reader does not know it ignores, what it
misses takes its default.
"""

from __future__ import annotations

import json
import types
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache
from typing import Any, TypeAlias, TypeVar, cast, get_args, get_origin, get_type_hints

from sandbox import errors
from sandbox.model.problem import Problem
from sandbox.secrecy.vault import shown

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"
T = TypeVar("T")


class WireError(errors.SandboxError):
    """
    The other end of the socket said something that we cannot read.
    """

    def __init__(self, message: str) -> None:
        super().__init__(
            "the answer of the controller cannot be read, perhaps it is another version of sandbox:"
            f" {message}",
            remedy="restart the controller: sandbox stop, then sandbox up",
        )


def encode(value: object) -> Json:
    """
    Give *value* (dataclasses, enums, tuples, sets, read-only mappings, scalars) as JSON.

    No text in it holds a secret or a control character: it is kept, or shown elsewhere.
    """
    if isinstance(value, Enum):
        return cast("Json", value.value)
    if isinstance(value, str):
        return shown(value)
    if value is None or isinstance(value, int | float | bool):
        return value
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: encode(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, frozenset):
        return [encode(item) for item in sorted(cast("frozenset[str]", value))]
    if isinstance(value, tuple | list):
        return [encode(item) for item in cast("tuple[object, ...]", value)]
    assert isinstance(value, Mapping), f"{type(value).__name__} is no value of the model"
    mapping = cast("Mapping[str, object]", value)
    return {name: encode(item) for name, item in mapping.items()}


def decode(kind: type[T], data: Json) -> T:
    """
    Read a value of *kind* back.

    Raises:
        WireError: *data* does not hold one.
    """
    return cast("T", _decode(kind, data))


def _decode(kind: Any, data: Json) -> object:  # noqa: ANN401 - a type, `X | None` or `tuple[X, ...]`
    origin = get_origin(kind)
    if origin is types.UnionType:
        inner = [each for each in get_args(kind) if each is not types.NoneType]
        return None if data is None else _decode(inner[0], data)
    if origin in {tuple, frozenset} and isinstance(data, list):
        item_kind = get_args(kind)[0]
        items = tuple(_decode(item_kind, item) for item in data)
        return frozenset(items) if origin is frozenset else items
    if isinstance(kind, type):
        return _decode_class(kind, data)
    raise WireError(f"{kind} expected, not {_excerpt(data)}")


def _decode_class(kind: type[object], data: Json) -> object:
    if is_dataclass(kind) and isinstance(data, dict):
        return _decode_fields(kind, data)
    if issubclass(kind, Enum) and isinstance(data, str):
        try:
            return kind(data)
        except ValueError:
            raise WireError(f"{kind.__name__} has no {data!r}") from None
    if kind is float and isinstance(data, int | float) and not isinstance(data, bool):
        return float(data)
    if type(data) is kind:
        return data
    raise WireError(f"{kind.__name__} expected, not {_excerpt(data)}")


@cache
def _kinds(kind: type[object]) -> Mapping[str, Any]:
    """Kind of each field; to find that out takes far longer than to read a value."""
    return get_type_hints(kind)


def _decode_fields(kind: type[object], data: Mapping[str, Json]) -> object:
    kinds = _kinds(kind)  # type: ignore[arg-type] # a class is hashable, whatever mypy says
    given = {name: _decode(kinds[name], data[name]) for name in kinds if name in data}
    try:
        return kind(**given)
    except TypeError as error:
        raise WireError(f"{kind.__name__} is incomplete: {error}") from None


def encode_error(error: BaseException) -> Json:
    """
    Give *error* as JSON; what is none of ours becomes a plain failure of the controller.
    """
    if not isinstance(error, errors.SandboxError):
        return {
            "kind": "SandboxError",
            "message": f"the controller failed: {type(error).__name__}",
            "remedy": "read its log: .git/sandbox/controller.log",
        }
    return {
        "kind": type(error).__name__,
        "message": shown(error.message),
        "remedy": shown(error.remedy),
        "temporary": bool(getattr(error, "temporary", False)),
        "log": [shown(line) for line in getattr(error, "log", ())],
        "problems": encode(getattr(error, "problems", ())),
    }


def decode_error(data: Json) -> errors.SandboxError:
    """
    Read an error back, of the same class and with the same remedy.
    """
    if not isinstance(data, dict):
        return WireError(f"an error expected, not {_excerpt(data)}")
    message, remedy = str(data.get("message", "")), str(data.get("remedy", ""))
    kind = getattr(errors, str(data.get("kind")), errors.SandboxError)
    if kind is errors.InvalidComposeError:
        return errors.InvalidComposeError(decode(tuple[Problem, ...], data.get("problems", [])))
    log = decode(tuple[str, ...], data.get("log", []))
    temporary = data.get("temporary") is True
    if kind is errors.ImageError:
        return errors.ImageError(message, remedy=remedy, log=log, temporary=temporary)
    if kind is errors.DeadlineError:
        return errors.DeadlineError(message, remedy=remedy, log=log)
    if kind is errors.EngineError:
        return errors.EngineError(message, remedy=remedy, temporary=temporary)
    known = isinstance(kind, type) and issubclass(kind, errors.SandboxError)
    return kind(message, remedy=remedy) if known else errors.SandboxError(message, remedy=remedy)


def to_line(data: Json) -> bytes:
    """
    One line of a stream.
    """
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def from_line(line: str | bytes) -> dict[str, Json]:
    """
    Read one line, or one whole body.

    Raises:
        WireError: It is no JSON object.
    """
    try:
        data: object = json.loads(line)
    except ValueError:
        raise WireError(f"JSON expected, not {_excerpt(str(line))}") from None
    if not isinstance(data, dict):
        raise WireError(f"an object expected, not {_excerpt(str(line))}")
    return cast("dict[str, Json]", data)


def _excerpt(data: Json) -> str:
    return repr(data)[:60]
