"""
A plain command line is read as Typer reads it, or left to Typer.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from sandbox.cli.commands import named
from sandbox.cli.config_on_disk import config_quickly
from sandbox.cli.plain import plain_options
from tests.cli_ground import loaded_app

ROW = named(["config"])
assert ROW is not None
OPTIONS = [*ROW.options, "--output="]
VALUES = ["a.yaml", "b", "json", "-", "-x", "--file", "a=b", ""]
WORDS = st.one_of(
    st.sampled_from([option.rstrip("=") for option in OPTIONS]),
    st.builds(str.__add__, st.sampled_from(OPTIONS), st.sampled_from(VALUES)),
    st.sampled_from([*VALUES, "--", "--rev", "-fb", "staging"]),
)


def typed(words: list[str]) -> dict[str, Any] | None:
    """What Typer reads, by the first name of the option; ``None`` when it refuses."""
    command: Any = typer.main.get_command(loaded_app())
    config = command.commands["config"]
    try:
        context = config.make_context("config", list(words))
    except Exception as error:
        if hasattr(error, "exit_code"):
            return None
        raise
    return {each.opts[0]: context.params[each.name] for each in config.params}


def plain(options: list[tuple[str, str]]) -> dict[str, list[str]]:
    """Values by the first name of the option."""
    found: dict[str, list[str]] = {}
    for name, value in options:
        found.setdefault("--file" if name == "-f" else name, []).append(value)
    return found


@given(st.lists(WORDS, max_size=6))
def test_what_is_read_plainly_is_what_typer_reads(words: list[str]) -> None:
    options = plain_options(["config", *words])
    if options is None:
        return
    read = plain(options)
    theirs = typed(words)
    if theirs is None:
        assert set(read.get("--output", ())) - {"text", "json"}
        return
    assert {name for name, value in theirs.items() if value} == set(read)
    for name, values in read.items():
        value = theirs[name]
        assert value == values or value is True or str(value) == values[-1]


@pytest.mark.parametrize(
    "words",
    [
        ["config"],
        ["config", "staging"],
        ["config", "--ref", "HEAD"],
        ["config", "--file"],
        ["config", "--file", "a.yaml", "--output", "yaml"],
        ["config", "--file", "a.yaml", "--help"],
        ["config", "--file", "a.yaml", "--debug"],
        ["config", "--file", "a.yaml", "--repo", "."],
        ["config", "--reveal"],
    ],
    ids=" ".join,
)
def test_anything_else_is_left_to_typer(words: list[str]) -> None:
    assert config_quickly(words) is None


@pytest.mark.parametrize(
    "options",
    [
        ["--file", "good.yaml"],
        ["-f", "good.yaml", "--reveal", "--output=json", "--project-name", "other"],
        ["--file", "bad.yaml"],
        ["--file", "bad.yaml", "--output", "json"],
        ["--file", "missing.yaml"],
    ],
    ids=" ".join,
)
def test_both_ways_print_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    good = "services: {web: {image: 'i:$UNSET', environment: {PASSWORD: hunter2hunter2}}}\n"
    (tmp_path / "good.yaml").write_text(good)
    (tmp_path / "bad.yaml").write_text("services: {web: {imagge: i}}\n")

    quick = subprocess.run(
        [sys.executable, "-m", "sandbox", "config", *options],
        env=dict(os.environ),
        capture_output=True,
        text=True,
        check=False,
    )
    slow = CliRunner().invoke(loaded_app(), ["config", *options])

    assert (quick.returncode, quick.stdout, quick.stderr) == (
        slow.exit_code,
        slow.stdout,
        slow.stderr,
    )
