"""
What a plan comes to.
"""

from dataclasses import replace

from sandbox.model.action import RunGate
from sandbox.model.desired import DesiredState
from sandbox.model.forecast import Forecast, Replacement
from sandbox.model.gate import GatePhase
from sandbox.model.observed import ContainerState, ObservedState
from sandbox.model.plan import Step
from sandbox.model.rollout import Order, Rollout, UpdateConfig
from sandbox.model.service import Condition, Dependency, Port, VolumeMount
from sandbox.planning.forecast import forecast
from sandbox.planning.spec import container_spec
from tests.builders import (
    a_build,
    a_desired_state,
    a_plan,
    a_running_state,
    a_service,
    an_owner,
)

DATA = VolumeMount(volume="data", target="/data")
DIRECT = Port(target=5432, published=15432, protocol="tcp")


def told(before: DesiredState, after: DesiredState, **changes: object) -> Forecast:
    observed: ObservedState = a_running_state(before)
    if changes:
        containers = tuple(replace(each, **changes) for each in observed.containers)  # type: ignore[arg-type] # each test names its fields
        observed = replace(observed, containers=containers)
    return forecast(a_plan(after, observed), after)


def test_nothing_to_do_comes_to_nothing() -> None:
    same = a_desired_state(a_service())
    assert told(same, same) == Forecast()


def test_what_starts_first_has_no_downtime() -> None:
    before, after = (a_desired_state(a_service(environment={"A": each})) for each in "ab")
    assert told(before, after) == Forecast(replaced=(Replacement(service="web", downtime=False),))


def test_what_stops_first_leaves_its_ports_without_an_answer() -> None:
    before, after = (
        a_desired_state(a_service("db", environment={"A": each}, mounts=[DATA], ports=[DIRECT]))
        for each in "ab"
    )
    (db,) = told(before, after).replaced
    assert (db.service, db.downtime, db.ports) == ("db", True, ("127.0.0.1:15432",))


def test_replicas_that_take_turns_answer_all_the_time() -> None:
    def shop(value: str) -> DesiredState:
        service = a_service(environment={"A": value}, replicas=2)
        update = UpdateConfig(order=Order.STOP_FIRST)
        return a_desired_state(replace(service, rollout=Rollout(update=update)))

    assert told(shop("a"), shop("b")).replaced == (Replacement(service="web", downtime=False),)


def test_what_comes_what_goes_and_what_only_ended_are_told_apart() -> None:
    old, both = a_service("old"), a_service()
    before = a_desired_state(old, both)
    after = a_desired_state(both, a_service("new", build=a_build()))

    found = told(before, after, state=ContainerState.EXITED, exit_code=137)

    assert (found.created, found.restarted, found.removed) == (("new",), ("web",), ("old",))
    assert found.replaced == ()
    (image,) = found.images
    assert image == after.services[0].image


def test_a_job_runs_and_replaces_nothing() -> None:
    def shop(value: str) -> DesiredState:
        job = a_service("migrate", environment={"A": value})
        waits = Dependency(service_name="migrate", condition=Condition.COMPLETED)
        return a_desired_state(job, a_service(depends_on=[waits]))

    found = told(shop("a"), shop("b"))
    assert (found.jobs, found.replaced, found.created) == (("migrate",), (), ())


def test_gates_are_named() -> None:
    desired = a_desired_state(a_service())
    spec = container_spec(an_owner(), desired, desired.services[0], 1)
    action = RunGate(spec=spec, gate="smoke", phase=GatePhase.AFTER, deadline_s=1.0, inputs="x")
    step = Step(id="gate smoke", action=action, target="gate smoke", reason="it never ran")
    plan = replace(a_plan(desired, a_running_state(desired)), steps=(step,))
    assert forecast(plan, desired).gates == ("smoke",)
