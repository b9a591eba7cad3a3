"""
Command lines that cannot be carried out, called in this process.
"""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from sandbox.cli import app as cli_app


def call(*words: str, repository: Path) -> tuple[int, str, str]:
    result = CliRunner().invoke(cli_app.app, ["--repo", str(repository), *words])
    return result.exit_code, result.stdout, result.stderr


@pytest.mark.parametrize(
    "words",
    [
        ["nonsense"],
        ["status", "--nonsense"],
        ["status", "--output", "xml"],
        ["status", "--timeout", "soon"],
        ["promote"],
        ["promote", "production", "--force"],
        ["promote", "production", "--reason", "because"],
        ["promote", "production", "--pr-branch", "x", "--wait"],
        ["rollback", "production", "--dry-run", "--wait"],
        ["plan", "--ref", "x", "--worktree"],
        ["suspend", "staging", "--for", "ever"],
    ],
    ids=" ".join,
)
def test_a_command_line_that_makes_no_sense_ends_with_2(repository: Path, words: list[str]) -> None:
    status, stdout, stderr = call(*words, repository=repository)
    assert (status, stdout) == (2, "")
    assert stderr != ""
    assert "Traceback" not in stderr


@pytest.mark.parametrize(
    "words",
    [
        ["status", "stagin"],
        ["plan", "stagin"],
        ["sync", "stagin"],
        # These two look at the containers first: they serve who has lost the files, too.
        pytest.param(["logs", "stagin"], marks=pytest.mark.engine),
        pytest.param(["exec", "stagin", "web", "--", "ls"], marks=pytest.mark.engine),
        ["open", "stagin"],
        ["promote", "stagin"],
        ["pin", "stagin", "HEAD"],
        ["unpin", "stagin"],
        ["rollback", "stagin"],
        ["suspend", "stagin"],
        ["resume", "stagin"],
        ["wait", "stagin"],
        ["diff", "stagin", "production"],
        ["up", "stagin"],
    ],
    ids=lambda words: words[0],
)
def test_an_unknown_environment_ends_with_5_and_names_the_nearest(
    repository: Path, words: list[str]
) -> None:
    status, stdout, stderr = call(*words, repository=repository)
    assert (status, stdout) == (5, "")
    head = (repository / ".git/refs/heads/main").read_text()[:7]
    assert stderr.splitlines() == [
        f"error: environment 'stagin' does not exist on branch main ({head})",
        "  try: did you mean staging? there are: production, staging",
    ]


@pytest.mark.parametrize(
    "words",
    [["up"], ["plan"], ["sync"], ["logs", "staging"], ["exec", "staging", "web", "--", "ls"]],
    ids=lambda words: words[0],
)
def test_an_engine_that_is_away_ends_with_6(
    repository: Path, no_engine: dict[str, str], words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in no_engine.items():
        monkeypatch.setenv(name, value)
    status, stdout, stderr = call(*words, repository=repository)
    assert (status, stdout) == (6, "")
    assert stderr.splitlines()[-1] == "  try: run: sandbox doctor --fix"
    assert "Traceback" not in stderr


def test_a_bug_is_told_in_two_lines_and_kept_in_a_file(
    repository: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("sandbox.bootstrap.open_workspace", fail)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    status, stdout, stderr = call("status", repository=repository)
    assert (status, stdout) == (1, "")
    assert len(stderr.splitlines()) == 2
    (log,) = tmp_path.glob("sandbox-*.log")
    assert str(log) in stderr
    assert "ZeroDivisionError" in log.read_text()
    assert log.stat().st_mode & 0o077 == 0


def test_ctrl_c_ends_with_130(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("sandbox.bootstrap.open_workspace", interrupt)
    assert call("status", repository=repository) == (130, "", "interrupted\n")
