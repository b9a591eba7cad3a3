"""
The Engine port on a Docker engine.
"""

from __future__ import annotations

import math
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from sandbox.adapters.docker_engine import (
    commands,
    conversation,
    creation,
    events,
    hooks,
    images,
    logs,
    probes,
    snapshot,
    survey,
)
from sandbox.adapters.docker_engine.connection import CHANGE_S, Connections
from sandbox.adapters.docker_engine.errors import NOT_FOUND, status_of
from sandbox.adapters.docker_engine.files import copy_files, file_times
from sandbox.adapters.docker_engine.shapes import INFO
from sandbox.adapters.docker_engine.turns import Turns
from sandbox.errors import EngineError
from sandbox.ports import EngineInfo

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

    from sandbox.adapters.docker_engine.api import Api
    from sandbox.model.action import (
        BuildImage,
        ContainerSpec,
        CreateNetwork,
        CreateVolume,
        Endpoint,
    )
    from sandbox.model.container_file import ContainerFile
    from sandbox.model.observed import ObservedContainer, ObservedState, ObservedVolume, Owner
    from sandbox.model.ownership import Usage
    from sandbox.model.surroundings import Hook
    from sandbox.ports import ProbeResult

_READERS = 4
_SAME_ENGINE_S = 10.0
"""Seconds for which the engine is taken to be the same when no connection broke."""
_GONE_S = 10.0
_GONE_LOOK_S = 0.05
_NOT_CONNECTED = "is not connected to"
_NOT_PAUSED = "is not paused"


class DockerEngine:
    """
    The Engine port on a Docker engine. Safe to use from several threads.

    The first engine that answers is the one: when another one answers later at the same address,
    its emptiness is not mistaken for drift.

    Args:
        base_url: ``unix://`` or ``tcp://`` address; empty means ``DOCKER_HOST``, else the local
            socket.
    """

    def __init__(self, base_url: str = "") -> None:
        self._connections = Connections(base_url)
        self._probes = probes.Probes(self._connections)
        self._readers = ThreadPoolExecutor(_READERS, thread_name_prefix="engine-read")
        self._identity = _Identity()
        self._builds = Turns()

    def close(self) -> None:
        """Close connections and threads."""
        self._readers.shutdown()
        self._connections.close()

    # reads

    def info(self) -> EngineInfo:
        """Ask who answers."""
        said = self._connections.read("ask the engine who it is", lambda api: api.info(), INFO)
        return EngineInfo(
            engine_id=said["ID"],
            version=said["ServerVersion"],
            api_version=self._connections.version(),
        )

    def observe(self, owner: Owner, image_references: Collection[str]) -> ObservedState:
        """Take one complete snapshot of *owner*'s objects, of the engine that was met first."""
        self._identity.check(self._connections.broken, self.info)
        return snapshot.observe(self._connections, self._readers, owner, image_references)

    def inspect_container(self, container_id: str) -> ObservedContainer | None:
        """Look at one container again; ``None`` when it is gone."""
        return snapshot.inspect_container(self._connections, container_id)

    def inspect_volume(self, name: str) -> ObservedVolume | None:
        """Look at one volume; ``None`` when there is none."""
        found = snapshot.inspect_volume(self._connections, name)
        return snapshot.observed_volume(found) if found else None

    def image_labels(self, image_id: str) -> Mapping[str, str]:
        """Labels that containers inherit from an image; none when it is gone."""
        return snapshot.image_labels(self._connections, image_id)

    def survey(self) -> ObservedState:
        """List everything that carries the labels of any instance, nothing inspected."""
        return survey.survey(self._connections)

    def usage(self) -> Usage:
        """Measure what carries our labels, of any instance."""
        return survey.usage(self._connections)

    def image_volumes(self, reference: str) -> tuple[str, ...]:
        """Give the targets of the volumes that an image declares, sorted; none when it is gone."""
        return snapshot.image_volumes(self._connections, reference)

    def file_times(self, container_id: str, paths: Sequence[str]) -> Mapping[str, float]:
        """When each of *paths* in a container was written; nothing of those that are not there."""
        return file_times(self._connections, container_id, paths)

    def logs(
        self,
        container_id: str,
        *,
        tail: int | None = None,
        follow: bool = False,
        timestamps: bool = False,
    ) -> Iterator[str]:
        """Yield lines without their newline, stdout and stderr as they were written."""
        return logs.logs(
            self._connections, container_id, tail=tail, follow=follow, timestamps=timestamps
        )

    def wait_events(
        self, owner_instance: str, wake: Callable[[str], None], stop: Callable[[], bool]
    ) -> None:
        """Call *wake* with the name of an environment whenever something of it may have changed."""
        events.wait_events(self._connections, owner_instance, wake, stop)

    # mutations

    def build_image(
        self,
        action: BuildImage,
        context: bytes,
        on_output: Callable[[str], None],
        stop: Callable[[], bool],
    ) -> str:
        """Build from the tar *context* what is not there yet, tag it, return its id."""
        with self._builds.taking(repr(action.build), stop):
            return images.build_image(self._connections, action, context, on_output, stop)

    def pull_image(
        self,
        reference: str,
        on_output: Callable[[str], None],
        stop: Callable[[], bool],
        *,
        platform: str = "",
    ) -> str:
        """Fetch an image from its registry, return its id."""
        return images.pull_image(self._connections, reference, on_output, stop, platform=platform)

    def create_network(self, action: CreateNetwork) -> str:
        """Create a network or adopt ours of that name, return its id."""
        return creation.create_network(self._connections, action)

    def remove_network(self, network_id: str) -> None:
        """Remove it; one that is gone already is fine."""
        self._remove(
            f"remove network {network_id[:12]}", lambda api: api.remove_network(network_id)
        )

    def create_volume(self, action: CreateVolume) -> None:
        """Create a volume or adopt ours of that name."""
        creation.create_volume(self._connections, action)

    def remove_volume(self, name: str) -> None:
        """Delete a volume and its data; one that is gone already is fine."""
        self._remove(f"remove volume {name}", lambda api: api.remove_volume(name))

    def create_container(
        self, spec: ContainerSpec, on_warning: Callable[[str], None] | None = None
    ) -> str:
        """Create it, attached to all its networks, or adopt ours of that name; return its id."""
        return creation.create_container(self._connections, spec, on_warning)

    def copy_files(self, container_id: str, files: Sequence[ContainerFile]) -> None:
        """Copy files into a container that has not been started yet."""
        copy_files(self._connections, container_id, files)

    def start_container(self, container_id: str) -> None:
        """Start it; one that runs is fine."""
        try:
            self._change(
                f"start container {container_id[:12]}", lambda api: api.start(container_id)
            )
        except EngineError as error:
            raise creation.with_port_holder(self._connections, error) from error

    def stop_container(self, container_id: str, grace_s: float) -> None:
        """Stop it within *grace_s* seconds, then kill it; one that does not run is fine."""
        # docker-py adds the grace to the time limit of the call.
        self._change(
            f"stop container {container_id[:12]}",
            lambda api: api.stop(container_id, timeout=max(0, math.ceil(grace_s))),
        )

    def unpause_container(self, container_id: str) -> None:
        """Let a paused container go on; one that is not paused is fine."""
        doing = f"unpause container {container_id[:12]}"
        self._change_unless(_NOT_PAUSED, doing, lambda api: api.unpause(container_id))

    def rename_container(self, container_id: str, new_name: str) -> None:
        """Give it another name."""
        self._change(
            f"rename container {container_id[:12]} to {new_name}",
            lambda api: api.rename(container_id, new_name),
        )

    def remove_container(self, container_id: str, *, volumes: bool = False) -> None:
        """Remove it, and *volumes* that the engine named, but never one that runs; gone is fine."""
        doing = f"remove container {container_id[:12]}"
        try:
            self._remove(doing, lambda api: api.remove_container(container_id, v=volumes))
        except EngineError as error:
            if "already in progress" not in error.message:
                raise
            self._await_gone(container_id, error)

    def connect_network(self, container_id: str, endpoint: Endpoint) -> None:
        """Attach it to a network; attached already is fine."""
        creation.connect(self._connections, container_id, endpoint)

    def disconnect_network(self, container_id: str, network_name: str) -> None:
        """Detach it from a network; detached already is fine."""
        self._change_unless(
            _NOT_CONNECTED,
            f"disconnect container {container_id[:12]} from network {network_name}",
            lambda api: api.disconnect_container_from_network(container_id, network_name),
        )

    def probe(self, container_id: str, *, timeout_s: float) -> ProbeResult:
        """Run the container's own healthcheck once, now, inside it."""
        return self._probes.probe(container_id, timeout_s=timeout_s)

    def run_hook(self, container_id: str, hook: Hook, on_output: Callable[[str], None]) -> int:
        """Run *hook* inside the container to its end; return its exit status."""
        return hooks.run_hook(self._connections, container_id, hook, on_output)

    def converse(
        self, container_id: str, command: Sequence[str], silence_s: float
    ) -> AbstractContextManager[conversation.Conversation]:
        """Start *command* inside the container, and talk with it."""
        return conversation.converse(self._connections, container_id, command, silence_s)

    def exec_interactive(self, container_id: str, command: Sequence[str], *, tty: bool) -> int:
        """Run *command* on the terminal of this process; return its exit status."""
        return commands.exec_interactive(self._connections, container_id, command, is_tty=tty)

    def _change(self, doing: str, call: Callable[[Api], object]) -> None:
        with self._connections.calling(doing, timeout_s=CHANGE_S) as api:
            call(api)

    def _change_unless(self, done: str, doing: str, call: Callable[[Api], object]) -> None:
        """Change something; a refusal that says *done* means that it was so already."""
        try:
            self._change(doing, call)
        except EngineError as error:
            if done not in error.message:
                raise

    def _remove(self, doing: str, call: Callable[[Api], object]) -> None:
        try:
            self._change(doing, call)
        except EngineError as error:
            if status_of(error) != NOT_FOUND:
                raise

    def _await_gone(self, container_id: str, refused: EngineError) -> None:
        """Wait for a removal that somebody else began."""
        deadline = time.monotonic() + _GONE_S
        while snapshot.inspect(self._connections, container_id) is not None:
            if time.monotonic() > deadline:
                raise refused
            time.sleep(_GONE_LOOK_S)


class _Identity:
    """Which engine was met first at this address."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._engine_id = ""
        self._checked_at = -math.inf
        self._broken = 0

    def check(self, broken: int, ask: Callable[[], EngineInfo]) -> None:
        """
        Make sure that it is still the same; asked only now and then, for it costs 5 ms.

        Raises:
            EngineError: Another engine answers.
        """
        with self._lock:
            recent = time.monotonic() - self._checked_at < _SAME_ENGINE_S
            if recent and broken == self._broken:
                return
            met = ask().engine_id
            if self._engine_id and met != self._engine_id:
                raise EngineError(
                    f"another engine answers now (id {met}, it was {self._engine_id})",
                    remedy="start the previous engine again, or: sandbox stop, then sandbox up",
                )
            self._engine_id = met
            self._checked_at = time.monotonic()
            self._broken = broken
