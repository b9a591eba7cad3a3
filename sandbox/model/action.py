"""
What a step does: one dataclass per engine call, matched with `assert_never`.

A container is named by *container_name*, and by *container_id* when it was observed; an empty id
means "the one of that name that an earlier step of this plan creates".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.model.container_file import ContainerFile
    from sandbox.model.desired import Network
    from sandbox.model.gate import GatePhase
    from sandbox.model.ingress import IngressConfig
    from sandbox.model.rollout import Analysis
    from sandbox.model.service import Build, Condition, Service
    from sandbox.model.surroundings import Hook


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """
    One network of a container: its exact name, and the rest as in `Attachment`.

    Attributes:
        links: Containers of others and their names here, as ``name:alias``.
    """

    network_name: str
    aliases: tuple[str, ...] = ()
    ipv4_address: str = ""
    ipv6_address: str = ""
    link_local_ips: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    mac_address: str = ""
    driver_opts: Mapping[str, str] = field(default_factory=dict[str, str])
    gw_priority: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerSpec:
    """
    Everything that a container is created from.

    Attributes:
        name: Deterministic; two different specs never share one.
        service: The rest of the settings; *service.image* is what it is created from.
        labels: All labels: ours, Compose's and the user's.
        endpoints: Networks in the order to attach them.
        volume_names: Exact name on the engine by key of the volume.
        volume_tags: Tag by name of volume, for one that the engine makes along the way.
        followed: Name of the container whose namespaces or mounts it shares, by service.
        anonymous_volumes: Exact name of each volume that the file gives no name, or that only the
            image declares, by target; not part of the fingerprint. The engine chooses the others.
        spec_hash: Fingerprint of all of this.
        fields: What the fingerprint is made of, in clear: never to be shown or kept.
    """

    name: str
    service: Service
    replica: int
    labels: Mapping[str, str]
    endpoints: tuple[Endpoint, ...] = ()
    volume_names: Mapping[str, str] = field(default_factory=dict[str, str])
    volume_tags: Mapping[str, str] = field(default_factory=dict[str, str])
    followed: Mapping[str, str] = field(default_factory=dict[str, str])
    anonymous_volumes: Mapping[str, str] = field(default_factory=dict[str, str])
    spec_hash: str
    fields: Mapping[str, str] = field(default_factory=dict[str, str], repr=False, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildImage:
    """Build one content and give it *tags*; the context is read from *release*."""

    tags: tuple[str, ...]
    build: Build
    release: str
    labels: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True, kw_only=True)
class PullImage:
    """Fetch *reference* from its registry, for *platform* or what the engine runs on."""

    reference: str
    platform: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateNetwork:
    """
    Create a network.

    Attributes:
        network: What the file says of it.
        subnet: The one that we chose; empty leaves the choice to *network* or the engine.
        labels: All labels: ours, Compose's and the user's.
    """

    name: str
    network: Network
    subnet: str = ""
    labels: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveNetwork:
    """Remove a network of ours that nothing is attached to."""

    name: str
    network_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateVolume:
    """Create a volume."""

    name: str
    driver: str
    driver_opts: Mapping[str, str] = field(default_factory=dict[str, str])
    labels: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class FillVolume:
    """
    Create a volume unless it exists, and put files of the commit into it.

    It is whole only when this has ended: until then a second volume marks it.

    Attributes:
        image: What the container that carries the files is created from; it is never started.
        files: At their path in the volume, such as ``/conf/app.ini``; folders before what is in
            them.
        present: The volume and those of its marks that exist.
        renews: It is whole already: what a container wrote stays, and another mark stays behind.
        left: Id of the container that carried the files for an interrupted run; empty when none is
            left.
    """

    name: str
    labels: Mapping[str, str]
    image: str
    files: tuple[ContainerFile, ...] = field(repr=False)
    present: tuple[str, ...] = ()
    renews: bool = False
    left: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveVolume:
    """
    Delete a volume and its data.

    Planned by a sync only for one that holds a copy of the commit and was never writable, or that
    marks another one and is empty.
    """

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateContainer:
    """
    Create a container without starting it.

    Attributes:
        carried: Name of the volume that it takes over, by target, where the file gives none.
    """

    spec: ContainerSpec
    carried: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyFiles:
    """Copy files into a container that has not been started yet."""

    container_name: str
    container_id: str = ""
    files: tuple[ContainerFile, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StartContainer:
    """Start a container, then run *hooks* in it."""

    container_name: str
    container_id: str = ""
    hooks: tuple[Hook, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AwaitContainer:
    """
    Wait until a container has reached *until*; reads only.

    Attributes:
        deadline_s: Seconds from the start of this step.
    """

    container_name: str
    container_id: str = ""
    until: Condition
    deadline_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class StopContainer:
    """
    Run *hooks* in a container, stop it and give it *grace_s* seconds to end by itself.

    Attributes:
        successors: Ids by name of the containers of which one has to work at that moment; an id is
            empty when the plan creates it. None: it is stopped whatever works.
        networks: Exact names of those that a successor has to be on.
    """

    container_name: str
    container_id: str
    grace_s: float
    hooks: tuple[Hook, ...] = ()
    successors: Mapping[str, str] = field(default_factory=dict[str, str])
    networks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class UnpauseContainer:
    """Let a paused container go on."""

    container_name: str
    container_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RenameContainer:
    """Give a container its own name back; *container_name* is the present one."""

    container_name: str
    container_id: str
    new_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectNetwork:
    """Attach a container to a network."""

    container_name: str
    container_id: str
    endpoint: Endpoint


@dataclass(frozen=True, slots=True, kw_only=True)
class DisconnectNetwork:
    """Detach a container from a network."""

    container_name: str
    container_id: str
    network_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveContainer:
    """
    Remove a container that does not run.

    Attributes:
        volumes: Its anonymous volumes go too, for nothing in them is needed again.
    """

    container_name: str
    container_id: str
    volumes: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigureIngress:
    """
    Make the ingress do what *config* says, with the servers that there are before the plan begins.

    Every other step about traffic changes the servers of one service in it.
    """

    container_name: str
    container_id: str = ""
    config: IngressConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftTraffic:
    """
    Give the requests of one service to these containers, in these shares.

    Attributes:
        ingress_name, ingress_id: The ingress, as *container_name* and *container_id*.
        shares: Weight, 0 to 256, by container name; any other container gets nothing more.
        ids: Full id of those that were observed, by container name.
        networks: Exact names of those on which the ingress meets containers, preferred ones first.
    """

    service_name: str
    ingress_name: str
    ingress_id: str = ""
    shares: Mapping[str, int]
    networks: tuple[str, ...] = ()
    ids: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalyseTraffic:
    """
    Watch old and new generation of a service over the same seconds, and judge the new one.

    Attributes:
        old, new: Names of the containers.
        analysis: ``None`` only waits.
        deadline_s: Seconds after which too little traffic is an answer too.
    """

    service_name: str
    ingress_name: str
    ingress_id: str = ""
    old: tuple[str, ...]
    new: tuple[str, ...]
    for_s: float
    analysis: Analysis | None = None
    deadline_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DrainContainer:
    """Wait until no request is under way in a container that gets no more of them."""

    service_name: str
    ingress_name: str
    ingress_id: str = ""
    container_name: str
    container_id: str
    timeout_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchContainer:
    """See that a container stays ready for *for_s* seconds; reads only."""

    container_name: str
    container_id: str = ""
    for_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """Let *for_s* seconds pass between two batches."""

    for_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RunGate:
    """
    Run a gate to its end in a container of its own, keep what came of it, remove the container.

    Attributes:
        gate: Name of the service.
        inputs: As in `GateResult`.
    """

    spec: ContainerSpec
    gate: str
    phase: GatePhase
    deadline_s: float
    inputs: str


Action: TypeAlias = (
    BuildImage
    | PullImage
    | CreateNetwork
    | RemoveNetwork
    | CreateVolume
    | FillVolume
    | RemoveVolume
    | CreateContainer
    | CopyFiles
    | StartContainer
    | AwaitContainer
    | StopContainer
    | UnpauseContainer
    | RenameContainer
    | ConnectNetwork
    | DisconnectNetwork
    | RemoveContainer
    | ConfigureIngress
    | ShiftTraffic
    | AnalyseTraffic
    | DrainContainer
    | WatchContainer
    | Pause
    | RunGate
)
