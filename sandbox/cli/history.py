"""
`history`: what was done and by whom, what ran at a moment, and the receipt of one sync.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from sandbox.cli.arguments import MaybeEnvironment
from sandbox.cli.command import command
from sandbox.cli.invocation import Invocation
from sandbox.cli.values import whole_number

if TYPE_CHECKING:
    from sandbox.render.documents import Json
    from sandbox.runtime.workspace import Workspace

LIMIT = 20


@command("history")
def history(
    invocation: Invocation,
    environment: MaybeEnvironment = None,
    limit: Annotated[
        int, typer.Option("--limit", metavar="N", parser=whole_number(1), help="Show the newest N.")
    ] = LIMIT,
    at: Annotated[
        str | None,
        typer.Option(
            "--at",
            metavar="TIME",
            help="Show what ran then and who decided it: 14:05, '2026-11-23 14:05', '10m ago'.",
        ),
    ] = None,
    receipt: Annotated[
        int | None,
        typer.Option(
            "--receipt", metavar="ID", help="Show this one in full.", parser=whole_number(1)
        ),
    ] = None,
) -> None:
    """
    List who did what and how it ended, newest first.

    Syncs are from the journal, commits without one from Git.
    """
    from sandbox.cli.opened import opened
    from sandbox.errors import UsageError
    from sandbox.render.history import history_json, history_text
    from sandbox.render.receipt import receipt_json, receipt_text
    from sandbox.runtime.history import past_deeds, past_sync

    if at is not None and receipt is not None:
        raise UsageError("--at and --receipt exclude each other", remedy="give one of them")
    with opened(invocation) as workspace:
        if receipt is not None:
            past = past_sync(workspace, receipt, environment or "")
            fields, text = receipt_json(past), receipt_text(past, style=invocation.style)
        elif at is not None:
            fields, text = _at(invocation, workspace, environment or "", at)
        else:
            deeds = past_deeds(workspace, environment or "", limit=limit)
            fields, text = history_json(deeds), history_text(deeds, style=invocation.style)
    if invocation.json:
        invocation.show_json(fields)
    else:
        invocation.show(text)


def _at(
    invocation: Invocation, workspace: Workspace, environment: str, said: str
) -> tuple[dict[str, Json], str]:
    from sandbox.cli.moment import parse_moment
    from sandbox.errors import UsageError
    from sandbox.render.history import at_json, at_text
    from sandbox.runtime.history import ran_at

    moment = parse_moment(said, workspace.clock.now())
    if moment is None:
        raise UsageError(
            f"--at {said!r} is not a time", remedy="write 14:05, '2026-11-23 14:05' or '10m ago'"
        )
    found = ran_at(workspace, moment, environment)
    return at_json(found, moment), at_text(found, style=invocation.style)
