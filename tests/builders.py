"""
Model values with sensible defaults: a test names only what it is about.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from zlib import crc32

from sandbox.model.container_file import ContainerFile
from sandbox.model.desired import DesiredState, Network, Volume
from sandbox.model.gate import GatePhase, GateResult, GateVerdict
from sandbox.model.observed import (
    ContainerState,
    EngineHealth,
    ObservedContainer,
    ObservedNetwork,
    ObservedState,
    ObservedVolume,
    Owner,
)
from sandbox.model.plan import Plan, SyncPolicy
from sandbox.model.service import (
    Attachment,
    Build,
    CommittedMount,
    Condition,
    Dependency,
    Healthcheck,
    Limits,
    Mount,
    Port,
    Service,
    VolumeMount,
)
from sandbox.model.settings import EnvironmentSettings, RolloutSettings, SyncSettings
from sandbox.planning import fingerprint, labels, names
from sandbox.planning.contents import service_contents
from sandbox.planning.field_label import given_fields
from sandbox.planning.haproxy import config_hash
from sandbox.planning.images import references
from sandbox.planning.ingress_service import with_ingress
from sandbox.planning.plan import plan_sync
from sandbox.planning.routes import INGRESS
from sandbox.planning.spec import container_spec
from sandbox.planning.traffic import meant_config
from tests.fakes.engine_objects import volumes_of

INSTANCE = "c0ffee123456"
REVISION = "1a2b3c4d" * 5
RELEASE = "9f8e7d6c" * 5
OLD_REVISION = "0d0d0d0d" * 5
NOW = 1_800_000_000.0
A_GATE_RESULT = GateResult(
    gate="smoke",
    phase=GatePhase.AFTER,
    environment="staging",
    revision="a" * 40,
    release="b" * 40,
    inputs="c" * 64,
    image="shop/smoke:1",
    image_id="sha256:d",
    tree="e" * 40,
    verdict=GateVerdict.FAILED,
    started_at=10.5,
    seconds=2.25,
    message="exited with 1",
    log=("one", "ünï"),
)


def an_owner(
    environment: str = "staging", *, application: str = "shop", instance: str = INSTANCE
) -> Owner:
    return Owner(instance=instance, application=application, environment=environment)


def a_service(
    name: str = "web",
    *,
    image: str = "",
    build: Build | None = None,
    command: tuple[str, ...] | None = None,
    environment: Mapping[str, str] | None = None,
    ports: Sequence[Port] = (),
    mounts: Sequence[Mount] = (),
    files: Sequence[ContainerFile] = (),
    attachments: Sequence[Attachment] = (Attachment(network="default"),),
    depends_on: Sequence[Dependency] = (),
    healthcheck: Healthcheck | None = None,
    limits: Limits | None = None,
    user_labels: Mapping[str, str] | None = None,
    replicas: int = 1,
    stop_grace_period_s: float = 10.0,
) -> Service:
    return Service(
        name=name,
        image=image or f"registry.example/{name}:1",
        build=build,
        command=command,
        environment=environment or {},
        ports=tuple(ports),
        mounts=tuple(mounts),
        files=tuple(files),
        attachments=tuple(attachments),
        depends_on=tuple(depends_on),
        healthcheck=healthcheck,
        limits=limits or Limits(),
        labels=user_labels or {},
        replicas=replicas,
        stop_grace_period_s=stop_grace_period_s,
        place=f"environments/staging/compose.yaml:{len(name)}",
    )


def a_build(context: str = "demo_shop", *, content: str = "c1", **args: str) -> Build:
    return Build(context=context, context_id=content * 20, args=args)


def a_committed_mount(
    target: str, *paths: str, content: bytes = b"hello", volume: str = "", source: str = "conf"
) -> CommittedMount:
    """Mount a folder with *paths* in it, or one file without any; it is writable in a *volume*."""
    return CommittedMount(
        target=target,
        source=source,
        folder=bool(paths),
        files=tuple(
            ContainerFile(target=f"{target}{path and '/'}{path}", content=content, source=source)
            for path in sorted(paths) or [""]
        ),
        read_only=not volume,
        volume=volume,
    )


def a_file(
    target: str = "/etc/app.conf", content: bytes = b"on", *, secret: bool = False
) -> ContainerFile:
    return ContainerFile(target=target, content=content, source="config app", secret=secret)


def waits_for(
    name: str,
    condition: Condition = Condition.STARTED,
    *,
    required: bool = True,
    restart: bool = False,
) -> Dependency:
    return Dependency(service_name=name, condition=condition, required=required, restart=restart)


def a_healthcheck(*test: str) -> Healthcheck:
    return Healthcheck(test=test or ("CMD", "check"))


def a_desired_state(
    *services: Service,
    networks: Iterable[Network] | None = None,
    volumes: Iterable[Volume] | None = None,
    environment: str = "staging",
    application: str = "shop",
    revision: str = REVISION,
    release: str = RELEASE,
    prune: bool = True,
    allow_empty: bool = False,
    deadline_s: float = 120.0,
) -> DesiredState:
    """
    Networks and volumes that are not given are those that the services name.
    """
    used = sorted({each.network for service in services for each in service.attachments})
    mounted = sorted(
        {
            mount.volume
            for service in services
            for mount in service.mounts
            if isinstance(mount, VolumeMount) and mount.volume
        }
    )
    return DesiredState(
        application=application,
        environment=environment,
        revision=revision,
        release=release,
        settings=EnvironmentSettings(
            sync=SyncSettings(prune=prune, allow_empty=allow_empty),
            rollout=RolloutSettings(deadline_s=deadline_s),
        ),
        services=tuple(sorted(services, key=lambda each: each.name)),
        networks=tuple(Network(key=key) for key in used) if networks is None else tuple(networks),
        volumes=tuple(Volume(key=key) for key in mounted) if volumes is None else tuple(volumes),
    )


def image_id(reference: str) -> str:
    """
    Id that an image of that reference has in these tests.
    """
    return f"sha256:{fingerprint.digest({'image': reference})}"


def a_container(
    desired: DesiredState,
    service: Service,
    replica: int = 1,
    *,
    id: str = "",  # noqa: A002 -- the field of the model
    name: str = "",
    labels: Mapping[str, str] | None = None,
    image_id: str = "",
    state: ContainerState = ContainerState.RUNNING,
    exit_code: int = 0,
    oom_killed: bool = False,
    health: EngineHealth = EngineHealth.NONE,
    probed: bool | None = None,
    ready: bool = True,
    created_at: float = NOW - 101,
    started_at: float | None = None,
    limits: Limits | None = None,
    networks: Mapping[str, tuple[str, ...]] | None = None,
    volumes: Mapping[str, str] | None = None,
    host_ports: Sequence[tuple[str, int, str]] | None = None,
    error: str = "",
    runs: str = "",
    owner: Owner | None = None,
) -> ObservedContainer:
    """
    A container exactly as a sync of *desired* leaves it, but for what is given.
    """
    owner = owner or an_owner(desired.environment)
    desired = with_ingress(desired, ObservedState(owner=owner))
    service = next((each for each in desired.services if each.name == service.name), service)
    spec = container_spec(owner, desired, service, replica)
    never = state is ContainerState.CREATED
    running = state in {ContainerState.RUNNING, ContainerState.PAUSED}
    bound = tuple(
        (port.host_ip, port.published, port.protocol)
        for port in service.ports
        if running and port.published
    )
    mounted = volumes_of(spec)
    check = service.healthcheck
    attached = {each.network_name: each.aliases for each in spec.endpoints}
    return ObservedContainer(
        id=id or f"id-{name or spec.name}",
        name=name or spec.name,
        labels=spec.labels if labels is None else labels,
        image_id=image_id or _image_id(spec.service.image),
        state=state,
        exit_code=exit_code,
        oom_killed=oom_killed,
        health=health,
        probed=bool(check and check.test[:1] != ("NONE",)) if probed is None else probed,
        ready=ready and running,
        created_at=created_at,
        started_at=(0.0 if never else NOW - 100) if started_at is None else started_at,
        finished_at=0.0 if running or never else NOW - 50,
        limits=limits or service.limits,
        networks=attached if networks is None else networks,
        addresses={each: an_address(id or name or spec.name, each) for each in attached}
        if running
        else {},
        volumes=mounted if volumes is None else volumes,
        host_ports=bound if host_ports is None else tuple(host_ports),
        error=error,
        config_hash=runs,
        given=given_fields(spec.fields),
    )


def an_address(name: str, network: str) -> str:
    """
    Address of a container on a network, always the same.
    """
    return f"10.213.0.{crc32(f'{name} {network}'.encode()) % 250 + 2}"


def an_observed_state(
    desired: DesiredState,
    *containers: ObservedContainer,
    networks: Iterable[ObservedNetwork] | None = None,
    volumes: Iterable[ObservedVolume] | None = None,
    images: Mapping[str, str] | None = None,
    foreign_containers: Iterable[str] = (),
    foreign_networks: Iterable[str] = (),
    foreign_volumes: Iterable[str] = (),
    used_subnets: Iterable[str] = (),
) -> ObservedState:
    """
    *containers*, and unless given, every declared network, volume and image as it should be.
    """
    owner = an_owner(desired.environment, application=desired.application)
    if networks is None:
        networks = [
            a_network(desired, network, endpoints=_attached(owner, network, containers))
            for network in with_ingress(desired, ObservedState(owner=owner)).networks
            if not network.external
        ]
    if volumes is None:
        volumes = [a_volume(desired, each) for each in desired.volumes if not each.external]
        volumes += _filled(desired)
    if images is None:
        images = {reference: _image_id(reference) for reference in references(desired)}
    return ObservedState(
        owner=owner,
        containers=tuple(sorted(containers, key=lambda each: each.name)),
        networks=tuple(sorted(networks, key=lambda each: each.name)),
        volumes=tuple(sorted(volumes, key=lambda each: each.name)),
        images=images,
        foreign_names={
            "container": frozenset(foreign_containers),
            "network": frozenset(foreign_networks) | {"bridge", "host", "none"},
            "volume": frozenset(foreign_volumes),
        },
        used_subnets=tuple(used_subnets),
    )


def a_running_state(desired: DesiredState) -> ObservedState:
    """
    Everything runs as declared, behind the ingress where it should; jobs have ended well.
    """
    jobs = {
        dependency.service_name
        for service in desired.services
        for dependency in service.depends_on
        if dependency.condition is Condition.COMPLETED
    }
    containers = [
        a_container(
            desired,
            service,
            replica,
            state=ContainerState.EXITED if service.name in jobs else ContainerState.RUNNING,
        )
        for service in with_ingress(desired, ObservedState(owner=an_owner())).services
        for replica in range(1, service.replicas + 1)
    ]
    return configured(desired, an_observed_state(desired, *containers))


def configured(desired: DesiredState, observed: ObservedState) -> ObservedState:
    """
    The ingress does what it is meant to.
    """
    running = config_hash(meant_config(desired, observed))
    containers = (
        replace(each, config_hash=running) if each.labels.get(labels.SERVICE) == INGRESS else each
        for each in observed.containers
    )
    return replace(observed, containers=tuple(containers))


def a_network(
    desired: DesiredState,
    network: Network,
    *,
    name: str = "",
    endpoints: Iterable[str] = (),
    subnets: Iterable[str] | None = None,
) -> ObservedNetwork:
    owner = an_owner(desired.environment, application=desired.application)
    exact = name or names.network_name(owner, network)
    if subnets is None:
        subnets = [pool.subnet for pool in network.pools if pool.subnet]
    if not subnets:
        subnets = [f"10.213.{crc32(exact.encode()) % 256}.0/26"]
    return ObservedNetwork(
        id=f"id-{exact}",
        name=exact,
        labels=labels.network_labels(
            owner,
            network.key,
            network.labels,
            spec_hash=fingerprint.network_digest(network),
            revision=desired.revision,
            release=desired.release,
        ),
        subnets=tuple(subnets),
        endpoints=tuple(sorted(endpoints)),
    )


def a_volume(desired: DesiredState, volume: Volume) -> ObservedVolume:
    owner = an_owner(desired.environment, application=desired.application)
    return ObservedVolume(
        name=names.volume_name(owner, volume),
        labels=labels.volume_labels(
            owner,
            volume.key,
            volume.labels,
            spec_hash=fingerprint.volume_digest(volume),
            revision=desired.revision,
            release=desired.release,
        ),
    )


def _filled(desired: DesiredState) -> Iterable[ObservedVolume]:
    """
    The volumes that serve files of the commit, each once.
    """
    owner = an_owner(desired.environment, application=desired.application)
    services = (*desired.services, *desired.gates)
    contents = {each.name: each for one in services for each in service_contents(owner, one)}
    for content in contents.values():
        volume = a_volume(desired, Volume(key=content.key, name=content.name))
        copied = {} if content.written else {labels.COMMITTED: "true"}
        yield replace(volume, labels={**volume.labels, **copied})


def a_plan(
    desired: DesiredState, observed: ObservedState, policy: SyncPolicy | None = None
) -> Plan:
    return plan_sync(desired, observed, policy or SyncPolicy())


def _attached(owner: Owner, network: Network, containers: Iterable[ObservedContainer]) -> list[str]:
    name = names.network_name(owner, network)
    running = {ContainerState.RUNNING, ContainerState.PAUSED}
    return [each.id for each in containers if name in each.networks and each.state in running]


_image_id = image_id
