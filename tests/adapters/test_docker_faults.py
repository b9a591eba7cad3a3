"""What the adapter makes of an engine that fails, lies, freezes or goes away."""

import json
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sandbox.adapters.docker_engine import DockerEngine, connection, events
from sandbox.errors import EngineError, EngineUnreachableError, ImplausibleError
from sandbox.model.action import ContainerSpec, Endpoint
from sandbox.model.observed import Owner
from sandbox.model.service import Service
from sandbox.planning import labels
from tests.adapters.scripted_engine import Reply, ScriptedEngine, scripted_engine
from tests.engine_world import wait_until

OWNER = Owner(instance="c0ffee000001", application="shop", environment="staging")
LABELS = labels.owner_labels(OWNER)
SPEC = ContainerSpec(
    name="shop-web",
    service=Service(name="web", image="shop/web:1"),
    replica=1,
    labels={**LABELS, labels.SERVICE: "web", labels.SPEC: "1"},
    endpoints=(Endpoint(network_name="front", aliases=("web",)), Endpoint(network_name="back")),
    spec_hash="1",
)
FAILED = Reply(status=500, body={"message": "something went wrong"})


def listed(container_id: str) -> dict[str, Any]:
    return {"Id": container_id, "Names": [f"/{container_id}"], "Labels": LABELS}


def inspected(container_id: str, status: str = "running", **carried: str) -> dict[str, Any]:
    return {
        "Id": container_id,
        "Name": f"/{container_id}",
        "Image": "sha256:1",
        "State": {"Status": status},
        "Config": {"Labels": {**LABELS, **carried}},
        "HostConfig": {},
        "NetworkSettings": {},
    }


@pytest.fixture
def scripted(tmp_path: Path) -> Iterator[ScriptedEngine]:
    with scripted_engine(tmp_path / "engine.sock") as engine:
        yield engine


@pytest.fixture
def engine(scripted: ScriptedEngine) -> Iterator[DockerEngine]:
    with closing(DockerEngine(scripted.url)) as adapter:
        yield adapter


def test_one_connection_serves_all_addresses(
    scripted: ScriptedEngine, engine: DockerEngine
) -> None:
    engine.info()
    before = len(scripted.callers)
    for number in range(30):
        scripted.answer(f"GET /containers/{number}/json", Reply(body=inspected(str(number))))
        assert engine.inspect_container(str(number)) is not None
    assert len(scripted.callers) == before


# reads


def test_a_container_that_goes_between_list_and_inspect_is_absent(
    scripted: ScriptedEngine, engine: DockerEngine
) -> None:
    first, then = Reply(body=[listed("a"), listed("b")]), Reply(body=[listed("b")])
    scripted.answer("GET /containers/json", first, then)
    scripted.answer("GET /containers/b/json", Reply(body=inspected("b")))
    assert [container.id for container in engine.observe(OWNER, ()).containers] == ["b"]


@pytest.mark.parametrize(
    "request_line",
    [
        "GET /containers/json",
        "GET /containers/a/json",
        "GET /networks",
        "GET /volumes",
        "GET /images/shop:1/json",
    ],
)
def test_a_look_that_is_not_complete_is_no_look(
    scripted: ScriptedEngine, engine: DockerEngine, request_line: str
) -> None:
    scripted.answer("GET /containers/json", Reply(body=[listed("a")]))
    scripted.answer("GET /containers/a/json", Reply(body=inspected("a")))
    assert engine.observe(OWNER, ["shop:1"]).containers
    scripted.answer(request_line, FAILED)
    with pytest.raises(EngineError, match="something went wrong") as caught:
        engine.observe(OWNER, ["shop:1"])
    assert caught.value.temporary


@pytest.mark.parametrize("failure", [FAILED, Reply(drop=True)])
def test_a_read_that_fails_once_goes_unnoticed(
    scripted: ScriptedEngine, engine: DockerEngine, failure: Reply
) -> None:
    scripted.answer("GET /networks", failure, Reply(body=[]))
    assert engine.observe(OWNER, ()).networks == ()
    assert scripted.requests.count("GET /networks") == 2


def test_half_an_answer_is_no_answer(scripted: ScriptedEngine, engine: DockerEngine) -> None:
    scripted.answer("GET /containers/json", Reply(body=b'[{"Id": "a", "Na'))
    with pytest.raises(EngineError, match="list containers") as caught:
        engine.observe(OWNER, ())
    assert caught.value.temporary


def test_an_engine_that_does_not_listen_is_unreachable(tmp_path: Path) -> None:
    with (
        closing(DockerEngine(f"unix://{tmp_path}/nothing.sock")) as engine,
        pytest.raises(EngineUnreachableError),
    ):
        engine.observe(OWNER, ())


def test_an_engine_that_is_frozen_is_unreachable_and_not_asked_twice(
    scripted: ScriptedEngine, engine: DockerEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = threading.Event()
    engine.info()
    monkeypatch.setattr(connection.Connections.read, "__kwdefaults__", {"timeout_s": 0.2})
    scripted.answer("GET /info", Reply(body=b"{", hold=release))
    with pytest.raises(EngineUnreachableError):
        engine.info()
    release.set()
    assert scripted.requests.count("GET /info") == 2


def test_an_address_on_another_machine_s_shell_is_refused_with_a_remedy() -> None:
    with (
        closing(DockerEngine("ssh://elsewhere")) as engine,
        pytest.raises(EngineUnreachableError, match="ssh://elsewhere") as caught,
    ):
        engine.info()
    assert "DOCKER_HOST" in caught.value.remedy


def test_another_engine_at_the_same_address_is_not_taken_for_the_first(
    scripted: ScriptedEngine, engine: DockerEngine
) -> None:
    engine.observe(OWNER, ())
    scripted.answer("GET /info", Reply(body={"ID": "engine-two", "ServerVersion": "1"}))
    # The change of engines breaks connections; that makes the adapter ask again.
    scripted.answer("GET /networks", Reply(drop=True), Reply(body=[]))
    engine.observe(OWNER, ())
    with pytest.raises(EngineError, match="another engine answers now"):
        engine.observe(OWNER, ())


def test_a_container_that_is_listed_and_not_found_makes_the_look_no_look(
    scripted: ScriptedEngine, engine: DockerEngine
) -> None:
    scripted.answer("GET /containers/json", Reply(body=[listed("a"), listed("b")]))
    scripted.answer("GET /containers/b/json", Reply(body=inspected("b")))
    with pytest.raises(ImplausibleError, match="lists container a, and yet finds none"):
        engine.observe(OWNER, ())


def test_a_create_that_meets_what_has_run_proves_the_list_wrong(
    scripted: ScriptedEngine, engine: DockerEngine
) -> None:
    there = inspected("a", **{labels.SERVICE: "web", labels.SPEC: "1", labels.TAG: "earlier"})
    there["State"]["StartedAt"] = "2026-11-23T08:00:00Z"
    scripted.answer("POST /containers/create", Reply(status=409, body={"message": "in use"}))
    scripted.answer("GET /containers/shop-web/json", Reply(body=there))
    with pytest.raises(ImplausibleError, match="the engine's list was without it"):
        engine.create_container(SPEC)


# mutations


@pytest.mark.parametrize("failure", [FAILED, Reply(drop=True)])
def test_a_mutation_is_never_repeated_by_itself(
    scripted: ScriptedEngine, engine: DockerEngine, failure: Reply
) -> None:
    scripted.answer("POST /containers/a/start", failure, Reply(status=204))
    with pytest.raises(EngineError) as caught:
        engine.start_container("a")
    assert caught.value.temporary
    assert scripted.requests.count("POST /containers/a/start") == 1


@pytest.mark.parametrize(("status", "temporary"), [(400, False), (404, True), (409, True)])
def test_a_refusal_is_permanent_unless_it_is_about_the_state_of_the_engine(
    scripted: ScriptedEngine, engine: DockerEngine, status: int, *, temporary: bool
) -> None:
    scripted.answer(
        "POST /containers/a/start", Reply(status=status, body={"message": "I will not"})
    )
    with pytest.raises(EngineError, match="cannot start container a: I will not") as caught:
        engine.start_container("a")
    assert caught.value.temporary is temporary


def test_a_removal_that_somebody_else_began_is_waited_for(
    scripted: ScriptedEngine, engine: DockerEngine
) -> None:
    busy = {"message": "removal of container a is already in progress"}
    scripted.answer("DELETE /containers/a", Reply(status=409, body=busy))
    there = Reply(body=inspected("a", "removing"))
    scripted.answer("GET /containers/a/json", there, there, Reply(status=404, body={"message": ""}))
    engine.remove_container("a")
    assert scripted.requests.count("GET /containers/a/json") == 3


@pytest.mark.parametrize("status", ["removing", "dead"])
def test_a_name_whose_container_is_being_removed_is_refused_for_the_moment(
    scripted: ScriptedEngine, engine: DockerEngine, status: str
) -> None:
    scripted.answer(
        "POST /containers/create", Reply(status=409, body={"message": "name already in use"})
    )
    carried = {labels.SERVICE: "web", labels.SPEC: "1"}
    scripted.answer("GET /containers/shop-web/json", Reply(body=inspected("a", status, **carried)))
    with pytest.raises(EngineError, match="being removed") as caught:
        engine.create_container(SPEC)
    assert caught.value.temporary


@pytest.mark.parametrize(
    ("api_version", "at_create", "afterwards"),
    [
        ("1.41", ["front"], ["back"]),
        ("1.44", ["front", "back"], []),
        ("1.99", ["front", "back"], []),
    ],
)
def test_networks_are_attached_by_the_create_as_far_as_the_engine_can(
    tmp_path: Path, api_version: str, at_create: list[str], afterwards: list[str]
) -> None:
    with (
        scripted_engine(tmp_path / "engine.sock", api_version=api_version) as scripted,
        closing(DockerEngine(scripted.url)) as engine,
    ):
        scripted.answer("POST /containers/create", Reply(status=201, body={"Id": "a"}))
        scripted.answer("POST /networks/back/connect", Reply(body=None))
        assert engine.create_container(SPEC) == "a"
        sent = json.loads(scripted.bodies["POST /containers/create"])
        assert list(sent["NetworkingConfig"]["EndpointsConfig"]) == at_create
        connected = [f"POST /networks/{name}/connect" for name in afterwards]
        assert scripted.requests[1:] == connected


@pytest.mark.parametrize(
    ("offered", "spoken"),
    [("1.41", "1.41"), ("1.45", "1.45"), ("1.50", "1.50"), ("1.51", "1.51"), ("1.99", "1.51")],
)
def test_the_newest_version_that_both_sides_know_is_spoken(
    tmp_path: Path, offered: str, spoken: str
) -> None:
    with (
        scripted_engine(tmp_path / "engine.sock", api_version=offered) as scripted,
        closing(DockerEngine(scripted.url)) as engine,
    ):
        scripted.answer("GET /info", Reply(body={"ID": "x", "ServerVersion": "28"}))
        assert engine.info().api_version == spoken
        assert scripted.versions == {spoken}


def test_what_the_engine_would_drop_is_refused_before_it_is_asked(
    scripted: ScriptedEngine, engine: DockerEngine
) -> None:
    spec = replace(SPEC, service=replace(SPEC.service, annotations={"a": "b"}))
    with pytest.raises(EngineError, match=r"annotations needs an engine with API 1\.43"):
        engine.create_container(spec)
    assert "POST /containers/create" not in scripted.requests


# events


def wakes_of(engine: DockerEngine, heard: list[str], done: threading.Event) -> threading.Thread:
    return threading.Thread(
        target=lambda: engine.wait_events(OWNER.instance, heard.append, done.is_set), daemon=True
    )


def test_a_stream_of_events_that_ends_is_an_engine_that_is_gone(
    scripted: ScriptedEngine, engine: DockerEngine
) -> None:
    scripted.answer("GET /events", Reply(body=b""))
    heard: list[str] = []
    with pytest.raises(EngineUnreachableError, match="events"):
        engine.wait_events(OWNER.instance, heard.append, lambda: False)
    assert heard == [""]


def test_a_stream_that_is_silent_for_long_is_opened_anew_without_a_second_first_look(
    scripted: ScriptedEngine, engine: DockerEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "QUIET_S", 0.2)
    release, done = threading.Event(), threading.Event()
    event = {
        "Type": "container",
        "Action": "start",
        "Actor": {"ID": "a", "Attributes": LABELS},
        "timeNano": 1,
    }
    scripted.answer(
        "GET /events",
        Reply(body=b"", hold=release),
        Reply(body=json.dumps(event).encode() + b"\n", hold=release),
    )
    heard: list[str] = []
    thread = wakes_of(engine, heard, done)
    thread.start()
    wait_until(lambda: scripted.requests.count("GET /events") > 2, "a third stream")
    done.set()
    release.set()
    thread.join(timeout=5)
    assert not thread.is_alive()
    assert heard[:2] == ["", "staging"]


def test_a_container_that_was_removed_is_forgotten(
    scripted: ScriptedEngine, engine: DockerEngine
) -> None:
    def of(container_id: str, action: str) -> dict[str, Any]:
        actor = {"ID": container_id, "Attributes": LABELS}
        return {"Type": "container", "Action": action, "Actor": actor, "timeNano": 1}

    def left_a_network(container_id: str) -> dict[str, Any]:
        actor = {"ID": "front", "Attributes": {"container": container_id}}
        return {"Type": "network", "Action": "disconnect", "Actor": actor, "timeNano": 1}

    told = [of("a", "create"), of("b", "create"), of("a", "destroy")]
    told += [left_a_network("a"), left_a_network("b")]
    body = b"".join(json.dumps(each).encode() + b"\n" for each in told)
    scripted.answer("GET /events", Reply(body=body))
    heard: list[str] = []
    with pytest.raises(EngineUnreachableError, match="events"):
        engine.wait_events(OWNER.instance, heard.append, lambda: False)
    assert heard == ["", "staging", "staging", "staging", "staging"]


def test_told_to_stop_it_returns_although_the_stream_is_silent(
    scripted: ScriptedEngine, engine: DockerEngine
) -> None:
    release, done = threading.Event(), threading.Event()
    scripted.answer("GET /events", Reply(body=b"", hold=release))
    heard: list[str] = []
    thread = wakes_of(engine, heard, done)
    thread.start()
    wait_until(lambda: heard == [""], "the first wake")
    done.set()
    thread.join(timeout=1.5)
    assert not thread.is_alive()
    release.set()
