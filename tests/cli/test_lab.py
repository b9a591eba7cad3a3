"""
The laboratory's command line, without an engine.
"""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from sandbox.cli.lab import chosen_chapters
from sandbox.model.lab import Chapter
from tests.cli_ground import loaded_app


def test_all_chapters_are_gone_through_in_their_order_when_none_is_named() -> None:
    assert chosen_chapters(()) == tuple(Chapter)


@pytest.mark.parametrize("chapter", [Chapter.ROLLBACK, Chapter.AUDIT])
def test_what_looks_back_brings_the_release_that_it_looks_back_to(chapter: Chapter) -> None:
    assert chosen_chapters([chapter]) == (Chapter.FEATURE, chapter)


def test_named_chapters_are_gone_through_once_and_in_their_order() -> None:
    named = [Chapter.DRIFT, Chapter.FAILING_TEST, Chapter.DRIFT]
    assert chosen_chapters(named) == (Chapter.FAILING_TEST, Chapter.DRIFT)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--scenario", "lunch"], "lunch"),
        (["--unattended", "soon"], "soon"),
        (["--json", "nowhere/lab.json"], "nowhere is not a folder"),
        (["--html", "nowhere/lab.html"], "nowhere is not a folder"),
    ],
    ids=" ".join,
)
def test_what_could_not_be_done_in_the_end_is_refused_at_the_beginning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], told: str
) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(loaded_app(), ["lab", *words])
    assert (result.exit_code, result.stdout) == (2, "")
    assert told in result.stderr
    assert [*tmp_path.iterdir()] == []
