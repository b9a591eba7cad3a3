"""
All commands together; importing this registers them in the order in which the help lists them.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Annotated

import typer

from sandbox.cli.asking import bear_every_sign
from sandbox.cli.command import DebugOption, OutputOption, RepoOption, TimeoutOption
from sandbox.cli.command import app as app  # noqa: PLC0414 - exported for whoever looks inside
from sandbox.cli.secretless import SecretlessStream

_COMMANDS = (
    *("up", "stop", "down", "sync"),
    *("status", "plan", "config", "watch", "history", "why", "browse", "wait"),
    *("promote", "rollback", "pipeline", "diff", "suspend"),
    *("logs", "execute"),
    *("init", "demo", "lab", "doctor", "notify", "hook"),
)
"""Modules in the order in which the help lists what they define."""

for _name in _COMMANDS:
    import_module(f"sandbox.cli.{_name}")


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
    given = {"repo": repo, "output": output, "timeout": timeout, "debug": debug}
    context.obj = {**(context.obj or {}), **given}


def run() -> None:
    """
    Run the command that `sys.argv` names; ends the process with its exit status.
    """
    bear_every_sign()
    sys.stderr = SecretlessStream(sys.stderr)
    app(prog_name="sandbox")
