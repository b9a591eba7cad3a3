"""What the engine tells of our containers, heard by a client of its own."""

from __future__ import annotations

import threading
from collections import Counter
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from tests.playground import INSTANCE_LABEL, SERVICE_LABEL, engine

if TYPE_CHECKING:
    from collections.abc import Iterator

STRANGER_LABEL = "soak.stranger"
"""On containers that we make by hand, its value is the instance that they disturb."""
EXEC = "exec_create: "


class Exec(NamedTuple):
    """A command that was started in a container of a service."""

    container: str
    service: str
    command: str


@dataclass(kw_only=True)
class Heard:
    """
    Events so far.

    Attributes:
        changes: Of containers of the instance and of strangers, execs left out.
        execs: In containers of the instance, how often each.
    """

    instance: str
    changes: int = 0
    execs: Counter[Exec] = field(default_factory=Counter[Exec])

    def hear(self, event: dict[str, Any]) -> None:
        """Count one event of a container."""
        attributes = event["Actor"]["Attributes"]
        ours = attributes.get(INSTANCE_LABEL) == self.instance
        if not ours and attributes.get(STRANGER_LABEL) != self.instance:
            return
        if event["Action"].startswith(EXEC) and ours:
            # The engine writes a space after a command without arguments.
            command = event["Action"].removeprefix(EXEC).strip()
            service = attributes.get(SERVICE_LABEL, "")
            self.execs[Exec(event["Actor"]["ID"], service, command)] += 1
        self.changes += not event["Action"].startswith("exec_")


@contextmanager
def listening(instance: str) -> Iterator[Heard]:
    """Hear what happens to containers of *instance* until the block ends."""
    heard = Heard(instance=instance)
    with engine() as client:
        stream = client.events(decode=True, filters={"type": "container"})

        def listen() -> None:
            # A stream that is closed under its reader ends in one of these.
            with suppress(OSError, ValueError, AttributeError):
                for event in stream:
                    heard.hear(event)

        thread = threading.Thread(target=listen, name="heard", daemon=True)
        thread.start()
        try:
            yield heard
        finally:
            stream.close()
            thread.join()
