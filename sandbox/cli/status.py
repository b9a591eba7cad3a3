"""
`status` and its alias `ps`: where things stand.
"""

from __future__ import annotations

from sandbox.cli.arguments import MaybeEnvironment
from sandbox.cli.command import SEE, command
from sandbox.cli.invocation import Invocation


@command("status", panel=SEE)
def status(invocation: Invocation, environment: MaybeEnvironment = None) -> None:
    """
    Show where environments stand, and what to do next.

    Revision, release, sync, health, services and addresses. Changes nothing.
    """
    from sandbox.cli.opened import chosen, opened

    with opened(invocation) as workspace:
        # Not of those in the commit: one that is looked after is told of when that has lost it.
        statuses = workspace.control().status((environment,) if environment else ())
        if not statuses:
            chosen(workspace, environment)
        now = workspace.clock.now()
    if invocation.json:
        from sandbox.render import documents

        invocation.show_json(documents.statuses(statuses))
        return
    from sandbox.render.status import status_text

    invocation.show(status_text(statuses, now=now, style=invocation.style))


@command("ps", panel=SEE, hidden=True)
def ps(invocation: Invocation, environment: MaybeEnvironment = None) -> None:
    """
    Another name of `status`.
    """
    status(invocation, environment)
