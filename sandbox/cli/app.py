"""
All commands together; importing this registers them in the order in which the help lists them.
"""

from __future__ import annotations

import sys
from typing import Annotated

import typer

# isort: off - the help lists commands in this order
from sandbox.cli import (  # noqa: F401 - importing a command registers it
    browse,
    demo,
    diff,
    doctor,
    down,
    execute,
    init,
    logs,
    plan,
    promote,
    status,
    suspend,
    sync,
    up,
    wait,
    watch,
)

# isort: on
from sandbox.cli.command import DebugOption, OutputOption, RepoOption, TimeoutOption
from sandbox.cli.command import app as app  # noqa: PLC0414 - exported for whoever looks inside


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
        typer.Option("--version", callback=_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """
    GitOps for Compose on one machine.

    Environments side by side, reconciled to what is committed.
    """
    del version
    context.obj = {"repo": repo, "output": output, "timeout": timeout, "debug": debug}


def run() -> None:
    """
    Run the command that `sys.argv` names; ends the process with its exit status.
    """
    for stream in (sys.stdout, sys.stderr):
        # A sign that the terminal's encoding does not know shall not end the program.
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")
    app(prog_name="sandbox")
