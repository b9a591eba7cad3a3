from types import SimpleNamespace
from typing import cast

from sandbox.model.edge import EdgeNow
from sandbox.model.observed import ObservedState, TakenPort
from sandbox.model.service import Port
from sandbox.runtime.doors import Doors, doors
from sandbox.runtime.workspace import Workspace
from tests.builders import a_desired_state, a_service, an_owner

WEB = a_service(ports=[Port(target=80, published=8080, published_end=8080)])


def nobody_asks() -> EdgeNow:
    raise AssertionError("there is no edge")


NO_EDGE = cast("Workspace", SimpleNamespace(edge_port=0))


def test_a_port_that_is_where_the_file_says_is_not_worth_a_word() -> None:
    observed = ObservedState(owner=an_owner())

    assert doors(NO_EDGE, a_desired_state(WEB), observed, nobody_asks) == Doors()


def test_a_port_that_another_environment_has_is_noted_with_its_holder() -> None:
    taken = TakenPort(
        bound=("127.0.0.1", 8080, "tcp"), holder="container shop-web", environment="production"
    )
    observed = ObservedState(owner=an_owner(), taken_ports=(taken,))

    (note,) = doors(NO_EDGE, a_desired_state(WEB), observed, nobody_asks).notes

    assert note.startswith("web is at port 2")
    assert note.endswith(", not 8080: container shop-web has that")
