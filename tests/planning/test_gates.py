from dataclasses import replace

import pytest

from sandbox.model.action import RunGate
from sandbox.model.gate import Gate, GatePhase, GateVerdict
from sandbox.model.plan import HoldReason, Plan
from sandbox.model.waiver import Waiver, WaiverFile
from sandbox.planning.gates import gate_inputs
from sandbox.planning.plan import differences, is_in_sync
from tests.builders import (
    a_container,
    a_desired_state,
    a_running_state,
    a_service,
    an_observed_state,
    an_owner,
)
from tests.planning.cases import CASES, checked, judged, sync, the_shop


def plan_of(name: str) -> Plan:
    return CASES[name]()


def waits(plan: Plan) -> dict[str, tuple[str, ...]]:
    return {step.id: step.depends_on for step in plan.steps}


def test_everything_but_images_waits_for_the_gate_before() -> None:
    found = waits(plan_of("a revision with gates is new"))

    images = ("build image units", "pull image smoke")
    assert found["gate units"] == images
    assert all("gate units" in found[step] for step in found if step not in {*images, "gate units"})


def test_the_gate_after_waits_for_everything_but_removals() -> None:
    found = waits(plan_of("a revision with gates is new"))

    assert set(found["gate smoke"]) == found.keys() - {"gate smoke", "remove web-1 (old)"}


def test_a_network_that_is_made_anew_stays_until_the_gate_has_passed() -> None:
    shop = checked()
    renewed = replace(shop, networks=tuple(replace(n, internal=True) for n in shop.networks))

    found = waits(sync(renewed, a_running_state(the_shop())))

    assert "create network default" not in found["gate units"]
    assert "gate units" in found["remove network default"]


def test_what_has_not_run_is_a_difference_and_what_has_passed_is_none() -> None:
    shop, running = checked(), a_running_state(the_shop())

    plan = sync(shop, running)

    assert [step.id for step in differences(plan) if isinstance(step.action, RunGate)] == [
        "gate units",
        "gate smoke",
    ]
    assert is_in_sync(plan_of("all gates have passed"))


def test_what_failed_is_no_sync() -> None:
    assert not is_in_sync(plan_of("a gate before has failed"))
    assert not is_in_sync(plan_of("a gate after has failed"))


def test_inputs_before_are_the_gates_own_and_after_those_of_all() -> None:
    one = gate_inputs(checked(), an_owner())
    other = gate_inputs(checked(environment={"HEADLINE": "Hi"}), an_owner())

    assert one["units"] == other["units"]
    assert one["smoke"] != other["smoke"]


@pytest.mark.parametrize(
    "changed",
    [
        {"environment": {"A": "1"}},
        {"gate": Gate(phase=GatePhase.AFTER)},
        {"gate": Gate(phase=GatePhase.BEFORE, deadline_s=5.0)},
        {"name": "other"},
    ],
)
def test_another_gate_has_other_inputs(changed: dict[str, object]) -> None:
    shop = checked()
    smoke, units = shop.gates
    other = replace(shop, gates=(smoke, replace(units, **changed)))  # type: ignore[arg-type] # any field

    before, after = gate_inputs(shop, an_owner()), gate_inputs(other, an_owner())

    assert set(before.values()) ^ set(after.values()) >= {before["units"]}


def test_revision_and_place_are_no_inputs() -> None:
    shop = checked()
    other = replace(shop, revision="f" * 40, release="e" * 40)

    assert gate_inputs(shop, an_owner()) == gate_inputs(other, an_owner())


def test_a_gate_that_the_policy_denies_holds_everything_it_precedes() -> None:
    shop = checked()
    smoke, units = shop.gates
    shop = replace(shop, gates=(smoke, replace(units, privileged=True)))

    plan = sync(shop, a_running_state(the_shop()))

    assert plan.steps == ()
    (hold,) = plan.holds
    assert (hold.target, hold.reason) == ("gate units", HoldReason.POLICY)
    waiver = Waiver(environment="staging", name="units", key="privileged", reason="why not")
    allowed = sync(shop, a_running_state(the_shop()), waiver_file=WaiverFile(waivers=(waiver,)))
    assert "gate units" in waits(allowed)


def test_an_image_that_cannot_be_built_holds_its_gate_and_nothing_is_stopped() -> None:
    shop = checked(environment={"HEADLINE": "Hi"})
    broken = {"registry.example/smoke:1": "there is no such image"}

    plan = sync(
        shop,
        a_running_state(the_shop()),
        broken_images=broken,
        gates=judged(shop, units=GateVerdict.PASSED),
    )

    assert [hold.target for hold in plan.holds] == ["gate smoke"]
    assert "stop web-1 (old)" not in waits(plan)


def test_a_gate_after_waits_for_what_is_held() -> None:
    shop = checked()
    odd = replace(a_service("odd"), privileged=True)

    plan = sync(
        replace(shop, services=(*shop.services, odd)),
        a_running_state(the_shop()),
        gates=judged(shop, units=GateVerdict.PASSED),
    )

    held = {hold.target: hold.message for hold in plan.holds}
    assert held["gate smoke"] == "waits for odd-1, which is held"


def test_the_leftover_of_a_run_is_left_to_the_next_run_of_the_same() -> None:
    shop = checked()
    running = a_running_state(the_shop())
    left = replace(running, containers=(*running.containers, a_container(shop, shop.gates[1])))

    plan = sync(shop, left)

    assert "gate units" in waits(plan)
    assert not any("units-1" in step for step in waits(plan))


def test_one_of_an_older_spec_goes_even_where_nothing_is_pruned() -> None:
    assert list(waits(plan_of("an interrupted gate of an older spec left a container"))) == [
        "stop smoke-1",
        "remove smoke-1",
    ]


def test_an_environment_with_nothing_but_gates_is_left_alone() -> None:
    empty = replace(a_desired_state(), gates=checked().gates)

    assert sync(empty, an_observed_state(empty)).steps == ()
