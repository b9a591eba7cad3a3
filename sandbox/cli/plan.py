"""
`plan`: what would change and why.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from sandbox.cli.arguments import MaybeEnvironment
from sandbox.cli.command import CHANGES_PRESENT, command
from sandbox.cli.guard import Ended
from sandbox.cli.invocation import Invocation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sandbox.runtime.preview import Preview


@command("plan")
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
    staged: Annotated[
        bool, typer.Option("--staged", help="Plan what is staged, as if it were committed.")
    ] = False,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="End with 3 when there are changes.")
    ] = False,
) -> None:
    """
    Show what a sync would do, and why. Changes nothing.
    """
    from sandbox.cli.opened import note_branch, opened
    from sandbox.errors import UsageError
    from sandbox.planning.plan import is_in_sync
    from sandbox.runtime.preview import declared_environments, preview_plan

    if sum(map(bool, (ref, worktree, staged))) > 1:
        message = "--ref, --worktree and --staged exclude one another"
        raise UsageError(message, remedy="give one of them")
    with opened(invocation) as workspace:
        if not (ref or worktree or staged):
            note_branch(invocation, workspace)
        look = partial(preview_plan, workspace, ref=ref, worktree=worktree, staged=staged)
        if environment:
            previews = [look(environment)]
        else:  # what is looked at may declare others than the branch
            declared = declared_environments(workspace, ref=ref, worktree=worktree, staged=staged)
            previews = [look(name) for name in declared]
    _show(invocation, previews, single=environment is not None)
    if exit_code and not all(is_in_sync(each.plan) for each in previews):
        raise Ended(CHANGES_PRESENT)


def _show(invocation: Invocation, previews: Sequence[Preview], *, single: bool) -> None:
    from sandbox.render.plan import preview_json, preview_text
    from sandbox.render.warnings import warning_lines

    if invocation.json:
        found = [
            {
                **preview_json(each.plan, each.forecast, each.quarantine),
                "warnings": list(each.warnings),
            }
            for each in previews
        ]
        invocation.show_json(found[0] if single else {"plans": found})
        return
    texts = [preview_text(each.plan, each.forecast, each.quarantine) for each in previews]
    warnings = {each.desired.environment: each.warnings for each in previews}
    lines = warning_lines(warnings, style=invocation.style)
    invocation.show("\n\n".join([*texts, "\n".join(lines)] if lines else texts))
