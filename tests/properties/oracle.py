"""
What "as declared" means, written from the meaning: it shares no code with the planner.

Only the keys of labels are taken from there, because they are the contract with the engine.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from sandbox.model.desired import DesiredState, Network
from sandbox.model.ingress import IngressConfig, RouteMode
from sandbox.model.observed import ContainerState, EngineHealth, ObservedContainer
from sandbox.model.rollout import Rollout
from sandbox.model.service import Attachment, CommittedMount, Condition, Port, Service, VolumeMount
from sandbox.planning.labels import COMMITTED, ENVIRONMENT, INSTANCE, REPLICA, SERVICE
from tests.properties.engine import LIVE, SimulatedEngine

INGRESS = "sandbox-ingress"


def jobs_of(desired: DesiredState) -> set[str]:
    return {
        each.service_name
        for service in desired.services
        for each in service.depends_on
        if each.condition is Condition.COMPLETED
    }


def complaints(
    engine: SimulatedEngine, desired: DesiredState, excused: frozenset[str] = frozenset()
) -> list[str]:
    """
    Everything about *engine* that is not as *desired* declares, but for the services *excused*.
    """
    return [
        *_wrong_services(engine, desired, excused),
        *_wrong_ingress(engine, desired, excused),
        *_wrong_leftovers(engine, desired, excused),
        *_wrong_networks(engine, desired, excused),
        *_wrong_volumes(engine, desired, excused),
    ]


def made_as_declared(
    engine: SimulatedEngine, container: ObservedContainer, service: Service
) -> bool:
    """
    Was this container created from what *service* says now?
    """
    spec = engine.specs.get(container.id)
    if spec is None or _settings(spec.service) != _settings(service):
        return False
    if service.build is None:
        return spec.service.image == service.image
    built = service.build.context_id[:2]
    return engine.contents.get(spec.service.image, "")[:2] == built


def _settings(service: Service) -> Service:
    """
    What a container cannot be told apart by is taken out.
    """
    return replace(
        service,
        place="",
        image="",
        build=None,
        depends_on=(),
        replicas=1,
        ports=(),
        attachments=tuple(Attachment(network=each.network) for each in service.attachments),
        route=None,
        rollout=Rollout(),
    )


def ports_behind(desired: DesiredState, service: Service) -> list[Port]:
    """
    Ports that the ingress binds for *service*.
    """
    if service.name in jobs_of(desired) or service.route is RouteMode.DIRECT:
        return []
    return list(service.ports)


def names_behind(desired: DesiredState, service: Service) -> bool:
    """
    Does the ingress answer to the name of *service*?
    """
    ports = ports_behind(desired, service)
    told_apart = _speaks_http(service) or len(_namesakes(desired)) == 1
    return bool(ports) and not _writes_a_named_volume(service) and told_apart


def _namesakes(desired: DesiredState) -> list[str]:
    """
    All services of these worlds listen on one and the same port.
    """
    return [
        other.name
        for other in desired.services
        if ports_behind(desired, other) and not _writes_a_named_volume(other)
    ]


def _writes_a_named_volume(service: Service) -> bool:
    """
    A folder of the commit that may be written is served from one.
    """
    kept = (each for each in service.mounts if isinstance(each, VolumeMount | CommittedMount))
    return any(each.volume and not each.read_only for each in kept)


def writes_a_volume(service: Service) -> bool:
    """
    Does *service* write a volume, with or without a name?
    """
    return _writes_a_named_volume(service) or any(
        isinstance(each, VolumeMount) and not each.volume for each in service.mounts
    )


def _speaks_http(service: Service) -> bool:
    return service.route is not RouteMode.TCP


def ingress_of(engine: SimulatedEngine) -> list[ObservedContainer]:
    return [each for each in engine.containers.values() if key_of(each)[0] == INGRESS]


def _wrong_ingress(
    engine: SimulatedEngine, desired: DesiredState, excused: frozenset[str]
) -> Iterator[str]:
    behind = [each for each in desired.services if ports_behind(desired, each)]
    if not behind or INGRESS in excused:
        return
    found = ingress_of(engine)
    if len(found) != 1 or found[0].state is not ContainerState.RUNNING:
        yield f"{len(found)} ingresses"
        return
    config = engine.configs.get(found[0].id, IngressConfig())
    inside = {
        (each.host_ip, each.published): each.target
        for each in engine.specs[found[0].id].service.ports
    }
    listeners = {each.port: each.backend for each in config.listeners}
    backends = {each.name: each for each in config.backends}
    for service in behind:
        if service.name in excused:
            continue
        for port in service.ports:
            listener = inside.get((port.host_ip, port.published))
            if listener is None:
                yield f"{service.name}: port {port.published} is not published"
                continue
            servers = backends[listeners[listener]].servers
            wanted = {_met(found[0], each) for each in serving_of(engine, service)}
            if {(each.address, each.port) for each in servers} != {(a, 80) for a in wanted}:
                yield f"{service.name}: requests go to {servers} instead of {sorted(wanted)}"
            if any(each.weight != 100 for each in servers):
                yield f"{service.name}: somebody is preferred in {servers}"
    if len(listeners) != sum(len(each.ports) for each in behind) + len(_inner(desired, behind)):
        yield f"listens on {sorted(listeners)}"


def _inner(desired: DesiredState, behind: Sequence[Service]) -> set[str]:
    """
    What the ingress listens on besides published ports: the one port of all, and the edge's.
    """
    named = any(names_behind(desired, each) for each in behind)
    found = [("80", named), ("edge", any(map(_speaks_http, behind)))]
    return {name for name, there in found if there}


def serving_of(engine: SimulatedEngine, service: Service) -> list[ObservedContainer]:
    mine = [each for each in engine.containers.values() if key_of(each)[0] == service.name]
    running = [each for each in mine if each.state is ContainerState.RUNNING]
    ready = [each for each in running if is_serving(each) and _is_well(each)]
    return ready or running


def _is_well(container: ObservedContainer) -> bool:
    return container.health is not EngineHealth.UNHEALTHY


def _met(ingress: ObservedContainer, container: ObservedContainer) -> str:
    shared = sorted(set(ingress.networks) & container.addresses.keys())
    return container.addresses[shared[0]] if shared else ""


def holds_condition(
    engine: SimulatedEngine, service: Service, condition: Condition, *, job: bool
) -> bool:
    """
    Has *service*, as declared now, reached *condition*?
    """
    for replica in range(1, service.replicas + 1):
        mine = [
            each
            for each in containers_of(engine, service.name, replica)
            if made_as_declared(engine, each, service)
        ]
        done = [e for e in mine if e.state is ContainerState.EXITED and e.exit_code == 0]
        running = [e for e in mine if e.state is ContainerState.RUNNING]
        if condition is Condition.COMPLETED and not done:
            return False
        if condition is Condition.STARTED and not (running or (job and done)):
            return False
        if condition is Condition.HEALTHY and not any(is_serving(each) for each in running):
            return False
    return True


def is_serving(container: ObservedContainer) -> bool:
    if container.state is not ContainerState.RUNNING:
        return False
    return not container.probed or container.ready or container.health is EngineHealth.HEALTHY


def containers_of(
    engine: SimulatedEngine, service: str, replica: int | str
) -> list[ObservedContainer]:
    key = (service, str(replica))
    return [each for each in engine.containers.values() if key_of(each) == key]


def key_of(container: ObservedContainer) -> tuple[str, str]:
    return container.labels.get(SERVICE, ""), container.labels.get(REPLICA, "")


def is_ours(engine: SimulatedEngine, container: ObservedContainer) -> bool:
    owner = engine.owner_state.owner
    return (
        container.labels.get(INSTANCE) == owner.instance
        and container.labels.get(ENVIRONMENT) == owner.environment
    )


def _wrong_services(
    engine: SimulatedEngine, desired: DesiredState, excused: frozenset[str]
) -> Iterator[str]:
    jobs = jobs_of(desired)
    for service in desired.services:
        if service.name in excused:
            continue
        for replica in range(1, service.replicas + 1):
            found = containers_of(engine, service.name, replica)
            if len(found) != 1:
                yield f"{service.name}-{replica}: {len(found)} containers"
            for container in found:
                problem = _wrong_container(engine, desired, service, container, jobs)
                if problem:
                    yield f"{service.name}-{replica}: {problem}"


def _wrong_container(
    engine: SimulatedEngine,
    desired: DesiredState,
    service: Service,
    container: ObservedContainer,
    jobs: set[str],
) -> str:
    if not made_as_declared(engine, container, service):
        return "was made from something else"
    if not container.name.startswith(_project(engine) + f"-{service.name}-"):
        return f"is called {container.name}"
    if "aside" in container.name:
        return "stepped aside and never came back"
    for mount in service.mounts:
        if isinstance(mount, CommittedMount) and not _sees_commit(engine, container, mount):
            return f"does not see what is committed at {mount.target}"
    if service.files and engine.files.get(container.id) != {
        each.target: each.content for each in service.files
    }:
        return "has the wrong files"
    if service.name in jobs:
        done = container.state is ContainerState.EXITED and container.exit_code == 0
        return "" if done else f"job is {container.state} with code {container.exit_code}"
    if container.state is not ContainerState.RUNNING:
        return f"is {container.state}"
    if not is_serving(container) and container.health is not EngineHealth.UNHEALTHY:
        return "is not ready"
    return _drifted(engine, desired, service, container)


def _sees_commit(
    engine: SimulatedEngine, container: ObservedContainer, mount: CommittedMount
) -> bool:
    held = engine.fillings.get(container.volumes.get(mount.target, ""), {})
    return {each.content for each in mount.files} <= set(held.values())


def _drifted(
    engine: SimulatedEngine,
    desired: DesiredState,
    service: Service,
    container: ObservedContainer,
) -> str:
    if container.limits != service.limits:
        return f"has limits {container.limits}"
    names = {each.key: _resource_name(engine, each.key) for each in desired.networks}
    networks = {names[each.network] for each in service.attachments}
    if set(container.networks) != networks:
        return f"is attached to {sorted(container.networks)} instead of {sorted(networks)}"
    own = all(service.name in aliases for aliases in container.networks.values())
    if own is names_behind(desired, service):
        return "has its name" if own else "cannot be reached by its name"
    if not own and any(
        service.name not in each.networks.get(name, ())
        for name in container.networks
        for each in ingress_of(engine)
    ):
        return "cannot be reached by its name through the ingress"
    for mount in service.mounts:
        if isinstance(mount, VolumeMount) and mount.volume:
            wanted = _resource_name(engine, mount.volume)
            if container.volumes.get(mount.target) != wanted:
                return f"does not mount {wanted}"
    for target, name in engine.anonymous_of(container).items():
        place = (service.name, container.labels[REPLICA], target)
        if name not in engine.written.get(place, {name}):
            return f"has lost the data at {target}"
    spec = engine.specs[container.id]
    present = engine.images.get(spec.service.image, container.image_id)
    return "" if present == container.image_id else "runs another image"


def _wrong_leftovers(
    engine: SimulatedEngine, desired: DesiredState, excused: frozenset[str]
) -> Iterator[str]:
    wanted = Counter(
        (service.name, str(replica))
        for service in desired.services
        for replica in range(1, service.replicas + 1)
    )
    if any(ports_behind(desired, each) for each in desired.services):
        wanted[INGRESS, "1"] = 1
    for container in engine.containers.values():
        service_name, _ = key = key_of(container)
        if is_ours(engine, container) and key not in wanted and service_name not in excused:
            yield f"{container.name} is left over"


def _wrong_networks(
    engine: SimulatedEngine, desired: DesiredState, excused: frozenset[str]
) -> Iterator[str]:
    wanted = {_resource_name(engine, each.key): each for each in desired.networks}
    if any(ports_behind(desired, each) and _speaks_http(each) for each in desired.services):
        edge = Network(key="sandbox-edge", internal=True)
        wanted[_resource_name(engine, edge.key)] = edge
    found = Counter(each.name for each in engine.networks.values())
    for name, network in wanted.items():
        if f"network {network.key}" in excused:
            continue
        if found[name] != 1:
            yield f"network {name} exists {found[name]} times"
        for each in engine.networks.values():
            if each.name == name and engine.definitions[each.id].network != network:
                yield f"network {name} has the wrong definition"
    for name in found.keys() - wanted.keys():
        if not excused:
            yield f"network {name} is left over"


def _wrong_volumes(
    engine: SimulatedEngine, desired: DesiredState, excused: frozenset[str]
) -> Iterator[str]:
    for volume in desired.volumes:
        if _resource_name(engine, volume.key) not in engine.volumes:
            yield f"volume {volume.key} is missing"
    mounted = {name for each in engine.containers.values() for name in each.volumes.values()}
    for name, found in engine.volumes.items():
        if COMMITTED in found.labels and name not in mounted and not excused:
            yield f"volume {name} holds a copy that nothing mounts"


def _project(engine: SimulatedEngine) -> str:
    owner = engine.owner_state.owner
    return f"{owner.application}-{owner.environment}-{owner.instance[:6]}"


def _resource_name(engine: SimulatedEngine, key: str) -> str:
    return f"{_project(engine)}_{key}"


def live_of(engine: SimulatedEngine, container: ObservedContainer) -> list[ObservedContainer]:
    key = key_of(container)
    return [e for e in engine.containers.values() if key_of(e) == key and e.state in LIVE]
