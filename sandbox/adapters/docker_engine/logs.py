"""
What a container wrote, line by line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.adapters.docker_engine.connection import READ_S
from sandbox.adapters.docker_engine.shapes import understanding
from sandbox.adapters.docker_engine.streams import Lines, frames
from sandbox.adapters.docker_engine.text import plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.adapters.docker_engine.api import Json
    from sandbox.adapters.docker_engine.connection import Connections

_CHUNK_BYTES = 16 * 1024


def logs(
    connections: Connections,
    container_id: str,
    *,
    tail: int | None,
    follow: bool,
    timestamps: bool,
) -> Iterator[str]:
    """Yield lines of both streams in the order in which they were completed."""
    params: Json = {
        "stdout": 1,
        "stderr": 1,
        "follow": int(follow),
        "timestamps": int(timestamps),
        "tail": "all" if tail is None else str(tail),
    }
    with connections.own(f"read the log of container {container_id[:12]}") as api:
        with understanding(f"inspect container {container_id[:12]}"):
            is_terminal = bool(api.inspect_container(container_id)["Config"]["Tty"])
        response = api.get(
            f"{api.base_url}/v{api.api_version}/containers/{container_id}/logs",
            params=params,
            stream=True,
            # A service may be quiet for as long as it likes.
            timeout=None if follow else READ_S,
        )
        response.raise_for_status()
        lines = Lines()
        parts = (
            ((1, data) for data in response.iter_content(_CHUNK_BYTES))
            if is_terminal
            else frames(response.raw)
        )
        for stream, data in parts:
            yield from map(plain, lines.add(stream, data))
        yield from map(plain, lines.rest())
