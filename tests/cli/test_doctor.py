import json
import os
import subprocess
import sys
from pathlib import Path

import pytest


def doctor(*arguments: str, endpoint: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        (sys.executable, "-m", "sandbox", "doctor", *arguments),
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "DOCKER_HOST": endpoint},
    )


def test_without_an_engine_the_report_is_complete_and_the_status_is_6(tmp_path: Path) -> None:
    finished = doctor("--output", "json", endpoint=f"unix://{tmp_path}/none.sock")

    document = json.loads(finished.stdout)
    assert finished.returncode == 6
    assert document["schema"] == 1
    assert [check["name"] for check in document["checks"]][:4] == [
        "engine",
        "engine API",
        "base image",
        "git",
    ]
    assert document["checks"][0]["status"] == "fail"
    assert "DOCKER_HOST" in document["checks"][0]["remedy"]


def test_an_engine_that_was_chosen_and_is_down_is_said_and_not_replaced(tmp_path: Path) -> None:
    endpoint = f"unix://{tmp_path}/none.sock"

    finished = doctor("--fix", endpoint=endpoint)

    assert finished.returncode == 6
    assert finished.stdout == ""
    assert endpoint in finished.stderr
    assert "unset DOCKER_HOST" in finished.stderr
    assert "installing" not in finished.stderr
    assert "Traceback" not in finished.stderr


@pytest.mark.engine
def test_a_machine_that_has_everything_is_told_so_and_not_touched() -> None:
    endpoint = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")

    finished = doctor("--fix", endpoint=endpoint)

    assert finished.returncode == 0
    assert finished.stderr == ""
    assert finished.stdout.startswith("pass  engine ")
