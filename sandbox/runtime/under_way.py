"""Keep how far a sync is where every process can see it, for as long as it runs."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from sandbox.delivery.syncing import advance, begin
from sandbox.model.event import EventKind

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from sandbox.model.event import Event
    from sandbox.model.plan import Plan
    from sandbox.model.syncing import Syncing
    from sandbox.runtime.workspace import Workspace

OUTPUT_S: Final = 0.5
"""Between two lines of output that are kept: a builder prints hundreds in a second."""
_KEPT: Final = frozenset(
    {
        EventKind.PLANNED,
        EventKind.STEP_BEGAN,
        EventKind.STEP_ENDED,
        EventKind.STEP_FAILED,
        EventKind.OUTPUT,
    }
)


@contextmanager
def under_way(
    workspace: Workspace, plan: Plan, emit: Callable[[Event], None]
) -> Generator[Callable[[Event], None]]:
    """
    Give what is to be told of every event of a sync; it passes each on to *emit*.

    Args:
        plan: The first one that is carried out.
    """
    progress = _Progress(workspace, plan)
    progress.keep()

    def tell(event: Event) -> None:
        progress.take(event)
        emit(event)

    try:
        yield tell
    finally:
        workspace.journal.end_syncing(plan.environment)


def syncing_now(workspace: Workspace, environment: str) -> Syncing | None:
    """
    Say how far the sync of *environment* is that runs now; ``None`` when none does.

    What a process left that was killed is not told: whoever kept it holds the lock no more.
    """
    kept = workspace.journal.syncing(environment)
    if kept is None or not kept.holder:
        return None
    return kept if kept.holder == workspace.lock.holder() else None


class _Progress:
    """Events come from many threads at once."""

    def __init__(self, workspace: Workspace, plan: Plan) -> None:
        now = workspace.clock.now()
        self._workspace = workspace
        self._syncing = replace(
            begin(plan.environment, now), revision=plan.revision, steps=len(plan.steps)
        )
        self._kept_at = workspace.clock.monotonic()
        self._lock = threading.Lock()

    def take(self, event: Event) -> None:
        """Take *event* into account."""
        if event.kind not in _KEPT:
            return
        with self._lock:
            self._syncing = advance(self._syncing, event, event.at)
            now = self._workspace.clock.monotonic()
            if event.kind is not EventKind.OUTPUT or now - self._kept_at >= OUTPUT_S:
                self._kept_at = now
                self.keep()

    def keep(self) -> None:
        """Write it down; the lock's text may have changed, where its file was deleted."""
        holder = self._workspace.lock.holder() or ""
        self._workspace.journal.record_syncing(replace(self._syncing, holder=holder))
