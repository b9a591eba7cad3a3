"""
Run the healthcheck of a container once, now, as the engine would.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, cast

from sandbox.adapters.docker_engine.connection import CHANGE_S
from sandbox.adapters.docker_engine.exec_stream import started_exec
from sandbox.adapters.docker_engine.inspection import healthcheck_test
from sandbox.adapters.docker_engine.shapes import ENDED_EXEC
from sandbox.adapters.docker_engine.snapshot import inspect
from sandbox.adapters.docker_engine.streams import frames
from sandbox.adapters.docker_engine.text import plain
from sandbox.errors import EngineError, EngineUnreachableError
from sandbox.ports import ProbeResult

if TYPE_CHECKING:
    from sandbox.adapters.docker_engine.api import Json
    from sandbox.adapters.docker_engine.connection import Connections

OUTPUT_BYTES = 4096
_KNOWN_MAX = 1000


class Probes:
    """
    Runs healthchecks; remembers the test of each container, which never changes. Thread-safe.
    """

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._tests: dict[str, tuple[str, ...]] = {}
        self._lock = threading.Lock()

    def probe(self, container_id: str, *, timeout_s: float) -> ProbeResult:
        """
        Run the test once; a container that is not there or does not run has not passed.

        A container without a test passes: there is nothing to fail.
        """
        deadline = time.monotonic() + timeout_s
        try:
            command = self._command(container_id)
            if not command:
                return ProbeResult(passed=True, output="no healthcheck")
            doing = f"probe container {container_id[:12]}"
            with self._connections.calling(doing, timeout_s=CHANGE_S) as api:
                exec_id: str = api.exec_create(container_id, list(command))["Id"]
            output = self._output(exec_id, deadline)
        except TimeoutError:
            return ProbeResult(passed=False, output=f"no answer within {timeout_s:g} s")
        except EngineUnreachableError:
            raise
        except EngineError as error:
            # It does not run, or its program cannot be started: that is an answer.
            return ProbeResult(passed=False, output=error.message)
        state = self._connections.read(
            "inspect a command", lambda connection: connection.exec_inspect(exec_id), ENDED_EXEC
        )
        return ProbeResult(passed=state.get("ExitCode") == 0, output=output)

    def _output(self, exec_id: str, deadline: float) -> str:
        kept = b""
        left_s = max(deadline - time.monotonic(), 0.001)
        with started_exec(self._connections, exec_id, tty=False, timeout_s=left_s) as stream:
            stream.limit(deadline)
            for _, data in frames(stream):
                # The end of what it printed says why it failed.
                kept = (kept + data)[-OUTPUT_BYTES:]
        return plain(kept.decode("utf-8", "replace")).strip()

    def _command(self, container_id: str) -> tuple[str, ...]:
        with self._lock:
            known = self._tests.get(container_id)
        if known is not None:
            return known
        inspected = inspect(self._connections, container_id)
        if inspected is None:
            raise EngineError(f"container {container_id[:12]} is gone")
        command = healthcheck_command(inspected)
        with self._lock:
            if len(self._tests) >= _KNOWN_MAX:
                self._tests.clear()
            self._tests[container_id] = command
        return command


def healthcheck_command(inspected: Json) -> tuple[str, ...]:
    """
    Give the command that a container's healthcheck runs; empty when it has none.

    Source:
        moby ``daemon/health.go``: a shell text runs in the image's shell, else in ``/bin/sh -c``.
    """
    match healthcheck_test(inspected):
        case ("CMD", *command):
            return tuple(command)
        case ("CMD-SHELL", *command):
            shell = cast("list[str]", inspected["Config"].get("Shell") or ["/bin/sh", "-c"])
            return (*shell, *command)
        case _:
            return ()
