"""What belongs to an environment, and may therefore be reached by its containers."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """
    Names on the engine, those of admitted external networks and volumes included.

    Attributes:
        containers: Names and full ids.
    """

    networks: frozenset[str] = frozenset()
    volumes: frozenset[str] = frozenset()
    containers: frozenset[str] = frozenset()
