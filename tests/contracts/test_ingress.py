"""
What every ingress promises: the fake that other tests rely on, and the real one.
"""

import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest

from sandbox.errors import IngressError
from sandbox.model.ingress import Backend, IngressConfig, Listener, RouteMode
from tests.ingress_world import HTTP, MORE, IngressWorld, fake_ingress, is_told, real_ingress

WORLDS = {"fake": fake_ingress, "real": real_ingress}


@pytest.fixture(params=["fake", pytest.param("real", marks=pytest.mark.engine)], scope="module")
def world(request: pytest.FixtureRequest) -> Iterator[IngressWorld]:
    with WORLDS[request.param]() as place:
        yield place


def two_services(world: IngressWorld) -> IngressConfig:
    return IngressConfig(
        listeners=(
            Listener(
                port=HTTP, mode=RouteMode.HTTP, backend="web-80", hosts={"api.local": "api-80"}
            ),
            Listener(port=MORE, mode=RouteMode.HTTP, hosts={"api.local": "api-80"}),
        ),
        backends=tuple(
            Backend(
                name=f"{name}-80",
                service_name=name,
                mode=RouteMode.HTTP,
                servers=(world.server(server),),
            )
            for name, server in (("api", "b"), ("web", "a"))
        ),
    )


def test_it_says_what_it_was_told_last(world: IngressWorld) -> None:
    for config in (
        IngressConfig(),
        world.config(world.server("a")),
        world.config(world.server("a", 50), world.server("b", 50)),
        two_services(world),
    ):
        world.apply(config)
        assert is_told(world, config)


def test_it_says_who_gets_requests_now_and_with_which_weight(world: IngressWorld) -> None:
    def serving() -> dict[str, int]:
        found = world.ingress.serving(world.container_id)
        assert {each.backend for each in found} == {"web-80"}
        return {each.server: each.weight for each in found}

    world.apply(world.config(world.server("a", 90), world.server("b", 10)))
    assert serving() == {"a": 90, "b": 10}
    world.apply(world.config(world.server("a", 0), world.server("b")))
    assert serving() == {"b": 100}
    world.apply(world.config(world.server("a")))
    assert serving() == {"a": 100}
    world.apply(world.config())
    assert world.ingress.serving(world.container_id) == ()
    with pytest.raises(IngressError, match="does not answer"):
        world.ingress.serving("f" * 64)


def test_requests_go_to_the_service_of_their_host_name(world: IngressWorld) -> None:
    world.apply(two_services(world))
    asked = [("x", HTTP), ("api.local", HTTP), ("API.Local:99", HTTP), ("api.local", MORE)]
    assert [world.get(host=host, port=port).server for host, port in asked] == ["a", "b", "b", "b"]


def test_a_name_that_begins_with_a_dot_stands_for_all_that_end_like_it(
    world: IngressWorld,
) -> None:
    config = two_services(world)
    hosts = {".local": "web-80", "api.local": "api-80"}
    listeners = (Listener(port=HTTP, mode=RouteMode.HTTP, hosts=hosts),)
    world.apply(replace(config, listeners=listeners))
    assert [world.get(host=f"{name}local").server for name in ("x.", "api.", "y.api.")] == [
        "a",
        "b",
        "a",
    ]
    assert world.get(host="local").status == 404


def test_a_host_name_of_nobody_is_not_found(world: IngressWorld) -> None:
    world.apply(two_services(world))
    assert world.get(host="x", port=MORE).status == 404


def test_weights_are_the_shares_of_the_requests(world: IngressWorld) -> None:
    world.apply(world.config(world.server("a", 90), world.server("b", 10)))
    shares = world.shares(100)
    assert 85 <= shares["a"] <= 95
    assert shares["a"] + shares["b"] == 100


def test_nothing_new_goes_to_a_server_once_its_weight_is_zero(world: IngressWorld) -> None:
    world.apply(world.config(world.server("a"), world.server("b")))
    for old, new in (("a", "b"), ("b", "a")) * 3:
        world.apply(world.config(world.server(old, 0), world.server(new)))
        assert world.shares(10) == {new: 10}


def test_a_server_can_go_and_come_back_at_another_port(world: IngressWorld) -> None:
    world.apply(world.config(world.server("a")))
    world.apply(world.config(world.server("b")))
    world.apply(world.config(replace(world.server("c"), name="a")))
    assert world.shares(5) == {"c": 5}


def test_without_a_server_requests_fail_at_once_and_count_for_nobody(world: IngressWorld) -> None:
    world.apply(world.config(world.server("a", 0)))
    before = world.counters("")
    assert world.get().status == 503
    world.apply(world.config())
    assert world.get().status == 503
    after = world.counters("")
    assert (after.requests - before.requests, after.failed - before.failed) == (2, 2)


def test_each_answer_is_counted_for_the_server_that_gave_it(world: IngressWorld) -> None:
    world.apply(world.config(world.server("a")))
    before = world.counters("a")
    for path in ("/", "/status/404", "/status/500", "/status/503", "/"):
        world.get(path)
    after = world.counters("a")
    assert (after.requests - before.requests, after.failed - before.failed) == (5, 2)
    counted = sum(after.latencies_ms.values()) - sum(before.latencies_ms.values())
    assert (counted, after.open) == (5, 0)


def test_figures_outlive_their_server_and_every_change(world: IngressWorld) -> None:
    world.apply(world.config(world.server("c")))
    before = world.counters("c")
    world.shares(4)
    world.apply(world.config(world.server("d")))
    world.apply(two_services(world))
    world.apply(world.config(world.server("c")))
    world.shares(3)
    after = world.counters("c")
    assert after.requests - before.requests == 7
    assert sum(after.latencies_ms.values()) - sum(before.latencies_ms.values()) == 7


def test_a_configuration_that_is_refused_changes_nothing(world: IngressWorld) -> None:
    good = world.config(world.server("a"))
    world.apply(good)
    bad = replace(good.backends[0], name="web-80\n    server evil 1.2.3.4:80")
    with pytest.raises(IngressError, match="cannot be told of backend"):
        world.apply(replace(good, backends=(bad,)))
    assert is_told(world, good)
    assert world.get().server == "a"


def test_a_drain_ends_when_the_last_request_does(world: IngressWorld) -> None:
    world.apply(world.config(world.server("a"), world.server("b", 0)))
    with world.under_way(1500) as replies:
        world.apply(world.config(world.server("a", 0), world.server("b")))
        assert world.drain("a") == 0
        assert world.get().server == "b"
    assert [(reply.status, reply.server) for reply in replies] == [(200, "a")]


def test_a_drain_sees_requests_to_servers_that_are_gone_from_the_configuration(
    world: IngressWorld,
) -> None:
    world.apply(world.config(world.server("a")))
    with world.under_way(1500) as replies:
        world.apply(world.config(world.server("b")))
        assert world.drain("a", timeout_s=0.05) == 1
        assert world.drain("a") == 0
    assert replies[0].status == 200
    assert world.drain("a", timeout_s=0.0) == 0


@pytest.mark.slow
def test_a_drain_tells_how_many_are_left_when_its_time_is_over_or_it_is_stopped(
    world: IngressWorld,
) -> None:
    world.apply(world.config(world.server("a")))
    with world.under_way(2000):
        world.apply(world.config(world.server("a", 0)))
        assert world.drain("a", timeout_s=0.1) == 1
        assert world.ingress.drain(world.container_id, ["a"], 60, lambda: True) == 1
        assert world.drain("b", timeout_s=0.0) == 0


def test_an_ingress_that_is_not_there_does_not_answer(world: IngressWorld) -> None:
    with pytest.raises(IngressError, match="does not answer"):
        world.ingress.report("f" * 64)
    with pytest.raises(IngressError, match="does not answer"):
        world.ingress.apply("f" * 64, IngressConfig())


def test_calls_from_several_threads_follow_one_another(world: IngressWorld) -> None:
    configs = [world.config(world.server(name)) for name in ("a", "b", "c")]
    failures: list[BaseException] = []

    def run(config: IngressConfig) -> None:
        try:
            world.apply(config)
        except BaseException as error:  # noqa: BLE001  # shown by the assertion below
            failures.append(error)

    threads = [threading.Thread(target=run, args=(config,)) for config in configs * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert any(is_told(world, config) for config in configs)
