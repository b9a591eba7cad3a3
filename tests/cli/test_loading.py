"""
Which modules each command may load: in a fresh process, by `sys.modules`.
"""

from __future__ import annotations

import os
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from sandbox.adapters import control_server
from sandbox.cli.answering import answer
from tests.quick_ground import WEB, quick_ground

pytestmark = pytest.mark.slow

ENGINE = {"docker", "requests", "urllib3"}
GIT = {"git"}
COMPOSE = {"yaml", "sandbox.compose"}
VALIDATION = {"jsonschema", "pydantic"}
SHOWING = {"rich"}
CONTROLLER = {
    *("httpx", "watchdog", "sandbox.runtime.controller", "sandbox.runtime.worker"),
    *("sandbox.adapters.control_server", "sandbox.adapters.template", "sandbox.adapters.webhook"),
}
PARSER = {"typer"}
ANYTHING = {
    *(ENGINE | GIT | COMPOSE | VALIDATION | SHOWING | CONTROLLER | PARSER),
    *("sandbox.bootstrap", "sandbox.model", "sandbox.runtime", "sandbox.render", "dataclasses"),
}
"""What a command that needs no parser may not load."""
BY_ITSELF = VALIDATION | SHOWING | CONTROLLER
"""What a command that only looks may not load when it does its work by itself."""

PROGRAM = """
import atexit, os, sys
@atexit.register
def tell():
    with open(os.environ["LOADED"], "w") as file:
        print(*sys.modules, sep="\\n", file=file)
from sandbox.__main__ import main
sys.argv = ["sandbox", *sys.argv[1:]]
main()
"""


def loaded(
    folder: Path, *words: str, status: int = 0, environment: dict[str, str] | None = None
) -> set[str]:
    """What a process that is asked for *words* in *folder* has loaded when it ends."""
    told = folder / ".git" / "loaded"
    result = subprocess.run(
        [sys.executable, "-c", PROGRAM, *words],
        cwd=folder,
        env={**os.environ, "LOADED": str(told), **(environment or {})},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (result.returncode, "Traceback" in result.stderr) == (status, False), result.stderr
    return set(told.read_text().splitlines())


def completion(line: str) -> dict[str, str]:
    """What bash asks with."""
    return {
        "_SANDBOX_COMPLETE": "complete_bash",
        "COMP_WORDS": line,
        "COMP_CWORD": str(line.count(" ")),
    }


@pytest.mark.parametrize(
    ("words", "status", "environment"),
    [
        (["--version"], 0, {}),
        (["--help"], 0, {}),
        ([], 2, {}),
        ([], 0, completion("sandbox st")),
        ([], 0, completion("sandbox status ")),
    ],
    ids=["version", "help", "nothing", "a command", "an environment"],
)
def test_the_first_page_and_completion_load_no_library(
    repository: Path, words: list[str], status: int, environment: dict[str, str]
) -> None:
    found = loaded(repository, *words, status=status, environment=environment)
    assert found & ANYTHING == set()
    if words:
        assert "sandbox.cli.asking" not in found


def test_completing_a_service_reads_yaml_and_no_more(repository: Path) -> None:
    found = loaded(repository, environment=completion("sandbox why staging "))
    assert found & (ANYTHING - {"dataclasses", "yaml", "sandbox.compose", "sandbox.model"}) == set()


def test_the_help_of_a_command_loads_its_module_and_the_parser(repository: Path) -> None:
    found = loaded(repository, "status", "--help")
    assert found & (ANYTHING - PARSER - {"dataclasses"}) == set()
    assert "sandbox.cli.status" in found
    assert "sandbox.cli.up" not in found


def test_no_module_of_a_command_loads_what_only_its_work_needs(repository: Path) -> None:
    # The name of no command: all of them are loaded, for the message names the nearest.
    found = loaded(repository, "statsu", status=2)
    assert "sandbox.cli.lab" in found
    forbidden = ENGINE | GIT | {"yaml", "sandbox.bootstrap"} | VALIDATION | SHOWING | CONTROLLER
    assert found & forbidden == set()


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (["status"], 0),
        (["history", "staging", "--limit", "3"], 0),
        (["why", "staging", "web"], 0),
        (["open", "staging"], 5),  # it publishes no port
        (["logs", "staging", "web", "--tail", "5"], 0),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_with_a_controller_a_command_that_looks_loads_no_library(
    tmp_path: Path, words: list[str], status: int
) -> None:
    with quick_ground(tmp_path / "repo") as ground:
        ground.commit(f"{{web: {WEB}}}")
        ground.sync()
        control = ground.workspace.control()
        address = str(Path(ground.workspace.repository.state_folder, "control.sock"))
        with control_server.serve(control, address, answer=partial(answer, ground.workspace)):
            found = loaded(ground.disk.top, *words, status=status)
    assert found & ANYTHING == set()
    assert "sandbox.cli.asking" in found


@pytest.mark.parametrize(
    ("words", "status", "forbidden"),
    [
        (["status"], 0, BY_ITSELF),
        (["history"], 0, BY_ITSELF | ENGINE),
        (["plan", "staging"], 6, BY_ITSELF),
        (
            ["config", "--file", "environments/staging/compose.yaml"],
            0,
            BY_ITSELF
            | (ENGINE | GIT | PARSER)
            | {"sqlite3", "sandbox.runtime", "sandbox.planning", "sandbox.model.service"},
        ),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_without_a_controller_a_command_loads_what_its_work_needs(
    repository: Path,
    no_engine: dict[str, str],
    words: list[str],
    status: int,
    forbidden: set[str],
) -> None:
    found = loaded(repository, *words, status=status, environment=no_engine)
    assert found & forbidden == set()
