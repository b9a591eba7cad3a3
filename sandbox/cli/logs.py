"""
`logs`: what the containers write, of several services in one stream.
"""

from __future__ import annotations

import sys
import threading
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Annotated

import typer

from sandbox.cli.arguments import Environment, MaybeService
from sandbox.cli.command import LOOK_INSIDE, command
from sandbox.cli.invocation import Invocation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sandbox.model.observed import ObservedContainer
    from sandbox.ports import Engine
    from sandbox.render.logs import LogLine

_LOOK_S = 2.0
_TAIL = 100


@command("logs", panel=LOOK_INSIDE)
def logs(
    invocation: Invocation,
    environment: Environment,
    service: MaybeService = None,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Go on with what comes; Ctrl-C ends it.")
    ] = False,
    tail: Annotated[
        int, typer.Option("--tail", metavar="N", min=0, help="Last lines of each container.")
    ] = _TAIL,
) -> None:
    """
    Show the log of ENV, or of one SERVICE of it.
    """
    from sandbox.cli.opened import opened
    from sandbox.runtime.containers import containers_of

    with opened(invocation) as workspace:

        def look() -> Sequence[ObservedContainer]:
            return containers_of(workspace, environment, service)

        containers = look()
        width = max(len(_source(container)) for container in containers)
        if follow:
            _show(invocation, _following(workspace.engine, look, tail), width)
        else:
            _show(invocation, _past(workspace.engine, containers, tail), width)


def _show(invocation: Invocation, lines: Iterator[LogLine], width: int) -> None:
    from sandbox.render.logs import log_json, log_text

    style, terminal = invocation.style, sys.stdout.isatty()
    for line in lines:
        if invocation.json:
            invocation.show_json(log_json(line))
        else:
            invocation.show(log_text(line, width=width, terminal=terminal, style=style))


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
    engine: Engine, look: Callable[[], Sequence[ObservedContainer]], tail: int
) -> Iterator[LogLine]:
    """
    What is written from now on, by containers that come later too: a sync replaces them.
    """
    from sandbox.errors import NotFoundError

    inbox: SimpleQueue[LogLine] = SimpleQueue()
    known: set[str] = set()
    numbers: dict[str, int] = {}
    last: int | None = tail
    while True:
        try:
            containers = look()
        except NotFoundError:
            containers = ()
        for container in containers:
            if container.id not in known:
                known.add(container.id)
                number = numbers.setdefault(_source(container), len(numbers))
                threading.Thread(
                    target=_read, args=(engine, container, number, last, inbox), daemon=True
                ).start()
        last = None
        yield from _arriving(inbox)


def _arriving(inbox: SimpleQueue[LogLine]) -> Iterator[LogLine]:
    """
    What arrives until nothing has for a while.
    """
    try:
        while True:
            yield inbox.get(timeout=_LOOK_S)
    except Empty:
        return


def _read(
    engine: Engine,
    container: ObservedContainer,
    number: int,
    tail: int | None,
    inbox: SimpleQueue[LogLine],
) -> None:
    from sandbox.errors import SandboxError
    from sandbox.render.logs import parse_line

    try:
        for line in engine.logs(container.id, tail=tail, follow=True, timestamps=True):
            inbox.put(parse_line(line, source=_source(container), number=number))
    except SandboxError:
        return  # the container is gone; whoever takes its place is found by the next look


def _source(container: ObservedContainer) -> str:
    from sandbox.planning.labels import REPLICA, SERVICE

    labels = container.labels
    return f"{labels.get(SERVICE, container.name)}-{labels.get(REPLICA, '1')}"
