"""
`rollback`: back to a release that went well, by a commit, so that it sticks.
"""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from sandbox.cli.arguments import Environment
from sandbox.cli.command import command
from sandbox.cli.invocation import Invocation
from sandbox.cli.promote import DryRun, Force, Reason, Wait


@command("rollback")
def rollback(
    invocation: Invocation,
    environment: Environment,
    to: Annotated[
        str,
        typer.Option("--to", metavar="REV", help="This release; the last good one by default."),
    ] = "",
    dry_run: DryRun = False,
    force: Force = False,
    reason: Reason = "",
    wait: Wait = False,
) -> None:
    """
    Commit that ENV runs the last good release again.
    """
    from sandbox.cli.opened import chosen, opened
    from sandbox.cli.proposed import Wish, carry_out
    from sandbox.runtime.proposal import propose_rollback

    wish = Wish(dry_run=dry_run, force=force, reason=reason, wait=wait)
    with opened(invocation) as workspace:
        chosen(workspace, environment)
        propose = partial(propose_rollback, workspace, environment, to)
        carry_out(invocation, workspace, propose, wish)
