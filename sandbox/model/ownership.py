"""Who made an object on the engine: what we recorded, what proves it, and who only claims it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

MADE_MAX: Final = 5_000
"""Of what was created the newest are remembered, and all that was adopted."""
ADOPTED: Final = "adopted "
"""How the tag begins that stands for an object without one: nothing else proves it."""


class Kind(StrEnum):
    """Kinds of objects on the engine that have labels of ours."""

    CONTAINER = "container"
    NETWORK = "network"
    VOLUME = "volume"


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """
    One object that we created, are about to create, or adopted.

    Attributes:
        tag: Value of its tag label; `adopted_tag` of an object that was made without one.
        object_id: Full id, of a volume its name; empty until the engine has answered the create.
    """

    tag: str
    kind: Kind
    name: str
    object_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Present:
    """
    What an environment had on the engine at the last look, and what was created for it since.

    Attributes:
        containers: Full ids.
        volumes: Names.
    """

    containers: frozenset[str] = frozenset()
    volumes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Keyring:
    """
    What this repository can prove ownership with on this machine.

    Attributes:
        keys: The first one signs, each of them verifies; empty before anything was created.
        legacy_before: Objects without a tag that an earlier version made are ours when they are
            older (seconds since the epoch); 0.0 when no earlier version ran here.
    """

    keys: tuple[bytes, ...] = field(default=(), repr=False)
    legacy_before: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """
    Everything that ownership is judged by, besides the object itself.

    Attributes:
        made: Object id by tag, of everything that the journal knows.
        image_labels: Labels of an image by its id, as far as they were needed.
    """

    instance: str
    keyring: Keyring
    made: Mapping[str, str] = field(default_factory=dict[str, str])
    image_labels: Mapping[str, Mapping[str, str]] = field(
        default_factory=dict[str, "Mapping[str, str]"]
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """
    An object that carries our labels and is not ours; nothing is done to it.

    Attributes:
        reason: Why it is not ours, for people.
    """

    kind: Kind
    name: str
    object_id: str
    reason: str
    labels: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """
    A repository that made objects on this machine.

    Attributes:
        place: Its common Git directory when it was used last.
        living: It is still there, and says that it is this instance.
    """

    instance: str
    place: str
    living: bool
    keyring: Keyring


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """
    What one instance has on the engine.

    Attributes:
        known: ``None`` for a repository that was never used on this machine by this user.
        ours: This is the repository that asks.
        proven: Names of what a tag of the instance proves, by kind, sorted.
        claims: What only has its labels.
    """

    instance: str
    known: Known | None = None
    ours: bool = False
    proven: Mapping[Kind, tuple[str, ...]] = field(default_factory=dict["Kind", "tuple[str, ...]"])
    claims: tuple[Claim, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """
    Bytes on disk by name, of what carries our labels.

    Attributes:
        logs: By name of container; ``None`` when this user cannot read them.
        images: By name, without the layers that an image shares with others.
        volumes: By name; those that the engine could not measure are left out.
    """

    logs: Mapping[str, int] | None
    images: Mapping[str, int]
    volumes: Mapping[str, int]
