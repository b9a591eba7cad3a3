"""
Run a command inside a container that belongs to its start or its stop.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.adapters.docker_engine.connection import CHANGE_S
from sandbox.adapters.docker_engine.exec_stream import started_exec
from sandbox.adapters.docker_engine.shapes import ENDED_EXEC
from sandbox.adapters.docker_engine.streams import frames
from sandbox.adapters.docker_engine.text import plain
from sandbox.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.adapters.docker_engine.connection import Connections
    from sandbox.model.surroundings import Hook

HOOK_SILENCE_S = 600
"""Longest time that a hook may print nothing."""


def run_hook(
    connections: Connections, container_id: str, hook: Hook, on_output: Callable[[str], None]
) -> int:
    """
    Run *hook* to its end, tell its output line by line, give its exit status.

    Raises:
        EngineError: It could not be run, or was silent for too long.
    """
    doing = f"run {' '.join(hook.command)!r} in container {container_id[:12]}"
    with connections.calling(doing, timeout_s=CHANGE_S) as api:
        exec_id: str = api.exec_create(
            container_id,
            list(hook.command),
            user=hook.user,
            privileged=hook.privileged,
            workdir=hook.working_dir or None,
            environment=dict(hook.environment) or None,
        )["Id"]
    rest = ""
    try:
        with started_exec(connections, exec_id, tty=False, timeout_s=HOOK_SILENCE_S) as stream:
            for _, data in frames(stream):
                *lines, rest = (rest + data.decode("utf-8", "replace")).split("\n")
                for line in lines:
                    on_output(plain(line))
    except TimeoutError as error:
        raise EngineError(f"cannot {doing}: it printed nothing for {HOOK_SILENCE_S} s") from error
    if rest:
        on_output(plain(rest))
    state = connections.read("inspect a command", lambda api: api.exec_inspect(exec_id), ENDED_EXEC)
    return int(state.get("ExitCode") or 0)
