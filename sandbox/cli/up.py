"""
`up`: converge, then keep reconciling.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from sandbox.cli.arguments import Environments
from sandbox.cli.command import command
from sandbox.cli.invocation import Invocation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sandbox.errors import SandboxError
    from sandbox.model.record import SyncRecord
    from sandbox.model.status import EnvironmentStatus
    from sandbox.ports import Control
    from sandbox.runtime.workspace import Workspace

TIMEOUT_S = 300.0
EDGE_S = 10.0
"""How long the edge may take to follow; a start takes about a second."""
PATIENCE_S = 1.0
LOOK_S = 0.1


@command("up")
def up(
    invocation: Invocation,
    environments: Environments = None,
    foreground: Annotated[
        bool, typer.Option("--foreground", help="Stay here and print what happens.")
    ] = False,
) -> None:
    """
    Bring environments up, then keep them at what is committed.

    A controller stays in the background. Ctrl-C leaves it at work.
    """
    from sandbox.cli.opened import chosen, note_branch, opened

    with opened(invocation) as workspace:
        names = chosen(workspace, environments)
        note_branch(invocation, workspace)
        workspace.engine.info()  # no engine: say so at once
        if not foreground:
            bring_up(invocation, workspace, names, everything=not environments)
            return
    from sandbox.bootstrap import run_controller
    from sandbox.cli import answering
    from sandbox.cli.display import stream_event

    run_controller(
        invocation.repo, environments or (), partial(stream_event, invocation), answering.answer
    )


def bring_up(
    invocation: Invocation, workspace: Workspace, names: Sequence[str], *, everything: bool
) -> None:
    """
    Have a controller look after *names*, follow their first sync, show where they stand.

    Raises:
        HeldError: One of them is degraded.
        DeadlineError: One of them was not there in time.
    """
    from sandbox.cli.outcome import end_with

    try:
        results = converge_all(invocation, workspace, names, everything=everything)
    except KeyboardInterrupt:
        invocation.note("\nLeft; the controller goes on. See: sandbox status; end it: sandbox stop")
        raise
    _show(invocation, workspace, workspace.control(), names)
    end_with(invocation, results)


def converge_all(
    invocation: Invocation,
    workspace: Workspace,
    names: Sequence[str],
    *,
    everything: bool,
    steps: bool = True,
) -> dict[str, SyncRecord | SandboxError]:
    """
    Have a controller look after *names* (*everything*: what comes later too), follow their syncs.

    Suspended environments are left out. *steps* as in `follow`.
    """
    from sandbox.bootstrap import start_controller
    from sandbox.cli.first_sync import converge, newest_event
    from sandbox.cli.follow import follow
    from sandbox.cli.last_words import last_words

    known = {each.name: each for each in workspace.control().status(tuple(names))}
    after = newest_event(workspace)
    asked = () if everything else tuple(names)
    start_controller(invocation.repo, asked, timeout_s=invocation.timeout_s)
    control = workspace.control()
    works = {
        name: partial(converge, workspace, control, known[name], after)
        for name in names
        if known[name].suspension is None
    }
    timeout_s = invocation.deadline_s(TIMEOUT_S)
    with last_words(workspace, names):
        return follow(invocation, workspace.clock, works, timeout_s=timeout_s, steps=steps)


def _show(
    invocation: Invocation, workspace: Workspace, control: Control, names: Sequence[str]
) -> None:
    from sandbox.render import documents
    from sandbox.render.status import status_text

    statuses = _with_edge(invocation, workspace, control, names)
    if invocation.json:
        invocation.show_json(documents.statuses(statuses))
        return
    now = workspace.clock.now()
    invocation.show(status_text(statuses, now=now, style=invocation.style))


def _with_edge(
    invocation: Invocation, workspace: Workspace, control: Control, names: Sequence[str]
) -> tuple[EnvironmentStatus, ...]:
    """
    Look once the edge leads to *names*, at the latest after `EDGE_S`; a note says if it does not.

    The edge follows a sync, which does not wait for it; but an address that is shown here is used.
    """
    from dataclasses import replace

    clock, limit_s = workspace.clock, min(EDGE_S, invocation.deadline_s(EDGE_S))
    began, told = clock.monotonic(), False
    while True:
        statuses = control.status(tuple(names))
        if _edge_follows(workspace, statuses):
            return statuses
        waited_s = clock.monotonic() - began
        if waited_s >= limit_s:
            break
        if waited_s >= PATIENCE_S and not told:
            invocation.note("waiting for the edge to lead to every environment")
            told = True
        clock.sleep(LOOK_S)
    late = "the edge may not lead here yet; look again: sandbox status"
    return tuple(
        status if status.edge_pending else replace(status, notes=(*status.notes, late))
        for status in statuses
    )


def _edge_follows(workspace: Workspace, statuses: Sequence[EnvironmentStatus]) -> bool:
    from sandbox.errors import SandboxError
    from sandbox.runtime.sites import is_up_to_date

    if any(status.edge_pending for status in statuses):
        return False
    try:
        return is_up_to_date(workspace)
    except SandboxError:
        return True  # The statuses say that the engine is away.
