"""
The part of a plan that a stage carries out.
"""

from dataclasses import replace

import pytest

from sandbox.delivery.stage_plan import gate_plan, image_plan
from sandbox.errors import HeldError
from sandbox.model.action import (
    BuildImage,
    ContainerSpec,
    CreateContainer,
    CreateNetwork,
    RunGate,
    StartContainer,
)
from sandbox.model.desired import DesiredState, Network
from sandbox.model.gate import Gate, GatePhase, GateVerdict
from sandbox.model.plan import Hold, HoldReason, Plan, Step
from tests.builders import REVISION, a_build, a_desired_state, a_service

SPEC = ContainerSpec(name="x", service=a_service(), replica=1, labels={}, spec_hash="s")
INPUTS = {"unit": "u1", "smoke": "s1"}


def desired() -> DesiredState:
    gates = (
        replace(a_service("smoke"), gate=Gate(phase=GatePhase.AFTER)),
        replace(a_service("unit"), gate=Gate(phase=GatePhase.BEFORE)),
    )
    return replace(a_desired_state(a_service()), gates=gates)


def run_gate(name: str, phase: GatePhase, *waits: str) -> Step:
    action = RunGate(spec=SPEC, gate=name, phase=phase, deadline_s=9.0, inputs=INPUTS[name])
    return Step(id=f"gate {name}", action=action, target=name, reason="new", depends_on=waits)


BUILD = Step(
    id="build image web",
    action=BuildImage(tags=("web:1",), build=a_build(), release=REVISION, labels={}),
    target="image web",
    reason="not built",
)
NETWORK = Step(
    id="create network back",
    action=CreateNetwork(name="n", network=Network(key="back"), labels={}),
    target="network back",
    reason="missing",
)
UNIT = run_gate("unit", GatePhase.BEFORE, BUILD.id, NETWORK.id)
CREATE = Step(
    id="create web-1",
    action=CreateContainer(spec=SPEC),
    target="web-1",
    reason="missing",
    depends_on=(UNIT.id,),
)
START = Step(
    id="start web-1",
    action=StartContainer(container_name="web-1"),
    target="web-1",
    reason="missing",
    depends_on=(CREATE.id,),
)
SMOKE = run_gate("smoke", GatePhase.AFTER, START.id)
STEPS = (BUILD, NETWORK, UNIT, CREATE, START, SMOKE)


def a_plan(*steps: Step, holds: tuple[Hold, ...] = ()) -> Plan:
    return Plan(
        environment="staging", revision=REVISION, release=REVISION, steps=steps, holds=holds
    )


def ids(plan: Plan) -> list[str]:
    return [step.id for step in plan.steps]


def test_building_does_nothing_but_build() -> None:
    assert ids(image_plan(a_plan(*STEPS))) == [BUILD.id]


def test_gates_before_bring_what_they_wait_for_and_touch_no_container() -> None:
    plan = gate_plan(a_plan(*STEPS), desired(), GatePhase.BEFORE, INPUTS, {})
    assert ids(plan) == [BUILD.id, NETWORK.id, UNIT.id]


def test_gates_after_run_alone_when_everything_is_up() -> None:
    smoke = replace(SMOKE, depends_on=())
    plan = gate_plan(a_plan(UNIT, smoke), desired(), GatePhase.AFTER, INPUTS, {})
    assert ids(plan) == [SMOKE.id]


def test_a_gate_does_not_judge_what_is_not_what_was_deployed() -> None:
    with pytest.raises(HeldError, match="not what was deployed: web-1: missing"):
        gate_plan(a_plan(*STEPS), desired(), GatePhase.AFTER, INPUTS, {})


def test_a_gate_that_passed_for_the_same_inputs_is_not_run_again() -> None:
    passed = {"u1": GateVerdict.PASSED}
    plan = gate_plan(a_plan(CREATE), desired(), GatePhase.BEFORE, INPUTS, passed)
    assert ids(plan) == []


@pytest.mark.parametrize("passed", [{}, {"u2": GateVerdict.PASSED}, {"u1": GateVerdict.FAILED}])
def test_a_gate_that_is_held_is_never_taken_for_passed(passed: dict[str, GateVerdict]) -> None:
    hold = Hold(
        target="unit", reason=HoldReason.POLICY, message="privileged is denied", service_name="unit"
    )
    with pytest.raises(HeldError, match="gate unit cannot be run: privileged is denied"):
        gate_plan(a_plan(CREATE, holds=(hold,)), desired(), GatePhase.BEFORE, INPUTS, passed)


def test_a_stage_without_any_gate_is_no_proof() -> None:
    with pytest.raises(HeldError, match="staging has no gate that runs before a sync"):
        gate_plan(a_plan(), a_desired_state(), GatePhase.BEFORE, {}, {})
