import re
from dataclasses import replace

import pytest

from sandbox.model.action import ConnectNetwork, CreateContainer, CreateNetwork
from sandbox.model.edge import EdgeNow, EdgePort, Site
from sandbox.model.ingress import Server
from sandbox.model.observed import (
    ContainerState,
    ObservedContainer,
    ObservedNetwork,
    ObservedState,
    Owner,
)
from sandbox.model.plan import SyncPolicy
from sandbox.planning.edge import EDGE
from sandbox.planning.edge_state import (
    EDGE_ENVIRONMENT,
    bound_port,
    choose_port,
    edge_config,
    edge_notes,
    edge_state,
    links,
    site_of,
    without_sites,
)
from sandbox.planning.haproxy import render
from sandbox.planning.ingress_service import with_ingress
from sandbox.planning.labels import COMPOSE, SERVICE, owner_labels
from sandbox.planning.names import project_name
from sandbox.planning.plan import plan_sync
from sandbox.planning.routes import EDGE_LISTENER, INGRESS
from sandbox.planning.spec import container_spec
from tests.builders import INSTANCE, NOW, an_owner

OWNER = an_owner(EDGE_ENVIRONMENT)
SITES = (
    Site(environment="prod", network_name="n-prod", ingress_name="i-prod", address="10.1.0.2"),
    Site(environment="staging", network_name="n-staging", subnets=("10.1.0.0/26",)),
)


def an_ingress(
    name: str = "ingress-1",
    *,
    address: str = "10.1.0.2",
    state: ContainerState = ContainerState.RUNNING,
    started_at: float = NOW,
    ready: bool = True,
) -> ObservedContainer:
    return ObservedContainer(
        id=name * 8,
        name=name,
        labels={**owner_labels(an_owner()), SERVICE: INGRESS},
        image_id="sha256:1",
        state=state,
        ready=ready,
        probed=True,
        started_at=started_at,
        addresses={"n-staging": address} if address else {},
    )


def an_environment(*containers: ObservedContainer, network: str = EDGE) -> ObservedState:
    labels = {**owner_labels(an_owner()), COMPOSE + "network": network}
    return ObservedState(
        owner=an_owner(),
        containers=containers,
        networks=(
            ObservedNetwork(id="n1", name="n-staging", labels=labels, subnets=("10.1.0.0/26",)),
        ),
    )


def test_an_environment_without_the_network_is_no_site() -> None:
    assert site_of(an_environment(an_ingress(), network="default")) is None


def test_an_environment_whose_ingress_is_away_keeps_its_site() -> None:
    gone = SITES[1]

    stopped = replace(gone, ingress_name="ingress-1")

    assert site_of(an_environment()) == gone
    assert site_of(an_environment(an_ingress(state=ContainerState.EXITED))) == stopped
    assert site_of(an_environment(an_ingress(address=""))) == stopped


def test_of_two_ingresses_the_ready_one_is_meant_then_the_newer() -> None:
    old, new = an_ingress("old", address="10.1.0.2"), an_ingress("new", address="10.1.0.3")
    late = replace(new, started_at=NOW + 1)

    assert site_of(an_environment(late, old)) == replace(
        SITES[1], ingress_name="new", address="10.1.0.3"
    )
    assert site_of(an_environment(replace(late, ready=False), old)) == replace(
        SITES[1], ingress_name="old", address="10.1.0.2"
    )


def test_each_environment_has_its_name_all_below_it_and_its_ingress() -> None:
    config = edge_config(reversed(SITES))

    (listener,) = config.listeners
    assert listener.hosts == {
        "prod.localhost": "environment-prod",
        ".prod.localhost": "environment-prod",
        "staging.localhost": "environment-staging",
        ".staging.localhost": "environment-staging",
    }
    assert not listener.trusted
    assert "tcp-request connection reject if { src 10.1.0.0/26 }" in render(config)
    assert [(each.name, each.servers) for each in config.backends] == [
        (
            "environment-prod",
            (Server(name="i-prod", address="10.1.0.2", port=EDGE_LISTENER),),
        ),
        ("environment-staging", ()),
    ]
    assert render(config) == render(edge_config(SITES))


def test_of_two_environments_with_one_host_name_the_first_has_it() -> None:
    config = edge_config(
        [replace(SITES[0], environment="a_b"), replace(SITES[0], environment="a-b")]
    )

    assert [each.service_name for each in config.backends] == ["a-b"]


def test_the_edge_s_objects_are_nobody_else_s() -> None:
    assert "/" in EDGE_ENVIRONMENT
    assert project_name(OWNER) == f"shop-edge-{INSTANCE[:6]}"


def test_the_edge_binds_its_port_itself_and_has_no_ingress() -> None:
    desired = edge_state("shop", 8080)
    observed = ObservedState(owner=OWNER)

    assert with_ingress(desired, observed) == desired
    plan = plan_sync(desired, observed, SyncPolicy())
    (created,) = [
        step.action.spec for step in plan.steps if isinstance(step.action, CreateContainer)
    ]
    assert [(each.published, each.host_ip) for each in created.service.ports] == [
        (8080, "127.0.0.1")
    ]
    assert created.service.cap_drop == ("ALL",)
    assert not created.service.mounts
    assert not plan.holds


def an_edge(*networks: str, state: ContainerState = ContainerState.RUNNING) -> ObservedContainer:
    desired = edge_state("shop", 8080)
    spec = container_spec(OWNER, desired, desired.services[0], 1)
    own = {each.network_name: each.aliases for each in spec.endpoints}
    return ObservedContainer(
        id="e" * 64,
        name=spec.name,
        labels=spec.labels,
        image_id="sha256:1",
        state=state,
        ready=True,
        started_at=NOW,
        limits=spec.service.limits,
        networks={**own, **dict.fromkeys(networks, ())},
        host_ports=(("127.0.0.1", 8080, "tcp"),),
    )


def the_engine(edge: ObservedContainer, *networks: str) -> ObservedState:
    desired = edge_state("shop", 8080)
    plan = plan_sync(desired, ObservedState(owner=OWNER), SyncPolicy())
    (made,) = [step.action for step in plan.steps if isinstance(step.action, CreateNetwork)]
    return ObservedState(
        owner=OWNER,
        containers=(edge,),
        networks=(ObservedNetwork(id="f", name=made.name, labels=made.labels),),
        images={desired.services[0].image: "sha256:1"},
        foreign_names={"network": frozenset(networks)},
    )


def test_environments_come_and_go_without_another_container() -> None:
    edge = an_edge("n-prod", "n-old")
    observed = the_engine(edge, "n-prod", "n-old", "n-staging")

    plan = plan_sync(edge_state("shop", 8080), without_sites(observed), SyncPolicy())

    assert plan.steps == ()
    sites = (SITES[0], replace(SITES[1], ingress_name="ingress-1"))
    assert links(OWNER, edge, sites) == (("n-staging",), ("n-old",))


def test_a_network_without_an_ingress_is_let_go_of_but_its_names_are_kept() -> None:
    edge = an_edge("n-prod", "n-staging")

    assert links(OWNER, edge, SITES) == ((), ("n-staging",))
    assert "staging.localhost" in edge_config(SITES).listeners[0].hosts


def test_an_edge_that_stands_still_and_remembers_a_network_that_is_gone_is_made_anew() -> None:
    edge = an_edge("n-gone", state=ContainerState.EXITED)

    plan = plan_sync(
        edge_state("shop", 8080), without_sites(the_engine(edge, "n-prod")), SyncPolicy()
    )

    assert any(isinstance(step.action, CreateContainer) for step in plan.steps)
    assert not any(isinstance(step.action, ConnectNetwork) for step in plan.steps)


@pytest.mark.parametrize(
    ("present", "wanted", "taken", "port"),
    [
        (0, {}, {}, EdgePort(number=8080, preferred=8080)),
        (8080, {}, {}, EdgePort(number=8080, preferred=8080)),
        (
            0,
            {},
            {8080: "nginx (pid 5)", 8081: "x"},
            EdgePort(number=8082, preferred=8080, reason="8080 is held by nginx (pid 5)"),
        ),
        (
            8080,
            {8080: "staging"},
            {},
            EdgePort(number=8081, preferred=8080, reason="staging publishes 8080"),
        ),
        (
            8083,
            {},
            {},
            EdgePort(number=8083, preferred=8080, reason="8080 was taken when it came up"),
        ),
        (9000, {}, {}, EdgePort(number=8080, preferred=8080)),
        (
            0,
            {},
            dict.fromkeys(range(8080, 8100), "x"),
            EdgePort(number=0, preferred=8080, reason="no port from 8080 to 8099 is free"),
        ),
    ],
)
def test_the_port_is_the_preferred_one_or_the_next_that_is_free(
    present: int, wanted: dict[int, str], taken: dict[int, str], port: EdgePort
) -> None:
    assert choose_port(8080, present, wanted, taken) == port


def test_no_port_beyond_the_last_one_is_tried() -> None:
    found = choose_port(65535, 0, {}, {65535: "x"})

    assert (found.number, found.reason) == (0, "no port from 65535 to 65535 is free")


def test_the_port_that_the_edge_has_is_seen_on_the_engine() -> None:
    assert bound_port(the_engine(an_edge())) == 8080
    assert (
        bound_port(ObservedState(owner=Owner(instance="i", application="", environment="x"))) == 0
    )


def test_a_name_of_its_own_comes_before_the_names_below_another() -> None:
    text = render(edge_config(SITES))

    matches = re.findall(r"-m (\w+) (\S+) ", text)
    assert [kind for kind, host in matches if host.endswith(".localhost")] == [
        "str",
        "str",
        "end",
        "end",
    ]


def test_who_asks_for_an_unknown_name_is_told_which_there_are() -> None:
    text = render(edge_config(SITES))

    assert (
        r"There are:\n  prod.localhost\n  *.prod.localhost\n  staging.localhost\n"
        r"  *.staging.localhost\n"
    ) in text


def test_of_very_many_names_the_first_are_told() -> None:
    many = [replace(SITES[1], environment=f"e{number:03}") for number in range(100)]

    text = render(edge_config(many))

    assert r"  *.e024.localhost\n  and 150 more\n" in text


@pytest.mark.parametrize(
    ("now", "number", "reason", "note"),
    [
        (8080, 8080, "", ()),
        (8081, 8081, "x publishes 8080", "the edge is at port 8081, not 8080: x publishes 8080"),
        (8080, 9080, "", "the edge is at port 8080 and not yet at 9080"),
        (0, 8080, "", "the edge does not answer at port 8080 yet"),
        (0, 0, "no port is free", "there is no edge: no port is free"),
        (8080, 0, "no port is free", "there is no edge: no port is free"),
    ],
)
def test_people_are_told_where_the_edge_is_when_it_is_not_where_it_was_asked_for(
    now: int, number: int, reason: str, note: str
) -> None:
    preferred = 9080 if number == 9080 else 8080
    wanted = EdgePort(number=number, preferred=preferred, reason=reason)

    assert edge_notes(EdgeNow(number=now, wanted=wanted)) == ((note,) if note else ())
