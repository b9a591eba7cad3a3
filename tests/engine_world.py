"""
A place of its own on an engine, real or fake: what the tests of engines have in common.
"""

import io
import secrets
import tarfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from random import Random
from types import ModuleType, SimpleNamespace
from typing import Any

import docker
import docker.errors

from sandbox.adapters.docker_engine import DockerEngine
from sandbox.model.action import BuildImage, ContainerSpec, CreateNetwork, CreateVolume, Endpoint
from sandbox.model.desired import Network
from sandbox.model.observed import ObservedContainer, ObservedState, Owner
from sandbox.model.service import Build, Service
from sandbox.planning import labels
from sandbox.ports import Engine
from tests.fakes.engine import FakeEngine
from tests.fakes.engine_objects import Behaviour, FakeImage
from tests.fakes.engine_state import BASE_IMAGE, id_of
from tests.simulation.baton import Baton
from tests.simulation.calls import Calls
from tests.simulation.engine import SimulatedEngine
from tests.simulation.meddling import Hands
from tests.simulation.oracle import Oracle
from tests.simulation.promotions import Promotions
from tests.simulation.repository import SimulatedRepository
from tests.simulation.stand_ins import stand_ins

OWNER = Owner(instance="c0ffee000001", application="shop", environment="staging")
STOP_S = 2


class DockerHands:
    """Does it on the real engine, past the adapter."""

    def __init__(self) -> None:
        self.client = docker.APIClient(base_url="unix:///var/run/docker.sock")

    def kill(self, container_id: str) -> None:
        self.client.kill(container_id)

    def pause(self, container_id: str) -> None:
        self.client.pause(container_id)

    def update_memory(self, container_id: str, memory_bytes: int) -> None:
        self.client.update_container(
            container_id, mem_limit=memory_bytes, memswap_limit=2 * memory_bytes
        )

    def remove_by_force(self, container_id: str) -> None:
        self.client.remove_container(container_id, force=True, v=True)

    def stop(self, container_id: str) -> None:
        self.client.stop(container_id, timeout=STOP_S)

    def rename(self, container_id: str, name: str) -> None:
        self.client.rename(container_id, name)

    def disconnect(self, container_id: str, network_name: str) -> None:
        self.client.disconnect_container_from_network(container_id, network_name)

    def clean(self, instance: str) -> None:
        """Remove every container, network and volume of an instance."""
        filters = {"label": f"{labels.INSTANCE}={instance}"}
        containers: list[dict[str, Any]] = self.client.containers(all=True, filters=filters)
        for container in containers:
            with suppress(docker.errors.NotFound):
                self.remove_by_force(container["Id"])
        networks: list[dict[str, Any]] = self.client.networks(filters=filters)
        for network in networks:
            self.client.remove_network(network["Id"])
        volumes: dict[str, Any] = self.client.volumes(filters=filters)
        for volume in volumes["Volumes"] or ():
            self.client.remove_volume(volume["Name"])

    def remove_images(self, prefix: str) -> None:
        """Remove every image whose name begins with *prefix*."""
        images: list[dict[str, Any]] = self.client.images()
        for tag in [tag for image in images for tag in image["RepoTags"] or ()]:
            if tag.startswith(prefix):
                self.client.remove_image(tag, force=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """
    An engine, an owner whom nobody else has, and short ways to name what is asked of it.

    Attributes:
        behaviours: What programs of the fake do; empty and without effect on the real one, where
            the command of a service tells.
        threads: The module of threads, or what stands for it in simulated time.
    """

    engine: Engine
    hands: Hands
    owner: Owner
    behaviours: dict[str, Behaviour] = field(default_factory=dict[str, Behaviour])
    threads: ModuleType | SimpleNamespace = threading

    @property
    def prefix(self) -> str:
        """Beginning of every name."""
        return f"contract-{self.owner.instance}"

    @property
    def foreign(self) -> Owner:
        """Somebody else, whose objects are cleaned away with ours."""
        return Owner(instance=self.owner.instance, application="other", environment="other")

    def spec(
        self,
        name: str,
        *endpoints: Endpoint,
        owner: Owner | None = None,
        spec_hash: str = "0123456789abcdef",
        volume_names: Mapping[str, str] | None = None,
        behaviour: Behaviour | None = None,
        **service: Any,
    ) -> ContainerSpec:
        """Give a container that sleeps until it is told to end, unless *service* says otherwise."""
        settings: dict[str, Any] = {
            "image": BASE_IMAGE,
            "command": ("sleep", "600"),
            "init": True,
        } | service
        if behaviour is not None:
            self.behaviours[name] = behaviour
        return ContainerSpec(
            name=f"{self.prefix}-{name}",
            service=Service(name=name, **settings),
            replica=1,
            labels=labels.owner_labels(owner or self.owner)
            | {labels.SERVICE: name, labels.SPEC: spec_hash},
            endpoints=endpoints,
            volume_names=volume_names or {},
            spec_hash=spec_hash,
        )

    def network(
        self,
        name: str,
        owner: Owner | None = None,
        *,
        network: Network | None = None,
        **fields: Any,
    ) -> CreateNetwork:
        return CreateNetwork(
            name=f"{self.prefix}-{name}",
            network=network or Network(key=name),
            labels=labels.owner_labels(owner or self.owner),
            **fields,
        )

    def volume(self, name: str, owner: Owner | None = None) -> CreateVolume:
        return CreateVolume(
            name=f"{self.prefix}-{name}",
            driver="local",
            labels=labels.owner_labels(owner or self.owner),
        )

    def image(self, *versions: str, **build: Any) -> BuildImage:
        return BuildImage(
            tags=tuple(f"{self.prefix}/app:{version}" for version in versions or ("1",)),
            build=Build(context=".", context_id="0" * 40, **build),
            release="0" * 40,
        )

    def look(self, *references: str) -> ObservedState:
        return self.engine.observe(self.owner, references)

    def seen(self, container_id: str) -> ObservedContainer:
        """Look at one container that must be there."""
        found = self.engine.inspect_container(container_id)
        assert found is not None, f"container {container_id} is gone"
        return found

    def wait_until(self, condition: Callable[[], bool], what: str) -> None:
        """Wait for *condition* in the time of this engine."""
        wait_until(condition, what, pause=self.threads.Event().wait)

    def started(self, spec: ContainerSpec) -> str:
        container_id = self.engine.create_container(spec)
        self.engine.start_container(container_id)
        return container_id


@contextmanager
def fake_world() -> Iterator[World]:
    engine = FakeEngine()
    yield World(engine=engine, hands=engine, owner=OWNER, behaviours=engine.behaviours)


@contextmanager
def simulated_world() -> Iterator[World]:
    """The engine of the simulation, without a controller: the test holds the baton."""
    random = Random(1)
    baton = Baton(random)
    calls, oracle = Calls(baton, [], Counter(), Counter()), Oracle()
    promotions = Promotions(oracle, SimulatedRepository(baton, calls))
    engine = SimulatedEngine(baton, calls, oracle, promotions)
    engine.images[BASE_IMAGE] = FakeImage(id=id_of(BASE_IMAGE))
    yield World(
        engine=engine,
        hands=engine,
        owner=OWNER,
        behaviours=engine.behaviours,
        threads=stand_ins(baton, random)[threading],
    )
    baton.close()


@contextmanager
def real_world() -> Iterator[World]:
    owner = Owner(instance=secrets.token_hex(6), application="shop", environment="staging")
    hands = DockerHands()
    with closing(hands.client), closing(DockerEngine()) as engine:
        world = World(engine=engine, hands=hands, owner=owner)
        try:
            yield world
        finally:
            hands.clean(owner.instance)
            hands.remove_images(world.prefix)


def wait_until(
    condition: Callable[[], bool],
    what: str,
    *,
    timeout_s: float = 10.0,
    pause: Callable[[float], object] = time.sleep,
) -> None:
    """Wait for *condition*, and fail with *what* when it does not come."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, f"waited {timeout_s} s for: {what}"
        pause(0.02)


def context(**files: str) -> bytes:
    """Give a build context; ``__`` in a name stands for a dot, ``___`` for a slash."""
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as tar:
        for name, text in files.items():
            content = text.encode()
            member = tarfile.TarInfo(name.replace("___", "/").replace("__", "."))
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return target.getvalue()
