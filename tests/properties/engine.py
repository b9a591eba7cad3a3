"""
A tiny engine that carries plans out on values. It shares no code with the planner.

It knows what a real one refuses: a taken name, a port in use, a network with endpoints, a start on
a network that is gone. A refused step raises `RefusedError`, which fails the property.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from typing import TypeAlias, assert_never

from sandbox.model.action import (
    AnalyseTraffic,
    AwaitContainer,
    BuildImage,
    ConfigureIngress,
    ConnectNetwork,
    ContainerSpec,
    CopyFiles,
    CreateContainer,
    CreateNetwork,
    CreateVolume,
    DisconnectNetwork,
    DrainContainer,
    FillVolume,
    Pause,
    PullImage,
    RemoveContainer,
    RemoveNetwork,
    RemoveVolume,
    RenameContainer,
    RunGate,
    ShiftTraffic,
    StartContainer,
    StopContainer,
    UnpauseContainer,
    WatchContainer,
)
from sandbox.model.ingress import IngressConfig, Server
from sandbox.model.observed import (
    ContainerState,
    EngineHealth,
    ObservedContainer,
    ObservedNetwork,
    ObservedState,
    ObservedVolume,
)
from sandbox.model.plan import Step
from sandbox.model.service import Condition, VolumeMount
from sandbox.planning.contents import RENEWED
from sandbox.planning.haproxy import config_hash
from sandbox.planning.labels import ENVIRONMENT, HOLDS, INSTANCE, REPLICA, SERVICE, TARGET
from tests.fakes.engine_objects import volumes_of

Change: TypeAlias = (
    StopContainer
    | UnpauseContainer
    | RenameContainer
    | ConnectNetwork
    | DisconnectNetwork
    | RemoveContainer
)
Traffic: TypeAlias = (
    ConfigureIngress | ShiftTraffic | AnalyseTraffic | DrainContainer | WatchContainer | Pause
)
MOVING = "moving"
"""Volume that one service at a time writes to."""
LIVE = {ContainerState.RUNNING, ContainerState.PAUSED, ContainerState.RESTARTING}


class RefusedError(Exception):
    """
    The engine would not do that.
    """


@dataclass
class SimulatedEngine:
    """
    Starts make containers run and be ready; jobs end well the moment they are awaited.
    """

    owner_state: ObservedState
    containers: dict[str, ObservedContainer] = field(default_factory=dict)
    networks: dict[str, ObservedNetwork] = field(default_factory=dict)
    volumes: dict[str, ObservedVolume] = field(default_factory=dict)
    images: dict[str, str] = field(default_factory=dict)
    specs: dict[str, ContainerSpec] = field(default_factory=dict)
    contents: dict[str, str] = field(default_factory=dict)
    job_names: frozenset[str] = frozenset()
    definitions: dict[str, CreateNetwork] = field(default_factory=dict)
    files: dict[str, Mapping[str, bytes]] = field(default_factory=dict)
    fillings: dict[str, dict[str, bytes]] = field(default_factory=dict)
    started: list[str] = field(default_factory=list)
    gates: list[str] = field(default_factory=list)
    configs: dict[str, IngressConfig] = field(default_factory=dict)
    drained: set[str] = field(default_factory=set)
    hides_hashes: bool = False
    removed_networks: set[tuple[str, str]] = field(default_factory=set)
    images_with_volume: frozenset[str] = frozenset()
    nameless: set[str] = field(default_factory=set)
    written: dict[tuple[str, str, str], set[str]] = field(default_factory=dict)
    is_older: bool = False
    clock: float = 1_900_000_000.0

    def __post_init__(self) -> None:
        state = self.owner_state
        self.containers = {each.id: each for each in state.containers}
        self.networks = {each.id: each for each in state.networks}
        self.volumes = {each.name: each for each in state.volumes}
        self.images = dict(state.images)
        self._numbers = count(1)
        self._addresses = count(1)

    def observe(self) -> ObservedState:
        networks = [
            replace(each, endpoints=self._endpoints(each)) for each in self.networks.values()
        ]
        return replace(
            self.owner_state,
            containers=tuple(
                sorted(map(self._reporting, self.containers.values()), key=lambda each: each.name)
            ),
            networks=tuple(sorted(networks, key=lambda each: each.name)),
            volumes=tuple(sorted(self.volumes.values(), key=lambda each: each.name)),
            images=dict(self.images),
            used_subnets=tuple(sorted({s for each in networks for s in each.subnets}))
            + self.owner_state.used_subnets,
        )

    def _reporting(self, found: ObservedContainer) -> ObservedContainer:
        config = self.configs.get(found.id)
        if config is None or found.state is not ContainerState.RUNNING or self.hides_hashes:
            return found
        return replace(found, config_hash=config_hash(config))

    def update_sandbox(self) -> None:
        """
        From here on it is this version that carries plans out.
        """
        self.is_older = False
        self.written = {}
        for each in self.containers.values():
            for target, name in self.anonymous_of(each).items() if each.started_at else ():
                place = (each.labels[SERVICE], each.labels[REPLICA], target)
                self.written.setdefault(place, set()).add(name)
        for each in self.containers.values():
            if not each.started_at:
                # It was to replace something, with an empty volume of its own.
                self.forget(each)

    def forget(self, found: ObservedContainer) -> None:
        """
        Nobody but *found* knew its volumes by the names that the engine gave.
        """
        for target, name in self.anonymous_of(found).items():
            if name in self.nameless and not any(
                each.labels.get(HOLDS) == name for each in self.volumes.values()
            ):
                self.written.pop((found.labels[SERVICE], found.labels[REPLICA], target), None)

    def finish_removals(self) -> None:
        """
        What was being removed is gone.
        """
        for each in list(self.containers.values()):
            if each.state is ContainerState.REMOVING:
                del self.containers[each.id]

    def perform(self, step: Step) -> None:
        self.clock += 1
        match step.action:
            case BuildImage() | PullImage():
                self._make_image(step.action)
            case CreateNetwork():
                self._create_network(step.action)
            case RemoveNetwork():
                self._remove_network(step.action)
            case CreateVolume() | FillVolume() | RemoveVolume():
                self._volume(step.action)
            case CreateContainer(spec=spec, carried=carried):
                self._create_container(spec, carried)
            case RunGate(spec=spec):
                self._run_gate(spec)
            case CopyFiles() | StartContainer() | AwaitContainer():
                self._bring_up(step.action)
            case (
                ConfigureIngress()
                | ShiftTraffic()
                | AnalyseTraffic()
                | DrainContainer()
                | WatchContainer()
                | Pause()
            ):
                self._route(step.action)
            case _:
                self._change(step.action, self._find("", step.action.container_id))

    def _create_volume(self, action: CreateVolume | FillVolume) -> None:
        if self.is_older and HOLDS in action.labels:
            return  # It knew nothing of that.
        name = action.name
        self._refuse_if(name in self._foreign("volume"), f"volume {name} is taken")
        self.volumes.setdefault(name, ObservedVolume(name=name, labels=action.labels))

    def _run_gate(self, spec: ContainerSpec) -> None:
        """
        Passes always, and is gone again: like a container that is made, ends and is removed.
        """
        for each in [each for each in self.containers.values() if each.name == spec.name]:
            del self.containers[each.id]
        before = set(self.containers)
        self._create_container(spec)
        for identity in set(self.containers) - before:
            del self.containers[identity]
        self.gates.append(spec.service.name)

    def _volume(self, action: CreateVolume | FillVolume | RemoveVolume) -> None:
        if isinstance(action, RemoveVolume):
            mounted = {name for each in self.containers.values() for name in each.volumes.values()}
            self._refuse_if(action.name in mounted, f"volume {action.name} is in use")
            self.fillings.pop(action.name, None)
            del self.volumes[action.name]
            return
        self._create_volume(action)
        if isinstance(action, FillVolume):
            used = {each.image_id for each in self.containers.values()}
            known = {*self.images, *self.images.values(), *used}
            self._refuse_if(action.image not in known, f"no image {action.image}")
            filling = self.fillings.setdefault(action.name, {})
            filling.update({each.target: each.content for each in action.files})
            if action.renews:
                mark = f"{action.name}{RENEWED}"
                self._create_volume(CreateVolume(name=mark, driver="local", labels=action.labels))

    def _make_image(self, action: BuildImage | PullImage) -> None:
        # Registry and build cache have not changed: one source gives one image. (Had they,
        # no plan could know, and the next one would replace what runs the image of before.)
        if isinstance(action, PullImage):
            self.images[action.reference] = f"sha256:{action.reference}"
        else:
            identity = f"sha256:{action.build.context_id}"
            self.contents.update(dict.fromkeys(action.tags, action.build.context_id))
            self.images.update(dict.fromkeys(action.tags, identity))

    def _bring_up(self, action: CopyFiles | StartContainer | AwaitContainer) -> None:
        found = self._find(action.container_name, action.container_id)
        if isinstance(action, StartContainer):
            self._start(found)
        elif isinstance(action, AwaitContainer):
            self._await(action, found)
        else:
            self._refuse_if(found.state is not ContainerState.CREATED, "copied too late")
            self.files[found.id] = {each.target: each.content for each in action.files}

    def _route(self, action: Traffic) -> None:
        match action:
            case ConfigureIngress():
                self.configs[self._ingress(action.container_name, action.container_id)] = (
                    action.config
                )
            case ShiftTraffic():
                ingress = self._ingress(action.ingress_name, action.ingress_id)
                self.configs[ingress] = self._shifted(self.configs[ingress], action)
            case AnalyseTraffic():
                config = self.configs[self._ingress(action.ingress_name, action.ingress_id)]
                names = {
                    server.name
                    for backend in config.backends
                    if backend.service_name == action.service_name
                    for server in backend.servers
                }
                both = {*action.old, *action.new}
                self._refuse_if(both != names, f"{sorted(both)} are not {sorted(names)}")
            case DrainContainer():
                ingress = self._ingress(action.ingress_name, action.ingress_id)
                found = self._find("", action.container_id)
                used = self.sends_to(ingress, found)
                self._refuse_if(used, f"{action.container_name} still gets requests")
                self.drained.add(action.container_id)
            case WatchContainer():
                found = self._find(action.container_name, action.container_id)
                self._refuse_if(not self._serves(found), f"{found.name} does not stay ready")
            case Pause():
                pass
            case _:
                assert_never(action)

    def sends_to(self, ingress: str, found: ObservedContainer) -> bool:
        """
        Does the ingress send requests to an address that *found* has?
        """
        config = self.configs.get(ingress, IngressConfig())
        used = {server.address for backend in config.backends for server in backend.servers}
        return bool(used & set(found.addresses.values()))

    def _ingress(self, name: str, identity: str) -> str:
        found = self._find(name, identity)
        running = found.state is ContainerState.RUNNING
        self._refuse_if(not running, f"the ingress {found.name} does not run")
        return found.id

    def _shifted(self, config: IngressConfig, action: ShiftTraffic) -> IngressConfig:
        met = set(self._find(action.ingress_name, action.ingress_id).networks)
        addresses: dict[str, str] = {}
        for name in action.shares:
            found = self._find(name, action.ids.get(name, ""))
            running = found.state is ContainerState.RUNNING
            self._refuse_if(not running, f"{name} gets requests and does not run")
            shared = [each for each in action.networks if each in met & found.addresses.keys()]
            self._refuse_if(not shared, f"the ingress does not reach {name}")
            addresses[name] = found.addresses[shared[0]]
        return replace(
            config,
            backends=tuple(
                replace(
                    backend,
                    servers=tuple(
                        Server(name=name, address=addresses[name], port=backend.port, weight=weight)
                        for name, weight in sorted(action.shares.items())
                    ),
                )
                if backend.service_name == action.service_name
                else backend
                for backend in config.backends
            ),
        )

    @staticmethod
    def _serves(found: ObservedContainer) -> bool:
        return found.state is ContainerState.RUNNING and (found.ready or not found.probed)

    def _change(self, action: Change, found: ObservedContainer) -> None:
        match action:
            case StopContainer():
                self._refuse_if(found.state not in LIVE, f"{found.name} does not run")
                self.put(
                    found,
                    state=ContainerState.EXITED,
                    exit_code=143,
                    host_ports=(),
                    addresses={},
                )
            case UnpauseContainer():
                self._refuse_if(found.state is not ContainerState.PAUSED, "is not paused")
                self.put(found, state=ContainerState.RUNNING)
            case RenameContainer(new_name=new_name):
                self._refuse_if(new_name in self._names(), f"name {new_name} is taken")
                self.put(found, name=new_name)
            case ConnectNetwork(endpoint=endpoint):
                self._refuse_if(endpoint.network_name in found.networks, "is attached already")
                self._network(endpoint.network_name)
                networks = {**found.networks, endpoint.network_name: endpoint.aliases}
                addresses = dict(found.addresses)
                if found.state in LIVE:
                    addresses[endpoint.network_name] = self._new_address()
                self.put(found, networks=networks, addresses=addresses)
            case DisconnectNetwork(network_name=name):
                self._refuse_if(name not in found.networks, f"is not attached to {name}")
                networks = {key: value for key, value in found.networks.items() if key != name}
                addresses = {key: each for key, each in found.addresses.items() if key != name}
                self.put(found, networks=networks, addresses=addresses)
            case RemoveContainer(volumes=volumes):
                self._refuse_if(found.state in LIVE, f"{found.name} runs")
                del self.containers[found.id]
                used = {name for each in self.containers.values() for name in each.volumes.values()}
                if volumes or self.is_older:
                    self.nameless -= {*found.volumes.values()} - used
            case _:
                assert_never(action)

    def _anonymous(
        self, spec: ContainerSpec, carried: Mapping[str, str]
    ) -> Iterator[tuple[str, str]]:
        """
        The volumes at the targets that the file or the image gives no name.

        An earlier version left them to the engine, which calls them by 64 hex digits.
        """
        targets = {
            mount.target
            for mount in spec.service.mounts
            if isinstance(mount, VolumeMount) and not mount.volume
        }
        targets |= {"/image"} if spec.service.image in self.images_with_volume else set()
        for target in sorted(targets):
            name = carried.get(target)
            if self.is_older:
                name = f"{next(self._numbers):064x}"
                self.nameless.add(name)
            elif name is None:
                place = f"{spec.labels[SERVICE]}-{spec.labels[REPLICA]}"
                name = f"place {place} {target}"
                labels = {
                    **{key: spec.labels[key] for key in (INSTANCE, ENVIRONMENT, SERVICE, REPLICA)},
                    TARGET: target,
                }
                self.volumes.setdefault(name, ObservedVolume(name=name, labels=labels))
            known = self.volumes.keys() | self.nameless
            self._refuse_if(name not in known, f"the data of {name} is gone")
            yield target, name

    def _create_container(
        self, spec: ContainerSpec, carried: Mapping[str, str] | None = None
    ) -> None:
        self._refuse_if(spec.name in self._names(), f"name {spec.name} is taken")
        service = spec.service
        self._refuse_if(service.image not in self.images, f"no image {service.image}")
        for endpoint in spec.endpoints:
            self._network(endpoint.network_name)
        mounted = volumes_of(spec)
        for mount in service.mounts:
            filled = isinstance(mount, VolumeMount) or mounted[mount.target] in self.fillings
            self._refuse_if(not filled, f"{mount.target} of {spec.name} is not filled")
        known = self.volumes.keys() | self._foreign("volume")
        self._refuse_if(not set(mounted.values()) <= known, "a volume is missing")
        if carried is not None:
            mounted |= dict(self._anonymous(spec, carried))
        identity = f"new-{next(self._numbers)}"
        self.specs[identity] = spec
        self.containers[identity] = ObservedContainer(
            id=identity,
            name=spec.name,
            labels=spec.labels,
            image_id=self.images[service.image],
            state=ContainerState.CREATED,
            created_at=self.clock,
            limits=service.limits,
            probed=bool(service.healthcheck and service.healthcheck.test),
            networks={each.network_name: each.aliases for each in spec.endpoints},
            volumes=mounted,
        )

    def _start(self, found: ObservedContainer) -> None:
        self._refuse_if(found.state in LIVE, f"{found.name} runs already")
        self._refuse_if(found.state is ContainerState.DEAD, f"{found.name} is dead")
        for name in found.networks:
            self._network(name)
            stale = (found.id, name) in self.removed_networks
            self._refuse_if(stale, f"network {name} of {found.name} is not the one it knew")
        spec = self.specs.get(found.id)
        if spec and spec.service.files:
            self._refuse_if(found.id not in self.files, f"{found.name} has no files")
        ports = self._wanted_ports(found)
        bound = {port for each in self.containers.values() for port in each.host_ports}
        self._refuse_if(bool(bound & ports), f"a port of {found.name} is in use")
        for name in found.volumes.values():
            if name.endswith(f"_{MOVING}"):
                self._refuse_second_writer(found, name)
        for target, name in self.anonymous_of(found).items():
            self._refuse_second_writer(found, name)
            place = (found.labels[SERVICE], found.labels[REPLICA], target)
            if self.is_older:
                self.written.setdefault(place, set()).add(name)
            else:
                self.written[place] = {name} & self.written.get(place, {name})
        self.started.append(found.id)
        self.put(
            found,
            state=ContainerState.RUNNING,
            started_at=self.clock,
            ready=False,
            health=EngineHealth.STARTING if found.probed else EngineHealth.NONE,
            host_ports=tuple(sorted(ports)),
            addresses={name: self._new_address() for name in found.networks},
            exit_code=0,
            error="",
        )

    def _refuse_second_writer(self, found: ObservedContainer, volume: str) -> None:
        others = [
            each.name
            for each in self.containers.values()
            if each.state in LIVE and volume in each.volumes.values()
            if volume in self.anonymous_of(each).values()
            or each.labels[SERVICE] != found.labels[SERVICE]
        ]
        self._refuse_if(bool(others), f"{found.name} and {others} both write {volume}")

    def anonymous_of(self, found: ObservedContainer) -> dict[str, str]:
        """
        The volumes of *found* that its file gives no name, by target.
        """
        spec = self.specs.get(found.id)
        named = {*spec.volume_names.values()} if spec else {*found.volumes.values()}
        return {target: name for target, name in found.volumes.items() if name not in named}

    def _new_address(self) -> str:
        number = next(self._addresses)
        return f"10.213.{number // 250}.{number % 250 + 2}"

    def _wanted_ports(self, found: ObservedContainer) -> set[tuple[str, int, str]]:
        spec = self.specs.get(found.id)
        ports = spec.service.ports if spec else ()
        return {(each.host_ip, each.published, each.protocol) for each in ports if each.published}

    def _await(self, action: AwaitContainer, found: ObservedContainer) -> None:
        if action.until is Condition.COMPLETED:
            self.put(found, state=ContainerState.EXITED, exit_code=0, host_ports=(), addresses={})
            return
        running = {ContainerState.RUNNING, ContainerState.RESTARTING}
        self._refuse_if(found.state not in running, f"{found.name} does not run")
        health = EngineHealth.HEALTHY if found.probed else EngineHealth.NONE
        self.put(found, state=ContainerState.RUNNING, ready=True, health=health)

    def _create_network(self, action: CreateNetwork) -> None:
        names = {each.name for each in self.networks.values()} | self._foreign("network")
        self._refuse_if(action.name in names, f"network {action.name} exists")
        used = {s for each in self.networks.values() for s in each.subnets}
        used |= set(self.owner_state.used_subnets)
        pools = tuple(pool.subnet for pool in action.network.pools)
        subnets = tuple(filter(None, (action.subnet, *pools)))
        self._refuse_if(bool(used & set(subnets)), f"one of {subnets} is used")
        identity = f"net-{next(self._numbers)}"
        self.definitions[identity] = action
        self.networks[identity] = ObservedNetwork(
            id=identity,
            name=action.name,
            labels=action.labels,
            subnets=subnets,
        )

    def _remove_network(self, action: RemoveNetwork) -> None:
        network = self.networks[action.network_id]
        live = [
            each.name
            for each in self.containers.values()
            if network.name in each.networks and each.state in LIVE
        ]
        strangers = set(network.endpoints) - self.containers.keys()
        foreign = {each for each in strangers if each.startswith("foreign")}
        self._refuse_if(bool(live) or bool(foreign), f"network {network.name} is in use by {live}")
        del self.networks[action.network_id]
        for each in self.containers.values():
            if network.name in each.networks:
                self.removed_networks.add((each.id, network.name))

    def _endpoints(self, network: ObservedNetwork) -> tuple[str, ...]:
        attached = {each.id for each in self.containers.values() if network.name in each.networks}
        foreign = {each for each in network.endpoints if each.startswith("foreign")}
        return tuple(sorted(attached | foreign))

    def _network(self, name: str) -> None:
        names = {each.name for each in self.networks.values()} | self._foreign("network")
        self._refuse_if(name not in names, f"no network {name}")

    def _names(self) -> set[str]:
        return {each.name for each in self.containers.values()} | self._foreign("container")

    def _foreign(self, kind: str) -> frozenset[str]:
        return self.owner_state.foreign_names.get(kind, frozenset())

    def _find(self, name: str, identity: str) -> ObservedContainer:
        if identity:
            self._refuse_if(identity not in self.containers, f"no container {identity}")
            return self.containers[identity]
        named = [each for each in self.containers.values() if each.name == name]
        self._refuse_if(not named, f"no container {name}")
        return named[0]

    def put(self, found: ObservedContainer, **changes: object) -> None:
        self.containers[found.id] = replace(found, **changes)  # type: ignore[arg-type] # any field

    @staticmethod
    def _refuse_if(wrong: bool, message: str) -> None:
        if wrong:
            raise RefusedError(message)
