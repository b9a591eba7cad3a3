"""
`wait`: until an environment is where it should be.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from sandbox.cli.arguments import Environment
from sandbox.cli.command import command
from sandbox.cli.invocation import Invocation

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.model.status import EnvironmentStatus
    from sandbox.ports import Clock

TIMEOUT_S = 120.0
_TELL_S = 5.0
_PATIENCE_S = 1.0


@command("wait")
def wait(
    invocation: Invocation,
    environment: Environment,
    revision: Annotated[
        str | None, typer.Option("--revision", metavar="REV", help="Until it is at this commit.")
    ] = None,
    healthy: Annotated[bool, typer.Option("--healthy", help="Until it is healthy too.")] = False,
) -> None:
    """
    Wait until ENV is in sync, at a revision, or healthy.

    120 s at most, unless --timeout says otherwise.
    """
    from sandbox.cli.last_words import last_words
    from sandbox.cli.opened import chosen, opened
    from sandbox.runtime.wait import wait_for

    with opened(invocation) as workspace:
        chosen(workspace, environment)
        with last_words(workspace, (environment,)):
            status = wait_for(
                workspace,
                workspace.control(),
                environment,
                revision=revision,
                healthy=healthy,
                timeout_s=invocation.deadline_s(TIMEOUT_S),
                on_status=teller(invocation, workspace.clock),
            )
    if invocation.json:
        from sandbox.render import documents

        invocation.show_json(documents.statuses((status,)))
        return
    from sandbox.render.status import status_line

    invocation.show(status_line(status, style=invocation.style))


def teller(invocation: Invocation, clock: Clock) -> Callable[[EnvironmentStatus], None]:
    """
    Says where it stands after a second and when that changes; every few seconds that it still does.
    """
    from sandbox.render.status import status_line
    from sandbox.render.text import duration

    told = ""
    began = clock.monotonic()
    told_at = began - _TELL_S + _PATIENCE_S

    def tell(status: EnvironmentStatus) -> None:
        nonlocal told, told_at
        line = status_line(status, style=invocation.note_style)
        now = clock.monotonic()
        if (told and line != told) or now - told_at >= _TELL_S:
            # The same line once more would look like a mistake.
            still = f"  (still, after {duration(now - began)})" if line == told else ""
            invocation.note(f"{line}{still}")
            told, told_at = line, now

    return tell
