"""A command that only looks is carried out by the controller, and nobody can tell."""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from sandbox.adapters import control_server
from sandbox.cli import asking
from sandbox.cli.answering import answer
from sandbox.cli.app import load
from sandbox.cli.asking import ask
from sandbox.cli.invocation import Caller
from sandbox.model.status import EnvironmentStatus
from sandbox.runtime.control import LocalControl
from tests.fakes.control import FakeControl
from tests.quick_ground import WEB, QuickGround, quick_ground

pytestmark = pytest.mark.slow

STATUS = EnvironmentStatus(name="staging", next_step="sandbox plan staging")
WORDS = (
    ("status",),
    ("status", "staging", "--output", "json"),
    ("ps",),
    ("history", "--limit", "3"),
    ("history", "staging", "--output=json"),
    ("why", "staging", "web"),
    ("open", "staging"),
    ("logs", "staging", "web", "--tail", "5"),
)


@pytest.fixture
def ground(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[QuickGround]:
    with quick_ground(tmp_path / "repo") as made:
        made.commit(f"{{web: {WEB}}}")
        made.sync()
        monkeypatch.chdir(made.disk.top)
        yield made


@pytest.fixture
def controller(ground: QuickGround) -> Iterator[QuickGround]:
    """Somebody answers at the control socket as a controller does."""
    control = LocalControl(ground.workspace)
    here = replace(ground.workspace, choose_control=lambda _: control)
    address = str(Path(here.repository.state_folder, "control.sock"))
    with control_server.serve(control, address, answer=partial(answer, here)):
        yield ground


def directly(ground: QuickGround, *words: str) -> int:
    """What the process that was asked does by itself, with the same engine."""
    control = LocalControl(ground.workspace)
    here = replace(ground.workspace, choose_control=lambda _: control)
    caller = Caller(workspace=here)
    status = load(words).main(list(words), standalone_mode=False, obj={"caller": caller})
    return status if isinstance(status, int) else 0


@pytest.mark.parametrize("words", WORDS, ids=" ".join)
def test_it_prints_and_ends_as_by_itself(
    controller: QuickGround, words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    expected = (directly(controller, *words), capsys.readouterr())

    status = ask(list(words))

    assert (status, capsys.readouterr()) == expected
    assert any(expected[1]) or words[0] == "logs"


def test_from_a_folder_inside_and_by_name(
    controller: QuickGround, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(controller.disk.top / "environments")
    assert ask(["status", "--output", "json"]) == 0
    monkeypatch.chdir("/")
    top = str(controller.disk.top)
    assert ask(["--repo", top, "status", "--output", "json"]) == 0
    assert ask(["status", f"--repo={top}", "--output", "json"]) == 0
    first, *others = capsys.readouterr().out.splitlines()
    assert [json.loads(each)["environments"][0]["name"] for each in (first, *others)] == [
        "staging"
    ] * 3


def test_a_failure_is_told_with_its_status(
    controller: QuickGround, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["why", "staging", "wbe"]
    assert ask(words) == 5
    told = capsys.readouterr()
    assert directly(controller, *words) == 5
    assert told == capsys.readouterr()
    assert "did you mean web?" in told.err


@pytest.mark.parametrize(
    "words",
    [
        ["up"],
        ["sync", "staging"],
        ["status", "--help"],
        ["status", "--debug"],
        ["status", "--nonsense"],
        ["logs", "staging", "--follow"],
        ["--version"],
        [],
        ["history", "--limit", "x"],
    ],
    ids=" ".join,
)
def test_whatever_else_is_done_by_the_process_itself(
    controller: QuickGround,
    words: list[str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert ask(words) is None
    assert capsys.readouterr() == ("", "")


def test_another_setting_or_version_or_place_is_declined(
    controller: QuickGround, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as changed:
        changed.setattr(asking, "__version__", "0.0.1")
        assert ask(["status"]) is None
    with monkeypatch.context() as changed:
        changed.setattr(
            asking, "counting", lambda environment: {**dict(environment), "DOCKER_HOST": "else"}
        )
        assert ask(["status"]) is None
    with monkeypatch.context() as changed:
        changed.setenv("GIT_DIR", str(tmp_path))
        assert ask(["status"]) is None
    controller.disk.git("worktree", "add", "-q", str(tmp_path / "linked"))
    monkeypatch.chdir(tmp_path / "linked")
    assert ask(["status"]) is None


def test_without_a_controller_the_process_does_it(ground: QuickGround) -> None:
    address = Path(ground.workspace.repository.state_folder, "control.sock")
    assert ask(["status"]) is None
    address.parent.mkdir(exist_ok=True)
    address.touch()
    assert ask(["status"]) is None


def test_what_fails_in_the_controller_is_done_by_the_process(ground: QuickGround) -> None:
    def fail(*_: object) -> int:
        raise RuntimeError("a mistake")

    address = str(Path(ground.workspace.repository.state_folder, "control.sock"))
    with control_server.serve(FakeControl(statuses=[STATUS]), address, answer=fail):
        assert ask(["status"]) is None


def test_one_that_says_nothing_is_not_waited_for_long(ground: QuickGround) -> None:
    path = Path(ground.workspace.repository.state_folder, "control.sock")
    path.parent.mkdir(exist_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        with socket.socket(socket.AF_UNIX) as silent:
            silent.bind(f"/proc/self/fd/{folder}/{path.name}")
            silent.listen()
            began = time.monotonic()
            assert ask(["status", "--timeout", "2s"]) is None
            assert time.monotonic() - began < 2
    finally:
        os.close(folder)


def test_one_that_ends_in_the_middle_is_told(
    ground: QuickGround, capsys: pytest.CaptureFixture[str]
) -> None:
    def die(_question: object, say: asking.Say) -> int:
        say("stdout", "half\n")
        raise RuntimeError("a mistake")

    address = str(Path(ground.workspace.repository.state_folder, "control.sock"))
    with control_server.serve(FakeControl(statuses=[STATUS]), address, answer=die):
        assert ask(["status"]) == 1
    assert capsys.readouterr() == (
        "half\n",
        "the connection to the controller was lost; see: sandbox status\n",
    )


def test_only_variables_that_count_are_passed_on() -> None:
    given = {"HOME": "/h", "SANDBOX_EDGE_PORT": "1", "PASSWORD": "x", "TZ": "UTC"}
    assert asking.counting(given) == {"HOME": "/h", "SANDBOX_EDGE_PORT": "1", "TZ": "UTC"}
    assert asking.counting(os.environ).keys() <= os.environ.keys()
