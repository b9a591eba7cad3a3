"""
What a person does to a container past us, on an engine that may be real.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from tests.simulation.schedule import DeedKind

if TYPE_CHECKING:
    from sandbox.model.observed import ObservedContainer

MEMORY_BYTES: Final = 64 << 20
LIVE: Final = frozenset({"running", "paused"})


class Hands(Protocol):
    """What can be done to a container; ids are full, and what cannot be done is an error."""

    def kill(self, container_id: str) -> None: ...
    def stop(self, container_id: str) -> None: ...
    def remove_by_force(self, container_id: str) -> None: ...
    def rename(self, container_id: str, name: str) -> None: ...
    def pause(self, container_id: str) -> None: ...
    def disconnect(self, container_id: str, network_name: str) -> None: ...
    def update_memory(self, container_id: str, memory_bytes: int) -> None: ...


def meddle(hands: Hands, kind: DeedKind, seen: ObservedContainer) -> None:
    """Do it to the container that was *seen*, if it can be done to one in that state."""
    match kind:
        case DeedKind.KILL if seen.state in LIVE:
            hands.kill(seen.id)
        case DeedKind.STOP if seen.state in LIVE:
            hands.stop(seen.id)
        case DeedKind.REMOVE:
            hands.remove_by_force(seen.id)
        case DeedKind.RENAME:
            hands.rename(seen.id, f"{seen.name}-mine")
        case DeedKind.PAUSE if seen.state == "running":
            hands.pause(seen.id)
        case DeedKind.DISCONNECT if seen.networks:
            hands.disconnect(seen.id, min(seen.networks))
        case DeedKind.CHANGE_MEMORY:
            hands.update_memory(seen.id, MEMORY_BYTES)
        case _:
            pass
