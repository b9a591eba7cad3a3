"""The edge follows the environments, and never stands in their way."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from sandbox.adapters.git_repository import open_repository
from sandbox.errors import EngineError
from sandbox.model.action import CreateNetwork, Endpoint
from sandbox.model.event import Event, EventKind
from sandbox.model.ingress import IngressConfig
from sandbox.model.observed import ObservedState, Owner, TakenPort
from sandbox.model.plan import SyncPolicy
from sandbox.model.service import Port
from sandbox.model.waiver import WaiverFile
from sandbox.planning.edge import EDGE, edge_network
from sandbox.planning.edge_state import EDGE_ENVIRONMENT, edge_state
from sandbox.planning.ingress_service import with_ingress
from sandbox.planning.labels import network_labels
from sandbox.planning.names import network_name
from sandbox.planning.routes import EDGE_LISTENER, INGRESS
from sandbox.planning.spec import container_spec
from sandbox.runtime.controller import Controller
from sandbox.runtime.edge import Edge
from sandbox.runtime.sites import find_edge, is_up_to_date
from sandbox.runtime.worker import Worker
from sandbox.runtime.workspace import Workspace
from tests.builders import a_desired_state, a_service
from tests.fakes.clock import FakeClock
from tests.fakes.engine import FakeEngine
from tests.fakes.engine_objects import FakeContainer, Fault
from tests.fakes.journal import FakeJournal
from tests.quick_ground import StartedIngress
from tests.repositories import DiskRepository

PORT = 18080
FILE = "x-sandbox: {}\nname: shop\nservices:\n  web: {image: x, ports: [{ports}]}\n"


class Ground:
    """A repository with environments whose ingresses run, and its edge."""

    def __init__(self, top: Path) -> None:
        self.disk = DiskRepository.make(top)
        self.engine = FakeEngine(images=[edge_state("", 1).services[0].image])
        self.ingress = StartedIngress()
        self.processes: dict[int, str] = {}
        self.events: list[Event] = []
        self.workspace = Workspace(
            repository=open_repository(str(top)),
            engine=self.engine,
            ingress=self.ingress,
            journal=FakeJournal(),
            runs=cast("object", None),  # type: ignore[arg-type] # nobody runs a pipeline here
            webhooks=cast("object", None),  # type: ignore[arg-type] # nobody sends messages here
            lock=cast("object", None),  # type: ignore[arg-type] # nobody locks here
            clock=FakeClock(),
            feed=cast("object", None),  # type: ignore[arg-type] # nobody watches here
            policy=SyncPolicy(),
            taken_ports=self._taken,
            waivers=WaiverFile,
            choose_control=cast("object", None),  # type: ignore[arg-type] # nobody asks here
            release_all=lambda: None,
            edge_port=PORT,
        )
        self.edge = Edge(self.workspace, self.events.append)

    def owner(self, environment: str) -> Owner:
        instance = self.workspace.repository.instance
        return Owner(instance=instance, application="shop", environment=environment)

    def declare(self, *environments: str, ports: str = "80") -> None:
        for name in environments:
            self.disk.write(f"environments/{name}/compose.yaml", FILE.replace("{ports}", ports))
        self.disk.commit()

    def bring_up(self, environment: str) -> str:
        """Create network and ingress of *environment* as its sync does; give the latter's id."""
        owner = self.owner(environment)
        network = edge_network()
        labels = network_labels(owner, EDGE, {}, spec_hash="", revision="", release="")
        self.engine.create_network(
            CreateNetwork(name=network_name(owner, network), network=network, labels=labels)
        )
        desired = with_ingress(
            a_desired_state(a_service(ports=[Port(target=80)]), environment=environment),
            ObservedState(owner=owner),
        )
        (service,) = [each for each in desired.services if each.name == INGRESS]
        spec = container_spec(owner, desired, service, 1)
        endpoint = Endpoint(network_name=network_name(owner, network))
        made = self.engine.create_container(replace(spec, endpoints=(endpoint,)))
        self.engine.start_container(made)
        return made

    def take_down(self, environment: str) -> None:
        observed = self.engine.observe(self.owner(environment), ())
        for container in observed.containers:
            self.engine.stop_container(container.id, 0)
            self.engine.remove_container(container.id)
        for network in observed.networks:
            self.engine.remove_network(network.id)

    def edges(self) -> list[FakeContainer]:
        observed = self.engine.observe(self.owner(EDGE_ENVIRONMENT), ())
        return [self.engine.containers[each.id] for each in observed.containers]

    def config(self) -> IngressConfig:
        (edge,) = self.edges()
        return self.ingress.running[edge.id].config

    def _taken(self, number: int) -> tuple[TakenPort, ...]:
        holder = self.processes.get(number)
        bound = ("127.0.0.1", number, "tcp")
        return (TakenPort(bound=bound, holder=holder),) if holder else ()


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[Ground]:
    found = Ground(tmp_path)
    yield found
    found.workspace.repository.close()  # type: ignore[attr-defined] # the adapter's


def test_an_edge_that_was_told_something_unproven_is_told_again(ground: Ground) -> None:
    ground.declare("production", "staging")
    ground.bring_up("production")
    ground.edge.refresh()
    before = ground.config()

    ground.bring_up("staging")
    ground.ingress.loses = True
    assert ground.edge.refresh().number == 0
    assert ground.config() != before

    with ground.edge.without("staging"):
        assert ground.config() == before


def test_the_edge_leads_to_every_environment_that_has_an_ingress(ground: Ground) -> None:
    ground.declare("production", "staging", "unborn")
    for name in ("production", "staging"):
        ground.bring_up(name)

    assert ground.edge.refresh().number == PORT

    (edge,) = ground.edges()
    config = ground.config()
    assert [each.service_name for each in config.backends] == ["production", "staging"]
    assert {each.port for backend in config.backends for each in backend.servers} == {EDGE_LISTENER}
    assert sorted(edge.networks) == sorted(
        [
            *(
                network_name(ground.owner(name), edge_network())
                for name in ("production", "staging")
            ),
            next(name for name in edge.networks if name.endswith("front")),
        ]
    )
    assert [event.message for event in ground.events] == [
        f"the edge is at http://127.0.0.1:{PORT} for production.localhost, staging.localhost"
    ]
    assert find_edge(ground.workspace).number == PORT


def test_once_it_is_there_nothing_more_happens(ground: Ground) -> None:
    ground.declare("staging")
    ground.bring_up("staging")
    ground.edge.refresh()
    calls, (edge,) = len(ground.engine.calls), ground.edges()

    for _ in range(3):
        ground.edge.refresh()

    assert len(ground.engine.calls) == calls
    assert len(ground.ingress.running[edge.id].applied) == 1
    assert len(ground.events) == 1


def test_an_environment_comes_and_its_ingress_is_replaced_without_another_edge(
    ground: Ground,
) -> None:
    ground.declare("production", "staging")
    ground.bring_up("staging")
    ground.edge.refresh()
    (before,) = ground.edges()

    ground.bring_up("production")
    (ingress,) = ground.engine.observe(ground.owner("staging"), ()).containers
    ground.engine.remove_by_force(ingress.id)
    ground.edge.refresh()
    production, staging = ground.config().backends
    assert (len(production.servers), len(staging.servers)) == (1, 0)

    ground.bring_up("staging")
    ground.edge.refresh()
    (after,) = ground.edges()
    (ingress,) = ground.engine.observe(ground.owner("staging"), ()).containers
    (server,) = ground.config().backends[1].servers

    assert after.id == before.id
    assert server.address in ingress.addresses.values()


def test_an_environment_goes_alone_and_the_edge_with_the_last(ground: Ground) -> None:
    ground.declare("production", "staging")
    for name in ("production", "staging"):
        ground.bring_up(name)
    ground.edge.refresh()

    with ground.edge.without("production"):
        ground.edge.refresh()  # another worker, meanwhile
        ground.take_down("production")
    assert [each.service_name for each in ground.config().backends] == ["staging"]

    with ground.edge.without("staging"):
        ground.take_down("staging")
    assert ground.edges() == []
    assert ground.engine.observe(ground.owner(EDGE_ENVIRONMENT), ()).networks == ()
    assert ground.events[-1].kind is EventKind.STOPPED


def test_an_environment_that_stays_after_all_gets_its_names_back(ground: Ground) -> None:
    ground.declare("staging")
    ground.bring_up("staging")
    ground.edge.refresh()

    with pytest.raises(EngineError), ground.edge.without("staging"):
        raise EngineError("it could not be taken down")

    assert [each.service_name for each in ground.config().backends] == ["staging"]


def test_an_edge_that_was_killed_comes_back(ground: Ground) -> None:
    ground.declare("staging")
    ground.bring_up("staging")
    ground.edge.refresh()
    (edge,) = ground.edges()

    ground.engine.kill(edge.id)
    ground.ingress.stop(edge.id)
    assert ground.edge.refresh().number == PORT

    assert [each.service_name for each in ground.config().backends] == ["staging"]


@pytest.mark.parametrize("who", ["process", "environment"])
def test_a_port_that_is_taken_or_wanted_is_left_alone(ground: Ground, who: str) -> None:
    if who == "process":
        ground.processes = {PORT: "nginx (pid 812)", PORT + 1: "other"}
        ground.declare("staging")
        expected, reason = PORT + 2, f"{PORT} is held by nginx (pid 812)"
    else:
        ground.declare("staging", ports=f"'{PORT}:80'")
        expected, reason = PORT + 1, f"staging publishes {PORT}"
    ground.bring_up("staging")

    port = ground.edge.refresh()

    assert (port.number, port.reason) == (expected, reason)
    assert f"http://127.0.0.1:{expected} ({reason})" in ground.events[0].message


def test_the_edge_makes_room_for_an_environment_that_wants_its_port(ground: Ground) -> None:
    ground.declare("staging")
    ground.bring_up("staging")
    ground.edge.refresh()
    (before,) = ground.edges()

    ground.declare("staging", ports=f"'{PORT}:80'")
    service = a_service(ports=[Port(target=80, published=PORT, published_end=PORT)])
    ground.edge.make_room(a_desired_state(service))

    (after,) = ground.edges()
    assert after.id != before.id
    assert find_edge(ground.workspace).number == PORT + 1


def test_an_edge_that_is_turned_off_goes(ground: Ground) -> None:
    ground.declare("staging")
    ground.bring_up("staging")
    ground.edge.refresh()
    off = Edge(replace(ground.workspace, edge_port=0), ground.events.append)

    assert off.refresh().number == 0
    assert ground.edges() == []


def test_what_goes_wrong_is_told_once_and_tried_again(ground: Ground) -> None:
    ground.declare("staging")
    ground.bring_up("staging")
    ground.engine.faults = [
        Fault(error=EngineError("port is already allocated"), method="start_container", times=9)
    ]

    for _ in range(2):
        assert ground.edge.refresh().number == 0
    assert [event.kind for event in ground.events] == [EventKind.HELD]
    assert "port is already allocated" in ground.events[0].message

    ground.engine.faults = []
    assert ground.edge.refresh().number == PORT


def test_an_engine_that_is_away_is_told_and_no_error(ground: Ground) -> None:
    ground.declare("staging")
    ground.engine.gone = True

    assert ground.edge.refresh().number == 0
    ground.edge.make_room(a_desired_state())
    assert "does not answer" in ground.events[0].message


def test_many_at_once_bring_up_one_edge(ground: Ground) -> None:
    ground.declare("staging")
    ground.bring_up("staging")
    threads = [threading.Thread(target=ground.edge.refresh) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert len(ground.edges()) == 1
    assert [call.method for call in ground.engine.calls].count("start_container") == 2


def test_it_looks_when_it_is_woken_and_ends_when_told(ground: Ground) -> None:
    ground.declare("staging")
    seen = threading.Event()
    edge = Edge(ground.workspace, lambda _event: seen.set())
    thread = threading.Thread(target=edge.run)
    thread.start()
    ground.bring_up("staging")
    edge.wake()

    assert seen.wait(10)
    edge.stop()
    thread.join(10)
    assert not thread.is_alive()


def test_it_looks_when_a_worker_sees_an_environment_elsewhere(ground: Ground) -> None:
    ground.declare("staging", "unborn")
    ingress = ground.bring_up("staging")
    ground.edge.refresh()
    woken: list[str] = []
    ground.edge.wake = lambda: woken.append("woken")  # type: ignore[method-assign] # to count

    for name in ("staging", "unborn"):
        ground.edge.saw(ground.engine.observe(ground.owner(name), ()))
    assert woken == []

    ground.engine.kill(ingress)
    ground.edge.saw(ground.engine.observe(ground.owner("staging"), ()))
    ground.bring_up("unborn")
    ground.edge.saw(ground.engine.observe(ground.owner("unborn"), ()))
    assert woken == ["woken"] * 2


def test_the_ports_after_its_own_are_not_looked_at(ground: Ground) -> None:
    ground.declare("staging")
    ground.bring_up("staging")
    ground.edge.refresh()
    asked: list[int] = []

    def taken(number: int) -> tuple[TakenPort, ...]:
        asked.append(number)
        return ()

    edge = Edge(replace(ground.workspace, taken_ports=taken), ground.events.append)
    assert edge.refresh().number == PORT
    assert asked == []


def test_what_happens_to_it_wakes_who_may_wait_for_it_to_let_go(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    woken: list[str] = []
    monkeypatch.setattr(Worker, "run", lambda _: None)
    monkeypatch.setattr(Worker, "wake", lambda worker: woken.append(worker.environment))
    controller = Controller(ground.workspace, lambda _event: None)
    controller._take("staging")

    controller._wake(EDGE_ENVIRONMENT)

    assert woken == ["staging"]


def test_status_gives_an_address_only_once_the_edge_answers_there(ground: Ground) -> None:
    ground.declare("staging")
    ground.bring_up("staging")
    before = find_edge(ground.workspace)
    assert (before.number, before.wanted.number, before.pending) == (0, PORT, True)

    ground.edge.refresh()
    (edge,) = ground.edges()
    assert not find_edge(ground.workspace).pending

    ground.engine.kill(edge.id)
    ground.ingress.stop(edge.id)
    ground.engine.start_container(edge.id)  # HAProxy has not proven anything since

    assert find_edge(ground.workspace).number == 0


def test_another_port_is_said_only_once_the_edge_is_there(ground: Ground) -> None:
    ground.declare("staging")
    ground.bring_up("staging")
    ground.edge.refresh()
    workspace = replace(ground.workspace, edge_port=PORT + 100)

    before = find_edge(workspace)
    assert (before.number, before.wanted.number, before.pending) == (PORT, PORT + 100, True)
    Edge(workspace, ground.events.append).refresh()

    after = find_edge(workspace)
    assert (after.number, after.pending) == (PORT + 100, False)


def test_the_edge_is_up_to_date_once_it_leads_to_every_environment(ground: Ground) -> None:
    ground.declare("production", "staging")
    assert is_up_to_date(ground.workspace)  # there is none, which find_edge says
    ground.bring_up("staging")
    ground.edge.refresh()
    assert is_up_to_date(ground.workspace)

    ground.bring_up("production")
    assert not is_up_to_date(ground.workspace)

    ground.edge.refresh()
    assert is_up_to_date(ground.workspace)
