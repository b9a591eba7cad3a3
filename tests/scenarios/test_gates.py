"""
Checks of a revision on a real engine: what a no comes to, and what a yes is worth.
"""

from __future__ import annotations

import json
import re
import signal
from typing import TYPE_CHECKING, Any

import pytest

from tests.load.running import running
from tests.playground import until
from tests.rollouts.small_app import COMPOSE_FILE, VARIABLES, compose_file, small_ground, variables

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.rollouts.small_app import SmallGround

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]

ASK = "import urllib.request as u; u.urlopen('http://web:8080/').read()"
GATES: dict[str, Any] = {
    "units": {
        "image": "debian:trixie-slim",
        "command": ["sh", "-c", "sleep ${SLOW:-0}; echo tests of ${GENERATION}; exit ${UNITS:-0}"],
        "stop_signal": "SIGKILL",
        "profiles": ["gate"],
        "x-sandbox": {"gate": "before"},
    },
    "smoke": {
        "build": {"context": "../../app"},
        "command": ["sh", "-c", f'python3 -c "{ASK}" && echo no tea && exit ${{SMOKE:-0}}'],
        "profiles": ["gate"],
        "x-sandbox": {"gate": {"phase": "after", "deadline": "20s"}},
    },
}


def release(ground: SmallGround, generation: str, **settings: int) -> str:
    """Commit another generation, with or without what makes a gate fail."""
    extra = "".join(f"{name.upper()}={value}\n" for name, value in settings.items())
    return ground.commit({VARIABLES: variables(generation, ground.port) + extra}, generation)


def ids(ground: SmallGround) -> list[str]:
    return sorted(each["Id"] for each in ground.containers(environment="staging"))


def gates(ground: SmallGround) -> dict[str, str | None]:
    return {each["name"]: each["verdict"] for each in ground.status()["gates"]}


def notes(ground: SmallGround, revision: str) -> list[Any]:
    """What travels with the repository, as Git itself shows it: on the commit of the source."""
    source = ground.git("rev-list", "--max-count=1", revision, "--", "app")
    shown = ground.git("notes", "--ref=sandbox", "show", source)
    found = [json.loads(line) for line in shown.splitlines()]
    return [each for each in found if each["revision"] == revision]


def forget_history(ground: SmallGround) -> None:
    for file in (ground.folder / ".git" / "sandbox").glob("journal.sqlite*"):
        file.unlink()


@pytest.fixture
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallGround]:
    for ground in small_ground(tmp_path_factory.mktemp("gates")):
        ground.begin(services=GATES)
        yield ground


def test_a_failing_gate_before_changes_nothing_and_one_after_is_taken_back_under_load(
    ground: SmallGround,
) -> None:
    ground.sandbox("up")
    first = ground.git("rev-parse", "HEAD")
    assert gates(ground) == {"smoke": "passed", "units": "passed"}
    there = ids(ground)

    with running(ground.folder.parent / "log", ground.targets(), rps=100) as load:
        load.settle("v1")
        broken = release(ground, "v2", units=3)
        held = until(lambda: ground.taken_back(broken), "the verdict of the units")
        load.await_more()
        assert ids(ground) == there
        assert "gate units failed: it exited with 3\ntests of v2" in held["message"]
        assert "tests of v2" in ground.sandbox("logs", "staging", "units").stdout
        assert gates(ground) == {"smoke": None, "units": "failed"}

        load.announce("v3")
        bad = release(ground, "v3", smoke=7)
        held = until(lambda: ground.taken_back(bad), "the verdict of the smoke test")
        assert "gate smoke failed: it exited with 7\nno tea" in held["message"]
        assert first[:7] in held["message"]
        load.settle("v1")

        load.announce("v3")
        ground.sandbox("sync", "staging", "--rerun", status=4)
        until(lambda: ground.taken_back(bad), "the same verdict once more")
        load.settle("v1")
        load.await_more()

    summary = load.summary()
    assert (summary.failed, summary.wrong) == (0, 0), summary.text()
    assert ground.containers("smoke") == ground.containers("units") == []

    evidence, again = [each for each in notes(ground, bad) if each["gate"] == "smoke"]
    assert evidence["inputs"] == again["inputs"]
    assert (evidence["verdict"], evidence["environment"]) == ("failed", "staging")
    assert (evidence["revision"], evidence["release"]) == (bad, first)
    assert evidence["log"] == ["no tea"]
    assert evidence["image_id"].startswith("sha256:")
    assert evidence["tree"] == ground.git("rev-parse", f"{bad}:app")
    receipt = ground.sandbox("history", "staging", "--output", "json").json["history"]
    failed = [each["revision"] for each in receipt if each["outcome"] == "failed"]
    assert failed == [bad, bad, broken]


def test_what_passed_counts_from_the_note_alone_and_runs_again_only_when_asked(
    ground: SmallGround,
) -> None:
    ground.sandbox("sync", "staging")
    first, there = ground.git("rev-parse", "HEAD"), ids(ground)
    assert sorted(each["gate"] for each in notes(ground, first)) == ["smoke", "units"]

    forget_history(ground)
    assert gates(ground) == {"smoke": "passed", "units": "passed"}
    plan = ground.sandbox("plan", "staging", "--output", "json").json
    assert "run_gate" not in {step["action"] for step in plan["steps"]}
    ground.sandbox("sync", "staging")
    assert len(notes(ground, first)) == 2

    ground.sandbox("sync", "staging", "--rerun")
    assert len(notes(ground, first)) == 4
    assert ids(ground) == there


@pytest.mark.long  # tests/runtime/test_gates.py
def test_what_a_gate_refused_is_not_brought_up_again_until_it_is_asked_to_run_again(
    ground: SmallGround,
) -> None:
    ground.sandbox("sync", "staging")
    bad = release(ground, "v2", smoke=7)
    ground.sandbox("sync", "staging", status=4)
    assert ground.taken_back(bad)
    there = ids(ground)

    refused = ground.sandbox("sync", "staging", status=4)
    assert "gate smoke: it failed for what is committed" in refused.stderr
    assert "sandbox sync staging --rerun" in refused.stderr
    assert ids(ground) == there
    assert len(notes(ground, bad)) == 2

    ground.sandbox("sync", "staging", "--rerun", status=4)
    assert len(notes(ground, bad)) == 4
    assert ground.taken_back(bad)


def test_another_process_says_which_gate_runs_and_what_serves_until_the_sync_is_killed(
    ground: SmallGround,
) -> None:
    ground.sandbox("sync", "staging")
    first = ground.git("rev-parse", "HEAD")
    slow = release(ground, "v2", slow=60)
    assert ground.status()["syncing"] is None

    killed = ground.start("sync", "staging")
    status = until(
        lambda: (
            (now := ground.status())["syncing"]
            and "gate units" in {each["step"] for each in now["syncing"]["running"]}
            and now
        ),
        "the gate to run",
    )
    shown = ground.sandbox("status", "staging").stdout
    killed.send_signal(signal.SIGKILL)
    killed.communicate()

    assert status["syncing"]["revision"] == status["revision"] == slow
    assert 0 <= status["syncing"]["done"] < status["syncing"]["steps"]
    assert {each["name"]: each["running"] for each in status["gates"]} == {
        "smoke": False,
        "units": True,
    }
    (web,) = (each for each in status["services"] if each["name"] == "web")
    assert status["serving"] == first
    assert [(each["revision"], each["weight"]) for each in web["releases"]] == [(first, 100)]
    assert " · syncing " in shown
    assert "gate units" in shown.splitlines()[0]
    assert re.search(r"◐ units +before +running ", shown)

    after = ground.status()
    assert (after["syncing"], after["serving"]) == (None, first)
    assert [each["running"] for each in after["gates"]] == [False, False]


@pytest.mark.long  # the simulation kills at every call
def test_a_gate_that_was_killed_with_its_controller_leaves_no_container_behind(
    ground: SmallGround,
) -> None:
    ground.sandbox("sync", "staging")
    slow = release(ground, "v2", slow=3)
    killed = ground.start("sync", "staging")
    until(lambda: ground.containers("units"), "the gate to run")
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    assert ground.containers("units")

    ground.sandbox("sync", "staging")

    assert ground.containers("units") == []
    assert ground.status()["sync"] == "synced"
    assert [each["verdict"] for each in notes(ground, slow)] == ["passed", "passed"]


def test_one_that_does_not_end_in_time_is_ended_and_says_so(ground: SmallGround) -> None:
    hanging = {**GATES["units"], "x-sandbox": {"gate": {"phase": "before", "deadline": "1s"}}}
    ground.commit({COMPOSE_FILE: compose_file(services={**GATES, "units": hanging})})
    release(ground, "v1", slow=60)

    ended = ground.sandbox("sync", "staging", status=4, seconds=30.0)

    assert "gate units failed: it did not end within 1 s" in ended.stderr
    assert ground.containers(environment="staging") == []
