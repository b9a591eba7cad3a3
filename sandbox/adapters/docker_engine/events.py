"""
The engine's events, as a hint that something may have changed.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

from requests.exceptions import ConnectionError as BrokenConnectionError

from sandbox.adapters.docker_engine.errors import is_timeout
from sandbox.adapters.docker_engine.shapes import understanding
from sandbox.adapters.docker_engine.streams import Watch
from sandbox.errors import EngineError, EngineUnreachableError
from sandbox.planning import labels

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.adapters.docker_engine.api import Api, Json
    from sandbox.adapters.docker_engine.connection import Connections

QUIET_S = 10
"""Seconds without an event after which the stream is opened anew: it may be half-open."""
STOP_S = 1.0
"""Seconds between two looks at whether to stop: nobody waits for that."""
_DOING = "follow the engine's events"
# Not exec_create and the like: our own probes, and the engine's, must wake nobody.
_FILTERS = {
    "type": ["container", "network", "volume"],
    "event": [
        "connect",
        "create",
        "destroy",
        "die",
        "disconnect",
        "health_status",
        "oom",
        "pause",
        "rename",
        "start",
        "stop",
        "unpause",
        "update",
    ],
}


def wait_events(
    connections: Connections,
    instance: str,
    wake: Callable[[str], None],
    stop: Callable[[], bool],
) -> None:
    """
    Call *wake* with the environment's name for each event of ours; empty for all of them.

    Raises:
        EngineUnreachableError: The stream ended; the caller begins again.
    """
    listener = _Listener(instance, wake)
    # Where the next stream goes on; of two clocks that differ the periodic look makes up for it.
    since = time.time()
    watch = Watch(stop, look_s=STOP_S)
    with watch.watching():
        while not watch.asked():
            try:
                with connections.own(_DOING, timeout_s=QUIET_S) as api:
                    since = _follow(api, listener, watch, since)
            except EngineError:
                if not watch.asked():
                    raise


def _follow(api: Api, listener: _Listener, watch: Watch, since: float) -> float:
    """Read one stream until it is quiet for long; return where the next one goes on."""
    response = api.get(
        f"{api.base_url}/v{api.api_version}/events",
        params={"filters": json.dumps(_FILTERS), "since": f"{since:.9f}"},
        stream=True,
        timeout=QUIET_S,
    )
    response.raise_for_status()
    watch.attach(response)
    with understanding(_DOING):
        listener.begin(api)
    try:
        for line in response.iter_lines(chunk_size=None):
            if line:
                with understanding(_DOING):
                    since = max(since, listener.hear(json.loads(line)))
    except BrokenConnectionError as error:
        if is_timeout(error):
            return since
        raise
    if watch.asked():
        return since
    raise EngineUnreachableError("the engine ended its stream of events")


class _Listener:
    """Tells our events from those of others."""

    def __init__(self, instance: str, wake: Callable[[str], None]) -> None:
        self._instance = instance
        self._wake = wake
        self._environments: dict[str, str] = {}
        self._begun = False

    def begin(self, api: Api) -> None:
        """Learn which containers are ours, once, and ask for the first look."""
        if self._begun:
            return
        self._begun = True
        for container in api.containers(all=True):
            self._learn(container["Id"], container.get("Labels") or {})
        self._wake("")

    def hear(self, event: Json) -> float:
        """Wake whom it concerns; return the moment just after the event (seconds, epoch)."""
        actor: Json = event.get("Actor") or {}
        attributes: dict[str, str] = actor.get("Attributes") or {}
        environment = self._environment(event.get("Type", ""), actor.get("ID", ""), attributes)
        if environment is not None:
            self._wake(environment)
        if event.get("Action") == "destroy":
            self._environments.pop(actor.get("ID", ""), None)
        return (int(event.get("timeNano") or 0) + 1000) / 1e9

    def _environment(self, kind: str, actor: str, attributes: dict[str, str]) -> str | None:
        """Whom an event concerns: empty for everybody, ``None`` for nobody here."""
        if kind == "container":
            self._learn(actor, attributes)
            return self._environments.get(actor)
        if "container" in attributes:
            # A network was connected or disconnected; the event does not carry labels.
            return self._environments.get(attributes["container"])
        return ""

    def _learn(self, container_id: str, carried: dict[str, str]) -> None:
        if carried.get(labels.INSTANCE) == self._instance:
            self._environments[container_id] = carried.get(labels.ENVIRONMENT, "")
