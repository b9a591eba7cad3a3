"""
The commands as Typer has them: each is loaded when it is asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Annotated, Any

import typer
import typer.main

from sandbox.cli.asking import read
from sandbox.cli.command import DebugOption, OutputOption, RepoOption, TimeoutOption
from sandbox.cli.command import app as app  # noqa: PLC0414 - exported for whoever looks inside
from sandbox.cli.commands import ROWS, VERSION_HELP, named
from sandbox.cli.secretless import keep_secrets

if TYPE_CHECKING:
    from collections.abc import Sequence


def _version(wanted: bool) -> None:
    if wanted:
        from sandbox import __version__

        typer.echo(f"sandbox {__version__}")
        raise typer.Exit


@app.callback()
def common(
    context: typer.Context,
    repo: RepoOption = None,
    output: OutputOption = None,
    timeout: TimeoutOption = None,
    debug: DebugOption = None,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help=VERSION_HELP),
    ] = False,
) -> None:
    """
    GitOps for Compose on one machine.
    """
    del version
    given = {"repo": repo, "output": output, "timeout": timeout, "debug": debug}
    context.obj = {**(context.obj or {}), **given}


def load(words: Sequence[str] = ()) -> Any:  # noqa: ANN401 - a class of Typer's own Click
    """
    The program with the command that *words* name, and those that were loaded before.

    All commands when they name none, for then a message names the nearest.
    """
    row = named([read(list(words))[0]])
    for module in dict.fromkeys(each.module for each in ([row] if row else ROWS)):
        import_module(module)
    return typer.main.get_command(app)


def run(words: list[str]) -> None:
    """
    Run the command that *words* name; ends the process with its exit status.
    """
    keep_secrets()
    load(words).main(words, prog_name="sandbox")
