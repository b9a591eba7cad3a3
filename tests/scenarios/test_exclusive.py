"""
What can exist once goes from one to the other in a single sync: subnets, addresses, volumes.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pytest

from tests.playground import Playground, engine, playground

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.engine

# Tests run side by side on one engine.
FIRST, SECOND = (f"172.{number}.{os.getpid() % 250}.0/24" for number in (29, 30))
QUICK = "image: debian:trixie-slim, command: [sleep, 1d], stop_signal: SIGKILL"
HEAD = "name: exclusive-staging\nx-sandbox: {rollout: {deadline: 30s}}\n"


def address(subnet: str, last: int) -> str:
    return f"{subnet.removesuffix('0/24')}{last}"


def compose(services: dict[str, str], networks: dict[str, str]) -> str:
    lines = ["services:"]
    lines += [f"  {name}: {{{QUICK}, {rest}}}" for name, rest in services.items()]
    lines += ["networks:"]
    lines += [
        f"  {name}: {{ipam: {{config: [{{subnet: {subnet}}}]}}}}"
        for name, subnet in networks.items()
    ]
    return HEAD + "\n".join(lines) + "\n"


def on(network: str, subnet: str, last: int) -> str:
    return f"networks: {{{network}: {{ipv4_address: {address(subnet, last)}}}}}"


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[Playground]:
    yield from playground(tmp_path / "play")


def addresses(ground: Playground, service: str) -> list[str]:
    (container,) = ground.containers(service)
    with engine() as client:
        found = client.inspect_container(container["Id"])["NetworkSettings"]["Networks"]
    return sorted(each["IPAddress"] for each in found.values())


def test_subnets_and_addresses_move_between_networks_and_services(ground: Playground) -> None:
    def sync(services: dict[str, str], networks: dict[str, str]) -> str:
        ground.commit_environment(compose(services, networks))
        plan = ground.sandbox("plan", "staging").stdout
        ground.sandbox("sync", "staging")
        assert "nothing to do" in ground.sandbox("plan", "staging").stdout
        return plan

    sync({"web": on("old", FIRST, 7)}, {"old": FIRST})
    plan = sync({"web": on("new", FIRST, 7)}, {"new": FIRST})
    assert f"it gets the subnet {FIRST} of network old" in plan
    assert addresses(ground, "web") == [address(FIRST, 7)]

    one, two = on("one", FIRST, 7), on("two", SECOND, 8)
    sync({"web": one, "api": two}, {"one": FIRST, "two": SECOND})
    plan = sync(
        {"web": on("one", SECOND, 8), "api": on("two", FIRST, 7)}, {"one": SECOND, "two": FIRST}
    )
    assert f"it gets the subnet {FIRST} of network one" in plan
    assert f"it gets the subnet {SECOND} of network two" in plan
    assert addresses(ground, "web") == [address(SECOND, 8)]
    assert addresses(ground, "api") == [address(FIRST, 7)]

    plan = sync(
        {"web": on("one", SECOND, 9), "api": on("one", SECOND, 8)}, {"one": SECOND, "two": FIRST}
    )
    assert f"address {address(SECOND, 8)} goes to api-1" in plan
    assert addresses(ground, "web") == [address(SECOND, 9)]
    assert addresses(ground, "api") == [address(SECOND, 8)]


def test_an_address_of_one_that_stays_and_a_subnet_that_stays_are_foreseen(
    ground: Playground,
) -> None:
    stays = {"cache": "networks: [front]"}
    ground.commit_environment(compose(stays, {"front": FIRST}))
    ground.sandbox("sync", "staging")
    (taken,) = addresses(ground, "cache")
    (before,) = ground.containers("cache")

    last = int(taken.rpartition(".")[2])
    ground.commit_environment(compose({**stays, "web": on("front", FIRST, last)}, {"front": FIRST}))
    done = ground.sandbox("sync", "staging", status=4)
    assert f"cache-1 has the address {taken} and stays; give cache one of its own" in done.stderr
    assert ground.containers("web") == []

    both = {**stays, "web": "networks: [back]"}
    ground.commit_environment(compose(both, {"front": FIRST, "back": FIRST}))
    done = ground.sandbox("sync", "staging", status=4)
    assert f"network front has its subnet {FIRST}, and stays" in done.stderr
    assert ground.containers("cache") == [before]


def test_a_volume_has_one_writer_while_its_service_gets_another_name(ground: Playground) -> None:
    def text(name: str) -> str:
        service = f"  {name}: {{{QUICK}, volumes: ['data:/data']}}"
        return f"{HEAD}services:\n{service}\nvolumes: {{data: }}\n"

    ground.commit_environment(text("db"))
    ground.sandbox("sync", "staging")
    with engine() as client:
        (old,) = ground.containers("db")
        made = client.exec_create(old["Id"], ["sh", "-c", "echo mine > /data/row"])
        client.exec_start(made["Id"])
        began = int(time.time())

        ground.commit_environment(text("database"))
        assert "volume data goes to database-1" in ground.sandbox("plan", "staging").stdout
        ground.sandbox("sync", "staging")

        (new,) = ground.containers("database")
        made = client.exec_create(new["Id"], ["cat", "/data/row"])
        assert client.exec_start(made["Id"]) == b"mine\n"
        events = client.events(since=began, until=int(time.time()) + 1, decode=True)
        told = [(each["Action"], each["Actor"]["ID"]) for each in events]
    assert ground.containers("db") == []
    assert told.index(("die", old["Id"])) < told.index(("start", new["Id"]))
