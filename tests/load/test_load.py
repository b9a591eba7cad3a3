"""The prober sees every failure that a server makes, and none that it does not."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.load.answer import Answer, read_answers
from tests.load.failing_server import failing_server
from tests.load.running import running
from tests.load.summary import Moment, is_wrong, summarise
from tests.load.target import parse
from tests.playground import free_port

if TYPE_CHECKING:
    from pathlib import Path

BODY = '{"slug": "tea"}'
SETTLED_OLD = Moment(at=10.0, generation="old", settled=True)
NEW_MAY_COME = Moment(at=20.0, generation="new", settled=False)
SETTLED_NEW = Moment(at=30.0, generation="new", settled=True)
MOMENTS = (SETTLED_OLD, NEW_MAY_COME, SETTLED_NEW)


def load(*arguments: str) -> Any:
    """Run the prober as a person does, and give what it says."""
    command = [sys.executable, "-m", "tests.load", "--json", *arguments]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=False, timeout=60)
    document = json.loads(done.stdout)
    assert done.returncode == (1 if document["failed"] else 0)
    return document


def answer(sent: float, generation: str, *, ended: float | None = None) -> Answer:
    return Answer(sent, sent, sent + 0.01 if ended is None else ended, 0, generation, "")


@pytest.mark.slow
def test_each_failure_of_a_server_is_counted_with_its_kind(tmp_path: Path) -> None:
    with failing_server() as server:
        url = f"http://127.0.0.1:{server.port}/"
        with running(tmp_path / "log", [url, f"POST {url} {BODY}"], rps=300) as probing:
            probing.settle("new")
            probing.await_more(500)
        summary = probing.summary(since=probing.moments[0].at)
        everything = probing.summary()

    meant = {kind: number for kind, number in server.done.items() if kind}
    of_old = meant.pop("wrong generation")
    assert everything.failures == meant
    assert len(meant) == 10
    assert min(meant.values()) > 5
    first = 2  # that each target was answered once, before the load began
    assert everything.by_generation == {"new": server.done[""] - first, "old": of_old}
    assert summary.wrong == summary.by_generation["old"] > 5
    assert {*server.bodies} == {0, len(BODY)}


def test_a_server_that_nobody_runs_fails_every_request() -> None:
    document = load(f"http://127.0.0.1:{free_port()}/", "--seconds=0.5", "--rps=40")

    assert document["requests"] == 20
    assert document["failures"] == {"connect: ConnectionRefusedError": 20}


def test_a_server_that_never_answers_holds_up_no_other_request() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        document = load(url, "--seconds=1", "--rps=50", "--timeout=0.5")

    assert document["failures"] == {"timeout": 50}
    assert document["rate"] > 40


def test_a_request_that_is_repeated_until_it_ends_well_is_no_failure(tmp_path: Path) -> None:
    with failing_server() as server:
        url = f"http://127.0.0.1:{server.port}/"
        with running(tmp_path / "log", [url], retry_s=5) as probing:
            probing.await_more(100)
        summary = probing.summary()

    failed = sum(server.done.values()) - server.done[""] - server.done["wrong generation"]
    repeated = sum(answer.attempts - 1 for answer in probing.answers())
    assert summary.failed == 0
    # One that meets a connection which is just being closed fails without the server's knowing.
    assert 10 < failed <= repeated <= failed * 1.1


@pytest.mark.slow
def test_two_hundred_requests_a_second_cost_less_than_half_a_processor() -> None:
    with failing_server() as server:
        document = load(f"http://127.0.0.1:{server.port}/", "--seconds=2", "--rps=200")

    assert document["requests"] == 400
    assert document["cpu_s"] < 1.0


@pytest.mark.parametrize(
    ("sent", "ended", "generation", "wrong"),
    [
        (5.0, 5.1, "anything", False),
        (15.0, 15.1, "old", False),
        (15.0, 15.1, "new", True),
        (19.9, 20.1, "new", False),
        (25.0, 25.1, "old", False),
        (25.0, 25.1, "new", False),
        (29.9, 30.1, "old", False),
        (30.1, 30.2, "new", False),
        (30.1, 30.2, "old", True),
    ],
)
def test_an_answer_is_wrong_when_its_release_was_replaced_before_it_was_asked_for(
    sent: float, ended: float, generation: str, wrong: bool
) -> None:
    assert is_wrong(answer(sent, generation, ended=ended), MOMENTS) is wrong


def test_seconds_of_failure_are_counted_in_tenths() -> None:
    failed = [Answer(at, at, at, 0, "", "status 503") for at in (1.0, 1.01, 1.02, 1.55)]
    summary = summarise([answer(0.0, "a"), *failed, answer(2.0, "a")])

    assert summary.failed == 4
    assert summary.failed_s == pytest.approx(0.2)
    assert summary.examples[0] == "  at 1.00 s, target 0: status 503"


def test_a_line_that_is_still_being_written_is_left_out() -> None:
    whole = answer(1.0, "a")

    assert read_answers(whole.line() + whole.line()[:9]) == [whole]


def test_a_name_under_localhost_is_this_machine_and_stays_in_the_request() -> None:
    target = parse('POST http://staging.localhost:8080/api?x=1 {"a": 1}')

    assert target.address == ("127.0.0.1", 8080)
    assert target.kept.startswith(b"POST /api?x=1 HTTP/1.1\r\nHost: staging.localhost:8080\r\n")
    assert target.kept.endswith(b'Content-Length: 8\r\n\r\n{"a": 1}')
    assert b"Connection: close\r\n\r\n" in target.closing


@pytest.mark.parametrize("text", ["127.0.0.1:80", "https://x/", "POST", ""])
def test_what_is_no_request_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no request"):
        parse(text)
