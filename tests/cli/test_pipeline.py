"""
`pipeline` where no engine answers, and where what is asked makes no sense.
"""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.cli.conftest import git
from tests.cli_ground import loaded_app

STAGES = "stages:\n  - build: staging\n  - approve:\n"


@pytest.fixture(autouse=True)
def nobody(no_engine: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in no_engine.items():
        monkeypatch.setenv(name, value)


def call(repository: Path, *words: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(loaded_app(), ["--repo", str(repository), "pipeline", *words])
    return result.exit_code, result.stdout, result.stderr


def commit(repository: Path, text: str) -> None:
    (repository / "environments/pipeline.yaml").write_text(text)
    git("add", ".", cwd=repository)
    git("commit", "-q", "-m", "Say how", cwd=repository)


@pytest.mark.parametrize(
    ("words", "status", "says"),
    [
        (("run",), 5, "environments/pipeline.yaml is not in"),
        (("run", "nope"), 5, "revision 'nope' does not exist"),
        (("run", "--resume", "3"), 5, "there is no pipeline run 3"),
        (("run", "main", "--resume", "3"), 2, "REV and --resume exclude each other"),
        (("show", "3"), 5, "there is no pipeline run 3"),
    ],
)
def test_what_is_not_there_is_told_and_leaves_no_record(
    repository: Path, words: tuple[str, ...], status: int, says: str
) -> None:
    ended, _, stderr = call(repository, *words)
    assert (ended, says in stderr) == (status, True), stderr
    assert call(repository, "list")[1].startswith("No pipeline was run yet")


def test_a_wrong_file_is_told_with_its_line(repository: Path) -> None:
    commit(repository, "stages:\n  - deploy: stagin\n")
    status, _, stderr = call(repository, "run")
    assert status == 1
    assert "environments/pipeline.yaml:2:13: stages[0].deploy: there is no environment" in stderr


def test_an_engine_that_is_away_ends_the_stage_and_the_run_can_be_resumed(
    repository: Path,
) -> None:
    commit(repository, STAGES)
    status, stdout, _ = call(repository, "run", "--output", "json")
    lines = [json.loads(line) for line in stdout.splitlines()]
    assert status == 6
    assert lines[-1]["error"]["kind"] == "EngineUnreachableError"
    assert [each["status"] for each in lines[-1]["pipeline"]["stages"]] == ["errored", "pending"]
    assert [line["stage"]["status"] for line in lines[:-1]] == ["running", "errored"]

    status, stdout, _ = call(repository, "run", "--resume", "1")
    assert status == 6
    assert "To go on where it ended: sandbox pipeline run --resume 1" in stdout
    status, stdout, _ = call(repository, "show", "1", "--logs", "build staging")
    assert status == 0
    assert stdout.count("engine") >= 2
    status, _, stderr = call(repository, "show", "1", "--logs", "deploy")
    assert (status, "there are: build staging, approve" in stderr) == (5, True)
