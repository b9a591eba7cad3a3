"""
What a fake engine holds, how its containers behave, and what can go wrong with it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from zlib import crc32

from sandbox.model.action import ContainerSpec
from sandbox.model.observed import ContainerState, EngineHealth, ObservedContainer
from sandbox.model.service import CommittedMount, Limits, Port, VolumeMount
from sandbox.planning.contents import content_key
from sandbox.planning.field_label import given_fields
from sandbox.planning.same import Same


class EngineDiedError(BaseException):
    """The process under test was killed at this very call: nothing of it may go on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """
    What the program of a service does.

    Attributes:
        exit_code: It ends with this as soon as it was started; ``None`` runs on.
        probes_needed: This many runs of its healthcheck fail before the first one passes.
        healthy: False: its healthcheck never passes, and the engine says so.
        log: Lines that it writes when it starts.
        error: The engine cannot start it, and says this.
        stop_code: It ends with this when it is told to end: 143 by the signal, 137 when it does not
            listen.
    """

    exit_code: int | None = None
    probes_needed: int = 0
    healthy: bool = True
    log: tuple[str, ...] = ()
    error: str = ""
    stop_code: int = 143


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """
    One thing that goes wrong, once.

    Attributes:
        call: Number of the mutating call that it hits, from 1 on; 0 for any.
        method: Name of the method that it hits; empty for any.
        error: What the caller gets.
        after: The call takes effect all the same: only its answer is lost.
        times: How many calls it hits before it is over.
    """

    error: BaseException
    call: int = 0
    method: str = ""
    after: bool = False
    times: int = 1

    def hits(self, call: int, method: str) -> bool:
        return self.call in {0, call} and self.method in {"", method}

    def left(self) -> list["Fault"]:
        """What is left of it after it hit once."""
        return [replace(self, times=self.times - 1)] if self.times > 1 else []


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One mutating call that the engine got."""

    method: str
    target: str

    @property
    def text(self) -> str:
        return f"{self.method} {self.target}"


@dataclass(slots=True, kw_only=True)
class FakeImage:
    id: str
    labels: dict[str, str] = field(default_factory=dict[str, str])
    healthcheck: bool = False
    volumes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FakeFile:
    """A file of a volume; *written_at* is in seconds since the epoch."""

    content: bytes
    written_at: float


@dataclass(slots=True, kw_only=True)
class FakeNetwork:
    id: str
    name: str
    labels: dict[str, str]
    subnet: str
    created_at: float = 0.0


@dataclass(slots=True, kw_only=True)
class FakeContainer:
    id: str
    spec: ContainerSpec
    name: str
    image_id: str
    probed: bool
    limits: Limits
    networks: dict[str, tuple[str, ...]]
    behaviour: Behaviour
    created_at: float
    state: ContainerState = ContainerState.CREATED
    health: EngineHealth = EngineHealth.NONE
    probes_run: int = 0
    exit_code: int = 0
    started_at: float = 0.0
    finished_at: float = 0.0
    error: str = ""
    log: list[str] = field(default_factory=list[str])
    files: dict[str, bytes] = field(default_factory=dict[str, bytes])
    host_ports: tuple[tuple[str, int, str], ...] = ()
    nameless: dict[str, str] = field(default_factory=dict[str, str])
    network_ids: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def labels(self) -> Mapping[str, str]:
        return self.spec.labels

    @property
    def lives(self) -> bool:
        return self.state in {ContainerState.RUNNING, ContainerState.PAUSED}

    @property
    def volumes(self) -> dict[str, str]:
        return {**volumes_of(self.spec), **self.spec.anonymous_volumes, **self.nameless}

    def begin(self, now: float, ports: tuple[tuple[str, int, str], ...]) -> None:
        """Run, and end at once when the program does."""
        self.state = ContainerState.RUNNING
        self.started_at = now
        self.exit_code = 0
        self.error = ""
        self.probes_run = 0
        self.host_ports = ports
        self.health = EngineHealth.STARTING if self.probed else EngineHealth.NONE
        if self.probed and not self.behaviour.healthy:
            self.health = EngineHealth.UNHEALTHY
        self.log += self.behaviour.log
        if self.behaviour.exit_code is not None:
            self.end(now, self.behaviour.exit_code)

    def end(self, now: float, exit_code: int) -> None:
        self.state = ContainerState.EXITED
        self.finished_at = now
        self.exit_code = exit_code
        self.host_ports = ()
        if self.health is EngineHealth.HEALTHY:
            self.health = EngineHealth.STARTING

    def leave(self, network_name: str) -> None:
        """Be on that network no more; ports are published to the last one."""
        self.networks.pop(network_name, None)
        self.network_ids.pop(network_name, None)
        if not self.networks:
            self.host_ports = ()

    def passes_probe(self) -> bool:
        """Run the healthcheck once."""
        self.probes_run += 1
        passed = self.behaviour.healthy and self.probes_run > self.behaviour.probes_needed
        if passed:
            self.health = EngineHealth.HEALTHY
        return passed

    @property
    def ready(self) -> bool:
        return self.health is EngineHealth.HEALTHY or (
            not self.probed and self.state is ContainerState.RUNNING
        )

    def observed(self, namespace_lost_at: float = 0.0) -> ObservedContainer:
        return ObservedContainer(
            id=self.id,
            name=self.name,
            labels=self.labels,
            image_id=self.image_id,
            state=self.state,
            exit_code=self.exit_code,
            health=self.health,
            probed=self.probed,
            ready=self.ready,
            created_at=self.created_at,
            started_at=self.started_at,
            finished_at=self.finished_at,
            limits=self.limits,
            networks=dict(sorted(self.networks.items())),
            addresses={name: address(self.id, name) for name in sorted(self.networks)}
            if self.lives
            else {},
            volumes=self.volumes,
            host_ports=self.host_ports,
            error=self.error,
            given=_given(Same(self.spec.fields)),
            namespace_lost_at=namespace_lost_at,
        )

    def change_limits(self, memory_bytes: int) -> None:
        self.limits = replace(self.limits, memory_bytes=memory_bytes)


@lru_cache(maxsize=512)
def _given(same: Same[Mapping[str, str]]) -> Mapping[str, str]:
    return given_fields(same.value)


def volumes_of(spec: ContainerSpec) -> dict[str, str]:
    """Name of each volume by target, as the engine reports it."""
    keys = {
        mount.target: content_key(mount) if isinstance(mount, CommittedMount) else mount.volume
        for mount in spec.service.mounts
        if isinstance(mount, VolumeMount | CommittedMount)
    }
    return {target: spec.volume_names[key] for target, key in keys.items() if key}


@lru_cache(maxsize=512)
def address(container_id: str, network_name: str) -> str:
    """The address that a container has on a network whenever it runs."""
    high, low = divmod(crc32(f"{container_id} {network_name}".encode()) % 65000, 250)
    return f"10.98.{high}.{low + 2}"


def wanted_ports(port: Port) -> range:
    """Host ports that a published port may get; empty when the engine chooses."""
    if not port.published:
        return range(0)
    return range(port.published, max(port.published_end, port.published) + 1)
