"""One snapshot of what the engine reported; may be stale."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from sandbox.model.service import Limits

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.model.ownership import Claim


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """
    Whose objects are meant: one environment of one application of one instance.

    Attributes:
        instance: Lower-case hex id of the repository on this machine.
    """

    instance: str
    application: str
    environment: str


class ContainerState(StrEnum):
    """The engine's own word for the state of a container."""

    CREATED = "created"
    RUNNING = "running"
    PAUSED = "paused"
    RESTARTING = "restarting"
    REMOVING = "removing"
    EXITED = "exited"
    DEAD = "dead"


class EngineHealth(StrEnum):
    """The engine's own verdict on the healthcheck of a container."""

    NONE = "none"
    STARTING = "starting"
    HEALTHY = "healthy"
    UNHEALTHY = "unhealthy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Creation:
    """
    What the engine made of a container when it was created, which may be less than was asked.

    Attributes:
        limits: As the engine reported them before the first start.
        warnings: What it said about that, in its own words.
    """

    limits: Limits
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedContainer:
    """
    One container of ours, as the engine really runs it.

    Attributes:
        id: Full id.
        name: Without the leading slash.
        labels: All labels.
        image_id: ``sha256:...`` of what it was created from.
        exit_code: Meaningful once it stopped.
        ready: It passed its healthcheck once since it started, by our own probe or the engine's.
        seen_ready: A sync saw it ready since it started, whatever its healthcheck says now.
        health: The engine's verdict; ``NONE`` without a healthcheck.
        probed: It has a healthcheck, of its own or of its image.
        created_at: Seconds since the epoch; 0.0 when unknown.
        started_at, finished_at: Seconds since the epoch; 0.0 when it never did.
        namespace_lost_at: When a container whose namespaces it shares, ours or not, ended last
            before it was started again; 0.0 when it never was.
        networks: Name of each network that it is attached to, with its aliases there.
        addresses: Its IPv4 address by network, as far as it has one now.
        other_addresses: Its IPv6 and MAC addresses by network, likewise.
        devices: Paths of the devices of the host that it was given.
        volumes: Name of each volume that it mounts, by target.
        host_ports: ``(host_ip, port, protocol)`` that are bound now.
        creation: What this engine made of it; ``None`` when the journal does not know.
        error: What the engine says of the last failed start; empty when nothing.
        given: What the engine says that it was created with, by field as in its fingerprint, in
            clear: never to be shown or kept.
        config_hash: Of an ingress: that of the configuration which it proved to run; else empty.
    """

    id: str
    name: str
    labels: Mapping[str, str]
    image_id: str
    state: ContainerState
    exit_code: int = 0
    oom_killed: bool = False
    health: EngineHealth = EngineHealth.NONE
    probed: bool = False
    ready: bool = False
    seen_ready: bool = False
    created_at: float = 0.0
    started_at: float = 0.0
    finished_at: float = 0.0
    namespace_lost_at: float = 0.0
    limits: Limits = field(default_factory=Limits)
    creation: Creation | None = None
    networks: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    addresses: Mapping[str, str] = field(default_factory=dict[str, str])
    other_addresses: Mapping[str, tuple[str, ...]] = field(
        default_factory=dict[str, tuple[str, ...]]
    )
    devices: tuple[str, ...] = ()
    volumes: Mapping[str, str] = field(default_factory=dict[str, str])
    host_ports: tuple[tuple[str, int, str], ...] = ()
    error: str = ""
    config_hash: str = ""
    given: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedNetwork:
    """
    One network.

    Attributes:
        endpoints: Ids of the containers attached to it, ours and foreign, sorted.
        created_at: Seconds since the epoch; 0.0 when unknown.
    """

    id: str
    name: str
    labels: Mapping[str, str]
    subnets: tuple[str, ...] = ()
    endpoints: tuple[str, ...] = ()
    created_at: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedVolume:
    """
    One volume; the engine knows volumes by name only.

    Attributes:
        created_at: Seconds since the epoch, or when its folder last changed; 0.0 when unknown.
    """

    name: str
    labels: Mapping[str, str]
    created_at: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenPort:
    """
    A port of the host that somebody else holds now.

    Attributes:
        bound: ``(host_ip, port, protocol)``.
        holder: Who, for people: ``container shop-web-1``, ``nginx (pid 812)``.
        environment: The environment of ours that holds it, of any instance; empty when none does.
    """

    bound: tuple[str, int, str]
    holder: str
    environment: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedState:
    """
    One snapshot of an environment, complete at the time it was taken.

    Attributes:
        owner: Whose objects these are.
        containers: Ours, sorted by name.
        networks: Ours, sorted by name.
        volumes: Ours, sorted by name.
        images: Id by reference, for every reference that was asked for and is present.
        foreign_names: Names on the engine that are not ours, by kind (``container``, ``network``,
            ``volume``): what a create would collide with, and what ``external`` refers to.
        used_subnets: Every subnet of every network on the engine, ours and foreign, in CIDR form.
        taken_ports: Ports that others hold: all other containers, and of the processes of this
            machine those that hold what was asked for.
        foreign_mounts: Names of the volumes that containers which are not ours mount.
        told_hash: Of the configuration that the ingress was told last, whatever it does now: it
            tells how far a rollout was.
        api_version: Newest API that both sides speak, such as ``1.41``; empty when unknown.
        claims: Objects that carry our labels and are not ours; their names are foreign names.
        edge: This machine wants an edge, which needs a network in common with the ingress.
    """

    owner: Owner
    containers: tuple[ObservedContainer, ...] = ()
    networks: tuple[ObservedNetwork, ...] = ()
    volumes: tuple[ObservedVolume, ...] = ()
    images: Mapping[str, str] = field(default_factory=dict[str, str])
    foreign_names: Mapping[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])
    used_subnets: tuple[str, ...] = ()
    taken_ports: tuple[TakenPort, ...] = ()
    foreign_mounts: frozenset[str] = frozenset()
    told_hash: str = ""
    api_version: str = ""
    claims: tuple[Claim, ...] = ()
    edge: bool = True
