"""
The program as a whole process: what a shell sees.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from sandbox import __version__

pytestmark = pytest.mark.slow

COMMANDS = (
    *("up", "stop", "down", "sync", "init", "demo", "doctor"),
    *("status", "plan", "watch", "open", "wait"),
    "history",
    *("promote", "pin", "unpin", "rollback", "diff", "suspend", "resume", "logs", "exec"),
)


def sandbox(
    *words: str, cwd: Path | None = None, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "sandbox", *words],
        cwd=cwd,
        env={**os.environ, **(environment or {})},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def commit_all(repository: Path) -> None:
    subprocess.run(["git", "commit", "-qam", "Change"], cwd=repository, check=True)


def test_the_version_is_one_line() -> None:
    for words in (["--version"], ["--repo", ".", "--version"]):
        result = sandbox(*words)
        assert (result.returncode, result.stdout) == (0, f"sandbox {__version__}\n")
        assert result.stderr == ""


def test_help_lists_every_command_of_the_main_job() -> None:
    result = sandbox("--help", environment={"COLUMNS": "120"})
    assert result.returncode == 0
    missing = [name for name in COMMANDS if f" {name} " not in result.stdout]
    assert missing == []


def test_the_version_is_told_in_a_blink() -> None:
    def took_s(work: Callable[[], object]) -> float:
        began = time.perf_counter()
        work()
        return time.perf_counter() - began

    def nothing() -> None:
        subprocess.run([sys.executable, "-c", "pass"], check=True)

    blink = min(took_s(nothing) for _ in range(5))
    assert min(took_s(lambda: sandbox("--version")) for _ in range(5)) < 4 * blink


def test_a_shell_completes_environments_of_the_work_tree(repository: Path) -> None:
    result = sandbox(
        cwd=repository,
        environment={
            "_SANDBOX_COMPLETE": "complete_bash",
            "COMP_WORDS": "sandbox status s",
            "COMP_CWORD": "2",
        },
    )
    assert result.stdout.split() == ["staging"]


@pytest.mark.parametrize("words", ["logs staging w", "exec staging w", "why staging w"])
def test_a_shell_completes_services_as_they_are_committed(repository: Path, words: str) -> None:
    compose = repository / "environments" / "staging" / "compose.yaml"
    compose.write_text("x-sandbox: {}\nservices: {web: {image: a}, worker: {image: a}}\n")
    commit_all(repository)
    compose.write_text("x-sandbox: {}\nservices: {wrong: {image: a}}\n")
    result = sandbox(
        cwd=repository,
        environment={
            "_SANDBOX_COMPLETE": "complete_bash",
            "COMP_WORDS": f"sandbox {words}",
            "COMP_CWORD": "3",
        },
    )
    assert result.stdout.split() == ["web", "worker"]


def test_an_unknown_revision_ends_with_5(repository: Path) -> None:
    result = sandbox("pin", "production", "no-such-thing", cwd=repository)
    assert result.returncode == 5
    assert "revision 'no-such-thing' does not exist" in result.stderr


def test_status_without_an_engine_says_unknown_and_is_no_failure(
    repository: Path, no_engine: dict[str, str]
) -> None:
    result = sandbox("status", "--output", "json", cwd=repository, environment=no_engine)
    assert result.returncode == 0
    found = json.loads(result.stdout)
    assert found["schema"] == 1
    assert [each["name"] for each in found["environments"]] == ["production", "staging"]
    assert {each["health"] for each in found["environments"]} == {"unknown"}


def test_options_may_stand_before_the_command(repository: Path, no_engine: dict[str, str]) -> None:
    result = sandbox(
        "--repo", str(repository), "--output", "json", "status", "x", environment=no_engine
    )
    assert result.returncode == 5
    assert json.loads(result.stdout)["error"]["kind"] == "NotFoundError"


def test_an_error_is_one_document_in_json_mode(repository: Path, no_engine: dict[str, str]) -> None:
    result = sandbox("plan", "staging", "--output", "json", cwd=repository, environment=no_engine)
    assert result.returncode == 6
    error = json.loads(result.stdout)["error"]
    assert error["kind"] == "EngineUnreachableError"
    assert error["exit_status"] == 6
    assert result.stderr == ""


def test_every_problem_of_a_bad_commit_is_told_with_its_place(
    repository: Path, no_engine: dict[str, str]
) -> None:
    broken = repository / "environments" / "staging" / "compose.yaml"
    broken.write_text("x-sandbox: {}\nservices:\n  web:\n    imgae: a\n  db:\n    prots: []\n")
    commit_all(repository)
    result = sandbox("plan", "staging", cwd=repository, environment=no_engine)
    assert result.returncode == 1
    assert "environments/staging/compose.yaml:4:" in result.stderr
    assert "environments/staging/compose.yaml:6:" in result.stderr
    assert "nothing was changed" in result.stderr


def test_outside_of_a_repository_it_says_how_to_begin(tmp_path: Path) -> None:
    result = sandbox("status", cwd=tmp_path, environment={"GIT_CEILING_DIRECTORIES": str(tmp_path)})
    assert result.returncode == 1
    assert result.stderr.startswith("error: ")
    assert "  try: " in result.stderr


def test_init_tells_a_next_command_that_can_be_pasted(tmp_path: Path) -> None:
    result = sandbox("init", "my shop", cwd=tmp_path)
    assert result.stdout == (
        "Made my shop with 2 commits: environments production and staging.\n"
        "Next: cd 'my shop' && sandbox up\n"
    )
    again = sandbox("init", "my shop", cwd=tmp_path)
    assert again.returncode == 1
    assert "is not empty" in again.stderr


def test_a_reader_that_leaves_early_is_no_failure(
    repository: Path, no_engine: dict[str, str]
) -> None:
    command = f"'{sys.executable}' -m sandbox status | false; exit ${{PIPESTATUS[0]}}"
    result = subprocess.run(
        ["bash", "-c", command],
        cwd=repository,
        env={**os.environ, **no_engine},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (result.returncode, result.stderr) == (0, "")


def test_suspending_and_resuming_needs_no_engine(
    repository: Path, no_engine: dict[str, str]
) -> None:
    told = sandbox(
        "suspend",
        "staging",
        "--for",
        "1h",
        "--reason",
        "noon",
        cwd=repository,
        environment=no_engine,
    )
    assert told.returncode == 0
    assert told.stdout == (
        "staging is suspended: nothing in it is changed for 1 h, or until: sandbox resume staging\n"
    )
    status = sandbox("status", "staging", cwd=repository, environment=no_engine)
    assert "noon, for another" in status.stdout
    again = [sandbox("resume", "staging", cwd=repository, environment=no_engine) for _ in range(2)]
    assert [each.stdout for each in again] == [
        "staging is reconciled again.\n",
        "staging was not suspended.\n",
    ]


def test_open_prints_the_address(repository: Path) -> None:
    compose = repository / "environments" / "staging" / "compose.yaml"
    compose.write_text(compose.read_text() + '    ports: ["18081:80"]\n')
    commit_all(repository)
    result = sandbox("open", "staging", cwd=repository)
    assert (result.returncode, result.stdout) == (0, "http://127.0.0.1:18081\n")
    nothing = sandbox("open", "production", cwd=repository)
    assert nothing.returncode == 5
    assert "publishes no port" in nothing.stderr


def test_a_wait_that_is_too_long_ends_with_124_and_names_what_it_waited_for(
    repository: Path, no_engine: dict[str, str]
) -> None:
    began = time.monotonic()
    result = sandbox(
        "wait", "staging", "--healthy", "--timeout", "0.5s", cwd=repository, environment=no_engine
    )
    assert result.returncode == 124
    assert time.monotonic() - began < 10.0
    assert "staging is not in sync and healthy after 0.5 s" in result.stderr
