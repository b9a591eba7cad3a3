"""
`stop`: the controller ends, and whoever is in its way is told of this command.
"""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sandbox.adapters.control_server import serve
from sandbox.adapters.file_lock import FileLock
from sandbox.errors import LockedError
from tests.cli_ground import loaded_app
from tests.fakes.control import FakeControl


def call(*words: str, repository: Path) -> tuple[int, str, str]:
    result = CliRunner().invoke(loaded_app(), ["--repo", str(repository), *words])
    return result.exit_code, result.stdout, result.stderr


def state(repository: Path) -> str:
    return str(repository / ".git" / "sandbox")


def test_it_ends_the_controller_and_nothing_else(repository: Path) -> None:
    control = FakeControl()
    serving = threading.Event()

    def run() -> None:
        with (
            FileLock(state(repository), "sandbox up --foreground").hold(),
            serve(control, str(Path(state(repository), "control.sock"))),
        ):
            serving.set()
            control.stopped.wait(20)

    controller = threading.Thread(target=run)
    controller.start()
    assert serving.wait(20)
    status, stdout, stderr = call("stop", repository=repository)
    controller.join(20)

    assert (status, stderr) == (0, "")
    assert "all containers keep running" in stdout
    assert "sandbox up" in stdout
    assert control.asked == [("stop",)]


def test_without_a_controller_there_is_nothing_to_end(repository: Path) -> None:
    status, stdout, _ = call("stop", repository=repository)
    assert (status, stdout) == (
        0,
        "No controller runs for this repository. Start one: sandbox up\n",
    )
    status, stdout, _ = call("stop", "--output", "json", repository=repository)
    assert (status, json.loads(stdout)) == (0, {"schema": 1, "stopped": False})


def test_another_command_at_work_is_named_and_left_alone(repository: Path) -> None:
    with FileLock(state(repository), "sandbox pipeline run").hold():
        status, stdout, _ = call("stop", repository=repository)
    assert status == 0
    assert "At work here: sandbox pipeline run (process " in stdout
    assert "it ends by itself" in stdout


@pytest.mark.parametrize(
    ("command", "remedy"),
    [("sandbox up staging", ": sandbox stop"), ("sandbox sync staging", ": kill ")],
)
def test_who_is_in_the_way_is_ended_by_its_own_command(
    tmp_path: Path, command: str, remedy: str
) -> None:
    folder = str(tmp_path)
    with (
        FileLock(folder, command).hold(),
        pytest.raises(LockedError) as caught,
        FileLock(folder).hold(),
    ):
        pass
    assert command in caught.value.message
    assert remedy in caught.value.remedy
