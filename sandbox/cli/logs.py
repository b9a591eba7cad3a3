"""
`logs`: what the containers write, of several services in one stream.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Annotated

import typer

from sandbox.cli.arguments import Environment, MaybeService
from sandbox.cli.command import command
from sandbox.cli.deadline import Deadline
from sandbox.cli.invocation import Invocation
from sandbox.cli.values import whole_number

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sandbox.model.gate import GateResult
    from sandbox.model.observed import ObservedContainer
    from sandbox.ports import Engine
    from sandbox.render.logs import LogLine

_LOOK_S = 2.0
_TAIL = 100


@command("logs")
def logs(
    invocation: Invocation,
    environment: Environment,
    service: MaybeService = None,
    follow: Annotated[
        bool,
        typer.Option(
            "--follow", "-f", help="Go on with what comes; ends with Ctrl-C or --timeout."
        ),
    ] = False,
    tail: Annotated[
        int,
        typer.Option(
            "--tail", metavar="N", parser=whole_number(0), help="Last lines of each container."
        ),
    ] = _TAIL,
) -> None:
    """
    Show the log of ENV, or of one SERVICE, as written: secrets too.

    Of a gate that does not run now: what it wrote when it ran last, without secrets.
    """
    from sandbox.cli.opened import opened
    from sandbox.errors import NotFoundError
    from sandbox.runtime.containers import containers_of
    from sandbox.runtime.gate_log import last_run

    with opened(invocation) as workspace:

        def look() -> Sequence[ObservedContainer]:
            return containers_of(workspace, environment, service)

        try:
            containers = look()
        except NotFoundError:
            run = last_run(workspace, environment, service) if service else None
            if run is None:
                raise
            _show_run(invocation, run, tail, workspace.clock.now())
            return
        width = max(len(_source(container)) for container in containers)
        if follow:
            over = Deadline(invocation, workspace.clock)
            _show(invocation, _following(workspace.engine, look, tail, over), width)
            over.enforce()
        else:
            _show(invocation, _past(workspace.engine, containers, tail), width)


def _show_run(invocation: Invocation, run: GateResult, tail: int, now: float) -> None:
    """
    Show what a gate wrote when it ran last, and how that ended.
    """
    from sandbox.render.logs import LogLine, run_text

    lines = run.log[len(run.log) - min(tail, len(run.log)) :]
    _show(invocation, (LogLine(at="", source=run.gate, text=line) for line in lines), len(run.gate))
    invocation.note(run_text(run, now=now))


def _show(invocation: Invocation, lines: Iterator[LogLine], width: int) -> None:
    from sandbox.render.documents import document_as_is
    from sandbox.render.logs import log_json, log_text

    style, terminal = invocation.style, invocation.stdout.isatty()
    for line in lines:
        if invocation.json:
            invocation.pass_on(document_as_is(log_json(line)))
        else:
            invocation.pass_on(log_text(line, width=width, terminal=terminal, style=style))


def _past(engine: Engine, containers: Sequence[ObservedContainer], tail: int) -> Iterator[LogLine]:
    """
    What was written until now, in the order of time.
    """
    from sandbox.render.logs import parse_line

    lines = [
        parse_line(line, source=_source(container), number=number)
        for number, container in enumerate(containers)
        for line in engine.logs(container.id, tail=tail, timestamps=True)
    ]
    yield from sorted(lines, key=lambda line: line.at)


def _following(
    engine: Engine, look: Callable[[], Sequence[ObservedContainer]], tail: int, over: Deadline
) -> Iterator[LogLine]:
    """
    What is written from now on until *over*, by containers that come or start again later too.

    The engine ends a log with its container, and at once that of a container which has not begun,
    so each start of each container is read by a thread of its own.
    """
    from sandbox.errors import NotFoundError

    reading = _Reading(engine=engine, inbox=SimpleQueue())
    known: set[tuple[str, float]] = set()
    last: int | None = tail
    while not over():
        try:
            containers = look()
        except NotFoundError:
            containers = ()
        for container in containers:
            start = (container.id, container.started_at)
            if container.started_at and start not in known:
                known.add(start)
                reading.begin(container, last)
        last = None
        yield from _arriving(reading.inbox, over)


def _arriving(inbox: SimpleQueue[LogLine], over: Deadline) -> Iterator[LogLine]:
    """
    What arrives until nothing has for a while, or until *over*.
    """
    with suppress(Empty):
        while not over():
            yield inbox.get(timeout=min(_LOOK_S, max(over.left_s, 0.0)))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """
    Threads that read one log each.

    Attributes:
        numbers: Colour by source.
        newest: Time of the newest line by container, so that none is told twice.
    """

    engine: Engine
    inbox: SimpleQueue[LogLine]
    numbers: dict[str, int] = field(default_factory=dict[str, int])
    newest: dict[str, str] = field(default_factory=dict[str, str])

    def begin(self, container: ObservedContainer, tail: int | None) -> None:
        """
        Read *container* until it ends, from its last *tail* lines on.
        """
        number = self.numbers.setdefault(_source(container), len(self.numbers))
        threading.Thread(target=self._read, args=(container, number, tail), daemon=True).start()

    def _read(self, container: ObservedContainer, number: int, tail: int | None) -> None:
        from sandbox.errors import SandboxError
        from sandbox.render.logs import parse_line

        told = self.newest.get(container.id, "")
        # A container that goes away while it is read is replaced; the next look finds its heir.
        with suppress(SandboxError):
            for text in self.engine.logs(container.id, tail=tail, follow=True, timestamps=True):
                line = parse_line(text, source=_source(container), number=number)
                if line.at > told:
                    self.newest[container.id] = line.at
                    self.inbox.put(line)


def _source(container: ObservedContainer) -> str:
    from sandbox.planning.labels import REPLICA, SERVICE

    labels = container.labels
    return f"{labels.get(SERVICE, container.name)}-{labels.get(REPLICA, '1')}"
