from dataclasses import fields, replace

import pytest

from sandbox.model.action import (
    BuildImage,
    CreateContainer,
    DrainContainer,
    ShiftTraffic,
    StartContainer,
    StopContainer,
)
from sandbox.model.ingress import RouteMode
from sandbox.model.observed import ContainerState, TakenPort
from sandbox.model.plan import HoldReason, Plan
from sandbox.model.service import Attachment
from sandbox.planning.labels import SERVICE
from sandbox.planning.plan import is_in_sync
from sandbox.planning.routes import INGRESS
from sandbox.planning.spec import container_spec
from sandbox.planning.traffic import meant_config
from tests.builders import (
    a_build,
    a_desired_state,
    a_running_state,
    a_service,
    an_owner,
    waits_for,
)
from tests.planning.cases import (
    CASES,
    GOLDEN,
    a_db,
    a_migration,
    a_web,
    golden_text,
    in_the_middle,
    sync,
    the_shop,
)


def plan_of(name: str) -> Plan:
    return CASES[name]()


def waits(plan: Plan) -> dict[str, tuple[str, ...]]:
    return {step.id: step.depends_on for step in plan.steps}


def test_every_case_reads_as_the_golden_file_says() -> None:
    assert golden_text() == GOLDEN.read_text(encoding="utf-8")


def test_a_replacement_moves_the_requests_before_it_stops_and_removes_last() -> None:
    made = ("copy files web-1", "create web-1")
    assert waits(plan_of("one variable changed")) == {
        "create web-1": (),
        "copy files web-1": ("create web-1",),
        "start web-1": made,
        "await web-1": ("start web-1",),
        "shift web to web-1": ("await web-1",),
        "drain web-1 (old)": ("shift web to web-1",),
        "stop web-1 (old)": ("await web-1", *made, "drain web-1 (old)"),
        "remove web-1 (old)": ("await web-1", "stop web-1 (old)"),
    }


def test_an_old_container_serves_until_the_migration_for_the_new_one_has_ended() -> None:
    plan = plan_of("the source changed so two services share one build")
    assert "await migrate-1" in waits(plan)["start web-1"]
    assert "await web-1" in waits(plan)["stop web-1 (old)"]


def test_services_of_one_content_share_one_build_with_a_tag_for_each() -> None:
    plan = plan_of("the source changed so two services share one build")
    builds = [step.action for step in plan.steps if isinstance(step.action, BuildImage)]
    assert [build.tags for build in builds] == [
        ("shop/migrate:ffffffffffffffff", "shop/web:ffffffffffffffff")
    ]


def test_a_start_waits_for_the_stop_of_whoever_holds_its_port_and_nothing_else_foreign() -> None:
    found = waits(plan_of("two services swapped the ports that they bind themselves"))
    assert found["start a-1"] == ("create a-1", "stop a-1 (old)", "stop b-1 (old)")
    assert found["stop b-1 (old)"] == ("create a-1", "create b-1")


def test_a_renewed_network_is_removed_when_ours_are_off_it_and_made_before_they_come_back() -> None:
    found = waits(plan_of("the definition of a network changed"))
    assert found["remove network default"] == (
        "remove db-1",
        "remove sandbox-ingress-1",
        "remove web-1",
    )
    assert found["create db-1"] == ("create network default", "remove db-1")


def test_a_stop_has_the_grace_that_the_container_was_promised() -> None:
    before = a_desired_state(a_service(stop_grace_period_s=42.5))
    after = a_desired_state(a_service(environment={"A": "1"}))
    stops = [
        step.action
        for step in sync(after, a_running_state(before)).steps
        if isinstance(step.action, StopContainer)
    ]
    assert [stop.grace_s for stop in stops] == [42.5]


def test_an_optional_dependency_is_waited_for_but_its_failure_stops_nobody() -> None:
    web = a_service("web", depends_on=[waits_for("db", required=False)])
    desired = a_desired_state(web, a_service("db"))
    observed = replace(a_running_state(desired), containers=())
    start = {step.id: step for step in sync(desired, observed).steps}["start web-1"]
    assert (start.depends_on, start.after) == (("create web-1",), ("start db-1",))


def test_a_dependent_that_runs_unchanged_is_left_alone_when_its_dependency_is_held() -> None:
    web = a_service("web", depends_on=[waits_for("db")])
    before = a_desired_state(web, a_service("db"))
    after = a_desired_state(web, a_service("db", environment={"A": "1"}))
    observed = a_running_state(before)
    name = next(
        step.action.spec.name
        for step in sync(after, observed).steps
        if isinstance(step.action, CreateContainer)
    )
    taken = {**observed.foreign_names, "container": frozenset({name})}
    plan = sync(after, replace(observed, foreign_names=taken))
    assert plan.steps == ()
    assert [(hold.service_name, hold.reason) for hold in plan.holds] == [
        ("db", HoldReason.NAME_TAKEN)
    ]


def test_a_network_on_which_something_is_held_is_not_renewed() -> None:
    plan = plan_of("the definition of a network changed")
    assert any(step.id == "remove network default" for step in plan.steps)
    after = replace(the_shop(), networks=(replace(the_shop().networks[0], internal=True),))
    observed = a_running_state(the_shop())
    failed = [replace(each, exit_code=3) for each in observed.containers if each.exit_code == 0]
    failed = [each for each in failed if "migrate" in each.name]
    others = [each for each in observed.containers if "migrate" not in each.name]
    held = sync(after, replace(observed, containers=(*others, *failed)))
    assert held.steps == ()
    assert HoldReason.NETWORK_IN_USE in {hold.reason for hold in held.holds}


def test_waiting_for_what_already_runs_is_no_difference() -> None:
    plan = plan_of("an interrupted run left a container that is not ready")
    assert plan.steps
    assert is_in_sync(plan)
    assert not is_in_sync(plan_of("the definition of a volume changed"))


def test_the_arguments_are_not_changed() -> None:
    desired, observed = the_shop(), a_running_state(a_desired_state(a_web(), a_db()))
    before = [
        repr(getattr(value, field.name)) for value in (desired, observed) for field in fields(value)
    ]
    sync(desired, observed)
    assert before == [
        repr(getattr(value, field.name)) for value in (desired, observed) for field in fields(value)
    ]


def test_a_start_after_a_stop_waits_for_it_when_a_dependency_was_replaced() -> None:
    found = waits(plan_of("a replaced dependency restarts its dependent"))
    assert "stop web-1" in found["start web-1"]
    starts = [
        step.action.container_id
        for step in plan_of("a replaced dependency restarts its dependent").steps
        if isinstance(step.action, StartContainer) and step.id == "start web-1"
    ]
    assert starts
    assert starts[0]


def test_a_job_that_was_done_once_needs_no_container_and_nobody_waits_for_it() -> None:
    shop = the_shop()
    done = frozenset({container_spec(an_owner(), shop, a_migration(), 1).spec_hash})
    observed = a_running_state(shop)
    rest = (each for each in observed.containers if "migrate" not in each.name)
    observed = replace(observed, containers=tuple(rest))
    assert "create migrate-1" in waits(sync(shop, observed))
    assert sync(shop, observed, jobs_done=done).steps == ()


def test_a_failed_job_that_was_done_once_before_stays_as_it_is() -> None:
    shop = the_shop()
    done = frozenset({container_spec(an_owner(), shop, a_migration(), 1).spec_hash})
    observed = a_running_state(shop)
    failed = [
        replace(each, exit_code=3) if "migrate" in each.name else each
        for each in observed.containers
    ]
    plan = sync(shop, replace(observed, containers=tuple(failed)), jobs_done=done)
    assert (plan.steps, plan.holds) == ((), ())


def test_where_an_image_is_broken_the_requests_stay_where_they_are() -> None:
    build = a_build(content="c2")
    after = a_desired_state(a_web(build=build, image="shop/web:ff", replicas=2), a_db())
    before = a_desired_state(a_web(replicas=2), a_db())
    plan = sync(after, a_running_state(before), broken_images={"shop/web:ff": "no luck"})
    assert HoldReason.IMAGE_BROKEN in {hold.reason for hold in plan.holds}
    kinds = (StopContainer, ShiftTraffic, DrainContainer, StartContainer)
    assert not [step.id for step in plan.steps if isinstance(step.action, kinds)]


def test_a_service_that_is_held_and_binds_a_port_of_the_ingress_holds_that_too() -> None:
    routed = a_desired_state(a_web(depends_on=(), environment={"A": "1"}))
    (web,) = routed.services
    direct = replace(routed, services=(replace(web, route=RouteMode.DIRECT),))
    observed = replace(a_running_state(direct), images=a_running_state(routed).images)
    name = next(
        step.action.spec.name
        for step in sync(routed, observed).steps
        if isinstance(step.action, CreateContainer) and step.service_name == "web"
    )
    taken = {**observed.foreign_names, "container": frozenset({name})}
    plan = sync(routed, replace(observed, foreign_names=taken))
    assert {hold.target: hold.reason for hold in plan.holds} == {
        "web-1": HoldReason.NAME_TAKEN,
        "sandbox-ingress-1": HoldReason.PORT_TAKEN,
    }
    assert not [step for step in plan.steps if isinstance(step.action, StartContainer)]


def test_a_port_that_nobody_can_publish_is_told_though_its_service_runs_on() -> None:
    desired = a_desired_state(a_web(depends_on=()))
    observed = a_running_state(desired)
    rest = (each for each in observed.containers if "ingress" not in each.name)
    taken = (TakenPort(bound=("127.0.0.1", 8081, "tcp"), holder="nginx (pid 812)"),)
    plan = sync(desired, replace(observed, containers=tuple(rest), taken_ports=taken))
    assert [(hold.service_name, hold.reason) for hold in plan.holds] == [
        ("web", HoldReason.PORT_TAKEN)
    ]
    assert "start sandbox-ingress-1" in waits(plan)
    assert plan.ingress
    assert plan.ingress.backends == meant_config(desired, observed).backends


def test_a_third_generation_is_stopped_before_anything_new_starts() -> None:
    found = waits(plan_of("a canary is superseded"))
    assert "stop web-1 (old)" in found["start web-1"]
    assert "stop web-1 (old 2)" not in found["start web-1"]
    assert "drain web-1 (old)" in found["stop web-1 (old)"]


def test_what_was_taken_off_its_network_is_not_what_serves_until_a_third_generation_does() -> None:
    old, middle, new = (
        a_desired_state(a_service("web", environment={"A": each})) for each in ("1", "2", "3")
    )
    both = in_the_middle(old, middle)
    off = min(both.containers, key=lambda each: each.created_at)
    containers = tuple(
        replace(each, networks={}, addresses={}) if each is off else each
        for each in both.containers
    )
    plan = sync(new, replace(both, containers=containers))
    (served,) = (each.id for each in containers if each.networks)
    stops = {
        step.action.container_id: step
        for step in plan.steps
        if isinstance(step.action, StopContainer)
    }
    assert "await web-1" in stops[served].depends_on
    assert "await web-1" not in stops[off.id].depends_on


def test_a_replica_too_many_that_alone_works_stays_until_the_others_do() -> None:
    before = a_desired_state(a_service("worker", replicas=2))
    after = a_desired_state(a_service("worker", environment={"CHANGED": "1"}))
    observed = a_running_state(before)
    first, second = observed.containers
    stopped = replace(first, state=ContainerState.EXITED, exit_code=143)

    found = waits(sync(after, replace(observed, containers=(stopped, second))))

    assert "await worker-1" in found["stop worker-2"]
    assert "await worker-1" not in waits(sync(after, observed))["stop worker-2"]


def test_a_replica_too_many_stays_while_all_that_is_declared_is_held() -> None:
    observed = a_running_state(a_desired_state(a_service("worker", replicas=2)))
    first, second = observed.containers
    taken = {"container": frozenset({first.name})}
    held = replace(observed, containers=(second,), foreign_names=taken)

    assert not sync(a_desired_state(a_service("worker")), held).steps
    # Another replica that comes up is waited for, and then it goes.
    found = sync(a_desired_state(a_service("worker")), replace(held, foreign_names={}))
    assert "stop worker-2" in {step.id for step in found.steps}


def test_a_container_that_gets_another_address_gets_its_requests_there() -> None:
    attachments = [Attachment(network="back"), Attachment(network="front")]
    desired = a_desired_state(a_web(depends_on=(), attachments=attachments))
    observed = a_running_state(desired)
    detached = [
        replace(
            each,
            networks={name: names for name, names in each.networks.items() if "back" not in name},
            addresses={name: text for name, text in each.addresses.items() if "back" not in name},
        )
        if "web" in each.name
        else each
        for each in observed.containers
    ]
    found = waits(sync(desired, replace(observed, containers=tuple(detached))))
    assert "connect web-1 to shop-staging-c0ffee_back" in found["shift web to web-1"]


@pytest.mark.parametrize(
    ("name", "stop", "end"),
    [
        ("the only published service is published no more", "web-1", "stop sandbox-ingress-1"),
        ("the last routed service becomes direct", "web-1", "stop sandbox-ingress-1"),
        (
            "one of two published services is published no more",
            "api-1",
            "stop sandbox-ingress-1 (old)",
        ),
        (
            "a service behind an ingress that stays is routed no more",
            "api-1",
            "configure sandbox-ingress-1",
        ),
    ],
)
def test_what_is_published_no_more_stops_when_no_ingress_leads_to_it(
    name: str, stop: str, end: str
) -> None:
    assert end in waits(plan_of(name))[f"stop {stop} (old)"]


def test_an_ingress_that_is_paused_is_told_before_a_dropped_service_stops() -> None:
    web, api = (a_web(depends_on=(), name=name) for name in ("web", "api"))
    api = replace(api, ports=(), expose=("9000",), route=RouteMode.HTTP)
    observed = a_running_state(a_desired_state(web, api))
    paused = (
        replace(each, state=ContainerState.PAUSED, config_hash="")
        if each.labels[SERVICE] == INGRESS
        else each
        for each in observed.containers
    )
    plan = sync(a_desired_state(web), replace(observed, containers=tuple(paused)))
    assert "configure sandbox-ingress-1" in waits(plan)["stop api-1"]


def test_a_fixed_address_is_released_before_another_service_claims_it() -> None:
    found = waits(plan_of("two services swapped their fixed addresses"))
    assert {"stop one-1 (old)", "stop two-1 (old)"} <= {*found["start one-1"]}
    assert {"stop one-1 (old)", "stop two-1 (old)"} <= {*found["start two-1"]}
