"""
What "as declared" means, written from the meaning: it shares no code with the planner.

Only the keys of labels are taken from there, because they are the contract with the engine.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from sandbox.model.desired import DesiredState
from sandbox.model.observed import ContainerState, EngineHealth, ObservedContainer
from sandbox.model.service import Condition, Service, VolumeMount
from sandbox.planning.labels import ENVIRONMENT, INSTANCE, REPLICA, SERVICE
from tests.properties.engine import LIVE, SimulatedEngine


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
        *_wrong_leftovers(engine, desired, excused),
        *_wrong_networks(engine, desired, excused),
        *_wrong_volumes(engine, desired),
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
    return replace(service, place="", image="", build=None, depends_on=(), replicas=1)


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


def containers_of(engine: SimulatedEngine, service: str, replica: int) -> list[ObservedContainer]:
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
    if any(service.name not in aliases for aliases in container.networks.values()):
        return "cannot be reached by its name"
    for mount in service.mounts:
        if isinstance(mount, VolumeMount):
            wanted = _resource_name(engine, mount.volume)
            if container.volumes.get(mount.target) != wanted:
                return f"does not mount {wanted}"
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
    for container in engine.containers.values():
        service_name, _ = key = key_of(container)
        if is_ours(engine, container) and key not in wanted and service_name not in excused:
            yield f"{container.name} is left over"


def _wrong_networks(
    engine: SimulatedEngine, desired: DesiredState, excused: frozenset[str]
) -> Iterator[str]:
    wanted = {_resource_name(engine, each.key): each for each in desired.networks}
    found = Counter(each.name for each in engine.networks.values())
    for name, network in wanted.items():
        if f"network {network.key}" in excused:
            continue
        if found[name] != 1:
            yield f"network {name} exists {found[name]} times"
        for each in engine.networks.values():
            if (
                each.name == name
                and engine.definitions[each.id].network.internal != network.internal
            ):
                yield f"network {name} has the wrong definition"
    for name in found.keys() - wanted.keys():
        if not excused:
            yield f"network {name} is left over"


def _wrong_volumes(engine: SimulatedEngine, desired: DesiredState) -> Iterator[str]:
    for volume in desired.volumes:
        if _resource_name(engine, volume.key) not in engine.volumes:
            yield f"volume {volume.key} is missing"


def _project(engine: SimulatedEngine) -> str:
    owner = engine.owner_state.owner
    return f"{owner.application}-{owner.environment}-{owner.instance[:6]}"


def _resource_name(engine: SimulatedEngine, key: str) -> str:
    return f"{_project(engine)}_{key}"


def live_of(engine: SimulatedEngine, container: ObservedContainer) -> list[ObservedContainer]:
    key = key_of(container)
    return [e for e in engine.containers.values() if key_of(e) == key and e.state in LIVE]
