"""
`exec`: run a command inside a container.
"""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from sandbox.cli.arguments import Environment, Service
from sandbox.cli.command import command
from sandbox.cli.guard import Ended
from sandbox.cli.invocation import Invocation


@command("exec")
def execute(
    invocation: Invocation,
    environment: Environment,
    service: Service,
    words: Annotated[
        list[str], typer.Argument(metavar="CMD", help="The command.", show_default=False)
    ],
) -> None:
    """
    Run CMD in a container of SERVICE.

    Such as: sandbox exec staging web -- ls -l. Its exit status is ours.
    """
    from sandbox.cli.opened import opened
    from sandbox.runtime.containers import find_running

    with opened(invocation) as workspace:
        container = find_running(workspace, environment, service)
        tty = sys.stdin.isatty() and sys.stdout.isatty()
        status = workspace.engine.exec_interactive(container.id, words, tty=tty)
    raise Ended(status)
