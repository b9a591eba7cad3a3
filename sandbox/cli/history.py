"""
`history`: what was done, and the receipt of one sync.
"""

from __future__ import annotations

from typing import Annotated

import typer

from sandbox.cli.arguments import MaybeEnvironment
from sandbox.cli.command import SEE, command
from sandbox.cli.invocation import Invocation

LIMIT = 20


@command("history", panel=SEE)
def history(
    invocation: Invocation,
    environment: MaybeEnvironment = None,
    limit: Annotated[
        int, typer.Option("--limit", metavar="N", min=1, help="Show the newest N.")
    ] = LIMIT,
    receipt: Annotated[
        int | None,
        typer.Option("--receipt", metavar="ID", help="Show this one in full.", min=1),
    ] = None,
) -> None:
    """
    List what was synced, newest first, or show the receipt of one sync.
    """
    from sandbox.cli.opened import opened
    from sandbox.render.history import history_json, history_text
    from sandbox.render.receipt import receipt_json, receipt_text
    from sandbox.runtime.history import past_sync, past_syncs

    with opened(invocation) as workspace:
        if receipt is not None:
            past = past_sync(workspace, receipt, environment or "")
            fields, text = receipt_json(past), receipt_text(past, style=invocation.style)
        else:
            syncs = past_syncs(workspace, environment or "", limit=limit)
            fields, text = history_json(syncs), history_text(syncs, style=invocation.style)
    if invocation.json:
        invocation.show_json(fields)
    else:
        invocation.show(text)
