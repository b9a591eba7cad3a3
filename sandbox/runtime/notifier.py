"""
Send messages about what happens, beside the work: no sync waits for it or fails of it.

It follows the journal, so that it also tells what other processes wrote there, and one thread for
each webhook sends, so that a dead one delays no other.
"""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING, Final

from sandbox.delivery.notify import body, digest, due, wanted_by
from sandbox.errors import DeliveryError, one_line
from sandbox.model.event import Event, EventKind

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sandbox.delivery.notify import Digest
    from sandbox.model.notification import Notification, Webhook, WebhookFile
    from sandbox.runtime.workspace import Workspace

LOOK_S: Final = 2.0
"""What another process wrote to the journal is found this late at most."""
END_S: Final = 0.8
QUEUE_MAX: Final = 100
PAUSES_S: Final = (1.0, 4.0, 15.0)
"""Before each further try of what may go through later."""
SAYS: Final = "notifications: "
"""How what is told of the messages themselves begins; no message is sent about that."""


class Notifier:
    """
    Turns what the journal gets into messages, from now on.

    Args:
        emit: Told, once, what is wrong with the file or with a webhook.
    """

    def __init__(self, workspace: Workspace, emit: Callable[[Event], None]) -> None:
        self._workspace = workspace
        self._emit = emit
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._ended = threading.Event()
        self._senders: dict[str, _Sender] = {}
        self._digest: Digest = {}
        self._problems: tuple[str, ...] = ()
        self._bug = ""
        self._last = self._newest()

    def wake(self) -> None:
        """Look soon; returns at once."""
        self._wake.set()

    def run(self) -> None:
        """Look whenever `wake` was called and every `LOOK_S`; until `stop`."""
        self._guarded(self._read_file)
        while not self._stopping.is_set():
            self._wake.clear()
            self._guarded(self._look)
            self._wake.wait(LOOK_S)
        self._guarded(self._look)
        for sender in self._senders.values():
            sender.stop()
        self._ended.set()

    def stop(self) -> None:
        """End `run`; what is not sent within `END_S` is lost."""
        clock = self._workspace.clock
        until = clock.monotonic() + END_S
        self._stopping.set()
        self._wake.set()
        self._ended.wait(END_S)
        for sender in self._senders.values():
            sender.join(max(until - clock.monotonic(), 0.0))

    def _guarded(self, work: Callable[[], object]) -> None:
        try:
            work()
        except Exception as bug:  # noqa: BLE001 - a bug here must neither end the loop nor a sync
            # Told once: to tell is an event, and that wakes the loop again.
            what = f"{type(bug).__name__}: {bug}"
            if what != self._bug:
                self._bug = what
                self._tell(what)

    def _newest(self) -> int:
        newest = self._workspace.journal.events(limit=1)
        return newest[-1][0] if newest else 0

    def _look(self) -> None:
        self._tell_of_journal()
        messages: list[Notification] = []
        if self._newest() < self._last:
            self._last = 0  # the journal was deleted, and all that is in it now is new
        for number, event in self._workspace.journal.events(after=self._last):
            self._last = number
            if not event.message.startswith(SAYS):
                self._digest, told = digest(self._digest, event)
                messages += told
        self._digest, summed = due(self._digest, self._workspace.clock.now())
        self._send((*messages, *summed))

    def _tell_of_journal(self) -> None:
        """Make what happened to the history itself an event."""
        for notice in self._workspace.journal.notices():
            now = self._workspace.clock.now()
            self._emit(Event(at=now, environment="", kind=EventKind.HELD, message=notice))

    def _send(self, messages: Sequence[Notification]) -> None:
        if not messages:
            return
        for webhook in self._read_file().webhooks:
            for message in messages:
                if wanted_by(webhook, message):
                    self._sender(webhook).put(message)

    def _read_file(self) -> WebhookFile:
        """Read it anew, and tell a mistake in it once."""
        file = self._workspace.webhooks.read()
        if file.problems != self._problems:
            self._problems = file.problems
            for problem in file.problems:
                self._tell(f"{problem}; nothing is sent")
        return file

    def _sender(self, webhook: Webhook) -> _Sender:
        sender = self._senders.get(webhook.url)
        if sender is None:
            sender = self._senders[webhook.url] = _Sender(self._workspace, self._tell)
        sender.webhook = webhook
        return sender

    def _tell(self, message: str) -> None:
        now = self._workspace.clock.now()
        self._emit(Event(at=now, environment="", kind=EventKind.HELD, message=f"{SAYS}{message}"))


class _Sender:
    """
    One webhook's queue and thread.

    Args:
        tell: Told when messages cannot be delivered, once until one can.
    """

    webhook: Webhook

    def __init__(self, workspace: Workspace, tell: Callable[[str], None]) -> None:
        self._workspace = workspace
        self._tell = tell
        self._queue: deque[Notification] = deque()
        self._lost = 0
        self._lock = threading.Condition()
        self._stopping = threading.Event()
        self._failing = False
        self._thread = threading.Thread(target=self._run, name="webhook", daemon=True)
        self._thread.start()

    def put(self, message: Notification) -> None:
        """Send *message* after those before it; of too many the oldest are lost."""
        with self._lock:
            if len(self._queue) == QUEUE_MAX:
                self._queue.popleft()
                self._lost += 1
            self._queue.append(message)
            self._lock.notify()

    def stop(self) -> None:
        """End when the queue is empty; nothing is tried twice any more."""
        self._stopping.set()
        with self._lock:
            self._lock.notify()

    def join(self, timeout_s: float) -> None:
        """Wait for the end."""
        self._thread.join(timeout_s)

    def _run(self) -> None:
        while True:
            with self._lock:
                while not self._queue and not self._stopping.is_set():
                    self._lock.wait()
                if not self._queue:
                    return
                message, lost = self._queue.popleft(), self._lost
                self._lost = 0
            if not self._delivered(message, lost):
                with self._lock:
                    self._lost += lost + 1

    def _delivered(self, message: Notification, lost: int) -> bool:
        webhook = self.webhook
        name = self._workspace.repository.name
        text = body(message, webhook.format, repository=name, lost=lost)
        for pause_s in (*PAUSES_S, None):
            try:
                self._workspace.webhooks.post(webhook, text)
            except DeliveryError as error:
                if pause_s is None or not error.temporary or self._stopping.wait(pause_s):
                    self._tell_failure(one_line(error))
                    return False
            except Exception as bug:  # noqa: BLE001 - the next message may go through
                self._tell_failure(type(bug).__name__)
                return False
            else:
                self._failing = False
                return True
        return False

    def _tell_failure(self, why: str) -> None:
        if not self._failing and not self._stopping.is_set():
            self._failing = True
            self._tell(f"a message could not be delivered: {why}")
