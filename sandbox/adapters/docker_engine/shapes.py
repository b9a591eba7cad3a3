"""
PURE: what answers of the engine must look like; one that does not is an error of the engine.

A shape is a type, a dict of shapes by field, a list of one shape, `Maybe` or `Named`. Fields that
a shape does not name are not read, and so may be anything.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias, cast

from sandbox.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Generator


Shape: TypeAlias = "type | dict[str, Any] | list[Any] | Maybe | Named"


@dataclass(frozen=True, slots=True)
class Maybe:
    """The field may be absent or null."""

    shape: Shape


@dataclass(frozen=True, slots=True)
class Named:
    """An object whose fields have names of their own, and values of one shape."""

    shape: Shape


LABELS: Final = Maybe(Named(str))
_TEXTS: Final = Maybe([str])
_NUMBER: Final = Maybe(int)
_TEXT: Final = Maybe(str)

MOUNTS: Final = Maybe([{"Type": _TEXT, "Destination": str, "Name": _TEXT, "Source": _TEXT}])

LISTED_CONTAINERS: Final = [
    {
        "Id": str,
        "Names": _TEXTS,
        "Mounts": MOUNTS,
        "ImageID": _TEXT,
        "Created": _NUMBER,
        "State": _TEXT,
        "Labels": LABELS,
        "NetworkSettings": Maybe({"Networks": Maybe(Named(Maybe(dict)))}),
        "Ports": Maybe([{"IP": _TEXT, "PublicPort": _NUMBER, "Type": str}]),
    }
]
NETWORKS: Final = [
    {
        "Id": str,
        "Name": str,
        "Created": _TEXT,
        "Labels": LABELS,
        "IPAM": Maybe({"Config": Maybe([{"Subnet": _TEXT}])}),
    }
]
VOLUME: Final[Shape] = {"Name": str, "Labels": LABELS, "CreatedAt": _TEXT}
VOLUMES: Final = {"Volumes": Maybe([VOLUME])}
IMAGE: Final = {
    "Id": str,
    "Config": Maybe({"Labels": LABELS, "Volumes": Maybe(Named(Maybe(dict)))}),
}
CREATED: Final = {"Id": str, "Warnings": _TEXTS}
INFO: Final = {"ID": str, "ServerVersion": str}
ENDED_EXEC: Final = {"ExitCode": _NUMBER}
CONTAINER: Final = {
    "Id": str,
    "Name": str,
    "Image": str,
    "Created": _TEXT,
    "LogPath": _TEXT,
    "State": {
        "Status": str,
        "ExitCode": _NUMBER,
        "OOMKilled": Maybe(bool),
        "StartedAt": _TEXT,
        "FinishedAt": _TEXT,
        "Error": _TEXT,
        "Health": Maybe({"Status": _TEXT, "FailingStreak": _NUMBER}),
    },
    "Config": {
        "Labels": LABELS,
        "Tty": Maybe(bool),
        "Env": _TEXTS,
        "Cmd": _TEXTS,
        "Entrypoint": _TEXTS,
        "Shell": _TEXTS,
        "Healthcheck": Maybe({"Test": _TEXTS, "Retries": _NUMBER}),
    },
    "HostConfig": {
        "RestartPolicy": Maybe({"Name": _TEXT, "MaximumRetryCount": _NUMBER}),
        "ReadonlyRootfs": Maybe(bool),
        "Annotations": LABELS,
        "LogConfig": Maybe({"Config": LABELS}),
        "CpusetCpus": _TEXT,
        "NetworkMode": _TEXT,
        "IpcMode": _TEXT,
        "PidMode": _TEXT,
        **dict.fromkeys(
            (
                "Memory",
                "MemorySwap",
                "MemoryReservation",
                "NanoCpus",
                "PidsLimit",
                "CpuShares",
                "CpuQuota",
                "CpuPeriod",
            ),
            _NUMBER,
        ),
    },
    "NetworkSettings": {
        "Networks": Maybe(Named({"Aliases": _TEXTS, "IPAddress": _TEXT})),
        "Ports": Maybe(Named(Maybe([{"HostIp": str, "HostPort": _TEXT}]))),
    },
    "Mounts": MOUNTS,
}


UNREADABLE: Final = (AttributeError, LookupError, OverflowError, TypeError, ValueError)
"""What reading an answer raises when it is not what it must be."""


def refuse_misfit(doing: str, answer: object, shape: Shape) -> None:
    """
    Return when *answer* has *shape*.

    Raises:
        EngineError: It has not; names the field. Temporary: the next answer may be right.
    """
    misfit = _misfit(answer, shape)
    if misfit:
        place, kind = misfit
        field = place.removeprefix(".") if place.startswith(".") else f"the answer{place}"
        raise EngineError(f"cannot {doing}: {field} is {kind}", temporary=True)


@contextmanager
def understanding(doing: str) -> Generator[None]:
    """
    Read an answer of the engine; what cannot be read is its error, and no bug of ours.

    Raises:
        EngineError: Such as for an unknown state or a date that is none.
    """
    try:
        yield
    except UNREADABLE as error:
        raise unreadable(doing, error) from error


def unreadable(doing: str, error: Exception) -> EngineError:
    """Make an `EngineError` of what reading an answer raised, one of `UNREADABLE`."""
    words = f"its answer makes no sense: {type(error).__name__}: {error}"
    return EngineError(f"cannot {doing}: {words}", temporary=True)


def _misfit(value: object, shape: Shape) -> tuple[str, str] | None:
    """
    Say where *value* has not *shape*, and what is there instead; ``None`` when it has.

    Every answer passes here, and almost every one fits: words are made for one that does not.
    """
    if isinstance(shape, Maybe):
        return None if value is None else _misfit(value, shape.shape)
    if isinstance(shape, type):
        fits = isinstance(value, shape) and not (shape is int and isinstance(value, bool))
        return None if fits else ("", _kind(value))
    if not isinstance(value, list if isinstance(shape, list) else dict):
        return "", _kind(value)
    for key, part, of_part in _parts(cast("Any", value), shape):
        if found := _misfit(part, of_part):
            place = f"[{key}]" if isinstance(key, int) else f".{key}"
            return f"{place}{found[0]}", found[1]
    return None


def _parts(
    value: Any,  # noqa: ANN401 - a list or an object, as *shape* is
    shape: dict[str, Any] | list[Any] | Named,
) -> list[tuple[str | int, object, Shape]]:
    if isinstance(shape, Named):
        return [(key, each, shape.shape) for key, each in value.items()]
    if isinstance(shape, dict):
        return [(key, value.get(key), each) for key, each in shape.items()]
    return [(at, each, shape[0]) for at, each in enumerate(value)]


def _kind(value: object) -> str:
    return "null or absent" if value is None else f"a {type(value).__name__}"
