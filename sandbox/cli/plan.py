"""
`plan`: what would change and why.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from sandbox.cli.arguments import MaybeEnvironment
from sandbox.cli.command import SEE, command
from sandbox.cli.invocation import Invocation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sandbox.model.plan import Plan

CHANGES_PRESENT = 3


@command("plan", panel=SEE)
def plan(
    invocation: Invocation,
    environment: MaybeEnvironment = None,
    ref: Annotated[
        str | None,
        typer.Option("--ref", metavar="REF", help="Plan this branch, tag or commit instead."),
    ] = None,
    worktree: Annotated[
        bool, typer.Option("--worktree", help="Plan the uncommitted files below environments/.")
    ] = False,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="End with 3 when there are changes.")
    ] = False,
) -> None:
    """
    Show what a sync would do, and why. Changes nothing.
    """
    from sandbox.cli.opened import chosen, opened
    from sandbox.errors import UsageError
    from sandbox.planning.plan import is_in_sync
    from sandbox.runtime.preview import preview_plan

    if ref and worktree:
        raise UsageError("--ref and --worktree exclude each other", remedy="give one of them")
    with opened(invocation) as workspace:
        names = chosen(workspace, environment)
        plans = [preview_plan(workspace, name, ref=ref, worktree=worktree)[0] for name in names]
    _show(invocation, plans, single=environment is not None)
    if exit_code and not all(is_in_sync(each) for each in plans):
        raise typer.Exit(CHANGES_PRESENT)


def _show(invocation: Invocation, plans: Sequence[Plan], *, single: bool) -> None:
    from sandbox.render.plan import plan_json, plan_text

    if invocation.json:
        found = [plan_json(each) for each in plans]
        invocation.show_json(found[0] if single else {"plans": found})
        return
    invocation.show("\n\n".join(plan_text(each) for each in plans))
