"""
Orders to the container of an ingress, and its answers.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeAlias

from sandbox.errors import EngineError, EngineUnreachableError, IngressError, StaleError
from sandbox.planning.ingress_image import CONSOLE, END

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence
    from contextlib import AbstractContextManager

SILENCE_S = 15.0
"""Longest time to wait for an answer; the longest is that to a reload."""
_LOG_LINES = 20


class Talk(Protocol):
    """A program inside a container: what the engine's adapter gives."""

    def send(self, data: bytes) -> None:
        """Write to its standard input."""
        ...

    def receive(self) -> bytes:
        """Wait for more of its output; nothing at the end, `TimeoutError` when it is silent."""
        ...

    def is_quiet(self) -> bool:
        """Tell whether it runs on and writes nothing, as far as is known."""
        ...


Converse: TypeAlias = "Callable[[str, Sequence[str], float], AbstractContextManager[Talk]]"
"""Start a command in a container by id, with the longest time to wait for an answer in seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What an order printed, and whether it went well."""

    is_ok: bool
    text: str

    @property
    def lines(self) -> tuple[str, ...]:
        """The last of what it printed, without empty lines."""
        return tuple(line for line in self.text.splitlines() if line.strip())[-_LOG_LINES:]


class Console:
    """
    Takes one order at a time.

    Args:
        talk: A console that was just started.
    """

    def __init__(self, talk: Talk) -> None:
        self._talk = talk
        self._heard = b""

    def is_ready(self) -> bool:
        """Tell whether an order can be given: false of one that ended while nobody asked it."""
        return not self._heard and self._talk.is_quiet()

    def ask(self, order: str, payload: bytes = b"") -> Answer:
        """
        Give an order of one line, with *payload* after it, and wait for the answer.

        Raises:
            IngressError: The console ended, or is silent; temporary.
        """
        assert "\n" not in order, "an order is one line"
        self._talk.send(order.encode() + b"\n" + payload)
        mark = f"{END} ".encode()
        while not (found := self._heard.rpartition(mark))[1] or not found[2].endswith(b"\n"):
            more = self._talk.receive()
            if not more:
                said = self._heard.decode("utf-8", "replace").strip()
                raise IngressError(
                    f"the ingress ended while it was asked: {said or order}", temporary=True
                )
            self._heard += more
        self._heard = b""
        text, _, status = found
        return Answer(is_ok=status.strip() == b"0", text=text.decode("utf-8", "replace"))

    def master(self, *commands: str) -> str:
        """
        Say *commands* to the master process, and give all that it printed.

        Raises:
            IngressError: It does not answer; temporary.
        """
        answer = self.ask(f"master {';'.join(commands)}")
        if not answer.is_ok:
            raise IngressError(
                "the ingress does not answer: HAProxy is not there yet or not any more",
                log=answer.lines,
                temporary=True,
            )
        return answer.text

    def leaving(self, pid: int, *commands: str) -> str:
        """Say *commands* to a worker that was replaced; nothing when it ended meanwhile."""
        return self.ask("leaving " + ";".join(f"@!{pid} {each}" for each in commands)).text


@contextmanager
def open_console(converse: Converse, container_id: str) -> Generator[Console]:
    """
    Start the console of a container.

    Raises:
        IngressError: The container does not run, or is silent for too long.
    """
    try:
        with converse(container_id, CONSOLE, SILENCE_S) as talk:
            yield Console(talk)
    except (IngressError, EngineUnreachableError):
        raise
    except EngineError as error:
        raise IngressError(
            f"the ingress does not answer: {error.message}",
            # A container that is gone or does not run answers no better in a moment.
            temporary=error.temporary and not isinstance(error, StaleError),
        ) from error
    except TimeoutError as error:
        raise IngressError(
            f"the ingress did not answer within {SILENCE_S:g} s", temporary=True
        ) from error
