"""
Whatever the past and the meddling: one plan leads to what is declared, in an order that is safe.
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from random import Random

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from sandbox.model.action import (
    BuildImage,
    CreateContainer,
    PullImage,
    RemoveContainer,
    RemoveNetwork,
    RemoveVolume,
    StartContainer,
    StopContainer,
)
from sandbox.model.observed import ContainerState, ObservedContainer
from sandbox.model.plan import HoldReason, Plan, Step, SyncPolicy
from sandbox.model.rollout import Order
from sandbox.model.service import Service
from sandbox.planning.contents import RENEWED
from sandbox.planning.labels import COMMITTED, SPEC
from sandbox.planning.plan import plan_sync
from sandbox.render.plan import plan_json, plan_text
from tests.properties.engine import LIVE, RefusedError, SimulatedEngine
from tests.properties.oracle import (
    INGRESS,
    complaints,
    containers_of,
    holds_condition,
    ingress_of,
    is_ours,
    is_serving,
    jobs_of,
    key_of,
    live_of,
    made_as_declared,
    ports_behind,
    writes_a_volume,
)
from tests.properties.worlds import World, run, shuffled, superseded_worlds, worlds

pytestmark = pytest.mark.slow

POLICY = SyncPolicy()
# Without shrinking: a world is described as it is found, and a red run ends within seconds.
some = settings(max_examples=50, suppress_health_check=list(HealthCheck), phases=(Phase.generate,))
many = settings(some, max_examples=100)
randoms = st.integers(0, 9999).map(Random)


@many
@given(worlds(), randoms)
def test_one_plan_leads_to_what_is_declared(world: World, random: Random) -> None:
    converge(world, random)
    assert complaints(world.engine, world.desired) == []


@some
@given(superseded_worlds() | worlds(), randoms)
def test_after_one_plan_nothing_is_left_to_do(world: World, random: Random) -> None:
    converge(world, random)
    again = plan_of(world)
    assert (again.steps, again.holds) == ((), ())


@some
@given(worlds(), st.floats(0, 1), st.floats(0, 1), randoms)
def test_from_any_interruption_the_next_plan_leads_there_too(
    world: World, first: float, second: float, random: Random
) -> None:
    for share in (first, second):
        steps = shuffled(plan_of(world), random)
        run(world.engine, steps[: round(share * len(steps))])
    converge(world, random)
    assert complaints(world.engine, world.desired) == []


@many
@given(worlds(), randoms)
def test_no_container_starts_before_what_it_depends_on(world: World, random: Random) -> None:
    services = {service.name: service for service in world.desired.services}
    jobs = jobs_of(world.desired)
    for step in shuffled(plan_of(world), random):
        if isinstance(step.action, StartContainer) and step.service_name != INGRESS:
            for dependency in services[step.service_name].depends_on:
                assert holds_condition(
                    world.engine,
                    services[dependency.service_name],
                    dependency.condition,
                    job=dependency.service_name in jobs,
                ), f"{step.id} before {dependency}"
        world.engine.perform(step)


@some
@given(worlds())
def test_what_can_fail_harmlessly_comes_before_every_stop(world: World) -> None:
    plan = plan_of(world)
    ancestors = ancestors_of(plan)
    renewed = {s.action.name for s in plan.steps if isinstance(s.action, RemoveNetwork)}
    names = {each.name for each in world.engine.containers.values()}
    harmless = {
        step.id
        for step in plan.steps
        if isinstance(step.action, BuildImage | PullImage)
        or (
            isinstance(step.action, CreateContainer)
            # The same name, or a network that is made anew: only then something goes first.
            and step.action.spec.name not in names
            and not renewed & {each.network_name for each in step.action.spec.endpoints}
        )
    }
    for step in plan.steps:
        if isinstance(step.action, StopContainer):
            assert harmless <= ancestors[step.id], f"{step.id} waits for too little"


@many
@given(superseded_worlds() | worlds(), randoms)
def test_a_slot_gets_a_second_running_container_only_where_two_may_be(
    world: World, random: Random
) -> None:
    twice = {service.name for service in world.desired.services if may_be_two(world, service)}
    for step in shuffled(plan_of(world), random):
        world.engine.perform(step)
        if isinstance(step.action, StartContainer):
            started = world.engine.containers[world.engine.started[-1]]
            most = 2 if step.service_name in twice else 1
            assert len(live_of(world.engine, started)) <= most, step.id


@some
@given(superseded_worlds(), randoms)
def test_never_more_than_two_generations_of_a_service_live(world: World, random: Random) -> None:
    engine = world.engine
    for step in shuffled(plan_of(world), random):
        engine.perform(step)
        if isinstance(step.action, StartContainer):
            assert len(generations_of(engine, step.service_name)) <= 2, step.id


@some
@given(worlds(), randoms)
def test_nobody_is_stopped_while_the_ingress_sends_requests_there(
    world: World, random: Random
) -> None:
    engine, plan = world.engine, plan_of(world)
    early = stopped_early(world, plan)
    for step in shuffled(plan, random):
        if isinstance(step.action, StopContainer) and step.action.container_id not in early:
            found = engine.containers[step.action.container_id]
            behind = step.service_name in {each.name for each in world.desired.services}
            if behind and step.service_name != INGRESS:
                for ingress in ingress_of(engine):
                    running = ingress.state is ContainerState.RUNNING
                    assert not (running and engine.sends_to(ingress.id, found)), step.id
        engine.perform(step)


@some
@given(worlds(), randoms)
def test_an_old_container_is_stopped_only_when_its_successor_serves(
    world: World, random: Random
) -> None:
    engine, plan = world.engine, plan_of(world)
    early, services = stopped_early(world, plan), {s.name: s for s in world.desired.services}
    for step in shuffled(plan, random):
        if isinstance(step.action, StopContainer) and step.action.container_id not in early:
            old = engine.containers[step.action.container_id]
            service = services.get(step.service_name)
            if service and is_the_one_that_serves(world, service, old):
                assert any(
                    made_as_declared(engine, each, service) and is_serving(each)
                    for each in containers_of(engine, *key_of(old))
                    if each.id != old.id
                ), step.id
                routed = bool(ports_behind(world.desired, service))
                assert old.id in engine.drained or not routed, f"{step.id} before it is drained"
        engine.perform(step)


@some
@given(superseded_worlds() | worlds(), randoms)
def test_a_service_that_is_served_stays_served(world: World, random: Random) -> None:
    engine, plan = world.engine, plan_of(world)
    steps = shuffled(plan, random)
    stopped = {s.action.container_id for s in plan.steps if isinstance(s.action, StopContainer)}
    if stopped & {each.id for each in ingress_of(engine)}:
        return
    watched = [
        service
        for service in world.desired.services
        if ports_behind(world.desired, service)
        and may_be_two(world, service)
        and not stopped_early(world, plan) & {e.id for e in mine(engine, service)}
        and not made_anew(plan, service)
        and is_served(engine, service)
    ]
    for step in steps:
        engine.perform(step)
        for service in watched:
            assert is_served(engine, service), f"{service.name} after {step.id}"


def mine(engine: SimulatedEngine, service: Service) -> list[ObservedContainer]:
    return [each for each in engine.containers.values() if key_of(each)[0] == service.name]


def is_served(engine: SimulatedEngine, service: Service) -> bool:
    """
    Do requests for *service* reach a container of it that works?
    """
    addresses = {
        address
        for each in mine(engine, service)
        if is_serving(each)
        for address in each.addresses.values()
    }
    return service.replicas > 0 and any(
        server.address in addresses
        for ingress in ingress_of(engine)
        if ingress.state is ContainerState.RUNNING and ingress.id in engine.configs
        for backend in engine.configs[ingress.id].backends
        if backend.service_name == service.name
        for server in backend.servers
    )


def made_anew(plan: Plan, service: Service) -> bool:
    """
    Does what serves have to go before it can come again: in place, or restarted?
    """
    starts = {s.target for s in plan.steps if isinstance(s.action, StartContainer)}
    return any(
        isinstance(s.action, StopContainer)
        and s.target in starts
        and s.service_name == service.name
        for s in plan.steps
    )


def may_be_two(world: World, service: Service) -> bool:
    """
    May old and new container of a place of *service* run at once?
    """
    if service.name in jobs_of(world.desired):
        return False
    if service.ports and not ports_behind(world.desired, service):
        return False
    # Two never write one anonymous volume, whatever the file says.
    if any(world.engine.anonymous_of(each) for each in mine(world.engine, service)):
        return False
    order = service.rollout.update.order
    return order is Order.START_FIRST or (order is None and not writes_a_volume(service))


def generations_of(engine: SimulatedEngine, service_name: str) -> set[str]:
    return {
        each.labels.get(SPEC, "")
        for each in engine.containers.values()
        if key_of(each)[0] == service_name and each.state in LIVE
    }


def stopped_early(world: World, plan: Plan) -> set[str]:
    """
    Ids of containers that stop because others need their port or are on a network made anew.
    """
    renewed = {s.action.name for s in plan.steps if isinstance(s.action, RemoveNetwork)}
    starting = {
        s.service_name: s.action for s in plan.steps if isinstance(s.action, CreateContainer)
    }
    wanted = {
        (port.host_ip, port.published, port.protocol): name
        for name, action in starting.items()
        for port in action.spec.service.ports
    }
    return {
        each.id
        for each in world.engine.containers.values()
        if renewed & each.networks.keys()
        or any(wanted.get(bound, key_of(each)[0]) != key_of(each)[0] for bound in each.host_ports)
    }


def is_the_one_that_serves(world: World, service: Service, old: ObservedContainer) -> bool:
    """
    Is *old* of the only generation before, in a place that is declared and may have two?
    """
    engine = world.engine
    others = {
        each.labels.get(SPEC, "")
        for each in mine(engine, service)
        if each.state in LIVE and not made_as_declared(engine, each, service)
    }
    alone = len([e for e in live_of(engine, old) if not made_as_declared(engine, e, service)]) == 1
    declared = {str(number) for number in range(1, service.replicas + 1)}
    return (
        may_be_two(world, service)
        and not made_as_declared(engine, old, service)
        and len(others) == 1
        and alone
        and key_of(old)[1] in declared
        and is_serving(old)
    )


@some
@given(worlds(), randoms)
def test_an_old_container_is_removed_only_when_the_new_one_serves(
    world: World, random: Random
) -> None:
    engine, plan = world.engine, plan_of(world)
    services = {service.name: service for service in world.desired.services}
    wanted = {s.action.spec.name for s in plan.steps if isinstance(s.action, CreateContainer)}
    renewed = {s.action.name for s in plan.steps if isinstance(s.action, RemoveNetwork)}
    slots = {
        (service.name, str(replica))
        for service in world.desired.services
        for replica in range(1, service.replicas + 1)
    }
    for step in shuffled(plan, random):
        if isinstance(step.action, RemoveContainer):
            old = engine.containers[step.action.container_id]
            key = key_of(old)
            in_the_way = old.name in wanted or renewed & old.networks.keys()
            if key in slots and not in_the_way:
                others = containers_of(engine, *key)
                assert any(
                    made_as_declared(engine, each, services[key[0]])
                    and (is_serving(each) or each.state is ContainerState.EXITED)
                    for each in others
                    if each.id != old.id
                ), step.id
        engine.perform(step)


@many
@given(worlds(hostile=True), randoms)
def test_only_what_was_observed_as_ours_is_touched_and_volumes_stay(
    world: World, random: Random
) -> None:
    engine = world.engine
    ours = {each.id for each in engine.containers.values() if is_ours(engine, each)}
    networks = set(engine.networks)
    foreign = {name: each.endpoints for name, each in engine.networks.items()}
    for step in plan_of(world).steps:
        identity = getattr(step.action, "container_id", "")
        assert not identity or identity in ours, step.id
        if isinstance(step.action, RemoveVolume):
            assert is_mark_or_copy(engine, step.action.name), "it may hold data"
        if isinstance(step.action, RemoveNetwork):
            assert step.action.network_id in networks
            assert not foreign[step.action.network_id], "a foreign container is attached"
        if isinstance(step.action, StopContainer | RemoveContainer):
            assert identity, "only what was observed is stopped or removed"


def is_mark_or_copy(engine: SimulatedEngine, name: str) -> bool:
    if name.endswith(RENEWED):
        return name not in engine.fillings
    return COMMITTED in engine.volumes[name].labels


@some
@given(worlds(hostile=True), randoms)
def test_what_is_held_stays_and_everything_else_gets_there(world: World, random: Random) -> None:
    for _ in range(3):
        perform_what_goes(world.engine, shuffled(plan_of(world), random))
        world.engine.finish_removals()
    last = plan_of(world)
    assert [step.id for step in last.steps] == []
    assert complaints(world.engine, world.desired, excused(last)) == []


@many
@given(worlds(hostile=True), randoms)
def test_what_is_in_the_way_makes_nobody_start_without_what_it_requires(
    world: World, random: Random
) -> None:
    perform_what_goes(world.engine, shuffled(plan_of(world), random), looking_at_starts(world))


@some
@given(worlds(), randoms)
def test_a_step_that_fails_makes_nobody_start_without_what_it_requires(
    world: World, random: Random
) -> None:
    steps = shuffled(plan_of(world), random)
    broken = {step.id for step in steps if random.random() < 0.1}
    perform_what_goes(world.engine, steps, looking_at_starts(world), broken)


@some
@given(worlds(hostile=True))
def test_where_something_is_held_nothing_is_stopped_or_started(world: World) -> None:
    plan = plan_of(world)
    held = {hold.target for hold in plan.holds if hold.service_name}
    for step in plan.steps:
        if isinstance(step.action, StartContainer | StopContainer | RemoveContainer):
            assert step.target.split(" ")[0] not in held, step.id


@some
@given(worlds(), randoms)
def test_a_job_runs_at_most_once(world: World, random: Random) -> None:
    engine = world.engine
    jobs = jobs_of(world.desired)
    services = {service.name: service for service in world.desired.services}
    done = {
        key_of(each)
        for each in engine.containers.values()
        if key_of(each)[0] in jobs
        and (each.state, each.exit_code) == (ContainerState.EXITED, 0)
        and made_as_declared(engine, each, services[key_of(each)[0]])
    }
    engine.started.clear()
    for share in (0.5, 0.5, 1.0):
        steps = shuffled(plan_of(world), random)
        run(engine, steps[: round(share * len(steps))])
    counts = Counter(key_of(engine.containers[i]) for i in engine.started if i in engine.containers)
    assert all(number <= 1 for key, number in counts.items() if key[0] in jobs)
    assert not done & counts.keys()


@some
@given(worlds(hostile=True))
def test_equal_arguments_give_equal_plans(world: World) -> None:
    one, other = plan_of(world), plan_of(world)
    assert plan_text(one) == plan_text(other)
    assert plan_json(one) == plan_json(other)
    assert one == other


@some
@given(worlds(hostile=True), st.booleans(), st.booleans())
def test_a_plan_can_be_made_of_anything(world: World, prune: bool, retry: bool) -> None:
    policy = SyncPolicy(prune=prune, retry_jobs=retry, backing_off={"ant-1": 5.0, "fox-2": 0.5})
    plan = plan_sync(world.desired, world.engine.observe(), policy)
    seen: set[str] = set()
    for step in plan.steps:
        assert {*step.depends_on, *step.after} <= seen, f"{step.id} comes too early"
        seen.add(step.id)
    assert len(seen) == len(plan.steps)


def plan_of(world: World) -> Plan:
    return plan_sync(world.desired, world.engine.observe(), POLICY)


def converge(world: World, random: Random) -> None:
    """
    One plan; a second one only for a network that had to wait until a running job ended.
    """
    plan = plan_of(world)
    assert {hold.reason for hold in plan.holds} <= {HoldReason.NETWORK_IN_USE}
    run(world.engine, shuffled(plan, random))
    if plan.holds:
        run(world.engine, shuffled(plan_of(world), random))


def excused(plan: Plan) -> frozenset[str]:
    targets = {hold.target for hold in plan.holds}
    names = {target.rpartition("-")[0] for target in targets}
    services = {hold.service_name for hold in plan.holds if hold.service_name}
    return frozenset(services | targets | names | {"gone"}) if plan.holds else frozenset()


def looking_at_starts(world: World) -> Callable[[Step], None]:
    services = {service.name: service for service in world.desired.services}
    jobs = jobs_of(world.desired)

    def look(step: Step) -> None:
        if isinstance(step.action, StartContainer) and step.service_name != INGRESS:
            for each in services[step.service_name].depends_on:
                other, job = services[each.service_name], each.service_name in jobs
                reached = holds_condition(world.engine, other, each.condition, job=job)
                assert reached or not each.required, f"{step.id} before {each}"

    return look


def perform_what_goes(
    engine: SimulatedEngine,
    steps: list[Step],
    look: Callable[[Step], None] = lambda _: None,
    broken: Collection[str] = (),
) -> None:
    """
    Carry out as the executor does: what waits for a refused or *broken* step is not tried.
    """
    failed: set[str] = set()
    for step in steps:
        if step.id in broken or failed & set(step.depends_on):
            failed.add(step.id)
            continue
        look(step)
        try:
            engine.perform(step)
        except RefusedError:
            failed.add(step.id)


def ancestors_of(plan: Plan) -> Mapping[str, set[str]]:
    ancestors: dict[str, set[str]] = {}
    for step in plan.steps:
        ancestors[step.id] = set(step.depends_on)
        for each in step.depends_on:
            ancestors[step.id] |= ancestors[each]
    return ancestors
