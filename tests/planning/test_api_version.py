"""What the engine's API does not know is told by the plan, before anything is touched."""

from dataclasses import replace

import pytest

from sandbox.model.action import StopContainer
from sandbox.model.desired import Network
from sandbox.model.plan import HoldReason, Plan
from sandbox.model.service import Attachment, HostMount, Service, VolumeMount
from sandbox.model.waiver import Waiver, WaiverFile
from sandbox.planning.api_version import version_number
from tests.builders import a_desired_state, a_running_state, a_service
from tests.planning.cases import sync

ALLOWED = WaiverFile(
    waivers=tuple(
        Waiver(environment="*", name="*", key=key, reason="a test")
        for key in ("annotations", "networks.driver_opts", "volumes")
    )
)


def web(**changes: object) -> Service:
    return replace(a_service("web"), **changes)  # type: ignore[arg-type] # any field


def attached(**settings: object) -> Service:
    attachment = Attachment(network="default", **settings)  # type: ignore[arg-type] # any field
    return web(attachments=(attachment,))


def mounted(mount: HostMount | VolumeMount) -> Service:
    return web(mounts=(mount,))


SETTINGS = {
    "annotations": (web(annotations={"org.x": "1"}), "1.43"),
    "networks.mac_address": (attached(mac_address="02:42:ac:11:00:05"), "1.44"),
    "networks.gw_priority": (attached(gw_priority=1), "1.48"),
    "networks.interface_name": (
        attached(driver_opts={"com.docker.network.endpoint.ifname": "eth9"}),
        "1.49",
    ),
    "networks.driver_opts.com.docker.network.endpoint.sysctls": (
        attached(driver_opts={"com.docker.network.endpoint.sysctls": "net.ipv4.conf.IFNAME.a=1"}),
        "1.46",
    ),
    "volumes.bind.recursive": (
        mounted(HostMount(source="/srv", target="/x", create=False, recursive="readonly")),
        "1.44",
    ),
    "volumes.volume.subpath": (
        mounted(VolumeMount(volume="data", target="/x", subpath="a")),
        "1.45",
    ),
}


def too_old(plan: Plan) -> list[tuple[str, str]]:
    holds = [hold for hold in plan.holds if hold.reason is HoldReason.ENGINE_TOO_OLD]
    return [(hold.target, hold.message) for hold in holds]


def plan_of(changed: Service, version: str) -> Plan:
    """Let the same service run without the setting, and lay it over."""
    plain = a_running_state(a_desired_state(a_service("db"), a_service("web")))
    wanted = a_desired_state(a_service("db", environment={"A": "1"}), changed)
    return sync(wanted, replace(plain, api_version=version), waiver_file=ALLOWED)


def before(version: str) -> str:
    major, minor = version_number(version)
    return f"{major}.{minor - 1}"


@pytest.mark.parametrize("setting", SETTINGS)
def test_a_setting_that_the_engine_does_not_know_holds_its_service(setting: str) -> None:
    changed, since = SETTINGS[setting]
    older = before(since)

    plan = plan_of(changed, older)
    ((target, message),) = too_old(plan)
    assert target == "web-1"
    assert message.startswith(
        f"{setting} needs an engine with API {since}, and this one has {older}"
    )
    assert "update the engine, or take it out of" in message
    touched = {step.service_name for step in plan.steps}
    assert "web" not in touched
    assert "db" in touched


@pytest.mark.parametrize("setting", SETTINGS)
def test_a_setting_that_the_engine_knows_is_in_nobodys_way(setting: str) -> None:
    changed, since = SETTINGS[setting]

    for version in (since, "1.51", "2.0", ""):
        assert too_old(plan_of(changed, version)) == []


@pytest.mark.parametrize(("version", "held"), [("1.46", True), ("1.47", False)])
def test_a_network_that_the_engine_would_make_otherwise_is_held(version: str, held: bool) -> None:
    wanted = a_desired_state(
        a_service("web"), networks=[Network(key="default", enable_ipv4=False, enable_ipv6=True)]
    )
    empty = replace(a_running_state(a_desired_state()), networks=(), api_version=version)

    targets = [target for target, _ in too_old(sync(wanted, empty))]
    assert targets == ["network default"] * held


def test_a_name_that_somebody_else_has_is_told_before_anything_stops() -> None:
    running = a_running_state(a_desired_state(web(container_name="own")))
    taken = {**running.foreign_names, "container": frozenset({"theirs"})}
    wanted = a_desired_state(web(container_name="theirs"))

    plan = sync(wanted, replace(running, foreign_names=taken))
    (hold,) = plan.holds
    assert (hold.target, hold.reason) == ("web-1", HoldReason.NAME_TAKEN)
    assert hold.message.startswith("a container named theirs exists and is not ours")
    assert not [step for step in plan.steps if isinstance(step.action, StopContainer)]
