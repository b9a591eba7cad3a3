"""
`sync`: reconcile once, now.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from sandbox.cli.arguments import MaybeEnvironment
from sandbox.cli.command import command
from sandbox.cli.invocation import Invocation

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.errors import SandboxError
    from sandbox.model.record import SyncRecord
    from sandbox.ports import Clock, Control

TIMEOUT_S = 300.0


@command("sync")
def sync(
    invocation: Invocation,
    environment: MaybeEnvironment = None,
    wait: Annotated[
        bool, typer.Option("--wait", help="Wait until it is healthy too, not only in sync.")
    ] = False,
    rerun: Annotated[
        bool,
        typer.Option("--rerun", help="Run every gate again, also those that passed or failed."),
    ] = False,
) -> None:
    """
    Bring ENV to what is committed, once, now.
    """
    from sandbox.cli.last_words import last_words
    from sandbox.cli.opened import chosen, note_branch, opened
    from sandbox.cli.outcome import end_with
    from sandbox.runtime.wait import wait_for

    timeout_s = invocation.deadline_s(TIMEOUT_S)
    with opened(invocation) as workspace:
        names = chosen(workspace, environment)
        note_branch(invocation, workspace)
        control = workspace.control()
        ends_at = workspace.clock.monotonic() + timeout_s
        with last_words(workspace, names):
            results = sync_each(invocation, workspace.clock, control, names, timeout_s, rerun=rerun)
        _show(invocation, results)
        end_with(invocation, results)
        for name in names if wait else ():
            with last_words(workspace, (name,)):
                wait_for(
                    workspace,
                    control,
                    name,
                    revision=None,
                    healthy=True,
                    timeout_s=max(ends_at - workspace.clock.monotonic(), 0.0),
                    on_status=lambda _: None,
                )


def sync_each(
    invocation: Invocation,
    clock: Clock,
    control: Control,
    names: tuple[str, ...],
    timeout_s: float,
    *,
    rerun: bool = False,
) -> dict[str, SyncRecord | SandboxError]:
    """
    Sync *names* one after another: without a controller there is one writer, and that is us.
    """
    from sandbox.cli.follow import follow

    results: dict[str, SyncRecord | SandboxError] = {}
    ends_at = clock.monotonic() + timeout_s
    for name in names:
        left_s = max(ends_at - clock.monotonic(), 0.0)
        work = partial(control.sync, name, rerun=rerun)
        results |= follow(
            invocation, clock, {name: work}, timeout_s=left_s, name_width=max(map(len, names))
        )
    return results


def _show(invocation: Invocation, results: Mapping[str, SyncRecord | SandboxError]) -> None:
    from sandbox.render import documents
    from sandbox.render.outcomes import record_text
    from sandbox.render.warnings import warning_lines

    if invocation.json:
        invocation.show_json({"syncs": documents.outcomes(results)})
        return
    records = [result for result in results.values() if not isinstance(result, Exception)]
    for record in records:
        invocation.show(record_text(record, style=invocation.style))
    warnings = {record.environment: record.warnings for record in records}
    for line in warning_lines(warnings, style=invocation.style):
        invocation.show(line)
