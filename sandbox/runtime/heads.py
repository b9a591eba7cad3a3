"""Where the branches point, looked at whenever something may have changed and every two seconds."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from sandbox.errors import SandboxError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sandbox.runtime.workspace import Workspace

POLL_S = 2.0


class Heads:
    """
    The last branches that were read, and a thread that keeps them fresh.

    Args:
        on_change: Called after every change, from that thread.
        on_gone: Called when the repository was deleted.
    """

    def __init__(
        self, workspace: Workspace, on_change: Callable[[], None], on_gone: Callable[[], None]
    ) -> None:
        self._workspace = workspace
        self._on_change = on_change
        self._on_gone = on_gone
        self._wake = threading.Event()
        self._stopping = False
        self._commits: Mapping[str, str] = {}

    def moved(self, branch: str, commit: str) -> bool:
        """*branch* points at another commit than *commit* now; one that vanished has not moved."""
        return self._commits.get(branch, commit) != commit

    def run(self) -> None:
        """Look until `stop`; polling is the base, the feed only lowers latency."""
        self._workspace.feed.start(self._wake.set)
        try:
            while not self._stopping:
                self._look()
                self._wake.wait(POLL_S)
                self._wake.clear()
        finally:
            self._workspace.feed.stop()

    def stop(self) -> None:
        """End `run` soon."""
        self._stopping = True
        self._wake.set()

    def _look(self) -> None:
        try:
            self._workspace.repository.remove_left_locks()
            commits = self._workspace.repository.refs()
        except SandboxError:
            # The last good state stays, and the next look may read it again.
            if not self._workspace.repository.is_there():
                self._on_gone()
            return
        if commits != self._commits:
            self._commits = commits
            self._on_change()
