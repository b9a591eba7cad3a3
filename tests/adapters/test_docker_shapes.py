"""Whatever an engine answers, what comes of it is a value or an error of the engine."""

import copy
import json
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.adapters.docker_engine import DockerEngine
from sandbox.adapters.docker_engine.inspection import observed_container
from sandbox.adapters.docker_engine.shapes import CONTAINER, refuse_misfit, understanding
from sandbox.errors import EngineError
from sandbox.model.observed import ObservedContainer
from sandbox.model.surroundings import Hook
from tests.adapters.scripted_engine import Reply, ScriptedEngine, scripted_engine
from tests.adapters.test_docker_faults import LABELS, OWNER, SPEC

INSPECTED: dict[str, Any] = {
    "Id": "a" * 64,
    "Name": "/shop-web",
    "Image": "sha256:1",
    "Created": "2026-11-23T08:00:00.5Z",
    "State": {
        "Status": "running",
        "ExitCode": 0,
        "OOMKilled": False,
        "StartedAt": "2026-11-23T08:00:01Z",
        "FinishedAt": "0001-01-01T00:00:00Z",
        "Error": "",
        "Health": {"Status": "unhealthy", "FailingStreak": 3},
    },
    "Config": {
        "Labels": LABELS,
        "Tty": False,
        "Healthcheck": {"Test": ["CMD-SHELL", "true"], "Retries": 3},
        "Shell": ["/bin/sh", "-c"],
    },
    "HostConfig": {
        "Memory": 1,
        "MemorySwap": 2,
        "NanoCpus": 3,
        "PidsLimit": 4,
        "CpusetCpus": "0",
        "RestartPolicy": {"Name": "on-failure", "MaximumRetryCount": 2},
    },
    "NetworkSettings": {
        "Networks": {"front": {"Aliases": ["web"], "IPAddress": "10.0.0.2"}},
        "Ports": {"80/tcp": [{"HostIp": "127.0.0.1", "HostPort": "8080"}]},
    },
    "Mounts": [{"Type": "volume", "Destination": "/data", "Name": "data"}],
}
LISTED: dict[str, Any] = {
    "Id": "a" * 64,
    "Names": ["/shop-web"],
    "Labels": LABELS,
    "NetworkSettings": {"Networks": {"front": {"Aliases": None}}},
    "Ports": [{"IP": "127.0.0.1", "PrivatePort": 80, "PublicPort": 8080, "Type": "tcp"}],
}
NETWORK: dict[str, Any] = {
    "Id": "n" * 64,
    "Name": "front",
    "Created": "2026-11-23T08:00:00Z",
    "Labels": LABELS,
    "IPAM": {"Config": [{"Subnet": "10.0.0.0/24"}]},
}
ANSWERS: dict[str, Any] = {
    "GET /info": {"ID": "one", "ServerVersion": "1"},
    "GET /containers/json": [LISTED, {**LISTED, "Id": "f", "Names": ["/other"], "Labels": {}}],
    f"GET /containers/{'a' * 64}/json": INSPECTED,
    "GET /containers/shop-web/json": INSPECTED,
    "GET /networks": [NETWORK],
    "GET /volumes": {"Volumes": [{"Name": "data", "Labels": LABELS}]},
    "GET /volumes/data": {"Name": "data", "Labels": LABELS, "CreatedAt": "2026-11-23T08:00:00Z"},
    "GET /images/shop:1/json": {"Id": "sha256:1", "Config": {"Labels": {"a": "b"}}},
    "POST /containers/create": {"Id": "a" * 64, "Warnings": ["no swap limit"]},
    "POST /containers/a/exec": {"Id": "e"},
    "GET /exec/e/json": {"ExitCode": 0},
}
ODD: tuple[Any, ...] = (
    None,
    7,
    -1,
    True,
    "",
    "odd",
    1.5,
    [],
    {},
    [None],
    ["x"],
    {"x": None},
    [[]],
    [{}],
)
GONE = object()


def places(value: object, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Give every place in *value*, the whole included."""
    yield place
    parts: Any = ()
    if isinstance(value, dict):
        parts = value.items()
    elif isinstance(value, list):
        parts = enumerate(value)
    for key, part in parts:
        yield from places(part, (*place, key))


def damaged(answer: object, place: tuple[Any, ...], odd: object) -> Any:
    """Put *odd* at *place*; `GONE` takes away what is there."""
    if not place:
        return None if odd is GONE else odd
    whole: Any = copy.deepcopy(answer)
    inner = whole
    for key in place[:-1]:
        inner = inner[key]
    if odd is GONE:
        del inner[place[-1]]
    else:
        inner[place[-1]] = odd
    return whole


@pytest.fixture(scope="module")
def scripted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ScriptedEngine]:
    with scripted_engine(tmp_path_factory.mktemp("damaged") / "engine.sock") as engine:
        yield engine


CALLS: tuple[Callable[[DockerEngine], object], ...] = (
    lambda engine: engine.info(),
    lambda engine: engine.observe(OWNER, ["shop:1"]),
    lambda engine: engine.inspect_container("a" * 64),
    lambda engine: engine.inspect_volume("data"),
    lambda engine: engine.image_labels("shop:1"),
    lambda engine: engine.create_container(SPEC),
    lambda engine: engine.probe("a" * 64, timeout_s=1.0),
    lambda engine: engine.run_hook("a", Hook(command=("true",)), lambda _: None),
    lambda engine: list(engine.logs("a" * 64)),
)


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_damaged_answer_is_an_error_of_the_engine_or_a_value(
    scripted: ScriptedEngine, data: st.DataObject
) -> None:
    for request, body in ANSWERS.items():
        scripted.answer(request, Reply(body=body))
    request = data.draw(st.sampled_from(sorted(ANSWERS)))
    place = data.draw(st.sampled_from(list(places(ANSWERS[request]))))
    odd = data.draw(st.sampled_from((*ODD, GONE)))
    scripted.answer(request, Reply(body=damaged(ANSWERS[request], place, odd)))
    with closing(DockerEngine(scripted.url)) as engine:
        for call in CALLS:
            with suppress(EngineError):
                call(engine)


@pytest.mark.parametrize("place", list(places(INSPECTED)), ids=str)
def test_what_is_read_of_a_damaged_container_has_the_right_types(place: tuple[Any, ...]) -> None:
    for odd in (*ODD, GONE):
        answer = damaged(INSPECTED, place, odd)
        with suppress(EngineError):
            refuse_misfit("inspect", answer, CONTAINER)
            with understanding("inspect"):
                refuse_wrong_types(observed_container(answer))


def refuse_wrong_types(found: ObservedContainer) -> None:
    limits = found.limits
    numbers = (found.exit_code, limits.memory_bytes, limits.memory_swap_bytes, limits.nano_cpus)
    assert all(type(each) is int for each in (*numbers, limits.pids, limits.cpu_shares))
    texts = (found.id, found.name, found.image_id, found.error, limits.cpuset, limits.restart)
    assert all(type(each) is str for each in (*texts, *found.networks, *found.addresses.values()))
    assert all(type(each) is str for pair in found.labels.items() for each in pair)
    assert all(type(each) is str for names in found.networks.values() for each in names)
    assert all(type(each) is str for pair in found.volumes.items() for each in pair)


@pytest.mark.parametrize("request_line", ["GET /containers/json", "GET /networks", "GET /volumes"])
def test_null_for_a_list_is_an_error_that_says_so(
    scripted: ScriptedEngine, request_line: str
) -> None:
    for request, body in ANSWERS.items():
        scripted.answer(request, Reply(body=json.loads(json.dumps(body))))
    scripted.answer(request_line, Reply(body=None))
    with (
        closing(DockerEngine(scripted.url)) as engine,
        pytest.raises(EngineError, match=r"cannot list .*: the answer is null") as raised,
    ):
        engine.observe(OWNER, ())
    assert raised.value.temporary
