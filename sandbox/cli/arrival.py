"""
Follow an environment until a commit has arrived in it, or could not.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from sandbox.errors import HeldError, SandboxError
from sandbox.model.event import Event, EventKind
from sandbox.model.record import Outcome, SyncRecord

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.cli.invocation import Invocation
    from sandbox.model.promotion import Promotion
    from sandbox.ports import Control
    from sandbox.runtime.workspace import Workspace

TIMEOUT_S = 300.0


def arrive(
    invocation: Invocation, workspace: Workspace, promotion: Promotion, after: int
) -> dict[str, SyncRecord | SandboxError]:
    """
    Wait until the environment of *promotion* is healthy with it.

    A controller that looks after it acts by itself; without one it is synced here, once.

    Args:
        after: Number of the newest event before the commit.

    Returns:
        The sync that brought it, or why it did not come; nothing where no sync was needed.

    Raises:
        DeadlineError: It was not there in time.
        HeldError: It is suspended, so that it never will be.
    """
    from sandbox.cli.follow import follow
    from sandbox.cli.last_words import last_words
    from sandbox.cli.sync import sync_each
    from sandbox.runtime.wait import wait_for

    name, clock = promotion.environment, workspace.clock
    timeout_s = invocation.deadline_s(TIMEOUT_S)
    ends_at = clock.monotonic() + timeout_s
    control = workspace.control()
    (status,) = control.status((name,))
    if status.suspension is not None:
        message = (
            f"{name} is suspended: the commit is made, but is applied only after it is resumed"
        )
        raise HeldError(message, remedy=f"sandbox resume {name}")
    results: dict[str, SyncRecord | SandboxError] = {}
    with last_words(workspace, (name,)):
        if not status.reconciled or not _follows_commits(workspace, name):
            results = sync_each(invocation, clock, control, (name,), timeout_s)
        elif promotion.changed:
            work = partial(_await_commit, workspace, control, promotion, after)
            results = follow(invocation, clock, {name: work}, timeout_s=timeout_s)
        if all(_went_well(result) for result in results.values()):
            wait_for(
                workspace,
                control,
                name,
                revision=None,
                healthy=True,
                timeout_s=max(ends_at - clock.monotonic(), 0.0),
                on_status=lambda _: None,
            )
    return results


def _await_commit(
    workspace: Workspace,
    control: Control,
    promotion: Promotion,
    after: int,
    on_event: Callable[[Event], None],
) -> SyncRecord:
    from sandbox.runtime.wait import HELD_S, lasting_hold

    name, clock = promotion.environment, workspace.clock
    held: HeldError | None = None
    look_at = clock.monotonic() + HELD_S

    def in_vain() -> bool:
        nonlocal held, look_at
        if clock.monotonic() >= look_at:
            (status,) = control.status((name,))
            held, before = lasting_hold(workspace, status), held
            look_at = clock.monotonic() + HELD_S
            return before is not None and held is not None
        return False

    for _, event in control.events(after=after, stop=in_vain):
        if event.environment != name:
            continue
        on_event(event)
        if not event.revision or not _holds(workspace, event.revision, promotion.commit):
            continue
        if event.kind in {EventKind.SYNCED, EventKind.DEGRADED}:
            return _record_of(workspace, event)
        if event.kind in {EventKind.INVALID, EventKind.HELD}:
            raise HeldError(f"{name}: {event.message}", remedy=f"sandbox status {name}")
    if held is not None:
        raise held
    raise SandboxError(
        f"{name}: the controller ended before the commit had arrived",
        remedy=f"start it again: sandbox up {name}",
    )


def _record_of(workspace: Workspace, event: Event) -> SyncRecord:
    records = workspace.journal.syncs(event.environment, limit=5)
    return next(each for each in records if each.revision == event.revision)


def _holds(workspace: Workspace, revision: str, commit: str) -> bool:
    """
    A later commit of the branch brings this one as well.
    """
    return workspace.repository.is_ancestor(commit, revision)


def _follows_commits(workspace: Workspace, environment: str) -> bool:
    from sandbox.runtime.desired import load_tracked

    return load_tracked(workspace.repository, environment).settings.sync.auto


def _went_well(result: SyncRecord | SandboxError) -> bool:
    return isinstance(result, SyncRecord) and result.outcome is Outcome.SUCCEEDED
