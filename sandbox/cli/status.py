"""
`status` and its alias `ps`: where things stand.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from sandbox.cli.arguments import MaybeEnvironment
from sandbox.cli.command import CHANGES_PRESENT, command
from sandbox.cli.guard import Ended
from sandbox.cli.invocation import Invocation

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sandbox.model.status import EnvironmentStatus

DEGRADED = 4

ExitCode = Annotated[
    bool,
    typer.Option("--exit-code", help="End with 4 when one is degraded, 3 when not all are synced."),
]


@command("status")
def status(
    invocation: Invocation, environment: MaybeEnvironment = None, exit_code: ExitCode = False
) -> None:
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
    else:
        from sandbox.render.status import status_text

        invocation.show(status_text(statuses, now=now, style=invocation.style))
    ended = exit_status(statuses) if exit_code else 0
    if ended:
        raise Ended(ended)


@command("ps")
def ps(
    invocation: Invocation, environment: MaybeEnvironment = None, exit_code: ExitCode = False
) -> None:
    """
    Another name of `status`.
    """
    status(invocation, environment, exit_code)


def exit_status(statuses: Iterable[EnvironmentStatus]) -> int:
    """
    Give the exit status of the worst of *statuses*; an unknown sync status is not in sync.
    """
    from sandbox.model.status import Health, SyncStatus

    if any(each.health is Health.DEGRADED for each in statuses):
        return DEGRADED
    in_sync = all(each.sync is SyncStatus.SYNCED for each in statuses)
    return 0 if in_sync else CHANGES_PRESENT
