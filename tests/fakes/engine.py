"""
An engine in memory that behaves like the real one, deterministically, and fails when told to.

It passes the contract suite of the port, as the real one does.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

from sandbox.errors import (
    CancelledError,
    EngineError,
    EngineUnreachableError,
    ImageError,
    StaleError,
)
from sandbox.model.action import (
    BuildImage,
    ContainerSpec,
    CreateNetwork,
    CreateVolume,
    Endpoint,
)
from sandbox.model.container_file import ContainerFile
from sandbox.model.observed import (
    ContainerState,
    ObservedContainer,
    ObservedState,
    ObservedVolume,
    Owner,
    TakenPort,
)
from sandbox.model.ownership import Usage
from sandbox.model.surroundings import Hook
from sandbox.planning.labels import ENVIRONMENT, INSTANCE
from sandbox.ports import EngineInfo, ProbeResult
from tests.fakes.engine_objects import FakeImage, FakeNetwork
from tests.fakes.engine_state import (
    OWNER_KEYS,
    EngineState,
    declared_volumes,
    id_of,
    is_owned,
    overlap,
    same,
    taken,
)

API_VERSION = "1.41"


class FakeEngine(EngineState):
    """The Engine port on an `EngineState`, which has what a test arranges and looks at."""

    _met_id = ""

    # reads

    def info(self) -> EngineInfo:
        with self._reading():
            return EngineInfo(engine_id=self.engine_id, version="fake", api_version=API_VERSION)

    def observe(self, owner: Owner, image_references: Collection[str]) -> ObservedState:
        with self._reading():
            if self._met_id not in {"", self.engine_id}:
                raise EngineError(f"another engine answers now (id {self.engine_id})")
            self._met_id = self.engine_id
            containers = self.containers.values()
            return ObservedState(
                owner=owner,
                api_version=API_VERSION,
                containers=tuple(
                    sorted(
                        (
                            one.observed(self._namespace_lost(one))
                            for one in containers
                            if is_owned(one.labels, owner)
                        ),
                        key=lambda one: one.name,
                    )
                ),
                networks=tuple(
                    self._observed_network(network)
                    for network in sorted(self.networks.values(), key=lambda one: one.name)
                    if is_owned(network.labels, owner)
                ),
                volumes=tuple(
                    ObservedVolume(name=name, labels=dict(carried))
                    for name, carried in sorted(self.volumes.items())
                    if is_owned(carried, owner)
                ),
                images={
                    reference: self.images[reference].id
                    for reference in sorted(set(image_references))
                    if reference in self.images
                },
                foreign_names=self._foreign_names(owner),
                used_subnets=tuple(sorted({one.subnet for one in self.networks.values()})),
                taken_ports=tuple(
                    TakenPort(
                        bound=bound,
                        holder=f"container {one.name}",
                        environment=one.labels.get(ENVIRONMENT, ""),
                    )
                    for one in sorted(containers, key=lambda one: one.name)
                    if not is_owned(one.labels, owner)
                    for bound in one.host_ports
                ),
            )

    def inspect_container(self, container_id: str) -> ObservedContainer | None:
        with self._reading():
            named = (one for one in self.containers.values() if one.name == container_id)
            container = self.containers.get(container_id) or next(named, None)
            return container.observed() if container else None

    def inspect_volume(self, name: str) -> ObservedVolume | None:
        with self._reading():
            carried = self.volumes.get(name)
            return None if carried is None else ObservedVolume(name=name, labels=dict(carried))

    def image_labels(self, image_id: str) -> Mapping[str, str]:
        with self._reading():
            found = (image for image in self.images.values() if image.id == image_id)
            return next((dict(image.labels) for image in found), {})

    def survey(self) -> ObservedState:
        with self._reading():
            return ObservedState(
                owner=Owner(instance="", application="", environment=""),
                containers=tuple(
                    one.observed() for one in self.containers.values() if INSTANCE in one.labels
                ),
                networks=tuple(
                    self._observed_network(one)
                    for one in self.networks.values()
                    if INSTANCE in one.labels
                ),
                volumes=tuple(
                    ObservedVolume(name=name, labels=dict(carried))
                    for name, carried in self.volumes.items()
                    if INSTANCE in carried
                ),
            )

    def usage(self) -> Usage:
        survey = self.survey()
        return Usage(
            logs={one.name: 1 for one in survey.containers},
            images=dict.fromkeys(self.images, 1),
            volumes={one.name: 1 for one in survey.volumes},
        )

    def image_volumes(self, reference: str) -> tuple[str, ...]:
        with self._reading():
            image = self.images.get(reference)
            return image.volumes if image else ()

    def file_times(self, container_id: str, paths: Sequence[str]) -> Mapping[str, float]:
        with self._reading():
            container = self._container(container_id)
            found = {path: self._stored(container, path) for path in paths}
            return {path: file.written_at for path, file in found.items() if file}

    def logs(
        self,
        container_id: str,
        *,
        tail: int | None = None,
        follow: bool = False,
        timestamps: bool = False,
    ) -> Iterator[str]:
        with self._reading():
            lines = list(self._container(container_id).log)
        shown = lines if tail is None else lines[len(lines) - min(tail, len(lines)) :]
        for line in shown:
            yield f"2001-09-09T01:46:40.000000000Z {line}" if timestamps else line

    def wait_events(
        self, owner_instance: str, wake: Callable[[str], None], stop: Callable[[], bool]
    ) -> None:
        with self._reading():
            seen = len(self._wakes)
        wake("")
        while not stop():
            with self._changed:
                if not self.gone and len(self._wakes) == seen:
                    self._changed.wait(timeout=0.05)
                if self.gone:
                    raise EngineUnreachableError("the engine ended its stream of events")
                fresh, seen = self._wakes[seen:], len(self._wakes)
            for instance, environment in fresh:
                if instance in {"", owner_instance}:
                    wake(environment)

    # mutations

    def build_image(
        self,
        action: BuildImage,
        context: bytes,
        on_output: Callable[[str], None],
        stop: Callable[[], bool],
    ) -> str:
        with self._mutating("build_image", action.tags[0]):
            if stop():
                raise CancelledError(f"stopped: build image {action.tags[0]}")
            image_id = self._build(action, context, on_output)
            volumes = declared_volumes(context, action.build.dockerfile)
            for tag in action.tags:
                self.images[tag] = FakeImage(
                    id=image_id, labels=dict(action.labels), volumes=volumes
                )
            return image_id

    def pull_image(
        self,
        reference: str,
        on_output: Callable[[str], None],
        stop: Callable[[], bool],
        *,
        platform: str = "",
    ) -> str:
        with self._mutating("pull_image", reference):
            if stop():
                raise CancelledError(f"stopped: pull image {reference}")
            if reference not in self.registry:
                raise ImageError(
                    f"cannot pull image {reference}: not found", remedy="check its name"
                )
            on_output(f"Pulling {reference}")
            image = self.images.setdefault(reference, FakeImage(id=id_of(f"image {reference}")))
            return image.id

    def create_network(self, action: CreateNetwork) -> str:
        with self._mutating("create_network", action.name):
            for network in self.networks.values():
                if network.name == action.name:
                    if not same(network.labels, action.labels, OWNER_KEYS):
                        raise taken("network", action.name)
                    return network.id
            fixed = "".join(pool.subnet for pool in action.network.pools[:1])
            subnet = action.subnet or fixed or f"10.99.{len(self.networks)}.0/24"
            if any(overlap(subnet, network.subnet) for network in self.networks.values()):
                raise EngineError(
                    f"cannot create network {action.name}: Pool overlaps with other one",
                    temporary=True,
                )
            network_id = self._new_id("network")
            self.networks[network_id] = FakeNetwork(
                id=network_id,
                name=action.name,
                labels=dict(action.labels),
                subnet=subnet,
                created_at=self.now,
            )
            self._notify_all()
            return network_id

    def remove_network(self, network_id: str) -> None:
        with self._mutating("remove_network", network_id):
            network = self.networks.get(network_id)
            if network is None:
                return
            if any(one.lives and network.name in one.networks for one in self.containers.values()):
                raise EngineError(
                    f"cannot remove network {network.name}: it has active endpoints", temporary=True
                )
            del self.networks[network_id]
            self._notify_all()

    def create_volume(self, action: CreateVolume) -> None:
        with self._mutating("create_volume", action.name):
            if action.name not in self.volumes:
                self.volumes[action.name] = dict(action.labels)
                self._notify_all()
            if not same(self.volumes[action.name], action.labels, OWNER_KEYS):
                raise taken("volume", action.name)

    def remove_volume(self, name: str) -> None:
        with self._mutating("remove_volume", name):
            if any(name in one.volumes.values() for one in self.containers.values()):
                raise EngineError(f"cannot remove volume {name}: volume is in use", temporary=True)
            if self.volumes.pop(name, None) is not None:
                self._notify_all()

    def create_container(
        self, spec: ContainerSpec, on_warning: Callable[[str], None] | None = None
    ) -> str:
        with self._mutating("create_container", spec.name):
            container = self._adopted(spec) or self._created(spec)
            if on_warning is not None:
                for warning in self.warnings:
                    on_warning(warning)
            for endpoint in spec.endpoints:
                if endpoint.network_name not in container.networks:
                    self._attach(container, endpoint)
            self._notify(container.labels)
            return container.id

    def copy_files(self, container_id: str, files: Sequence[ContainerFile]) -> None:
        with self._mutating("copy_files", container_id):
            container = self._container(container_id)
            for file in files:
                self._store(container, file)

    def start_container(self, container_id: str) -> None:
        with self._mutating("start_container", container_id):
            container = self._container(container_id)
            if container.state is ContainerState.PAUSED:
                raise StaleError(f"cannot start container {container.name}: it is paused")
            if container.lives:
                return
            self._startable(container)
            container.begin(self.now, self._bound_ports(container))
            self._notify(container.labels)

    def stop_container(self, container_id: str, grace_s: float) -> None:
        with self._mutating("stop_container", container_id):
            container = self._container(container_id)
            if container.lives:
                container.end(self.now, container.behaviour.stop_code)
                self._notify(container.labels)

    def unpause_container(self, container_id: str) -> None:
        with self._mutating("unpause_container", container_id):
            container = self._container(container_id)
            if container.state is ContainerState.PAUSED:
                container.state = ContainerState.RUNNING
                self._notify(container.labels)

    def rename_container(self, container_id: str, new_name: str) -> None:
        with self._mutating("rename_container", container_id):
            container = self._container(container_id)
            if any(one.name == new_name for one in self.containers.values() if one != container):
                raise EngineError(f"cannot rename container: the name {new_name} is already in use")
            container.name = new_name
            self._notify(container.labels)

    def remove_container(self, container_id: str, *, volumes: bool = False) -> None:
        with self._mutating("remove_container", container_id):
            container = self.containers.get(container_id)
            if container is None:
                return
            if container.lives:
                raise EngineError(f"cannot remove container {container.name}: it is running")
            del self.containers[container_id]
            used = {name for one in self.containers.values() for name in one.volumes.values()}
            for name in {*container.nameless.values()} - used if volumes else ():
                self.volumes.pop(name, None)
            self._notify(container.labels)

    def connect_network(self, container_id: str, endpoint: Endpoint) -> None:
        with self._mutating("connect_network", container_id):
            container = self._container(container_id)
            if endpoint.network_name not in container.networks:
                self._attach(container, endpoint)
                self._notify(container.labels)

    def disconnect_network(self, container_id: str, network_name: str) -> None:
        with self._mutating("disconnect_network", container_id):
            container = self._container(container_id)
            if network_name in container.networks:
                container.leave(network_name)
                self._notify(container.labels)

    def probe(self, container_id: str, *, timeout_s: float) -> ProbeResult:
        with self._reading():
            self.probes += 1
            container = self.containers.get(container_id)
            if container is None or container.state is not ContainerState.RUNNING:
                return ProbeResult(passed=False, output="the container is not running")
            if not container.probed:
                return ProbeResult(passed=True, output="no healthcheck")
            passed = container.passes_probe()
            return ProbeResult(passed=passed, output="" if passed else "not yet")

    def run_hook(self, container_id: str, hook: Hook, on_output: Callable[[str], None]) -> int:
        with self._mutating("run_hook", container_id):
            on_output(" ".join(hook.command))
            return 0

    def exec_interactive(self, container_id: str, command: Sequence[str], *, tty: bool) -> int:
        with self._reading():
            container = self._container(container_id)
            if container.state is not ContainerState.RUNNING:
                raise EngineError(f"cannot run {command[0]}: {container.name} is not running")
            return self.exit_statuses.get(command[0], 0)
