"""
Watches the folders that hold a repository's refs, so that a commit is seen at once.

A kernel that has no watches left, or drops events, costs time only: refs are polled besides.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread
from typing import Final

from watchdog.events import (
    DirCreatedEvent,
    DirDeletedEvent,
    DirMovedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver
from watchdog.observers.inotify_move_event_grouper import InotifyMoveEventGrouper

from sandbox.override import override

DEBOUNCE_S: Final = 0.02
STOP_TIMEOUT_S: Final = 2.0
# Opening and closing are left out: our own reading of the refs would wake us for ever.
CHANGES: Final[list[type[FileSystemEvent]]] = [
    FileCreatedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileDeletedEvent,
    DirCreatedEvent,
    DirMovedEvent,
    DirDeletedEvent,
]
# Of the many files right in Git's folder, those that say what a ref is.
NAMES: Final = frozenset({"HEAD", "packed-refs", "refs", "reftable"})

# When the kernel tells the two halves of a renaming in two answers, watchdog holds everything back
# for half a second, even after the second half came. To us each half is a change all the same.
InotifyMoveEventGrouper.delay = DEBOUNCE_S

# Folders that are made quickly, one in another, are found twice: by walking and by their own event.
WATCHED_TWICE: Final = "Callback with id .* already exists for watch"
warnings.filterwarnings("ignore", message=WATCHED_TWICE, category=RuntimeWarning)

log = logging.getLogger(__name__)


class RefWatcher:
    """
    Implements `sandbox.ports.ChangeFeed` for one repository.

    Args:
        common_dir: Git's folder that all work trees share.
        note: Told once, in a sentence, when changes cannot be watched.
    """

    def __init__(self, common_dir: str, note: Callable[[str], None] = log.warning) -> None:
        self._common_dir = Path(common_dir)
        self._note = note
        self._changed = Event()
        self._stopped = Event()
        self._observer: BaseObserver | None = None
        self._thread: Thread | None = None

    def start(self, wake: Callable[[], None]) -> None:
        """Call *wake* from a thread of our own shortly after refs may have changed."""
        assert self._thread is None, "a watcher starts once"
        self._thread = Thread(target=self._forward, args=(wake,), name="refs", daemon=True)
        self._thread.start()
        try:
            self._observer = self._observe()
        except Exception as error:  # noqa: BLE001 whatever a kernel lacks, polling goes on
            self._note(f"changes of refs are polled, not watched: {error}")

    def stop(self) -> None:
        """End the threads; *wake* is not called any more. Fine to call twice, or without start."""
        self._stopped.set()
        self._changed.set()
        observer, self._observer = self._observer, None
        if observer is not None:
            observer.stop()
            observer.join(STOP_TIMEOUT_S)
        thread, self._thread = self._thread, None
        if thread is not None:
            thread.join(STOP_TIMEOUT_S)

    def _observe(self) -> BaseObserver:
        observer = Observer(timeout=DEBOUNCE_S)
        listener = _Listener(self._common_dir, self._changed)
        try:
            observer.start()
            observer.schedule(listener, str(self._common_dir), event_filter=CHANGES)
            for name in ("refs", "reftable"):
                folder = self._common_dir / name
                if folder.is_dir():
                    observer.schedule(listener, str(folder), recursive=True, event_filter=CHANGES)
        except BaseException:
            if observer.is_alive():
                observer.stop()
                observer.join(STOP_TIMEOUT_S)
            raise
        return observer

    def _forward(self, wake: Callable[[], None]) -> None:
        while True:
            self._changed.wait()
            # One commit touches several files; a burst of commits many.
            if self._stopped.wait(DEBOUNCE_S):
                return
            self._changed.clear()
            wake()


class _Listener(FileSystemEventHandler):
    def __init__(self, common_dir: Path, changed: Event) -> None:
        self._common_dir = common_dir
        self._changed = changed

    @override
    def on_any_event(self, event: FileSystemEvent) -> None:
        """Note a change of a ref; leave out locks and what else is in Git's folder."""
        paths = (Path(str(path)) for path in (event.src_path, event.dest_path) if path)
        if any(self._is_ref(path) for path in paths):
            self._changed.set()

    def _is_ref(self, path: Path) -> bool:
        if path.suffix == ".lock":
            return False
        return path.parent != self._common_dir or path.name in NAMES
