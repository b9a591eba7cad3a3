"""What a plan comes to: for people who want to know before it is carried out."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Replacement:
    """
    A service whose containers are replaced.

    Attributes:
        downtime: Its old containers are stopped before the new ones can start.
        ports: ``address:port`` of the host where nobody answers meanwhile, sorted; for *downtime*.
    """

    service: str
    downtime: bool
    ports: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NameMove:
    """
    The environment's own name leads to another service than before.

    Attributes:
        host: Such as ``staging.localhost``.
        before: Name of the service that it leads to now.
        after: The one that it will lead to; empty when no service speaks HTTP any more.
    """

    host: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """
    A plan in numbers of services, all sorted by name.

    Attributes:
        created: Services that get containers and had none.
        restarted: Services whose containers are started again as they are.
        removed: Services whose containers go.
        images: References that are built.
        jobs: Services that run once.
        gates: Checks that run.
        name_move: Where the environment's own name leads, when that changes.
    """

    replaced: tuple[Replacement, ...] = ()
    created: tuple[str, ...] = ()
    restarted: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    images: tuple[str, ...] = ()
    jobs: tuple[str, ...] = ()
    gates: tuple[str, ...] = ()
    name_move: NameMove | None = None
