"""
`diff`: one environment's desired state against another's.
"""

from __future__ import annotations

from sandbox.cli.arguments import Environment
from sandbox.cli.command import command
from sandbox.cli.invocation import Invocation


@command("diff")
def diff(invocation: Invocation, environment: Environment, other: Environment) -> None:
    """
    Compare what two environments declare, field by field.
    """
    from sandbox.cli.opened import chosen, note_branch, opened
    from sandbox.planning.compare import compare_desired
    from sandbox.render.changes import changes_text
    from sandbox.runtime.preview import load_desired

    with opened(invocation) as workspace:
        chosen(workspace, (environment, other))
        note_branch(invocation, workspace)
        sides = [load_desired(workspace, name) for name in (environment, other)]
    changes = compare_desired(*sides)
    if invocation.json:
        from sandbox.render.documents import change

        found = [change(each) for each in changes]
        invocation.show_json({"environments": [environment, other], "changes": found})
        return
    invocation.show(changes_text(changes, environment, other, style=invocation.style))
