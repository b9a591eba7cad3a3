"""
A shell completes commands, options, environments and services.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.cli.commands import HIDDEN, ROWS
from sandbox.cli.completing import candidates, complete
from tests.repositories import DiskRepository

VARIABLE = "_SANDBOX_COMPLETE"


@pytest.fixture
def here(repository: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A work tree with the environments production and staging, without a controller."""
    monkeypatch.chdir(repository)
    return repository


@pytest.fixture
def disk(tmp_path: Path) -> DiskRepository:
    return DiskRepository.make(tmp_path / "shop")


def values(line: str) -> list[str]:
    """What may stand at the end of *line*."""
    *words, incomplete = line.split(" ")
    return [value for value, _ in candidates(words[1:], incomplete)]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("sandbox st", ["stop", "status"]),
        ("sandbox p", ["plan", "promote", "pin", "pipeline"]),
        ("sandbox --repo . hi", ["history"]),
        ("sandbox hook ", ["install", "uninstall"]),
        ("sandbox hook u", ["uninstall"]),
        ("sandbox pipeline run ", []),
        ("sandbox nonsense ", []),
        ("sandbox status ", ["production", "staging"]),
        ("sandbox status s", ["staging"]),
        ("sandbox status staging ", []),
        ("sandbox --debug status --output json s", ["staging"]),
        ("sandbox down staging pr", ["production"]),
        ("sandbox diff staging ", ["production", "staging"]),
        ("sandbox history --limit ", []),
        ("sandbox history --limit 3 s", ["staging"]),
        ("sandbox status --output ", ["text", "json"]),
        ("sandbox status --output j", ["json"]),
        ("sandbox plan --re", ["--ref", "--repo"]),
        ("sandbox hook install --pre-p", ["--pre-push"]),
        ("sandbox --ver", ["--version"]),
        ("sandbox watch ", []),
    ],
)
def test_what_may_stand_there(here: Path, line: str, expected: list[str]) -> None:
    assert values(line) == expected


def test_all_commands_that_are_not_hidden_may_be_first() -> None:
    expected = [row.name for row in ROWS if row.panel != HIDDEN and " " not in row.name]
    assert values("sandbox ") == expected


def test_environments_are_those_of_the_repository_that_is_named(
    here: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    assert values("sandbox status ") == []
    assert values(f"sandbox --repo {here} status ") == ["production", "staging"]
    assert values(f"sandbox status --repo={here}/environments ") == ["production", "staging"]


def test_services_are_those_that_are_committed(disk: DiskRepository) -> None:
    disk.commit(
        **{
            "environments/staging/compose.yaml": "x-sandbox: {}\n"
            "services: {web: {image: a}, cache: {image: a}}\n"
        }
    )
    assert values(f"sandbox --repo {disk.top} why staging ") == ["cache", "web"]
    assert values(f"sandbox --repo {disk.top} exec staging w") == ["web"]
    assert values(f"sandbox --repo {disk.top} why nonsense ") == []


@pytest.mark.parametrize(
    ("variables", "printed"),
    [
        ({"COMP_WORDS": "sandbox status s", "COMP_CWORD": "2"}, "staging\n"),
        ({"COMP_WORDS": "sandbox status ", "COMP_CWORD": "2"}, "production\nstaging\n"),
        ({"COMP_WORDS": "sandbox --repo '. st", "COMP_CWORD": "2"}, "\n"),
        ({"COMP_WORDS": "sandbox status x", "COMP_CWORD": "2"}, "\n"),
    ],
)
def test_bash_is_told_one_a_line(
    here: Path, variables: dict[str, str], printed: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert complete({VARIABLE: "complete_bash", **variables}, VARIABLE) == 0
    assert capsys.readouterr().out == printed


def test_zsh_is_told_what_each_is(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = {VARIABLE: "complete_zsh", "_TYPER_COMPLETE_ARGS": "sandbox hook i"}
    assert complete(asked, VARIABLE) == 0
    assert capsys.readouterr().out == (
        """_arguments '*: :(("install":"""
        """"Write a hook that shows what would change, and stops bad commits."))'\n"""
    )
    asked["_TYPER_COMPLETE_ARGS"] = "sandbox init "
    assert complete(asked, VARIABLE) == 0
    assert capsys.readouterr().out == "_files\n"


def test_fish_asks_whether_there_is_something_first(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = {VARIABLE: "complete_fish", "_TYPER_COMPLETE_ARGS": "sandbox status "}
    assert complete({**asked, "_TYPER_COMPLETE_FISH_ACTION": "is-args"}, VARIABLE) == 0
    assert capsys.readouterr().out == ""
    assert complete({**asked, "_TYPER_COMPLETE_FISH_ACTION": "get-args"}, VARIABLE) == 0
    assert capsys.readouterr().out == "production\nstaging\n"
    asked["_TYPER_COMPLETE_ARGS"] = "sandbox init "
    assert complete({**asked, "_TYPER_COMPLETE_FISH_ACTION": "is-args"}, VARIABLE) == 1


def test_other_questions_of_a_shell_are_left_to_typer() -> None:
    assert complete({VARIABLE: "source_bash"}, VARIABLE) is None
    assert complete({VARIABLE: "complete_powershell"}, VARIABLE) is None
