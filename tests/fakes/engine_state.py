"""
The state of the fake engine: its objects, its rules, and what is arranged to go wrong.
"""

import hashlib
import io
import ipaddress
import tarfile
import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import PurePosixPath

from sandbox.errors import (
    EngineError,
    EngineUnreachableError,
    ImageError,
    ImplausibleError,
    StaleError,
)
from sandbox.model.action import BuildImage, ContainerSpec, Endpoint
from sandbox.model.container_file import ContainerFile
from sandbox.model.observed import ContainerState, ObservedNetwork, Owner
from sandbox.model.service import CommittedMount, Limits, VolumeMount
from sandbox.planning import labels
from sandbox.planning.contents import COPIED_AT_S, content_key
from tests.fakes.engine_objects import (
    Behaviour,
    Call,
    FakeContainer,
    FakeFile,
    FakeImage,
    FakeNetwork,
    Fault,
    wanted_ports,
)

BASE_IMAGE = "debian:trixie-slim"
OWNER_KEYS = (labels.INSTANCE, labels.APP, labels.ENVIRONMENT, labels.TAG)
SPEC_KEYS = (*OWNER_KEYS, labels.SERVICE, labels.SPEC)
_FIRST_FREE_PORT = 32768


class EngineState:
    """
    What a test arranges before, and looks at after.

    Attributes:
        now: The engine's clock, seconds since the epoch; each mutating call moves it by 1 ms.
        gone: Nobody answers: every call raises `EngineUnreachableError`.
        engine_id: Change it, and another engine answers.
        images: By reference; `BASE_IMAGE` is there.
        registry: References that can be pulled.
        behaviours: What programs do, by service name; the default runs on and is healthy.
        faults: What goes wrong; each is dropped when it is used up.
        calls: Mutating calls so far, those that failed included.
        reads: How many calls changed nothing.
        probes: How many times a healthcheck was run.
        warnings: What every create is answered with besides.
        makes: What the engine makes of the limits that it is asked for.
        exit_statuses: What interactive commands end with, by their first word; 0 by default.
    """

    def __init__(self, *, images: Collection[str] = (BASE_IMAGE,)) -> None:
        self.now = 1_000_000_000.0
        self.gone = False
        self.engine_id = "fake"
        self.images = {reference: FakeImage(id=id_of(f"image {reference}")) for reference in images}
        self.registry: set[str] = set()
        self.behaviours: dict[str, Behaviour] = {}
        self.faults: list[Fault] = []
        self.calls: list[Call] = []
        self.reads = 0
        self.probes = 0
        self.exit_statuses: dict[str, int] = {}
        self.warnings: tuple[str, ...] = ()
        self.makes: Callable[[Limits], Limits] = lambda limits: limits
        self.containers: dict[str, FakeContainer] = {}
        self.networks: dict[str, FakeNetwork] = {}
        self.volumes: dict[str, dict[str, str]] = {}
        self.contents: dict[str, dict[str, FakeFile]] = {}
        self._made = 0
        self._changed = threading.Condition(threading.RLock())
        self._wakes: list[tuple[str, str]] = []

    # what a test does by hand, behind the back of whoever owns the objects

    def named(self, name: str) -> FakeContainer:
        """Give the container of that name."""
        return next(one for one in self.containers.values() if one.name == name)

    def kill(self, container_id: str) -> None:
        self._by_hand(container_id).end(self.now, 137)

    def pause(self, container_id: str) -> None:
        self._by_hand(container_id).state = ContainerState.PAUSED

    def update_memory(self, container_id: str, memory_bytes: int) -> None:
        self._by_hand(container_id).change_limits(memory_bytes)

    def remove_by_force(self, container_id: str) -> None:
        self._by_hand(container_id)
        del self.containers[container_id]

    def stop(self, container_id: str) -> None:
        container = self._by_hand(container_id)
        container.end(self.now, container.behaviour.stop_code)

    def rename(self, container_id: str, name: str) -> None:
        self._by_hand(container_id).name = name

    def disconnect(self, container_id: str, network_name: str) -> None:
        self._by_hand(container_id).leave(network_name)

    def _by_hand(self, container_id: str) -> FakeContainer:
        with self._changed:
            container = self.containers[container_id]
            self._notify(container.labels)
            return container

    # the two kinds of calls

    @contextmanager
    def _reading(self) -> Iterator[None]:
        with self._changed:
            if self.gone:
                raise EngineUnreachableError("the engine does not answer")
            self.reads += 1
            yield

    @contextmanager
    def _mutating(self, method: str, target: str) -> Iterator[None]:
        """Write the call down, and let what was arranged go wrong before or after its effect."""
        with self._changed:
            if self.gone:
                raise EngineUnreachableError("the engine does not answer")
            self.now += 0.001
            self.calls.append(Call(method=method, target=target))
            fault = self._take_fault(method)
            if fault is not None and not fault.after:
                raise fault.error
            yield
            if fault is not None:
                raise fault.error

    def _take_fault(self, method: str) -> Fault | None:
        for index, fault in enumerate(self.faults):
            if fault.hits(len(self.calls), method):
                self.faults[index : index + 1] = fault.left()
                return fault
        return None

    def _notify(self, carried: Mapping[str, str]) -> None:
        """Tell of a container with these labels."""
        if labels.INSTANCE in carried:
            self._wake(carried[labels.INSTANCE], carried.get(labels.ENVIRONMENT, ""))

    def _notify_all(self) -> None:
        """Tell of a network or volume, of which the real engine does not say whose it is."""
        self._wake("", "")

    def _wake(self, instance: str, environment: str) -> None:
        """Tell who listens for *instance*; everybody when it is empty."""
        self._wakes.append((instance, environment))
        self._changed.notify_all()

    # rules

    def _new_id(self, kind: str) -> str:
        self._made += 1
        return id_of(f"{kind} {self._made}").removeprefix("sha256:")

    def _container(self, container_id: str) -> FakeContainer:
        if container_id not in self.containers:
            raise StaleError(f"No such container: {container_id}")
        return self.containers[container_id]

    def _namespace_lost(self, container: FakeContainer) -> float:
        shared = container.spec.service.namespaces
        modes = (shared.network, shared.ipc, shared.pid)
        names = {
            container.spec.followed.get(mode.removeprefix("service:"), mode.partition(":")[2])
            for mode in modes
        } - {""}
        leaders = (one for one in self.containers.values() if one.name in names and one.lives)
        return max((one.finished_at for one in leaders), default=0.0)

    def _adopted(self, spec: ContainerSpec) -> FakeContainer | None:
        for container in self.containers.values():
            if container.name == spec.name:
                keys = [key for key in SPEC_KEYS if key != labels.TAG]
                if container.started_at and same(container.labels, spec.labels, keys):
                    raise ImplausibleError(f"container {spec.name} is there, unlisted")
                if not same(container.labels, spec.labels, SPEC_KEYS):
                    raise taken("container", spec.name)
                return container
        return None

    def _created(self, spec: ContainerSpec) -> FakeContainer:
        named = self.images.get(spec.service.image)
        by_id = (each for each in self.images.values() if each.id == spec.service.image)
        image = named or next(by_id, None)
        if image is None:
            raise StaleError(
                f"cannot create container {spec.name}: No such image: {spec.service.image}"
            )
        healthcheck = spec.service.healthcheck
        own = healthcheck.test if healthcheck else ()
        for mount in spec.service.mounts:
            if isinstance(mount, CommittedMount):
                name = spec.volume_names[content_key(mount)]
                if name not in self.contents:
                    raise EngineError(f"volume {name} is mounted before it was filled")
        for mount in spec.service.mounts:
            if isinstance(mount, VolumeMount) and mount.volume:
                # Like the real one: a volume that is not there is made along the way.
                name = spec.volume_names[mount.volume]
                owner = labels.implied_volume_labels(spec.labels)
                if name in spec.volume_tags:
                    owner[labels.TAG] = spec.volume_tags[name]
                self.volumes.setdefault(name, owner)
        container = FakeContainer(
            id=self._new_id("container"),
            spec=spec,
            name=spec.name,
            image_id=image.id,
            probed=own != ("NONE",) and bool(own or image.healthcheck),
            limits=self.makes(spec.service.limits),
            networks={},
            behaviour=self.behaviours.get(spec.service.name, Behaviour()),
            created_at=self.now,
        )
        declared = {
            mount.target
            for mount in spec.service.mounts
            if isinstance(mount, VolumeMount) and not mount.volume
        }
        for name in spec.anonymous_volumes.values():
            self.volumes.setdefault(name, {})
        for target in sorted((declared | {*image.volumes}) - container.volumes.keys()):
            name = id_of(f"{container.id} {target}").removeprefix("sha256:")
            self.volumes[name] = {}
            container.nameless[target] = name
        self.containers[container.id] = container
        return container

    def _store(self, container: FakeContainer, file: ContainerFile) -> None:
        """Keep a file that is copied: in the volume that is mounted above it, if there is one."""
        for target, volume in container.volumes.items():
            if f"{file.target}/".startswith(f"{target}/"):
                path = file.target.removeprefix(target) or "/"
                held = self.contents.setdefault(volume, {})
                held[path] = FakeFile(content=file.content, written_at=COPIED_AT_S)
                return
        container.files[file.target] = file.content

    def _stored(self, container: FakeContainer, path: str) -> FakeFile | None:
        for target, volume in container.volumes.items():
            if f"{path}/".startswith(f"{target}/"):
                return self.contents.get(volume, {}).get(path.removeprefix(target) or "/")
        return None

    def _attach(self, container: FakeContainer, endpoint: Endpoint) -> None:
        ids = {network.name: network.id for network in self.networks.values()}
        if endpoint.network_name not in ids:
            raise StaleError(f"network {endpoint.network_name} not found")
        if not container.spec.endpoints:
            raise EngineError(
                f"cannot connect container {container.name}: it was created with network none"
            )
        container.networks[endpoint.network_name] = tuple(sorted(set(endpoint.aliases)))
        container.network_ids[endpoint.network_name] = ids[endpoint.network_name]
        if container.lives:
            container.host_ports = container.host_ports or self._bound_ports(container)

    def _startable(self, container: FakeContainer) -> None:
        """Refuse what the real engine cannot start, and have the container say why."""
        lost = sorted(
            name for name, known in container.network_ids.items() if known not in self.networks
        )
        error = f"network {lost[0]} not found" if lost else container.behaviour.error
        if error:
            container.error = error
            raise EngineError(f"cannot start container {container.name}: {error}")

    def _bound_ports(self, container: FakeContainer) -> tuple[tuple[str, int, str], ...]:
        if not container.networks:
            return ()
        held = {
            (number, protocol): one
            for one in self.containers.values()
            for _, number, protocol in one.host_ports
        }
        bound: list[tuple[str, int, str]] = []
        for port in container.spec.service.ports:
            wanted = wanted_ports(port) or range(_FIRST_FREE_PORT, 65536)
            free = (number for number in wanted if (number, port.protocol) not in held)
            number = next(free, None)
            if number is None:
                holder = held[wanted[0], port.protocol]
                raise EngineError(
                    f"cannot start container {container.name}: port {port.host_ip}:{wanted[0]} of"
                    f" this machine is taken by container {holder.name}",
                    remedy=f"docker stop {holder.name}, or publish another port",
                    temporary=True,
                )
            held[number, port.protocol] = container
            bound.append((port.host_ip, number, port.protocol))
        return tuple(sorted(bound))

    def _build(self, action: BuildImage, context: bytes, on_output: Callable[[str], None]) -> str:
        """Run a Dockerfile as far as a test needs: ``FROM`` must be there, ``RUN false`` fails."""
        text = _dockerfile(context, action.build.dockerfile)
        lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
        log: list[str] = []
        for number, line in enumerate(lines, start=1):
            step = f"Step {number}/{len(lines)} : {line}"
            log.append(step)
            on_output(step)
            word, _, rest = line.partition(" ")
            missing = word == "FROM" and rest.split()[0] not in {"scratch", *self.images}
            failing = word == "RUN" and rest.startswith(("false", "exit"))
            if missing or failing:
                cause = f"No such image: {rest}" if missing else "returned a non-zero code: 1"
                raise ImageError(
                    f"cannot build image {action.tags[0]} at {step!r}: {cause}", log=tuple(log)
                )
        args = sorted(action.build.args.items())
        return id_of(f"{hashlib.sha256(context).hexdigest()} {action.build.target} {args}")

    def _observed_network(self, network: FakeNetwork) -> ObservedNetwork:
        return ObservedNetwork(
            id=network.id,
            name=network.name,
            labels=dict(network.labels),
            subnets=(network.subnet,),
            created_at=network.created_at,
            endpoints=tuple(
                sorted(one.id for one in self.containers.values() if network.name in one.networks)
            ),
        )

    def _foreign_names(self, owner: Owner) -> dict[str, frozenset[str]]:
        return {
            "container": frozenset(
                one.name for one in self.containers.values() if not is_owned(one.labels, owner)
            ),
            "network": frozenset(
                one.name for one in self.networks.values() if not is_owned(one.labels, owner)
            ),
            "volume": frozenset(
                name for name, carried in self.volumes.items() if not is_owned(carried, owner)
            ),
        }


def id_of(text: str) -> str:
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def is_owned(carried: Mapping[str, str], owner: Owner) -> bool:
    return (
        carried.get(labels.INSTANCE) == owner.instance
        and carried.get(labels.ENVIRONMENT) == owner.environment
    )


def same(carried: Mapping[str, str], expected: Mapping[str, str], keys: Sequence[str]) -> bool:
    return labels.INSTANCE in expected and all(
        carried.get(key) == expected.get(key) for key in keys
    )


def taken(kind: str, name: str) -> EngineError:
    return EngineError(
        f"the name {name} is taken by a {kind} that is not ours",
        remedy=f"look at it with: docker {kind} inspect {name}; rename or remove it",
        temporary=True,
    )


def overlap(one: str, other: str) -> bool:
    return ipaddress.ip_network(one).overlaps(ipaddress.ip_network(other))


def declared_volumes(context: bytes, path: str) -> tuple[str, ...]:
    """Targets after ``VOLUME`` in a Dockerfile."""
    lines = _dockerfile(context, path).splitlines()
    found = (line.split()[1:] for line in lines if line.startswith("VOLUME "))
    return tuple(sorted(target for targets in found for target in targets))


def _dockerfile(context: bytes, path: str) -> str:
    with tarfile.open(fileobj=io.BytesIO(context)) as tar:
        for member in tar.getmembers():
            opened = tar.extractfile(member)
            if opened is not None and PurePosixPath(member.name) == PurePosixPath(path):
                return opened.read().decode()
    raise ImageError(f"cannot build an image: no file {path} in the context")
