"""
What is not ours stays as it is, byte for byte, whatever we do around it.
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import docker.errors
import pytest

from tests.playground import Playground, engine, playground, small

if TYPE_CHECKING:
    from collections.abc import Iterator

    import docker

pytestmark = pytest.mark.engine

IMAGE = "debian:trixie-slim"
FILE = "environments/staging/compose.yaml"
WORKS = ["sleep", "1d"]
ANOTHER_INSTANCE = "0123456789ab"


@dataclass(kw_only=True)
class Foreign:
    """
    Somebody else's objects on the same engine.

    Attributes:
        containers: Ids.
        networks: Ids.
        volumes: Names.
    """

    client: docker.APIClient
    ground: Playground
    containers: list[str] = field(default_factory=list)
    networks: list[str] = field(default_factory=list)
    volumes: list[str] = field(default_factory=list)

    @property
    def project(self) -> str:
        return f"play-staging-{self.ground.instance[:6]}"

    def container(self, name: str, labels: dict[str, str], *, network: str = "bridge") -> str:
        made = self.client.create_container(
            IMAGE,
            WORKS,
            name=name,
            labels=labels,
            host_config=self.client.create_host_config(network_mode=network),
        )["Id"]
        self.containers.append(made)
        self.client.start(made)
        return str(made)

    def network(self, name: str, labels: dict[str, str]) -> None:
        pool = docker.types.IPAMPool(subnet=self._subnet())
        made = self.client.create_network(
            name, labels=labels, ipam=docker.types.IPAMConfig(pool_configs=[pool])
        )
        self.networks.append(made["Id"])

    def _subnet(self) -> str:
        """A small block that depends on the instance: the engine's own pool is soon used up."""
        number = int(self.ground.instance[:4], 16) + len(self.networks)
        return f"10.{120 + number // 4096 % 16}.{number // 16 % 256}.{number % 16 * 16}/28"

    def volume(self, name: str, labels: dict[str, str]) -> None:
        self.client.create_volume(name, labels=labels)
        self.volumes.append(name)

    def picture(self) -> dict[str, str]:
        """Everything that the engine tells of them, as text."""
        found: dict[str, Any] = {}
        for each in self.containers:
            found[each] = self.client.inspect_container(each)
        for each in self.networks:
            found[each] = self.client.inspect_network(each)
        for each in self.volumes:
            found[each] = self.client.inspect_volume(each)
        return {each: json.dumps(told, sort_keys=True, indent=1) for each, told in found.items()}

    def remove_container(self, container: str) -> None:
        with suppress(docker.errors.NotFound):
            self.client.remove_container(container, force=True)
        self.containers.remove(container)

    def remove_all(self) -> None:
        for each in [*self.containers]:
            self.remove_container(each)
        for network in self.networks:
            with suppress(docker.errors.NotFound):
                self.client.remove_network(network)
        for volume in self.volumes:
            with suppress(docker.errors.NotFound):
                self.client.remove_volume(volume)


def forged(ground: Playground) -> dict[str, str]:
    """Give our very labels, of the same environment, with another instance's id."""
    return {**ground.container("web")["Config"]["Labels"], "dev.sandbox.instance": ANOTHER_INSTANCE}


def claimed(foreign: Foreign) -> dict[str, str]:
    """Give the labels of a Compose project of our name."""
    return {
        "com.docker.compose.project": foreign.project,
        "com.docker.compose.service": "web",
        "com.docker.compose.network": "front",
        "com.docker.compose.volume": "data",
    }


@pytest.fixture(scope="module")
def foreign(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Foreign]:
    for ground in playground(tmp_path_factory.mktemp("foreign") / "play"):
        ground.commit_environment(small())
        ground.sandbox("sync", "staging")
        with engine() as client:
            them = Foreign(client=client, ground=ground)
            kinds = {"plain": {}, "forged": forged(ground), "claimed": claimed(them)}
            try:
                for kind, labels in kinds.items():
                    name = f"foreign-{ground.instance}-{kind}"
                    them.network(name, labels)
                    them.volume(name, labels)
                    them.container(name, labels)
                # A name that looks like ours, and a seat on our network.
                them.container(f"{them.project}-web-2", {}, network=f"{them.project}_front")
                yield them
            finally:
                them.remove_all()


@pytest.fixture
def untouched(foreign: Foreign) -> Iterator[Foreign]:
    """Everything of theirs, which must look the same at the end of the test."""
    if (foreign.ground.folder / FILE).read_text() != small():
        foreign.ground.commit({FILE: small()}, "As at first")
    foreign.ground.sandbox("sync", "staging")
    before = foreign.picture()
    yield foreign
    after = foreign.picture()
    assert {each: after.get(each) for each in before} == before


def changed(greeting: str, *edits: tuple[str, str]) -> str:
    text = small(greeting=greeting)
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text


def sleeper(name: str, keys: str) -> str:
    """Give one more service as text."""
    how = f"image: '{IMAGE}', command: [sleep, 1d], stop_signal: SIGKILL"
    return f"  {name}: {{{how}, {keys}}}\n"


def holds(ground: Playground) -> dict[str, str]:
    """Give the messages of what the plan holds back, by target."""
    plan = ground.sandbox("plan", "staging", "--output", "json").json
    return {each["target"]: each["message"] for each in plan["holds"]}


def test_a_change_and_a_prune_touch_nobody_else(untouched: Foreign) -> None:
    ground = untouched.ground
    more = ("networks: {back: {}", "networks: {more: {}, back: {}")
    extra = sleeper("extra", "networks: [more]")
    ground.commit_environment(changed("changed", ("  web:\n", extra + "  web:\n"), more))
    ground.sandbox("sync", "staging")
    assert len(ground.containers()) == 4
    assert len(ground.networks()) == 3

    ground.commit_environment(changed("changed"))
    ground.sandbox("sync", "staging")
    assert len(ground.containers()) == 3
    assert len(ground.networks()) == 2


def test_healed_drift_touches_nobody_else(untouched: Foreign) -> None:
    ground, client = untouched.ground, untouched.client
    client.remove_container(ground.container("web")["Id"], force=True)
    client.kill(ground.container("db")["Id"])
    client.disconnect_container_from_network(
        ground.container("db")["Id"], f"{untouched.project}_back", force=True
    )
    ground.sandbox("sync", "staging")
    assert [each["State"]["Running"] for each in ground.containers()] == [True, False, True]


def test_a_network_with_somebody_else_on_it_is_not_renewed_and_the_plan_names_who(
    untouched: Foreign,
) -> None:
    ground = untouched.ground
    networks = {each["Name"]: each["Id"] for each in ground.networks()}
    web = ground.container("web")["Id"]
    both = ("{back: {}, front: {}}", "{back: {internal: true}, front: {internal: true}}")
    ground.commit_environment(changed("hello", both))

    told = holds(ground)["network front"]
    ground.sandbox("sync", "staging")

    now = {each["Name"]: each["Id"] for each in ground.networks()}
    front, back = f"{untouched.project}_front", f"{untouched.project}_back"
    assert f"docker network disconnect {front} {untouched.containers[-1][:12]}" in told
    assert now[front] == networks[front]
    assert now[back] != networks[back]
    assert ground.container("web")["Id"] != web
    status = ground.status()
    assert (status["health"], status["sync"]) == ("healthy", "out_of_sync")
    assert told in status["message"]


def test_a_taken_name_of_a_container_holds_that_service_alone(untouched: Foreign) -> None:
    ground = untouched.ground
    name = ground.container("web")["Name"].removeprefix("/")
    ground.commit_environment(small(greeting="another"))
    ground.sandbox("sync", "staging")
    web, database = ground.container("web")["Id"], ground.container("db")["Id"]
    squatter = untouched.container(name, {})
    before = untouched.picture()
    try:
        database_change = ("mem_limit: 64m", "mem_limit: 65m")
        ground.commit_environment(changed("hello", database_change))
        told = holds(ground)
        finished = ground.sandbox("sync", "staging", status=4)
        status = ground.status()

        assert f"a container named {name} exists and is not ours" in told["web-1"]
        assert re.search(r"compose.yaml:18: web-1: a container named", finished.stderr)
        assert f"compose.yaml:18: web-1: a container named {name}" in status["message"]
        assert status["health"] == "degraded"
        assert ground.container("web")["Id"] == web
        assert ground.container("web")["State"]["Running"]
        assert ground.container("db")["Id"] != database
        assert untouched.picture() == before
    finally:
        untouched.remove_container(squatter)
    ground.sandbox("sync", "staging")
    assert ground.container("web")["Name"] == f"/{name}"
    assert ground.status()["health"] == "healthy"


def test_a_taken_name_of_a_network_or_volume_holds_who_needs_it_alone(untouched: Foreign) -> None:
    ground = untouched.ground
    taken = f"{untouched.project}_taken"
    untouched.network(taken, {})
    untouched.volume(taken, {})
    before = untouched.picture()
    extras = sleeper("netless", "networks: [taken]")
    extras += sleeper("dataless", "volumes: ['taken:/x'], networks: [back]")
    extras += sleeper("fine", "networks: [front]")
    edits = (
        ("  web:\n", f"{extras}  web:\n"),
        ("volumes: {data: {}}", "volumes: {data: {}, taken: {}}"),
        ("networks: {back: {}", "networks: {taken: {}, back: {}"),
    )
    ground.commit_environment(changed("goes on", *edits))
    told = holds(ground)
    ground.sandbox("sync", "staging", status=4)
    status = ground.status()

    assert f"a network named {taken} exists and is not ours" in told["network taken"]
    assert f"a volume named {taken} exists and is not ours" in told["volume taken"]
    assert taken in told["netless-1"]
    assert taken in told["dataless-1"]
    assert {each["name"]: each["ready"] for each in status["services"]} == {
        "dataless": 0,
        "db": 1,
        "fine": 1,
        "netless": 0,
        "prepare": 1,
        "web": 1,
    }
    assert taken in status["message"]
    assert "GREETING=goes on" in ground.container("web")["Config"]["Env"]
    assert untouched.picture() == before


def test_a_down_keeps_volumes_and_one_with_volumes_removes_ours_alone(untouched: Foreign) -> None:
    ground = untouched.ground
    data = [each["Name"] for each in ground.volumes()]
    assert data == [f"{untouched.project}_data"]

    kept = ground.sandbox("down", "staging")
    assert ground.containers() == []
    assert [each["Name"] for each in ground.volumes()] == data
    assert data[0] in kept.stdout
    # Somebody sits on it: it stays, and we say who.
    assert [each["Name"] for each in ground.networks()] == [f"{untouched.project}_front"]
    who = untouched.containers[-1][:12]
    assert f"docker network disconnect {untouched.project}_front {who}" in kept.stdout + kept.stderr

    ground.sandbox("down", "staging", "--volumes")
    assert ground.volumes() == []
