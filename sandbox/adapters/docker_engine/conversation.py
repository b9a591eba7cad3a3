"""
Talk with a program inside a container: write to it and read what it answers, by turns.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sandbox.adapters.docker_engine.connection import CHANGE_S
from sandbox.adapters.docker_engine.exec_stream import started_exec
from sandbox.adapters.docker_engine.streams import frames

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from sandbox.adapters.docker_engine.connection import Connections
    from sandbox.adapters.docker_engine.exec_stream import ExecStream


class Conversation:
    """
    A program that runs, and its two ends.

    Args:
        silence_s: Longest time to wait for an answer.
    """

    def __init__(self, stream: ExecStream, silence_s: float) -> None:
        self._stream = stream
        self._silence_s = silence_s
        self._frames = frames(stream)

    def send(self, data: bytes) -> None:
        """Write *data* to its standard input."""
        self._stream.send(data)

    def receive(self) -> bytes:
        """
        Wait for more of its output, errors included; nothing when it ended.

        Raises:
            TimeoutError: It was silent for too long.
        """
        self._stream.limit(time.monotonic() + self._silence_s)
        return next(self._frames, (0, b""))[1]

    def is_quiet(self) -> bool:
        """Tell whether it runs on and writes nothing, as far as is known."""
        return self._stream.is_quiet()


@contextmanager
def converse(
    connections: Connections, container_id: str, command: Sequence[str], silence_s: float
) -> Generator[Conversation]:
    """
    Start *command* and give a way to talk with it; its input ends with the block.

    Raises:
        EngineError: It could not be started, or the engine went away. `TimeoutError` passes.
    """
    doing = f"run {command[0]} in container {container_id[:12]}"
    with connections.calling(doing, timeout_s=CHANGE_S) as api:
        exec_id: str = api.exec_create(container_id, list(command), stdin=True)["Id"]
    with started_exec(connections, exec_id, tty=False, timeout_s=silence_s) as stream:
        yield Conversation(stream, silence_s)
