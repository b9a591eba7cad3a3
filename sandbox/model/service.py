"""One service as committed: long forms only, defaults filled in, paths inside the repository."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


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
        args: Build arguments, sorted by name.
        context_id: Git tree id of the context at the release.
    """

    context: str
    dockerfile: str = "Dockerfile"
    target: str = ""
    args: Mapping[str, str] = field(default_factory=dict[str, str])
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
        protocol: ``tcp`` or ``udp``.
    """

    target: int
    published: int = 0
    published_end: int = 0
    host_ip: str = "127.0.0.1"
    protocol: str = "tcp"


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumeMount:
    """A named volume in a container; *volume* is its key under top-level ``volumes``."""

    volume: str
    target: str
    read_only: bool = False
    no_copy: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TmpfsMount:
    """Memory in a container; *size_bytes* 0 is unlimited, *mode* 0 is the engine's default."""

    target: str
    size_bytes: int = 0
    mode: int = 0
    options: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerFile:
    """
    One file that is copied into the container before it starts.

    Attributes:
        target: Absolute path in the container.
        content: The bytes.
        mode: Permission bits.
        uid: Owner in the container.
        gid: Group in the container.
        source: Where it came from, for people: a path, ``config x``, ``secret x``.
        secret: Its content must never be shown.
    """

    target: str
    content: bytes = field(repr=False)
    mode: int = 0o444
    uid: int = 0
    gid: int = 0
    source: str
    secret: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """
    One network of a service; *network* is its key under top-level ``networks``.

    Attributes:
        aliases: Extra names, sorted; the service's own name is always one.
        ipv4_address: Fixed address; empty means any.
    """

    network: str
    aliases: tuple[str, ...] = ()
    ipv4_address: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Healthcheck:
    """
    A test that tells whether a container is ready.

    Attributes:
        test: In the engine's form: ``("CMD", ...)``, ``("CMD-SHELL", text)``, ``("NONE",)``;
            empty keeps the test of the image.
        interval_s, timeout_s, start_period_s: Seconds; ``None`` is the engine's default.
        retries: ``None`` is the engine's default.
    """

    test: tuple[str, ...] = ()
    interval_s: float | None = None
    timeout_s: float | None = None
    start_period_s: float | None = None
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
        restart: ``no``, ``always``, ``unless-stopped``, ``on-failure`` or ``on-failure:N``.
    """

    memory_bytes: int = 0
    nano_cpus: int = 0
    pids: int = 0
    restart: str = "no"


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """
    One service of the desired state.

    ``None`` for *command*, *entrypoint*, *init* and *healthcheck* keeps what the image says.

    Attributes:
        image: Reference that containers are created from. For a service with *build* it is
            ``<application>/<service>:<id>``, derived from content.
        build: How to make *image*; ``None`` for an image that is pulled.
        environment: Variables, sorted by name; ``env_file`` already merged in.
        mounts: Volumes and tmpfs, sorted by target.
        files: Configs, secrets and files of the repository, sorted by target.
        replicas: How many containers; 0 to 100.
        labels: The user's own, sorted.
        place: ``file:line`` where the service is declared, for messages; not part of the spec.
    """

    name: str
    image: str
    build: Build | None = None
    command: tuple[str, ...] | None = None
    entrypoint: tuple[str, ...] | None = None
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    ports: tuple[Port, ...] = ()
    expose: tuple[str, ...] = ()
    mounts: tuple[VolumeMount | TmpfsMount, ...] = ()
    files: tuple[ContainerFile, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    depends_on: tuple[Dependency, ...] = ()
    healthcheck: Healthcheck | None = None
    limits: Limits = field(default_factory=Limits)
    labels: Mapping[str, str] = field(default_factory=dict[str, str])
    user: str = ""
    working_dir: str = ""
    init: bool | None = None
    read_only: bool = False
    cap_add: tuple[str, ...] = ()
    cap_drop: tuple[str, ...] = ()
    security_opt: tuple[str, ...] = ()
    ulimits: tuple[Ulimit, ...] = ()
    replicas: int = 1
    stop_signal: str = ""
    stop_grace_period_s: float = 10.0
    hostname: str = ""
    extra_hosts: tuple[str, ...] = ()
    logging: Logging | None = None
    place: str = ""
