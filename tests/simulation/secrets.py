"""
Where a secret of a container must never be found.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tests.simulation.models import SECRET

if TYPE_CHECKING:
    from tests.simulation.world import World


def leaks(world: World) -> Iterator[str]:
    """Name the sinks that hold a secret: all that leaves the process or is kept."""
    for name, text in _sinks(world):
        place = text.find(SECRET)
        if place >= 0:
            yield f"{name}: {text[max(0, place - 60) : place + 40]}"


def _sinks(world: World) -> Iterator[tuple[str, str]]:
    yield "log", "\n".join(world.baton.log)
    yield "journal", "\n".join(world.journal.written)
    yield "notes", "\n".join(world.repository.notes())
    yield "messages", "\n".join(world.webhooks.bodies)
    for container in world.engine.containers.values():
        yield f"labels of {container.name}", str(container.labels)
    for name, labels in world.engine.volumes.items():
        yield f"labels of {name}", str(labels)
