"""What a plan and a step are allowed, of what is declared and of what is there."""

from dataclasses import replace

import pytest

from sandbox.model.action import (
    Action,
    BuildImage,
    ConnectNetwork,
    ContainerSpec,
    CreateContainer,
    CreateNetwork,
    CreateVolume,
    Endpoint,
    StartContainer,
    StopContainer,
)
from sandbox.model.desired import DesiredState, Network, Volume
from sandbox.model.observed import ObservedState
from sandbox.model.plan import HoldReason, Plan, SyncPolicy
from sandbox.model.service import HostMount, Port, Service, VolumeMount
from sandbox.model.surroundings import Hook, Hooks, Namespaces, VolumesFrom
from sandbox.model.waiver import Subject, Waiver, WaiverFile
from sandbox.planning.admission import Judge, judge_of
from sandbox.planning.plan import plan_sync
from sandbox.planning.spec import container_spec
from tests.builders import (
    a_build,
    a_desired_state,
    a_running_state,
    a_service,
    an_observed_state,
    waits_for,
)
from tests.planning.test_payload import FIELDS, HOST_FIELDS

PATH = "/repo/.git/sandbox/policy.yaml"
OUTSIDE = Network(key="default", name="outside", external=True)
BIND = Volume(key="data", driver_opts={"type": "none", "o": "bind", "device": "/srv"})


def allowing(key: str, name: str = "web", subject: Subject = Subject.SERVICE) -> WaiverFile:
    waiver = Waiver(environment="staging", subject=subject, name=name, key=key, reason="why not")
    return WaiverFile(path=PATH, waivers=(waiver,))


def judge(desired: DesiredState, waiver_file: WaiverFile | None = None) -> Judge:
    policy = SyncPolicy(waiver_file=waiver_file or WaiverFile(path=PATH))
    return judge_of(desired, an_observed_state(desired), policy)


def denied(
    desired: DesiredState, name: str = "web", waivers: WaiverFile | None = None
) -> list[str]:
    observed = an_observed_state(desired)
    service = next(each for each in desired.services if each.name == name)
    spec = container_spec(observed.owner, desired, service, 1)
    found = judge(desired, waivers).denials(CreateContainer(spec=spec))
    return [each.key for each in found]


def plan(
    desired: DesiredState, observed: ObservedState | None = None, waivers: WaiverFile | None = None
) -> Plan:
    policy = SyncPolicy(waiver_file=waivers or WaiverFile(path=PATH))
    return plan_sync(desired, observed or an_observed_state(desired), policy)


@pytest.mark.parametrize("field", sorted({**FIELDS, **HOST_FIELDS}))
def test_no_field_that_we_send_is_unknown_to_the_policy(field: str) -> None:
    value = {**FIELDS, **HOST_FIELDS}[field][0]
    spec = ContainerSpec(
        name="x",
        service=replace(Service(name="web", image="i"), **{field: value}),
        replica=1,
        labels={},
        volume_names={"data": "x"},
        followed={"db": "y"},
        spec_hash="1",
    )

    found = judge(a_desired_state(a_service())).denials(CreateContainer(spec=spec))

    assert [each for each in found if not each.waivable] == []


def test_what_is_its_own_may_be_reached() -> None:
    shop = a_service(
        mounts=[VolumeMount(volume="data", target="/data")], ports=[Port(target=80, published=8080)]
    )
    follower = replace(
        a_service("side", attachments=()),
        namespaces=Namespaces(network="service:web", pid="service:web", ipc="service:web"),
        volumes_from=(VolumesFrom(service_name="web"),),
    )
    desired = a_desired_state(shop, follower)

    assert denied(desired) == []
    assert denied(desired, "side") == []


def test_a_container_of_others_may_not() -> None:
    namespaces = Namespaces(network="container:x", pid="container:x", ipc="container:x")
    web = replace(
        a_service(attachments=()),
        namespaces=namespaces,
        volumes_from=(VolumesFrom(container_name="x"),),
    )

    assert denied(a_desired_state(web)) == ["volumes_from", "ipc", "pid", "network_mode"]


def test_a_denied_container_is_held_with_its_dependents_and_nothing_of_it_is_made() -> None:
    db = replace(a_service("db", build=a_build()), privileged=True)
    found = plan(a_desired_state(db, a_service(depends_on=[waits_for("db")]), a_service("other")))

    assert {(each.target, each.reason) for each in found.holds} == {
        ("db-1", HoldReason.POLICY),
        ("web-1", HoldReason.DEPENDENCY_HELD),
    }
    assert {each.service_name for each in found.steps} <= {"", "other"}
    assert not any(isinstance(each.action, BuildImage) for each in found.steps)


def test_the_message_has_the_lines_that_allow_it() -> None:
    web = replace(a_service(), privileged=True, places={"privileged": "compose.yaml:7"})
    (hold,) = plan(a_desired_state(web)).holds

    assert hold.service_name == "web"
    assert hold.message.splitlines() == [
        (
            "policy denies privileged (compose.yaml:7): privileged: true; "
            "root in the container is then root on the host"
        ),
        f"to allow it, say why in {PATH}:",
        "allow:",
        '  - {environment: staging, service: web, key: privileged, reason: "…"}',
    ]


def test_a_waiver_lets_it_go_on() -> None:
    desired = a_desired_state(replace(a_service(), privileged=True))

    found = plan(desired, waivers=allowing("privileged"))
    assert found.holds == ()
    assert "create web-1" in {each.id for each in found.steps}


def test_what_runs_by_a_waiver_that_is_gone_is_held_and_left_alone() -> None:
    desired = a_desired_state(replace(a_service(), privileged=True))
    running = a_running_state(desired)

    assert plan(desired, running, allowing("privileged")).holds == ()
    found = plan(desired, running)
    assert [each.reason for each in found.holds] == [HoldReason.POLICY]
    assert found.steps == ()


def test_a_wrong_waiver_file_is_told_and_allows_nothing() -> None:
    desired = a_desired_state(replace(a_service(), privileged=True))
    wrong = WaiverFile(path=PATH, problems=(f"{PATH}:2:5: allow[0]: reason is missing",))

    held = {each.reason: each.message for each in plan(desired, waivers=wrong).holds}
    assert set(held) == {HoldReason.POLICY, HoldReason.WAIVERS_INVALID}
    assert "reason is missing" in held[HoldReason.POLICY]
    assert "reason is missing" in held[HoldReason.WAIVERS_INVALID]


def test_a_network_of_others_is_held_with_all_who_are_on_it() -> None:
    desired = a_desired_state(a_service(), networks=[OUTSIDE])
    there = an_observed_state(desired, foreign_networks=["outside"])

    assert {(each.target, each.reason) for each in plan(desired, there).holds} == {
        ("network default", HoldReason.POLICY),
        ("web-1", HoldReason.DEPENDENCY_HELD),
    }
    allowed = allowing("external", "default", Subject.NETWORK)
    assert plan(desired, there, allowed).holds == ()


def test_a_volume_that_binds_is_neither_made_nor_mounted() -> None:
    web = a_service(mounts=[VolumeMount(volume="data", target="/data")])
    desired = a_desired_state(web, volumes=[BIND])

    found = plan(desired)
    assert {(each.target, each.reason) for each in found.holds} == {
        ("volume data", HoldReason.POLICY),
        ("web-1", HoldReason.DEPENDENCY_HELD),
    }
    assert found.steps == ()
    assert plan(desired, waivers=allowing("driver_opts", "data", Subject.VOLUME)).holds == ()


def test_a_volume_that_was_made_by_a_waiver_that_is_gone_is_not_mounted_again() -> None:
    web = a_service(mounts=[VolumeMount(volume="data", target="/data")])
    before = a_running_state(a_desired_state(web, volumes=[BIND]))
    after = a_desired_state(replace(web, user="1000"), volumes=[BIND])

    found = plan(after, before)
    assert ("web-1", HoldReason.DEPENDENCY_HELD) in {
        (one.target, one.reason) for one in found.holds
    }
    assert found.steps == ()


def test_a_step_on_what_was_not_admitted_is_denied_whatever_the_plan_says() -> None:
    web = replace(
        a_service(build=replace(a_build(), network="host")),
        mounts=(HostMount(source="/etc", target="/x"),),
        hooks=Hooks(post_start=(Hook(command=("id",), privileged=True),)),
    )
    desired = a_desired_state(web, networks=[OUTSIDE], volumes=[BIND])
    asked = judge(desired)
    hooks = web.hooks.post_start
    assert web.build

    assert denied(desired) == ["volumes", "networks", "build.network", "post_start"]
    volume = CreateVolume(
        name="x",
        driver="local",
        driver_opts=BIND.driver_opts,
        labels={"com.docker.compose.volume": "data"},
    )
    lan = CreateNetwork(name="x", network=Network(key="default", driver="macvlan"), labels={})
    outside = Endpoint(network_name="outside")
    expected: list[tuple[Action, str]] = [
        (BuildImage(tags=(web.image,), build=web.build, release="r"), "build.network"),
        (volume, "driver_opts"),
        (lan, "driver"),
        (ConnectNetwork(container_name="w", container_id="1", endpoint=outside), "networks"),
        (StartContainer(container_name="w", hooks=hooks), "post_start"),
        (StopContainer(container_name="w", container_id="1", grace_s=1, hooks=hooks), "pre_stop"),
    ]
    for action, key in expected:
        assert [each.key for each in asked.denials(action, "web")] == [key]
