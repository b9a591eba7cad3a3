from dataclasses import replace

import pytest

from sandbox.model.action import CreateContainer
from sandbox.model.observed import TakenPort
from sandbox.model.plan import HoldReason, Plan, SyncPolicy
from sandbox.model.service import Port
from sandbox.planning.plan import plan_sync
from sandbox.planning.routes import INGRESS
from tests.builders import a_desired_state, a_running_state, a_service

PORT = Port(target=80, published=8081, published_end=8081)
RUNNING = a_running_state(a_desired_state(a_service("db"), a_service("web")))


def plan_of(port: Port, *bound: tuple[str, int, str]) -> Plan:
    taken = tuple(TakenPort(bound=each, holder="nginx (pid 812)") for each in bound)
    wanted = a_desired_state(a_service("db"), a_service("web", ports=[port]))
    return plan_sync(wanted, replace(RUNNING, taken_ports=taken), SyncPolicy())


@pytest.mark.parametrize("address", ["127.0.0.1", "0.0.0.0", "::"])
def test_a_port_that_another_holds_holds_its_service_and_names_who(address: str) -> None:
    plan = plan_of(PORT, (address, 8081, "tcp"))

    (hold,) = plan.holds
    assert (hold.target, hold.reason) == ("web-1", HoldReason.PORT_TAKEN)
    assert "port 127.0.0.1:8081 is held by nginx (pid 812)" in hold.message
    assert {step.service_name for step in plan.steps} <= {"", INGRESS}
    created = (step.action for step in plan.steps if isinstance(step.action, CreateContainer))
    assert [action.spec.service.ports for action in created] == [()]


@pytest.mark.parametrize(
    "bound", [("127.0.0.2", 8081, "tcp"), ("127.0.0.1", 8082, "tcp"), ("127.0.0.1", 8081, "udp")]
)
def test_a_port_that_differs_is_in_nobodys_way(bound: tuple[str, int, str]) -> None:
    plan = plan_of(PORT, bound)

    assert plan.holds == ()
    assert "start web-1" in {each.id for each in plan.steps}


def test_of_a_range_the_engine_takes_what_is_free() -> None:
    plan = plan_of(replace(PORT, published_end=8090), ("127.0.0.1", 8081, "tcp"))

    assert plan.holds == ()


def test_who_has_the_port_already_keeps_it() -> None:
    wanted = a_desired_state(a_service("web", ports=[PORT]))
    running = a_running_state(wanted)
    taken = TakenPort(bound=("127.0.0.1", 8081, "tcp"), holder="nginx (pid 812)")

    assert plan_sync(wanted, replace(running, taken_ports=(taken,)), SyncPolicy()).holds == ()
