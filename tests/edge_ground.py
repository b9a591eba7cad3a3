"""
Two environments, each as small as can be, and the edge in front of them, on a real engine.
"""

import http.client
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

from sandbox.adapters.docker_engine import DockerEngine
from sandbox.adapters.git_repository import open_repository
from sandbox.adapters.haproxy import HaproxyIngress
from sandbox.adapters.system_clock import SystemClock
from sandbox.model.action import CreateNetwork, Endpoint
from sandbox.model.desired import Network
from sandbox.model.event import Event
from sandbox.model.ingress import Backend, IngressConfig, RouteMode, Server
from sandbox.model.observed import ObservedContainer, Owner
from sandbox.model.plan import SyncPolicy
from sandbox.model.service import Port
from sandbox.model.waiver import WaiverFile
from sandbox.planning.edge import edge_listener, edge_network
from sandbox.planning.edge_state import EDGE_ENVIRONMENT
from sandbox.planning.ingress_image import ingress_service
from sandbox.planning.labels import SERVICE, network_labels
from sandbox.planning.names import network_name
from sandbox.planning.routes import INGRESS, Route
from sandbox.runtime.edge import Edge
from sandbox.runtime.workspace import Workspace
from tests.engine_world import DockerHands, World
from tests.fakes.journal import FakeJournal
from tests.ingress_world import FIRST_PORT, SERVERS, build_image
from tests.playground import free_port
from tests.repositories import DiskRepository

ROUTE = Route(
    service_name="web", port=FIRST_PORT, mode=RouteMode.HTTP, published=(Port(target=1),), names={}
)


@dataclass(kw_only=True)
class Place:
    """One environment: its server, its ingress, and their addresses."""

    world: World
    server: str
    ingress: str

    def addresses(self, which: str) -> list[str]:
        return sorted(self.world.seen(which).addresses.values())

    def run(self, which: str, *command: str) -> str:
        """Run *command* in a container, and give what it prints."""
        client = cast("DockerHands", self.world.hands).client
        made = client.exec_create(which, [*command])
        return str(client.exec_start(made["Id"]).decode())

    def remove(self, environment: str) -> None:
        """Take *environment* off the engine."""
        for container_id in (self.server, self.ingress):
            self.world.hands.remove_by_force(container_id)
        owner = replace(self.world.owner, environment=environment)
        for network in self.world.engine.observe(owner, ()).networks:
            self.world.engine.remove_network(network.id)


@dataclass(kw_only=True)
class Ground:
    """A repository with two environments and its edge."""

    workspace: Workspace
    edge: Edge
    places: dict[str, Place]
    told: list[Event]

    def edges(self) -> tuple[ObservedContainer, ...]:
        """Give the container of the edge, if there is one."""
        owner = Owner(
            instance=self.workspace.repository.instance,
            application="",
            environment=EDGE_ENVIRONMENT,
        )
        return self.workspace.engine.observe(owner, ()).containers

    def get(self, host: str, **headers: str) -> tuple[int, list[str]]:
        """Ask the edge as *host*, and give status and lines of the answer."""
        port = self.workspace.edge_port
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request("GET", "/", headers={"Host": f"{host}:{port}", **named})
            answer = connection.getresponse()
            return answer.status, answer.read().decode().split("\n")


def an_environment(world: World, name: str, ingress: HaproxyIngress, image: str) -> Place:
    """Bring up what a sync of the environment *name* would."""
    owner = replace(world.owner, environment=name)
    engine = world.engine
    networks: list[Endpoint] = []
    for network in (Network(key="default"), edge_network()):
        labels = network_labels(owner, network.key, {}, spec_hash="", revision="", release="")
        exact = network_name(owner, network)
        engine.create_network(CreateNetwork(name=exact, network=network, labels=labels))
        networks.append(Endpoint(network_name=exact))
    server = world.started(
        world.spec(f"{name}-web", networks[0], owner=owner, command=("perl", "-e", SERVERS, name))
    )
    service = replace(ingress_service(INGRESS), image=image)
    spec = world.spec(f"{name}-ingress", *networks, owner=owner)
    spec = replace(spec, service=service, labels={**spec.labels, SERVICE: INGRESS})
    made = engine.create_container(spec)
    engine.copy_files(made, service.files)
    engine.start_container(made)
    address = world.seen(server).addresses[networks[0].network_name]
    web = Server(name=f"{name}-web", address=address, port=FIRST_PORT)
    backend = Backend(name=ROUTE.backend, service_name="web", mode=RouteMode.HTTP, servers=(web,))
    ingress.apply(
        made, IngressConfig(listeners=(edge_listener(name, [ROUTE]),), backends=(backend,))
    )
    return Place(world=world, server=server, ingress=made)


@contextmanager
def the_ground(folder: Path) -> Iterator[Ground]:
    disk = DiskRepository.make(folder)
    for name in ("production", "staging"):
        disk.write(f"environments/{name}/compose.yaml", "x-sandbox: {}\nservices: {a: {image: x}}")
    disk.commit()
    repository, hands = open_repository(str(folder)), DockerHands()
    owner = Owner(instance=repository.instance, application="shop", environment="")
    with (
        closing(repository),
        closing(hands.client),
        closing(DockerEngine()) as engine,
        closing(HaproxyIngress(engine.converse)) as ingress,
    ):
        world = World(engine=engine, hands=hands, owner=owner)
        told: list[Event] = []
        workspace = Workspace(
            repository=repository,
            engine=engine,
            ingress=ingress,
            journal=FakeJournal(),
            runs=cast("object", None),  # type: ignore[arg-type] # nobody runs a pipeline here
            webhooks=cast("object", None),  # type: ignore[arg-type] # nobody sends messages here
            lock=cast("object", None),  # type: ignore[arg-type] # nobody locks here
            clock=SystemClock(),
            feed=cast("object", None),  # type: ignore[arg-type] # nobody watches here
            policy=SyncPolicy(),
            taken_ports=lambda _number: (),
            waivers=WaiverFile,
            choose_control=cast("object", None),  # type: ignore[arg-type] # nobody asks here
            release_all=lambda: None,
            edge_port=free_port(),
        )
        edge = Edge(workspace, told.append)
        try:
            image = build_image(engine)
            places = {
                name: an_environment(world, name, ingress, image)
                for name in ("production", "staging")
            }
            assert edge.refresh().number == workspace.edge_port, told
            yield Ground(workspace=workspace, edge=edge, places=places, told=told)
        finally:
            hands.clean(owner.instance)
            hands.remove_images(world.prefix)
