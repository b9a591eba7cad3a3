"""
Command lines that cannot be carried out, called in this process.
"""

import inspect
import typing
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from typer.models import ParameterInfo
from typer.testing import CliRunner

from tests.cli_ground import loaded_app

pytestmark = pytest.mark.slow


def call(*words: str, repository: Path) -> tuple[int, str, str]:
    result = CliRunner().invoke(loaded_app(), ["--repo", str(repository), *words])
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
    ("words", "told"),
    [
        (["status", "--output", "yaml"], "'yaml' is not allowed; write text or json"),
        (["--output", "yaml", "status"], "'yaml' is not allowed; write text or json"),
        (["history", "--limit", "x"], "'x' is not allowed; write a whole number from 1 on"),
        (["history", "--limit", "0"], "'0' is not allowed; write a whole number from 1 on"),
        (["history", "--receipt", "1.5"], "'1.5' is not allowed; write a whole number from 1 on"),
        (["logs", "staging", "--tail", "-1"], "'-1' is not allowed; write a whole number from 0"),
        (["pipeline", "show", "last"], "'last' is not allowed; write a whole number from 1 on"),
        (["pipeline", "run", "--resume", "x"], "'x' is not allowed; write a whole number from 0"),
        (["hook", "run", "update"], "'update' is not allowed; write pre-commit or pre-push"),
        (["lab", "--scenario", "all"], "'all' is not allowed; write feature, "),
        (["status", "--timeout", "soon"], "'soon' is no span of time; write 90s, 2m or 1h"),
    ],
    ids=lambda words: " ".join(words) if isinstance(words, list) else "",
)
def test_a_bad_value_is_told_with_those_that_are_allowed(
    repository: Path, words: list[str], told: str
) -> None:
    status, stdout, stderr = call(*words, repository=repository)
    assert (status, stdout) == (2, "")
    said = " ".join(stderr.replace("│", " ").split())
    assert told in said
    for leaked in ("Value error", "Input should", "valid integer"):
        assert leaked not in said


@pytest.mark.parametrize(
    "words",
    [
        ["--repo", "up"],
        ["--repo", "status", "production"],
        ["--repo=stop"],
        ["plan", "--repo", "up"],
    ],
    ids=" ".join,
)
def test_a_command_in_place_of_the_folder_is_told_so(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sync").mkdir()
    named = next(each for each in ("up", "status", "stop") if each in " ".join(words))

    result = CliRunner().invoke(loaded_app(), words)

    assert result.exit_code == 2
    assert (
        f"--repo takes a folder, and '{named}' is none, but a command; write: --repo DIR {named}"
    ) in result.stderr
    # A folder may have the name of a command.
    assert "is none" not in CliRunner().invoke(loaded_app(), ["--repo", "sync"]).stderr


PLAIN = (str, str | None, bool, bool | None, list[str], list[str] | None, Path, Path | None)
"""Kinds of values that are never refused by the library."""


def parameters(app: typer.Typer) -> Iterator[tuple[str, object, ParameterInfo]]:
    for command in app.registered_commands:
        assert command.callback
        for each in inspect.signature(command.callback, eval_str=True).parameters.values():
            if typing.get_origin(each.annotation) is typing.Annotated:
                kind, info = typing.get_args(each.annotation)[:2]
                yield f"{command.name} {each.name}", kind, info
    for group in app.registered_groups:
        assert group.typer_instance
        yield from parameters(group.typer_instance)


def test_every_value_that_may_be_refused_is_refused_in_our_words() -> None:
    found = list(parameters(loaded_app()))
    assert len(found) > 100
    assert [name for name, kind, info in found if kind not in PLAIN and not info.parser] == []


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
