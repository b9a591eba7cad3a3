from dataclasses import replace
from typing import Any

import pytest

from sandbox.model.action import RemoveNetwork, StopContainer
from sandbox.model.desired import AddressPool, DesiredState, Network
from sandbox.model.observed import ObservedState
from sandbox.model.plan import HoldReason, Plan, SyncPolicy
from sandbox.model.service import Attachment, Service
from sandbox.model.surroundings import Device, Devices
from sandbox.model.waiver import Subject, Waiver, WaiverFile
from sandbox.planning.plan import plan_sync
from tests.builders import (
    a_container,
    a_desired_state,
    a_network,
    a_running_state,
    a_service,
    an_observed_state,
)

SUBNET = "10.9.0.0/24"
WAIVERS = WaiverFile(
    path="policy.yaml",
    waivers=tuple(
        Waiver(
            environment="staging", subject=Subject.SERVICE, name=name, key="devices", reason="ours"
        )
        for name in ("one", "two")
    ),
)


def sync(desired: DesiredState, observed: ObservedState) -> Plan:
    return plan_sync(desired, observed, SyncPolicy(waiver_file=WAIVERS))


def at(name: str, **address: str) -> Service:
    return a_service(name, attachments=[Attachment(network="default", **address)])  # type: ignore[arg-type] # texts


def using(name: str, *paths: str) -> Service:
    devices = Devices(mapped=tuple(Device(source=path, target=path) for path in paths))
    return replace(a_service(name), devices=devices)


def on(subnet: str, *keys: str, **settings: Any) -> DesiredState:
    networks = [Network(key=key, pools=(AddressPool(subnet=subnet),)) for key in keys]
    service = a_service("web", attachments=[Attachment(network=key) for key in keys])
    return a_desired_state(service, networks=networks, **settings)


def handed_over(plan: Plan) -> list[str]:
    return [
        step.reason.partition("; ")[2]
        for step in plan.steps
        if isinstance(step.action, StopContainer)
    ]


@pytest.mark.parametrize(
    ("key", "asked", "has"),
    [
        ("ipv4_address", "10.9.0.5", "10.9.0.5"),
        ("ipv6_address", "2001:db8:0::5", "2001:db8::5"),
        ("mac_address", "02-42-AC-00-00-05", "02:42:ac:00:00:05"),
    ],
)
def test_a_fixed_address_goes_from_one_service_to_another(key: str, asked: str, has: str) -> None:
    before = a_desired_state(at("one", **{key: asked}), a_service("two"))
    one, two = before.services
    network = next(iter(a_container(before, one).networks))
    holder = replace(
        a_container(before, one),
        addresses={network: has} if key == "ipv4_address" else {},
        other_addresses={network: (has,)},
    )
    observed = an_observed_state(before, holder, a_container(before, two))
    after = a_desired_state(a_service("one"), at("two", **{key: asked}))

    plan = sync(after, observed)

    assert f"address {asked} goes to two-1" in handed_over(plan)
    steps = {step.id: step for step in plan.steps}
    assert "stop one-1 (old)" in steps["start two-1"].depends_on


def test_an_address_that_a_container_keeps_holds_who_asks_for_it() -> None:
    before = a_desired_state(a_service("one"))
    (one,) = before.services
    network = next(iter(a_container(before, one).networks))
    holder = replace(a_container(before, one), addresses={network: "10.9.0.5"})

    plan = sync(
        a_desired_state(one, at("two", ipv4_address="10.9.0.5")), an_observed_state(before, holder)
    )

    (hold,) = plan.holds
    assert (hold.target, hold.reason) == ("two-1", HoldReason.ADDRESS_TAKEN)
    assert "one-1 has the address 10.9.0.5 and stays" in hold.message
    assert plan.steps == ()


def test_a_device_is_handed_over_only_by_who_gave_it_up() -> None:
    before = a_desired_state(using("one", "/dev/ttyUSB0"))
    (one,) = before.services
    running = replace(a_container(before, one), devices=("/dev/ttyUSB0",))
    observed = an_observed_state(before, running)

    moved = sync(a_desired_state(using("two", "/dev/ttyUSB0")), observed)
    assert handed_over(moved) == ["device /dev/ttyUSB0 goes to two-1"]
    changed = replace(one, environment={"A": "1"})
    shared = sync(a_desired_state(changed, using("two", "/dev/ttyUSB0")), observed)
    assert handed_over(shared) == [""]


def test_two_containers_of_a_service_use_a_device_only_if_the_file_says_so() -> None:
    before = a_desired_state(using("one", "/dev/ttyUSB0"))
    (one,) = before.services
    plan = sync(
        a_desired_state(replace(one, environment={"A": "1"})),
        an_observed_state(before, a_container(before, one)),
    )
    steps = {step.id: step for step in plan.steps}
    assert "stop one-1 (old)" in steps["start one-1"].depends_on


def test_a_subnet_that_stays_with_its_network_holds_the_new_one_and_what_is_on_it() -> None:
    before = on(SUBNET, "old")
    running = a_running_state(before)
    (network,) = running.networks
    foreign = replace(running, networks=(replace(network, endpoints=("somebody",)),))
    after = on(SUBNET, "new")
    kept = replace(
        after, settings=replace(after.settings, sync=replace(after.settings.sync, prune=False))
    )
    both = on(SUBNET, "new", "old")

    for desired, observed, why in (
        (
            after,
            foreign,
            "a container that is not ours is attached to it; take it off: docker network",
        ),
        (kept, running, "it is no longer declared, and prune is off"),
        (both, running, "it is declared as well; give one of them another subnet"),
    ):
        plan = sync(desired, observed)
        holds = {hold.target: hold for hold in plan.holds}
        assert (
            f"network old has its subnet {SUBNET}, and stays: {why}" in holds["network new"].message
        )
        assert holds["web-1"].reason is HoldReason.DEPENDENCY_HELD
        assert not [
            step for step in plan.steps if isinstance(step.action, StopContainer | RemoveNetwork)
        ]


def test_what_is_held_on_the_old_network_holds_the_new_one() -> None:
    held = a_service(
        "held", image="registry.example/never:1", attachments=[Attachment(network="old")]
    )
    before = on(SUBNET, "old")
    before = replace(before, services=(*before.services, held))
    after = on(SUBNET, "new")
    orphan = replace(
        after, settings=replace(after.settings, sync=replace(after.settings.sync, prune=False))
    )
    networks = [a_network(before, each, endpoints=["id-held"]) for each in before.networks]
    running = replace(
        an_observed_state(before, *(a_container(before, each) for each in before.services)),
        networks=tuple(networks),
    )
    plan = sync(orphan, running)
    assert "network new" in {hold.target for hold in plan.holds}
    assert not [step for step in plan.steps if isinstance(step.action, StopContainer)]
