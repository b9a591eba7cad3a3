"""
Generated worlds: two desired states, an engine that an interrupted past left, and what people did.
"""

from collections.abc import Sequence
from dataclasses import replace
from random import Random

from hypothesis import strategies as st

from sandbox.model.desired import DesiredState, Network, Volume
from sandbox.model.observed import ContainerState, EngineHealth, ObservedNetwork, ObservedState
from sandbox.model.plan import Plan, Step, SyncPolicy
from sandbox.model.service import (
    Attachment,
    Build,
    Condition,
    Dependency,
    Limits,
    Port,
    Service,
    VolumeMount,
)
from sandbox.planning.labels import REPLICA, REVISION, SERVICE
from sandbox.planning.plan import plan_sync
from sandbox.render.plan import plan_text
from tests.builders import (
    INSTANCE,
    OLD_REVISION,
    a_desired_state,
    a_file,
    a_healthcheck,
    a_service,
    an_owner,
)
from tests.properties.engine import LIVE, SimulatedEngine
from tests.properties.oracle import jobs_of

NAMES = ("ant", "bee", "cat", "dog", "elk", "fox")
PORTS = range(8001, 8001 + len(NAMES))
FOREIGN = "foreign"


class World:
    def __init__(self, engine: SimulatedEngine, desired: DesiredState) -> None:
        self.engine = engine
        self.desired = desired
        self.beginning = self._describe()

    def __repr__(self) -> str:
        # No dataclass: Hypothesis would print the whole engine instead.
        return self.beginning

    def _describe(self) -> str:
        observed = self.engine.observe()
        there = [
            f"{each.id} {each.name} {each.state} {sorted(each.networks)}"
            for each in observed.containers
        ]
        plan = plan_sync(self.desired, observed, SyncPolicy())
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
        services.append(_depend(draw, service, chosen[:index], jobs))
    used = {each.network for service in services for each in service.attachments}
    networks = [Network(key=key, internal=internal and key == "back") for key in sorted(used)]
    return a_desired_state(
        *services,
        networks=networks,
        revision=OLD_REVISION if like is None else "ab" * 20,
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
    return a_service(
        name,
        image=image,
        build=build,
        environment={"MODE": draw(st.sampled_from(["x", "y"]))},
        ports=[Port(target=80, published=port, published_end=port)] if published else [],
        mounts=[VolumeMount(volume=f"{name}-data", target="/data")] if draw(few) == 0 else [],
        files=[a_file(content=draw(st.sampled_from([b"1", b"2"])))] if draw(few) == 0 else [],
        attachments=[Attachment(network=key) for key in networks],
        healthcheck=a_healthcheck() if draw(st.booleans()) else None,
        limits=Limits(memory_bytes=draw(st.sampled_from([0, 1 << 26, 1 << 28]))),
        replicas=1 if job or published else draw(st.sampled_from([1, 1, 2, 0])),
    )


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
    after = draw(desired_states(order, like=before))
    random = Random(draw(st.integers(0, 9999)))
    engine = SimulatedEngine(
        owner_state=ObservedState(owner=an_owner()),
        job_names=frozenset(jobs_of(before) | jobs_of(after)),
    )
    for desired in (before, after):
        plan = plan_sync(desired, engine.observe(), SyncPolicy())
        share = draw(st.sampled_from([0.0, 0.3, 0.6, 1.0, 1.0]))
        run(engine, shuffled(plan, random)[: round(share * len(plan.steps))])
    for _ in range(draw(st.integers(0, 4))):
        meddle(draw, engine, hostile=hostile)
    if hostile:
        obstruct(draw, engine, after)
    return World(engine, after)


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


def meddle(draw: st.DrawFn, engine: SimulatedEngine, *, hostile: bool) -> None:
    """
    What a person, a crash or a race does to one container of ours.
    """
    if not engine.containers:
        return
    identity = draw(st.sampled_from(sorted(engine.containers)))
    found = engine.containers[identity]
    kinds = ["stop", "pause", "rename", "limits", "remove", "detach", "attach", "image", "copy"]
    kinds += ["restarting", "dead", "swap", "orphan", "broken", "volume", "aliases", "starting"]
    kinds += ["untag", "network"]
    if hostile:
        kinds += ["fail", "unhealthy", "removing", "start-error"]
    kind = draw(st.sampled_from(kinds))
    never = found.state is ContainerState.CREATED
    live = found.state in LIVE
    # A job that was ended by hand is a failed one, which is held: that is for hostile worlds.
    plain = hostile or not _is_job(engine, identity)
    put = engine._put
    if kind == "stop" and live and plain:
        put(found, state=ContainerState.EXITED, exit_code=137, oom_killed=True, host_ports=())
    elif kind == "pause" and live:
        put(found, state=ContainerState.PAUSED)
    elif kind == "restarting" and live and plain:
        put(found, state=ContainerState.RESTARTING, ready=False)
    elif kind == "starting" and live and found.probed:
        put(found, state=ContainerState.RUNNING, ready=False, health=EngineHealth.STARTING)
    elif kind == "unhealthy" and live and found.probed:
        put(found, state=ContainerState.RUNNING, ready=True, health=EngineHealth.UNHEALTHY)
    elif kind == "dead" and not live and plain:
        put(found, state=ContainerState.DEAD)
    elif kind == "removing" and not live:
        put(found, state=ContainerState.REMOVING)
    elif kind == "fail" and not live and not never:
        put(found, state=ContainerState.EXITED, exit_code=3)
    elif kind == "start-error" and never:
        put(found, error="no such file", exit_code=127)
    elif kind == "rename":
        put(found, name=f"renamed-{identity}")
    elif kind == "swap":
        other = engine.containers[draw(st.sampled_from(sorted(engine.containers)))]
        put(found, name=other.name)
        put(engine.containers[other.id], name=found.name if other.id != identity else other.name)
    elif kind == "limits":
        put(found, limits=Limits(memory_bytes=1 << 20, restart="always"))
    elif kind == "remove":
        del engine.containers[identity]
    elif kind == "detach" and found.networks:
        name = sorted(found.networks)[0]
        put(found, networks={k: v for k, v in found.networks.items() if k != name})
    elif kind == "aliases":
        put(found, networks=dict.fromkeys(found.networks, ()))
    elif kind == "attach" and engine.networks:
        name = draw(st.sampled_from(sorted(each.name for each in engine.networks.values())))
        put(found, networks={name: (), **found.networks})
    elif kind == "volume" and found.volumes:
        put(found, volumes={})
    elif kind == "image":
        put(found, image_id="sha256:other")
    elif kind == "untag":
        engine.images.pop(engine.specs[identity].service.image, None)
    elif kind == "copy":
        _copy(engine, identity, f"copy-{identity}")
    elif kind == "orphan":
        copy = _copy(engine, identity, f"orphan-{identity}")
        put(engine.containers[copy], labels={**found.labels, SERVICE: "gone"})
    elif kind == "broken":
        copy = _copy(engine, identity, f"broken-{identity}")
        put(engine.containers[copy], labels={**found.labels, REPLICA: "many"})
    elif kind == "network":
        _leave_network(engine)


def _is_job(engine: SimulatedEngine, identity: str) -> bool:
    return engine.containers[identity].labels.get(SERVICE) in engine.job_names


def _copy(engine: SimulatedEngine, identity: str, name: str) -> str:
    if name in engine.containers:
        return name
    found = engine.containers[identity]
    state = ContainerState.EXITED if found.state in LIVE else found.state
    engine.containers[name] = replace(
        found,
        id=name,
        name=name,
        host_ports=(),
        state=state,
        exit_code=0 if found.state is ContainerState.EXITED else 1,
    )
    engine.specs[name] = engine.specs[identity]
    if identity in engine.files:
        engine.files[name] = engine.files[identity]
    return name


def _leave_network(engine: SimulatedEngine) -> None:
    some = next(iter(engine.networks.values()), None)
    if some and "net-left" not in engine.networks:
        name = f"shop-staging-{INSTANCE[:6]}_left"
        engine.networks["net-left"] = replace(some, id="net-left", name=name, subnets=())
        engine.definitions["net-left"] = engine.definitions[some.id]


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
    if "endpoint" in kinds and engine.networks:
        identity = draw(st.sampled_from(sorted(engine.networks)))
        network = engine.networks[identity]
        engine.networks[identity] = replace(network, endpoints=(f"{FOREIGN}-1",))
    if "revision" in kinds:
        for each in list(engine.containers.values()):
            engine._put(each, labels={**each.labels, REVISION: desired.revision})
