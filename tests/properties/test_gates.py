"""
Whatever the past and the meddling: nothing changes before a check, and none runs twice.
"""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import replace
from random import Random

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from sandbox.model.action import (
    BuildImage,
    CreateNetwork,
    CreateVolume,
    FillVolume,
    PullImage,
    RemoveContainer,
    RemoveNetwork,
    RemoveVolume,
    RunGate,
)
from sandbox.model.desired import DesiredState
from sandbox.model.gate import Gate, GatePhase, GateVerdict
from sandbox.model.plan import HoldReason, Plan, SyncPolicy
from sandbox.model.service import Attachment, Service
from sandbox.planning.gates import gate_inputs
from sandbox.planning.plan import is_in_sync, plan_sync
from tests.builders import a_service, an_owner
from tests.properties.oracle import complaints
from tests.properties.worlds import World, run, shuffled, worlds

pytestmark = pytest.mark.slow

some = settings(max_examples=40, suppress_health_check=list(HealthCheck), phases=(Phase.generate,))
randoms = st.integers(0, 9999).map(Random)


@st.composite
def checked_worlds(draw: st.DrawFn) -> World:
    """
    A world whose environment has one to three gates on its networks.
    """
    world = draw(worlds())
    keys = [network.key for network in world.desired.networks]
    phases = draw(st.lists(st.sampled_from(GatePhase), min_size=1, max_size=3))
    gates = tuple(
        replace(
            a_service(
                f"check-{number}",
                image=draw(st.sampled_from(["registry.example/check:1", "registry.example/ant:1"])),
                attachments=[Attachment(network=draw(st.sampled_from(keys)))],
            ),
            gate=Gate(phase=phase),
        )
        for number, phase in enumerate(phases)
    )
    world.desired = replace(world.desired, gates=gates)
    return world


@some
@given(checked_worlds(), randoms)
def test_one_plan_runs_every_gate_once_and_leads_to_what_is_declared(
    world: World, random: Random
) -> None:
    plan = plan_of(world)
    assert {hold.reason for hold in plan.holds} <= {HoldReason.NETWORK_IN_USE}

    run(world.engine, shuffled(plan, random))

    assert sorted(world.engine.gates) == [gate.name for gate in world.desired.gates]
    if not plan.holds:
        assert complaints(world.engine, world.desired) == []


@some
@given(checked_worlds(), randoms)
def test_before_a_gate_only_what_it_needs_is_made(world: World, random: Random) -> None:
    plan = plan_of(world)
    before = names(world.desired, GatePhase.BEFORE)
    there = dict(world.engine.containers)
    filled = deepcopy(world.engine.fillings)

    for step in shuffled(plan, random):
        if isinstance(step.action, RunGate):
            world.engine.perform(step)
            continue
        if not before <= set(world.engine.gates):
            made = (BuildImage, PullImage, CreateNetwork, CreateVolume, FillVolume)
            assert isinstance(step.action, made), step.id
        world.engine.perform(step)
        if not before <= set(world.engine.gates):
            assert world.engine.containers == there
            assert world.engine.fillings.items() >= filled.items()


@some
@given(checked_worlds(), randoms)
def test_after_everything_else_but_removals_the_others_run(world: World, random: Random) -> None:
    after = names(world.desired, GatePhase.AFTER)

    for step in shuffled(plan_of(world), random):
        if after & set(world.engine.gates):
            late = isinstance(step.action, RunGate | RemoveContainer | RemoveNetwork | RemoveVolume)
            assert late, f"{step.id} follows a gate"
        world.engine.perform(step)


@some
@given(checked_worlds(), randoms)
def test_what_passed_for_equal_inputs_is_not_run_again(world: World, random: Random) -> None:
    verdicts = dict.fromkeys(inputs(world).values(), GateVerdict.PASSED)

    plan = plan_sync(world.desired, world.engine.observe(), SyncPolicy(gates=verdicts))
    run(world.engine, shuffled(plan, random))
    bare = plan_sync(replace(world.desired, gates=()), world.engine.observe(), SyncPolicy())

    assert world.engine.gates == []
    again = plan_sync(world.desired, world.engine.observe(), SyncPolicy(gates=verdicts))
    assert (again.steps, again.holds) == (bare.steps, bare.holds)


@some
@given(checked_worlds())
def test_one_that_failed_before_holds_everything(world: World) -> None:
    before = names(world.desired, GatePhase.BEFORE)
    verdicts = {
        each: GateVerdict.FAILED if name in before else GateVerdict.PASSED
        for name, each in inputs(world).items()
    }

    plan = plan_sync(world.desired, world.engine.observe(), SyncPolicy(gates=verdicts))

    if before:
        assert plan.steps == ()
        assert not is_in_sync(plan)
    held = {hold.service_name for hold in plan.holds if hold.reason is HoldReason.GATE_FAILED}
    assert held == before


@some
@given(checked_worlds(), st.sampled_from(GateVerdict))
def test_all_run_again_when_a_person_asks(world: World, verdict: GateVerdict) -> None:
    policy = SyncPolicy(gates=dict.fromkeys(inputs(world).values(), verdict), rerun_gates=True)

    plan = plan_sync(world.desired, world.engine.observe(), policy)

    runs = sorted(step.service_name for step in plan.steps if isinstance(step.action, RunGate))
    assert runs == [gate.name for gate in world.desired.gates]


@some
@given(checked_worlds())
def test_on_the_way_back_none_runs_and_none_holds(world: World) -> None:
    verdicts = dict.fromkeys(inputs(world).values(), GateVerdict.FAILED)

    plan = plan_sync(
        world.desired, world.engine.observe(), SyncPolicy(gates=verdicts, rollback=True)
    )
    bare = plan_sync(
        replace(world.desired, gates=()), world.engine.observe(), SyncPolicy(rollback=True)
    )

    assert (plan.steps, plan.holds) == (bare.steps, bare.holds)


def plan_of(world: World) -> Plan:
    return plan_sync(world.desired, world.engine.observe(), SyncPolicy())


def inputs(world: World) -> Mapping[str, str]:
    return gate_inputs(world.desired, an_owner())


def names(desired: DesiredState, phase: GatePhase) -> set[str]:
    return {each.name for each in desired.gates if is_of(each, phase)}


def is_of(service: Service, phase: GatePhase) -> bool:
    return service.gate is not None and service.gate.phase is phase
