"""One service as committed: long forms only, defaults filled in, paths inside the repository."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

from sandbox.model.rollout import Rollout
from sandbox.model.surroundings import Devices, Hooks, Namespaces, Resolver, Tuning, VolumesFrom
from sandbox.model.written import Entries, nothing_written

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.model.container_file import ContainerFile
    from sandbox.model.gate import Gate
    from sandbox.model.ingress import RouteMode


class Condition(StrEnum):
    """What a dependency must have reached before its dependent starts."""

    STARTED = "service_started"
    HEALTHY = "service_healthy"
    COMPLETED = "service_completed_successfully"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependency:
    """
    One entry of ``depends_on``.

    Attributes:
        service_name: Who is waited for.
        required: A missing or failed dependency stops the dependent.
        restart: Restart the dependent when the dependency was replaced.
    """

    service_name: str
    condition: Condition = Condition.STARTED
    required: bool = True
    restart: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """
    How an image is made from the release.

    Attributes:
        context: Folder inside the repository; ``"."`` is its top.
        dockerfile: Path relative to the context.
        target: Stage to build; empty means the last one.
        dockerfile_inline: Text of the Dockerfile, in place of a file; empty means the file.
        args: Build arguments, sorted by name.
        labels: Labels of the image, sorted.
        tags: Further names of the image, sorted.
        cache_from: Images whose layers may be used.
        network: What its instructions are attached to; empty is the engine's default.
        extra_hosts: Further names that its instructions see, as ``name:address``, sorted.
        shm_size_bytes: Size of ``/dev/shm`` of its instructions; 0 is the engine's default.
        platform: What it is built for; empty is what the engine runs on.
        pull: Ask the registry for newer base images.
        no_cache: Use no layer of an earlier build.
        context_id: Git tree id of the context at the release.
    """

    context: str
    dockerfile: str = "Dockerfile"
    dockerfile_inline: str = ""
    target: str = ""
    args: Mapping[str, str] = field(default_factory=dict[str, str])
    labels: Mapping[str, str] = field(default_factory=dict[str, str])
    tags: tuple[str, ...] = ()
    cache_from: tuple[str, ...] = ()
    network: str = ""
    extra_hosts: tuple[str, ...] = ()
    shm_size_bytes: int = 0
    platform: str = ""
    pull: bool = False
    no_cache: bool = False
    context_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Port:
    """
    One published port.

    Attributes:
        target: Port inside the container.
        published: Port on the host; 0 lets the engine choose.
        published_end: Last port of a host range to choose from; equal to *published* for one port.
        host_ip: Address that is bound; loopback unless the file names one.
        protocol: ``tcp``, ``udp`` or ``sctp``.
        app_protocol: What is spoken there, such as ``http``; empty when the file does not say.
    """

    target: int
    published: int = 0
    published_end: int = 0
    host_ip: str = "127.0.0.1"
    protocol: str = "tcp"
    app_protocol: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumeMount:
    """
    A volume in a container.

    Attributes:
        volume: Its key under top-level ``volumes``; empty for an anonymous one, which every
            container of that replica mounts in turn.
        subpath: Folder of the volume that is mounted; empty means all of it.
    """

    volume: str
    target: str
    read_only: bool = False
    no_copy: bool = False
    subpath: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostMount:
    """
    A path of the host in a container.

    Attributes:
        source: Absolute path on the host.
        create: Make a folder there when nothing is.
        propagation: As the engine names it, such as ``rslave``; empty is its default.
        selinux: ``z`` or ``Z``; empty leaves labels alone.
        recursive: ``disabled``, ``enabled``, ``writable`` or ``readonly``; empty is the default.
    """

    source: str
    target: str
    read_only: bool = False
    create: bool = True
    propagation: str = ""
    selinux: str = ""
    recursive: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TmpfsMount:
    """
    Memory in a container.

    Attributes:
        size_bytes: 0 is unlimited.
        mode: Permission bits; 0 is the engine's default.
        options: Options of the mount as ``tmpfs`` takes them.
        listed: Written under ``tmpfs``, which the engine takes apart from ``volumes``.
    """

    target: str
    size_bytes: int = 0
    mode: int = 0
    read_only: bool = False
    options: str = ""
    listed: bool = False


INTERFACE_NAME = "com.docker.network.endpoint.ifname"
"""The option of the network driver that ``interface_name`` of an attachment becomes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommittedMount:
    """
    A file or folder of the commit in a container, served from a volume.

    Attributes:
        source: For people: a path in the commit, ``config x`` or ``secret x``.
        folder: It is a folder; else *files* is that one file.
        files: What is committed there, at its path in the container, sorted by target.
        read_only: The container cannot write to it.
        volume: Key of the volume that keeps what containers write; empty when none may write.
        uid, gid: Owner of the folders.
    """

    target: str
    source: str
    folder: bool
    files: tuple[ContainerFile, ...]
    read_only: bool = True
    volume: str = ""
    uid: int = 0
    gid: int = 0


Mount: TypeAlias = VolumeMount | TmpfsMount | HostMount | CommittedMount


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """
    One network of a service; *network* is its key under top-level ``networks``.

    Attributes:
        aliases: Extra names, sorted.
        named: The service's own name is one of its names too; not when the ingress answers to it.
        ipv4_address, ipv6_address: Fixed address; empty means any.
        link_local_ips: Further addresses, sorted.
        mac_address: Fixed; empty means any.
        driver_opts: Of the network's driver, sorted.
        priority: The highest is the container's main network; attachments come in this order.
        gw_priority: The highest gives the container its default gateway.
    """

    network: str
    aliases: tuple[str, ...] = ()
    named: bool = True
    ipv4_address: str = ""
    ipv6_address: str = ""
    link_local_ips: tuple[str, ...] = ()
    mac_address: str = ""
    driver_opts: Mapping[str, str] = field(default_factory=dict[str, str])
    priority: int = 0
    gw_priority: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Healthcheck:
    """
    A test that tells whether a container is ready.

    Attributes:
        test: In the engine's form: ``("CMD", ...)``, ``("CMD-SHELL", text)``, ``("NONE",)``;
            empty keeps the test of the image.
        interval_s, timeout_s, start_period_s, start_interval_s: Seconds; ``None`` is the engine's
            default.
        retries: ``None`` is the engine's default.
    """

    test: tuple[str, ...] = ()
    interval_s: float | None = None
    timeout_s: float | None = None
    start_period_s: float | None = None
    start_interval_s: float | None = None
    retries: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ulimit:
    """One ulimit; both numbers are equal for the short form."""

    name: str
    soft: int
    hard: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Logging:
    """A logging driver with its options, sorted by name."""

    driver: str = ""
    options: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """
    What can be changed on a live container behind our back, and is therefore compared.

    Attributes:
        memory_bytes: 0 is unlimited.
        nano_cpus: Billionths of a processor; 0 is unlimited.
        pids: 0 is unlimited.
        memory_reservation_bytes: 0 is none.
        memory_swap_bytes: Memory and swap together; -1 is unlimited, 0 leaves it to the engine.
        cpu_shares: Weight beside others; 0 is the default.
        cpu_quota_us, cpu_period_us: Microseconds; 0 is the default.
        cpuset: Processors that may be used, such as ``0-2,4``; empty is all.
        restart: ``no``, ``always``, ``unless-stopped``, ``on-failure`` or ``on-failure:N``.
    """

    memory_bytes: int = 0
    nano_cpus: int = 0
    pids: int = 0
    memory_reservation_bytes: int = 0
    memory_swap_bytes: int = 0
    cpu_shares: int = 0
    cpu_quota_us: int = 0
    cpu_period_us: int = 0
    cpuset: str = ""
    restart: str = "no"


class PullPolicy(StrEnum):
    """When the registry is asked for an image that is not built."""

    MISSING = "missing"
    NEVER = "never"
    ALWAYS = "always"
    """Before a container is created from it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """
    One service of the desired state.

    ``None`` for *command*, *entrypoint*, *init* and *healthcheck* keeps what the image says.

    Attributes:
        image: Reference that containers are created from. For a service with *build* it is
            ``<application>/<service>:<id>``, derived from content.
        build: How to make *image*; ``None`` for an image that is pulled.
        pull_policy: For an image that is pulled.
        platform: Such as ``linux/arm64``; empty is what the engine runs on.
        container_name: Exact name of its only container; empty means ours to choose.
        environment: Variables, sorted by name; ``env_file`` already merged in.
        unset_environment: Names of variables that are taken away should the image have them.
        mounts: Volumes, memory, paths of the host and of the commit, sorted by target.
        files: Files that are copied into the container before it starts, sorted by target.
        external_links: Containers of others and their names here, as ``name:alias``, sorted.
        mac_address: Of the main network; empty means any.
        runtime: Name of the engine's runtime; empty is its default.
        replicas: How many containers; 0 to 100.
        labels: The user's own, sorted.
        route: How requests reach it; ``None`` is chosen port by port.
        rollout: How a change of it is brought up; no container is made from it.
        gate: It is a check and not run as a service; ``None`` for every other service.
        migrations: Folder of its build context whose files it applies to data, each once; empty
            means none. No container is made from it.
        place: ``file:line`` where the service is declared, for messages; not part of the spec.
        places: Likewise of each of its attributes, by its name in the file; of what is in a mapping
            by the names that lead there, such as ``build.network``.
        written: Entries of its attributes as the file has them, for messages.
    """

    name: str
    image: str
    build: Build | None = None
    pull_policy: PullPolicy = PullPolicy.MISSING
    platform: str = ""
    container_name: str = ""
    command: tuple[str, ...] | None = None
    entrypoint: tuple[str, ...] | None = None
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    unset_environment: tuple[str, ...] = ()
    ports: tuple[Port, ...] = ()
    expose: tuple[str, ...] = ()
    mounts: tuple[Mount, ...] = ()
    volumes_from: tuple[VolumesFrom, ...] = ()
    files: tuple[ContainerFile, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    namespaces: Namespaces = field(default_factory=Namespaces)
    external_links: tuple[str, ...] = ()
    mac_address: str = ""
    depends_on: tuple[Dependency, ...] = ()
    healthcheck: Healthcheck | None = None
    limits: Limits = field(default_factory=Limits)
    tuning: Tuning = field(default_factory=Tuning)
    devices: Devices = field(default_factory=Devices)
    labels: Mapping[str, str] = field(default_factory=dict[str, str])
    annotations: Mapping[str, str] = field(default_factory=dict[str, str])
    user: str = ""
    group_add: tuple[str, ...] = ()
    working_dir: str = ""
    init: bool | None = None
    tty: bool = False
    stdin_open: bool = False
    read_only: bool = False
    privileged: bool = False
    runtime: str = ""
    sysctls: Mapping[str, str] = field(default_factory=dict[str, str])
    cap_add: tuple[str, ...] = ()
    cap_drop: tuple[str, ...] = ()
    security_opt: tuple[str, ...] = ()
    ulimits: tuple[Ulimit, ...] = ()
    replicas: int = 1
    stop_signal: str = ""
    stop_grace_period_s: float = 10.0
    hooks: Hooks = field(default_factory=Hooks)
    hostname: str = ""
    domainname: str = ""
    resolver: Resolver = field(default_factory=Resolver)
    extra_hosts: tuple[str, ...] = ()
    logging: Logging | None = None
    route: RouteMode | None = None
    rollout: Rollout = field(default_factory=Rollout)
    gate: Gate | None = None
    migrations: str = ""
    place: str = ""
    places: Mapping[str, str] = field(default_factory=dict[str, str], compare=False)
    written: Entries = field(default_factory=nothing_written, compare=False)


def given_files(service: Service) -> tuple[ContainerFile, ...]:
    """
    Every file that a container of *service* is given, copied and mounted ones.
    """
    mounted = (mount for mount in service.mounts if isinstance(mount, CommittedMount))
    return (*service.files, *(file for mount in mounted for file in mount.files))
