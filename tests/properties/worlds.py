"""
Generated worlds: two desired states, an engine that an interrupted past left, and what people did.
"""

from collections.abc import Sequence
from dataclasses import replace
from random import Random

from hypothesis import strategies as st
from typing_extensions import override

from sandbox.model.desired import AddressPool, DesiredState, Network
from sandbox.model.ingress import RouteMode
from sandbox.model.observed import ObservedState
from sandbox.model.plan import Plan, Step, SyncPolicy
from sandbox.model.rollout import CanaryStep, FailureAction, Order, Rollout, UpdateConfig
from sandbox.model.service import (
    Attachment,
    Build,
    CommittedMount,
    Condition,
    Dependency,
    Limits,
    Mount,
    Port,
    Service,
    VolumeMount,
)
from sandbox.planning.labels import REVISION
from sandbox.planning.plan import plan_sync
from sandbox.render.plan import plan_text
from tests.builders import (
    OLD_REVISION,
    a_committed_mount,
    a_desired_state,
    a_file,
    a_healthcheck,
    a_service,
    an_owner,
)
from tests.properties.engine import MOVING, SimulatedEngine
from tests.properties.meddling import leave_network, meddle
from tests.properties.oracle import jobs_of

NAMES = ("ant", "bee", "cat", "dog", "elk", "fox")
PORTS = range(8001, 8001 + len(NAMES))
MOUNTS: tuple[list[VolumeMount], ...] = (
    [],
    [],
    [],
    [],
    [VolumeMount(volume="", target="/anonymous")],
)
FOREIGN = "foreign"
SUBNETS = ("10.7.1.0/24", "10.7.2.0/24")
MOVED = VolumeMount(volume=MOVING, target="/moving")
REVISIONS = {OLD_REVISION: "ab" * 20, "ab" * 20: "cd" * 20}


class World:
    def __init__(self, engine: SimulatedEngine, desired: DesiredState) -> None:
        self.engine = engine
        self.desired = desired
        self.beginning = engine.observe()

    @override
    def __repr__(self) -> str:
        # No dataclass: Hypothesis would print the whole engine instead.
        there = [
            f"{each.id} {each.name} {each.state} {sorted(each.networks)}"
            for each in self.beginning.containers
        ]
        plan = plan_sync(self.desired, self.beginning, SyncPolicy())
        return "\n".join(["", *there, *map(str, self.desired.services), plan_text(plan), ""])


@st.composite
def desired_states(
    draw: st.DrawFn, order: Sequence[str], *, like: DesiredState | None = None
) -> DesiredState:
    """
    Up to six services in a DAG along *order*, most of them as in *like*.
    """
    some = set(draw(st.permutations(NAMES))[: draw(st.integers(1, len(NAMES)))])
    chosen = [name for name in order if name in some]
    jobs = {name for name in chosen[:-1] if draw(st.integers(0, 4)) == 0}
    internal = draw(st.integers(0, 3)) == 0
    known = {service.name: service for service in like.services} if like else {}
    kept = {name: known[name] for name in chosen if name in known and draw(st.integers(0, 3))}
    bound = {port.published for service in kept.values() for port in service.ports}
    ports = [port for port in draw(st.permutations(PORTS)) if port not in bound]
    services: list[Service] = []
    for index, name in enumerate(chosen):
        service = kept.get(name) or _service(draw, name, ports.pop(), job=name in jobs)
        if name in kept and draw(st.booleans()):
            service = _tweak(draw, service)
        if name in jobs:
            service = replace(service, replicas=min(service.replicas, 1))
        services.append(_depend(draw, service, chosen[:index], jobs))
    if like and draw(st.integers(0, 2)) == 0:
        services = _rotate_ports(services)
    services = _one_writer(services, draw(st.integers(0, 2 * len(services))))
    used = {each.network for service in services for each in service.attachments}
    subnets = draw(st.permutations([*SUBNETS, "", ""]))
    networks = [
        Network(
            key=key,
            internal=internal and key == "back",
            pools=(AddressPool(subnet=subnet),) if subnet else (),
        )
        for key, subnet in zip(sorted(used), subnets, strict=False)
    ]
    site = draw(st.sampled_from([b"1", b"2"]))
    return a_desired_state(
        *(replace(each, mounts=_one_site(each.mounts, site)) for each in services),
        networks=networks,
        revision=OLD_REVISION if like is None else REVISIONS[like.revision],
    )


def _service(draw: st.DrawFn, name: str, port: int, *, job: bool) -> Service:
    few = st.integers(0, 2)
    build = None
    if draw(few) == 0:
        build = Build(context="src", context_id=draw(st.sampled_from(["c1", "c2"])) * 20)
    published = draw(st.booleans()) and not job
    networks = draw(st.sampled_from([("default",), ("back",), ("back", "default")]))
    image = f"registry.example/{name}:{draw(few)}"
    if build:
        image = f"shop/{name}:{build.context_id[:16]}"
    service = a_service(
        name,
        image=image,
        build=build,
        environment={"MODE": draw(st.sampled_from(["x", "y"]))},
        ports=[Port(target=80, published=port, published_end=port)] if published else [],
        mounts=_mounts(draw, name),
        files=[a_file(content=draw(st.sampled_from([b"1", b"2"])))] if draw(few) else [],
        attachments=[Attachment(network=key) for key in networks],
        healthcheck=a_healthcheck() if draw(st.booleans()) else None,
        limits=Limits(memory_bytes=draw(st.sampled_from([0, 1 << 26, 1 << 28]))),
        replicas=1 if job else draw(st.sampled_from([1, 1, 2, 3, 0])),
    )
    return service if job else _rolled_out(draw, service)


def _named(name: str) -> list[VolumeMount]:
    return [VolumeMount(volume=f"{name}-data", target="/data")]


def _mounts(draw: st.DrawFn, name: str) -> list[Mount]:
    """
    Some volume, some file of the commit and some folder of it that may be written.
    """
    few = st.integers(0, 3)
    content = st.sampled_from([b"1", b"2"])
    mounts: list[Mount] = [*draw(st.sampled_from([*MOUNTS, _named(name), _named(name)]))]
    if draw(few) == 0:
        mounts.append(a_committed_mount("/run/secrets/pin", content=draw(content)))
    if draw(few) == 0:
        mounts.append(a_committed_mount("/site", "index.html", volume="site"))
    return mounts


def _one_site(mounts: Sequence[Mount], content: bytes) -> tuple[Mount, ...]:
    """
    One commit has one folder that all services mount.
    """
    return tuple(
        _with_content(each, content) if isinstance(each, CommittedMount) and each.volume else each
        for each in mounts
    )


def _with_content(mount: Mount, content: bytes) -> Mount:
    if not isinstance(mount, CommittedMount):
        return mount
    return replace(mount, files=tuple(replace(each, content=content) for each in mount.files))


def _one_writer(services: Sequence[Service], chosen: int) -> list[Service]:
    """
    Nobody or one of them has the volume that moves from service to service.
    """
    others = [
        replace(each, mounts=tuple(mount for mount in each.mounts if mount != MOVED))
        for each in services
    ]
    if chosen < len(others):
        others[chosen] = replace(others[chosen], mounts=(*others[chosen].mounts, MOVED))
    return others


def _rolled_out(draw: st.DrawFn, service: Service) -> Service:
    """
    The same service with some route and some way to roll it out.
    """
    few = st.integers(0, 2)
    route = draw(st.sampled_from([None, None, RouteMode.HTTP, RouteMode.TCP, RouteMode.DIRECT]))
    update = UpdateConfig(
        order=draw(st.sampled_from([None, None, None, *Order])),
        parallelism=draw(few),
        delay_s=float(draw(few)),
        failure_action=draw(st.sampled_from(FailureAction)),
        monitor_s=float(draw(few) == 0),
    )
    steps = (CanaryStep(weight=10, for_s=1.0), CanaryStep(weight=50, for_s=1.0))[: draw(few)]
    if service.ports and route is RouteMode.DIRECT:
        service = replace(service, replicas=min(service.replicas, 1))
    return replace(service, route=route, rollout=Rollout(update=update, steps=steps))


def _rotate_ports(services: Sequence[Service]) -> list[Service]:
    """
    Everybody who publishes a port gets that of the next one.
    """
    published = [service.ports for service in services if service.ports]
    turned = iter([*published[1:], *published[:1]])
    return [replace(each, ports=next(turned)) if each.ports else each for each in services]


def _tweak(draw: st.DrawFn, service: Service) -> Service:
    """
    The same service but for one field.
    """
    kinds = ["variable", "limit", "health"]
    kinds += ["image"] * (service.build is None) + ["file"] * 2 * bool(service.files)
    kinds += ["mount"] * 2 * any(isinstance(each, CommittedMount) for each in service.mounts)
    kind = draw(st.sampled_from(kinds))
    if kind == "mount":
        return replace(
            service, mounts=tuple(_with_content(each, b"tweaked") for each in service.mounts)
        )
    if kind == "image":
        return replace(service, image=f"registry.example/{service.name}:tweaked")
    if kind == "file":
        return replace(service, files=(a_file(content=b"tweaked"),))
    if kind == "limit":
        return replace(service, limits=Limits(pids=7))
    if kind == "health":
        return replace(service, healthcheck=a_healthcheck("CMD", "tweaked"))
    return replace(service, environment={"MODE": "tweaked"})


def _depend(draw: st.DrawFn, service: Service, earlier: Sequence[str], jobs: set[str]) -> Service:
    dependencies = [
        Dependency(
            service_name=name,
            condition=draw(
                st.sampled_from([Condition.COMPLETED])
                if name in jobs
                else st.sampled_from([Condition.STARTED, Condition.HEALTHY])
            ),
            required=draw(st.integers(0, 4)) > 0,
            restart=draw(st.integers(0, 4)) == 0,
        )
        for name in earlier
        if draw(st.booleans())
    ]
    return replace(service, depends_on=tuple(dependencies))


@st.composite
def worlds(draw: st.DrawFn, *, hostile: bool = False) -> World:
    """
    An engine after an interrupted past and some meddling, and what is desired now.

    Args:
        draw: Given by Hypothesis.
        hostile: Foreign objects stand in the way, and jobs have failed.
    """
    order = draw(st.permutations(NAMES))
    before = draw(desired_states(order))
    middle = draw(desired_states(order, like=before))
    # Often a revert, in the middle of what is reverted.
    later = draw(desired_states(order, like=middle))
    after = draw(st.sampled_from([middle, later, replace(before, revision=later.revision)]))
    random = Random(draw(st.integers(0, 9999)))
    engine = SimulatedEngine(
        owner_state=ObservedState(owner=an_owner()),
        job_names=frozenset(jobs_of(before) | jobs_of(middle) | jobs_of(after)),
        hides_hashes=draw(st.integers(0, 4)) == 0,
        images_with_volume=frozenset(
            f"registry.example/{name}:{number}" for name in NAMES for number in (0, 1)
        ),
        is_older=draw(st.booleans()),
    )
    past = (
        (before, [1.0, 1.0, 0.6, 0.0]),
        (middle, [0.0, 0.3, 0.6, 0.8]),
        (after, [0.0, 0.0, 0.3, 0.6, 1.0]),
    )
    for desired, shares in past:
        plan = plan_sync(desired, engine.observe(), SyncPolicy())
        share = draw(st.sampled_from(shares))
        run(engine, shuffled(plan, random)[: round(share * len(plan.steps))])
    engine.hides_hashes = False
    if engine.is_older:
        engine.update_sandbox()
    for _ in range(draw(st.integers(0, 6))):
        meddle(draw, engine, hostile=hostile)
    if hostile:
        obstruct(draw, engine, after)
    return World(engine, after)


@st.composite
def superseded_worlds(draw: st.DrawFn) -> World:
    """
    One service of several containers whose rollout was interrupted, and there is a newer commit.
    """
    first = _service(draw, "ant", PORTS[0], job=False)
    many = 1 if first.route is RouteMode.DIRECT else 3
    first = replace(first, replicas=draw(st.integers(1, many)))
    versions = [
        a_desired_state(replace(first, environment={"MODE": mode}), revision=f"{mode}0" * 20)
        for mode in ("1", "2", draw(st.sampled_from(["3", "3", "1", "2"])))
    ]
    random = Random(draw(st.integers(0, 9999)))
    engine = SimulatedEngine(owner_state=ObservedState(owner=an_owner()))
    for desired, share in zip(versions[:2], (1.0, draw(st.floats(0.3, 1))), strict=True):
        plan = plan_sync(desired, engine.observe(), SyncPolicy())
        run(engine, shuffled(plan, random)[: round(share * len(plan.steps))])
    if draw(st.booleans()):
        engine.configs.clear()  # Nobody knows any more how far it was.
    return World(engine, versions[2])


def shuffled(plan: Plan, random: Random) -> list[Step]:
    """
    The steps of *plan* in some order that their waits allow.
    """
    waiting = {step.id: step for step in plan.steps}
    ordered: list[Step] = []
    while waiting:
        ready = [
            step
            for step in waiting.values()
            if not waiting.keys() & {*step.depends_on, *step.after}
        ]
        step = random.choice(ready)
        ordered.append(waiting.pop(step.id))
    return ordered


def run(engine: SimulatedEngine, steps: Sequence[Step]) -> None:
    for step in steps:
        engine.perform(step)


def obstruct(draw: st.DrawFn, engine: SimulatedEngine, desired: DesiredState) -> None:
    """
    Foreign objects that stand in the way.
    """
    kinds = draw(st.sets(st.sampled_from(["container", "network", "endpoint", "revision"])))
    plan = plan_sync(desired, engine.observe(), SyncPolicy())
    names = dict.fromkeys(("container", "network", "volume"), frozenset[str]())
    for step in plan.steps:
        if step.id.startswith("create") and "network" in kinds and step.target.startswith("net"):
            names["network"] = frozenset({step.action.name})  # type: ignore[union-attr] # a create
        elif step.id.startswith("create") and "container" in kinds and step.service_name:
            names["container"] = frozenset({step.action.spec.name})  # type: ignore[union-attr] # a create
    taken = {each.name for each in engine.containers.values()}
    names["container"] -= taken
    names["network"] -= {each.name for each in engine.networks.values()}
    engine.owner_state = replace(engine.owner_state, foreign_names=names)
    if "endpoint" in kinds:
        leave_network(engine)
        for identity, network in list(engine.networks.items()):
            if draw(st.booleans()):
                engine.networks[identity] = replace(network, endpoints=(f"{FOREIGN}-1",))
    if "revision" in kinds:
        for each in list(engine.containers.values()):
            engine.put(each, labels={**each.labels, REVISION: desired.revision})
