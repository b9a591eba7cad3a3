"""
The table of commands says what the commands themselves say.
"""

import re
from itertools import pairwise
from typing import Any

import pytest

from sandbox.cli.app import load
from sandbox.cli.commands import ALONE, COMMON, HIDDEN, ROWS, TABLE, Row, named
from sandbox.cli.first_page import first_page

PAGE_COLUMNS = 80


def defined() -> dict[str, Any]:
    """Every command and group as Typer has it."""
    found: dict[str, Any] = {}
    for name, command in load().commands.items():
        found[name] = command
        within = getattr(command, "commands", {})
        found |= {f"{name} {inner}": each for inner, each in within.items()}
    return found


def options_of(command: Any) -> set[str]:
    return {
        name if parameter.is_flag else f"{name}="
        for parameter in command.params
        if parameter.param_type_name == "option"
        for name in (*parameter.opts, *parameter.secondary_opts)
    }


def arguments_of(command: Any) -> tuple[str, ...]:
    return tuple(
        f"{parameter.metavar}..." if parameter.nargs == -1 else str(parameter.metavar)
        for parameter in command.params
        if parameter.param_type_name == "argument" and not parameter.hidden
    )


def test_the_table_lists_the_commands_that_there_are() -> None:
    assert sorted(row.name for row in ROWS) == sorted(defined())
    assert len(ROWS) == len({row.name for row in ROWS})


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_row_is_what_its_command_says(row: Row) -> None:
    command = defined()[row.name]
    assert command.help.splitlines()[0] == row.line
    assert command.hidden == (row.panel == HIDDEN)
    if hasattr(command, "commands"):
        assert (row.arguments, row.options) == ((), ())
        return
    assert arguments_of(command) == row.arguments
    own = options_of(command) - set(COMMON)
    assert own == set(row.options)
    assert set(COMMON) - {"--help", "-h"} <= options_of(command), "it takes what every command does"
    assert command.callback.__module__ == row.module


def test_options_before_a_command_are_in_the_table() -> None:
    assert options_of(load()) | {"--help", "-h"} == {*COMMON, *ALONE}


def test_the_first_page_fits_a_terminal_and_lists_what_is_not_hidden() -> None:
    page = first_page()
    assert max(map(len, page.splitlines())) <= PAGE_COLUMNS
    for row in ROWS:
        listed = re.search(rf"^  {row.name} +{re.escape(row.line)}$", page, re.MULTILINE)
        assert bool(listed) == (row.panel != HIDDEN and " " not in row.name), row.name
    missing = [o for o in (*COMMON, *ALONE) if not re.search(rf"(^|\s){o.rstrip('=')}\b", page)]
    assert missing == []


def test_a_command_is_found_by_its_words() -> None:
    found = [named(words) for words in (["hook", "install"], ["hook", "nonsense"], ["x"], [])]
    assert [row and row.name for row in found] == ["hook install", "hook", None, None]


def test_the_table_has_one_line_of_help_below_each_command() -> None:
    indents = [len(line) - len(line.lstrip()) for line in TABLE.strip().splitlines()]
    assert {after for indent, after in pairwise(indents) if indent == 2} == {4}
    assert indents.count(2) == indents.count(4) == len(ROWS)
