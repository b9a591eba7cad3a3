"""
Policy before anything is asked of the engine: the same judgement for a plan, and for each step.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from sandbox.model import action as actions
from sandbox.model.plan import Hold, HoldReason
from sandbox.model.service import Service
from sandbox.model.surroundings import Namespaces
from sandbox.model.waiver import Subject, WaiverFile
from sandbox.planning.contents import service_contents
from sandbox.planning.host_ports import HostPort, host_ports
from sandbox.planning.ingress_service import is_ingress, with_ingress
from sandbox.planning.labels import is_owned, resource_key
from sandbox.planning.names import network_name, volume_name
from sandbox.planning.payload import (
    container_payload,
    endpoint_payload,
    network_payload,
    port_bindings,
    volume_payload,
)
from sandbox.planning.same import Same
from sandbox.policy.admit import (
    Asker,
    admit,
    admit_build,
    admit_external,
    admit_hook,
    admit_network,
    admit_volume,
)
from sandbox.policy.own import Own

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sandbox.model.action import Action, ContainerSpec
    from sandbox.model.desired import DesiredState, Network, Volume
    from sandbox.model.observed import ObservedState, Owner
    from sandbox.model.plan import SyncPolicy
    from sandbox.model.surroundings import Hook
    from sandbox.planning.plan_networks import NetworkVerdict
    from sandbox.planning.plan_volumes import VolumeVerdict
    from sandbox.policy.denial import Denial

_WITHOUT_A_PATH = "the waiver file"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judge:
    """
    What one environment may ask of the engine.

    Attributes:
        desired: With the ingress in it.
        committed: Without.
        published: What the ingress publishes for the others.
        own: What its containers may reach.
    """

    desired: DesiredState
    committed: DesiredState
    published: tuple[HostPort, ...]
    owner: Owner
    waiver_file: WaiverFile
    own: Own

    def denials(self, action: Action, service_name: str = "") -> tuple[Denial, ...]:
        """Judge one step; *service_name* is whose it is, where the action does not say that."""
        match action:
            case actions.CreateContainer() | actions.RunGate():
                return self.of_container(action.spec)
            case actions.CreateNetwork():
                network = action.network
                return admit_network(
                    network_payload(action), self._asker(Subject.NETWORK, network.key, network)
                )
            case actions.CreateVolume():
                key = resource_key(action.labels)
                return admit_volume(volume_payload(action), self._asker(Subject.VOLUME, key))
            case actions.BuildImage():
                services = (each for each in self._services if each.image in action.tags)
                return tuple(each for service in services for each in self._of_build(service))
            case actions.ConnectNetwork():
                name, body = action.endpoint.network_name, endpoint_payload(action.endpoint)
                networking = {"EndpointsConfig": {name: body}}
                asker = self._named(service_name)
                return admit({"NetworkingConfig": networking}, asker, self.own)
            case actions.StartContainer(hooks=hooks):
                return self._of_hooks(self._named(service_name), hooks, "post_start")
            case actions.StopContainer(hooks=hooks):
                return self._of_hooks(self._named(service_name), hooks, "pre_stop")
            case _:
                return ()

    @property
    def _services(self) -> tuple[Service, ...]:
        return (*self.desired.services, *self.desired.gates)

    def of_container(self, spec: ContainerSpec) -> tuple[Denial, ...]:
        """Judge a container: its body, the build of its image, and its hooks."""
        return _of_container(
            Same(self.desired),
            Same(self.committed),
            Same(spec),
            published=self.published,
            owner=self.owner,
            waiver_file=self.waiver_file,
            # Others come and go: only who shares with one is judged by which there are.
            own=self.own if _shares(spec.service) else replace(self.own, containers=frozenset()),
        )

    def judge_container(self, spec: ContainerSpec) -> tuple[Denial, ...]:
        """As `of_container`, judged anew."""
        # Whose namespaces and mounts it shares was chosen by the plan, among its own services.
        own = replace(
            self.own,
            containers=self.own.containers | {*spec.followed.values()},
            volumes=self.own.volumes | {*spec.anonymous_volumes.values()},
        )
        if is_ingress(spec.service):
            return self._of_ingress(spec)
        spec = self._as_committed(spec)
        asker = self._asker(Subject.SERVICE, spec.service.name, spec.service)
        return (
            *admit(container_payload(spec, spec.endpoints), asker, own),
            *self._of_build(spec.service),
            *self._of_hooks(asker, spec.service.hooks.post_start, "post_start"),
            *self._of_hooks(asker, spec.service.hooks.pre_stop, "pre_stop"),
        )

    def of_port(self, port: HostPort) -> tuple[Denial, ...]:
        """Judge a port that the ingress publishes as the service's that wants it."""
        body = {"HostConfig": {"PortBindings": port_bindings((port.wanted,))}}
        return admit(body, self._named(port.service_name), self.own)

    def of_network(self, network: Network, subnet: str = "") -> tuple[Denial, ...]:
        """Judge a network as declared, whether we make it or find it."""
        name = network_name(self.owner, network)
        asker = self._asker(Subject.NETWORK, network.key, network)
        if network.external:
            return admit_external(name, asker)
        action = actions.CreateNetwork(name=name, network=network, subnet=subnet, labels={})
        return admit_network(network_payload(action), asker)

    def of_volume(self, volume: Volume) -> tuple[Denial, ...]:
        """Judge a volume as declared, whether we make it or find it."""
        name = volume_name(self.owner, volume)
        asker = self._asker(Subject.VOLUME, volume.key, volume)
        if volume.external:
            return admit_external(name, asker)
        action = actions.CreateVolume(
            name=name, driver=volume.driver, driver_opts=volume.driver_opts, labels={}
        )
        return admit_volume(volume_payload(action), asker)

    def message(self, denials: Sequence[Denial]) -> str:
        """Say what is denied and how to allow it; the lines to add are as the file takes them."""
        lines = [each.text for each in denials]
        unset = dict.fromkeys(name for each in denials for name in each.unset)
        if unset:
            file = f"environments/{self.desired.environment}/.env"
            lines.append(f"set {' and '.join(unset)} in {file}, or write out what is meant")
        waivers = dict.fromkeys(each.waiver for each in denials if each.waiver)
        if self.waiver_file.problems:
            lines.append(f"nothing is allowed while that is wrong: {self.waiver_file.problems[0]}")
        if waivers:
            lines.append(f"to allow it, say why in {self.waiver_file.path or _WITHOUT_A_PATH}:")
            lines += ["allow:", *(f"  {waiver}" for waiver in waivers)]
        return "\n".join(lines)

    def _of_ingress(self, spec: ContainerSpec) -> tuple[Denial, ...]:
        """Judge of an ingress what the repository has a say in: its networks and ports."""
        wanted = {each.given: each for each in self.published}
        strange = tuple(port for port in spec.service.ports if port not in wanted)
        body = {
            "HostConfig": {"PortBindings": port_bindings(strange)},
            "NetworkingConfig": {
                "EndpointsConfig": {
                    each.network_name: endpoint_payload(each) for each in spec.endpoints
                }
            },
        }
        asker = self._asker(Subject.SERVICE, spec.service.name, spec.service)
        ports = (wanted[port] for port in spec.service.ports if port in wanted)
        denied = (denial for port in ports for denial in self.of_port(port))
        return (*admit(body, asker, self.own), *denied)

    def _as_committed(self, spec: ContainerSpec) -> ContainerSpec:
        """Give *spec* the ports back that the ingress publishes for it: they are its own to ask."""
        named = (each for each in self.committed.services if each.name == spec.service.name)
        ports = next((each.ports for each in named), spec.service.ports)
        return replace(spec, service=replace(spec.service, ports=ports))

    def _of_build(self, service: Service) -> tuple[Denial, ...]:
        if service.build is None:
            return ()
        asker = self._asker(Subject.SERVICE, service.name, service)
        return admit_build({"networkmode": service.build.network}, asker, self.own)

    def _of_hooks(self, asker: Asker, hooks: Iterable[Hook], key: str) -> tuple[Denial, ...]:
        bodies = ({"Cmd": list(hook.command), "Privileged": hook.privileged} for hook in hooks)
        return tuple(each for body in bodies for each in admit_hook(body, key, asker))

    def _named(self, name: str) -> Asker:
        named = (each for each in self._services if each.name == name)
        return self._asker(Subject.SERVICE, name, next(named, None))

    def _asker(
        self, subject: Subject, name: str, declared: Service | Network | Volume | None = None
    ) -> Asker:
        return Asker(
            environment=self.desired.environment,
            subject=subject,
            name=name,
            places={**declared.places, "": declared.place} if declared else {},
            written=declared.written if declared else {},
            waivers=self.waiver_file.waivers,
        )


def _shares(service: Service) -> bool:
    """Tell whether a container of *service* may name another container in its body."""
    return bool(service.volumes_from) or service.namespaces != Namespaces()


@lru_cache(maxsize=512)  # most looks find the containers that the last one judged
def _of_container(
    desired: Same[DesiredState],
    committed: Same[DesiredState],
    spec: Same[ContainerSpec],
    *,
    published: tuple[HostPort, ...],
    owner: Owner,
    waiver_file: WaiverFile,
    own: Own,
) -> tuple[Denial, ...]:
    judge = Judge(
        desired=desired.value,
        committed=committed.value,
        published=published,
        owner=owner,
        waiver_file=waiver_file,
        own=own,
    )
    return judge.judge_container(spec.value)


def judge_of(desired: DesiredState, observed: ObservedState, policy: SyncPolicy) -> Judge:
    """Give the judge of *desired*, as committed, who lets it reach its own and what was waived."""
    return _judge_of(Same(desired), Same(observed), Same(policy.waiver_file))


@lru_cache(maxsize=8)  # a plan asks for it twice, and what carries it out once more
def _judge_of(
    committed: Same[DesiredState], seen: Same[ObservedState], waiver_file: Same[WaiverFile]
) -> Judge:
    observed = seen.value
    owner = observed.owner
    desired = with_ingress(committed.value, observed)
    judge = Judge(
        desired=desired,
        committed=committed.value,
        published=host_ports(committed.value, observed),
        owner=owner,
        waiver_file=waiver_file.value,
        own=Own(),
    )
    ours = [each for each in observed.containers if is_owned(each.labels, owner)]
    own = Own(
        networks=frozenset(
            network_name(owner, each)
            for each in desired.networks
            if not (each.external and judge.of_network(each))
        ),
        volumes=frozenset(
            volume_name(owner, each)
            for each in desired.volumes
            if not (each.external and judge.of_volume(each))
        )
        | _content_names(owner, desired),
        containers=frozenset({each.name for each in ours} | {each.id for each in ours}),
    )
    return replace(judge, own=own)


def _content_names(owner: Owner, desired: DesiredState) -> frozenset[str]:
    """Names of the volumes that serve files of the commit."""
    services = (*desired.services, *desired.gates)
    return frozenset(each.name for service in services for each in service_contents(owner, service))


def admitted_networks(
    judge: Judge, verdicts: Iterable[NetworkVerdict]
) -> tuple[NetworkVerdict, ...]:
    """Hold every network that is denied."""
    return tuple(
        replace(each, hold=_hold(judge, each.target, denials)) if denials else each
        for each in verdicts
        for denials in [judge.of_network(each.network, each.subnet)]
    )


def admitted_volumes(judge: Judge, verdicts: Iterable[VolumeVerdict]) -> tuple[VolumeVerdict, ...]:
    """Hold every volume that is denied."""
    return tuple(
        replace(each, hold=_hold(judge, each.target, denials)) if denials else each
        for each in verdicts
        for denials in [judge.of_volume(each.volume)]
    )


def judge_of_containers(
    desired: DesiredState, observed: ObservedState, policy: SyncPolicy
) -> Judge:
    """
    Give a judge who lets containers reach every network and volume that is declared.

    A denied one is held itself, and holds who is on it: nobody needs to hear of it twice.
    """
    judge = judge_of(desired, observed, policy)
    declared = Own(
        networks=frozenset(network_name(judge.owner, each) for each in judge.desired.networks),
        volumes=frozenset(volume_name(judge.owner, each) for each in judge.desired.volumes)
        | _content_names(judge.owner, judge.desired),
        containers=judge.own.containers,
    )
    return replace(judge, own=declared)


def container_hold(judge: Judge, spec: ContainerSpec, target: str) -> Hold | None:
    """Hold the service of *spec* when its container is denied."""
    denials = judge.of_container(spec)
    return _hold(judge, target, denials, spec.service.name) if denials else None


def waiver_file_holds(policy: SyncPolicy) -> tuple[Hold, ...]:
    """Tell that the waiver file is wrong, even where nothing is denied for it."""
    problems = policy.waiver_file.problems
    if not problems:
        return ()
    message = "\n".join(["it allows nothing until it is corrected:", *problems])
    return (Hold(target="waiver file", reason=HoldReason.WAIVERS_INVALID, message=message),)


def _hold(judge: Judge, target: str, denials: Sequence[Denial], service_name: str = "") -> Hold:
    return Hold(
        target=target,
        reason=HoldReason.POLICY,
        message=judge.message(denials),
        service_name=service_name,
    )
