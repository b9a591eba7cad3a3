"""Networks, volumes, builds and hooks: what makes them, and what they may reach."""

from typing import Any

import pytest

from sandbox.model.waiver import Subject, Waiver
from sandbox.policy.admit import (
    Asker,
    admit_build,
    admit_external,
    admit_hook,
    admit_network,
    admit_volume,
)
from sandbox.policy.own import Own

MEMORY = {"type": "tmpfs", "device": "tmpfs", "o": "size=100m,uid=1000,nosuid"}


def asker(subject: Subject, *waivers: Waiver) -> Asker:
    return Asker(environment="staging", subject=subject, name="data", waivers=waivers)


def volume_keys(driver: str, **options: str) -> list[str]:
    body = {"Name": "x", "Driver": driver, "DriverOpts": options, "Labels": {}}
    return [each.key for each in admit_volume(body, asker(Subject.VOLUME))]


def network_keys(**body: Any) -> list[str]:
    return [each.key for each in admit_network({"Name": "x", **body}, asker(Subject.NETWORK))]


@pytest.mark.parametrize("options", [{}, {"size": "1g"}, MEMORY, {"type": "tmpfs"}], ids=str)
def test_a_volume_of_the_engine_or_of_memory_is_allowed(options: dict[str, str]) -> None:
    assert volume_keys("local", **options) == []


@pytest.mark.parametrize(
    "options",
    [
        {"type": "none", "o": "bind", "device": "/srv"},
        {"o": "bind", "device": "/srv"},
        {"device": "/srv"},
        {**MEMORY, "o": "size=1m,bind"},
        {**MEMORY, "o": "rbind"},
        {**MEMORY, "device": "/srv"},
        {**MEMORY, "more": "x"},
        {"type": "cifs", "device": "//192.0.2.1/x"},
        {"type": "overlay", "device": "overlay", "o": "lowerdir=/etc,upperdir=/a,workdir=/b"},
    ],
    ids=str,
)
def test_a_volume_of_anything_else_is_denied(options: dict[str, str]) -> None:
    assert volume_keys("local", **options) == ["driver_opts"]


def test_a_volume_driver_is_denied_whatever_its_options_are() -> None:
    assert volume_keys("rclone", type="none", o="bind", device="/") == ["driver"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"Driver": "bridge", "Internal": True, "Attachable": True, "EnableIPv6": True},
        {"IPAM": {"Driver": "default", "Config": [{"Subnet": "192.0.2.0/24"}]}},
        {"Options": {"com.docker.network.driver.mtu": "1400"}},
        {"Options": {"com.docker.network.bridge.host_binding_ipv4": "127.0.0.1"}},
        {"Options": {"com.docker.network.bridge.gateway_mode_ipv4": "isolated"}},
    ],
    ids=str,
)
def test_a_network_of_its_own_is_allowed(body: dict[str, Any]) -> None:
    assert network_keys(**body) == []


@pytest.mark.parametrize(
    ("body", "key"),
    [
        ({"Driver": "host"}, "driver"),
        ({"Driver": "ipvlan"}, "driver"),
        ({"Driver": "plugin:1"}, "driver"),
        ({"IPAM": {"Driver": "mine"}}, "ipam"),
        ({"Options": {"parent": "eth0"}}, "driver_opts"),
        ({"Options": {"com.docker.network.bridge.name": "br0"}}, "driver_opts"),
        ({"Options": {"com.docker.network.bridge.host_binding_ipv4": "x"}}, "driver_opts"),
        ({"Options": {"com.docker.network.bridge.gateway_mode_ipv4": "routed"}}, "driver_opts"),
        ({"ConfigFrom": {"Network": "theirs"}}, "ConfigFrom"),
        ({"Ingress": True}, "Ingress"),
    ],
    ids=str,
)
def test_a_network_that_reaches_the_host_is_denied(body: dict[str, Any], key: str) -> None:
    assert network_keys(**body) == [key]


def test_what_is_external_needs_a_waiver_of_its_own() -> None:
    (denial,) = admit_external("theirs", asker(Subject.VOLUME))

    assert denial.waiver == (
        '- {environment: staging, volume: data, key: external, value: theirs, reason: "…"}'
    )
    waiver = Waiver(
        environment="staging",
        subject=Subject.VOLUME,
        name="data",
        key="external",
        value="theirs",
        reason="x",
    )
    assert admit_external("theirs", asker(Subject.VOLUME, waiver)) == ()
    assert admit_external("another", asker(Subject.VOLUME, waiver))
    assert admit_external("theirs", asker(Subject.NETWORK, waiver))


@pytest.mark.parametrize(
    ("query", "key"),
    [
        ({"networkmode": "host"}, "build.network"),
        ({"networkmode": "container:x"}, "build.network"),
        ({"networkmode": "theirs"}, "build.network"),
        ({"entitlements": ["network.host"]}, "build.entitlements"),
        ({"privileged": True}, "build.privileged"),
        ({"cgroupparent": "/x"}, "build.cgroup_parent"),
        ({"securityopt": ["seccomp=unconfined"]}, "build.security_opt"),
    ],
    ids=str,
)
def test_a_build_that_reaches_the_host_is_denied(query: dict[str, Any], key: str) -> None:
    assert [each.key for each in admit_build(query, asker(Subject.SERVICE), Own())] == [key]


def test_a_build_on_a_network_of_its_own_is_allowed() -> None:
    own = Own(networks=frozenset({"ours"}))

    for mode in ("", "default", "none", "ours"):
        assert admit_build({"networkmode": mode}, asker(Subject.SERVICE), own) == ()


def test_a_hook_with_every_right_is_denied() -> None:
    body = {"Cmd": ["true"], "Privileged": True}

    (denial,) = admit_hook(body, "post_start", asker(Subject.SERVICE))
    assert denial.key == "post_start"
    assert admit_hook({"Cmd": ["true"]}, "post_start", asker(Subject.SERVICE)) == ()
