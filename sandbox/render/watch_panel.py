"""
What the live view has to say of one environment: a line, what is wrong, and what else there is.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sandbox.model.gate import GateVerdict
from sandbox.model.status import EnvironmentStatus, Health, ServiceStatus, SyncStatus
from sandbox.planning.health import SEVERITY
from sandbox.render.progress import progress_bar
from sandbox.render.spans import Spans, span
from sandbox.render.status import gate_text, pin_text, ready_text, service_rest, suspension_text
from sandbox.render.style import GATE_RUNS, GATE_SIGNS, HEALTH_SIGNS, SYNC_COLORS
from sandbox.render.text import clean, duration, short
from sandbox.words import count

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.model.gate import GateStatus
    from sandbox.model.syncing import Syncing

_INDENT = "  "
_MESSAGE_LINES = 6
_NEXT = "next: "


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """
    One environment, most important lines first.

    Attributes:
        head: The line that is always there.
        rows: What somebody has to know now; none for one that is quiet.
        more: What is shown where there is room.
    """

    name: str
    head: Spans
    rows: tuple[Spans, ...] = ()
    more: tuple[Spans, ...] = ()


def urgency(status: EnvironmentStatus) -> tuple[object, ...]:
    """
    Sort key: what is broken comes first, then what is being synced, then what is quiet; by name.
    """
    return (
        -SEVERITY.index(status.health),
        status.sync is SyncStatus.SYNCED,
        status.syncing is None,
        status.name,
    )


def panel(status: EnvironmentStatus, *, now: float, columns: int, name_width: int) -> Panel:
    """
    Say of *status* what there is to say; *columns* is the width to wrap messages to.
    """
    troubles = (*_message_rows(status, columns), *_trouble_rows(status, now))
    return Panel(
        name=clean(status.name),
        head=_head(status, name_width, quiet=not troubles),
        rows=troubles,
        more=tuple(_more_rows(status, now)),
    )


def _head(status: EnvironmentStatus, name_width: int, *, quiet: bool) -> Spans:
    sign, color = HEALTH_SIGNS[status.health]
    spans: Spans = (
        span(clean(status.name).ljust(name_width), "bold"),
        span("  "),
        span(f"{sign} {status.health.value}", color),
        span(" · "),
        span(status.sync.value.replace("_", " "), SYNC_COLORS[status.sync]),
    )
    if status.syncing is not None:
        verb = "syncing" if status.syncing.revision else "taking down"
        done = min(status.syncing.done, status.syncing.steps)
        # The lines below say which commit it leads to.
        return (*spans, span(f" · {verb} {done}/{status.syncing.steps}", "cyan"))
    return (*spans, *_commit_spans(status)) if quiet or not status.message else spans


def _commit_spans(status: EnvironmentStatus) -> Spans:
    if not status.revision:
        return ()
    if status.pin:
        return (
            span("  "),
            span(short(status.release), "yellow"),
            span(f"  pinned {pin_text(status.pin)}"),
        )
    commit = (span("  "), span(short(status.revision), "yellow"))
    return (*commit, span(f"  {clean(status.subject)}".rstrip()))


def _message_rows(status: EnvironmentStatus, columns: int) -> Iterator[Spans]:
    """
    The one thing to know, then the one thing to do.
    """
    color = "red" if status.health is Health.DEGRADED else "yellow"
    lines = [] if status.suspension else _message_lines(status.message, columns - len(_INDENT))
    for line in lines:
        yield (span(_INDENT), span(line, color))
    if status.next_step and (lines or status.suspension or status.health is not Health.HEALTHY):
        head = f"{_INDENT}{_NEXT}"
        for line in _wrapped(status.next_step, columns - len(head)):
            yield (span(head), span(line, "bold"))
            head = " " * len(head)


def _wrapped(line: str, width: int) -> list[str]:
    return textwrap.wrap(clean(line), max(width, 20), break_on_hyphens=False)


def _message_lines(message: str, width: int) -> list[str]:
    """
    What happened, wrapped; of the log below it each line is one here, for all of them count.
    """
    first, *log = message.splitlines() or [""]
    lines = [*_wrapped(first, width), *map(clean, filter(str.strip, log))]
    if len(lines) <= _MESSAGE_LINES:
        return lines
    shown = lines[: _MESSAGE_LINES - 1]
    return [*shown, f"… {count(len(lines) - len(shown), 'more line')}"]


def _trouble_rows(status: EnvironmentStatus, now: float) -> Iterator[Spans]:
    if status.suspension:
        yield (span(_INDENT), span(suspension_text(status.suspension, now), "magenta"))
    if status.syncing:
        yield from _sync_rows(status.syncing, status, now)
    for service in status.services:
        if service.health is not Health.HEALTHY:
            yield _service_row(service, now)
    for gate in status.gates:
        if gate.running or gate.verdict is not GateVerdict.PASSED:
            yield _gate_row(gate, now)
    if status.serving and status.serving != status.revision:
        yield (span(f"{_INDENT}{short(status.serving)} serves", "yellow"),)
    # While a sync runs, its steps say what differs.
    if status.sync is not SyncStatus.SYNCED and not status.syncing:
        for line in status.pending:
            yield (span(f"{_INDENT}differs: {clean(line)}"),)


def _sync_rows(syncing: Syncing, status: EnvironmentStatus, now: float) -> Iterator[Spans]:
    """
    How far it is, then each step that runs with its time and the last line that it printed.
    """
    took = duration(max(now - syncing.began_at, 0.0))
    to = f"  to {short(syncing.revision)}" if syncing.revision else ""
    subject = f"  {clean(status.subject)}" if syncing.revision == status.revision else ""
    yield (span(_INDENT), *progress_bar(syncing), span(f"  {took}{to}{subject}".rstrip()))
    for step in syncing.running:
        output = span(f"  {clean(step.output)}".rstrip(), "dim")
        time = duration(max(now - step.began_at, 0.0))
        yield (span(f"{_INDENT}▸ {clean(step.id)}"), span(f"  {time}", "cyan"), output)


def _service_row(service: ServiceStatus, now: float) -> Spans:
    sign, color = HEALTH_SIGNS[service.health]
    text = f"  {ready_text(service)}  {service.health.value}"
    rest = service_rest(service, now)
    return (
        span(_INDENT),
        span(sign, color),
        span(f" {clean(service.name)}"),
        span(text, color),
        span(f"  {rest}".rstrip(), "dim" if service.health is Health.HEALTHY else color),
    )


def _gate_row(gate: GateStatus, now: float) -> Spans:
    sign, color = GATE_RUNS if gate.running else GATE_SIGNS[gate.verdict]
    name = f" gate {clean(gate.name)}"
    return (span(_INDENT), span(sign, color), span(name), span(f"  {gate_text(gate, now)}", color))


def _more_rows(status: EnvironmentStatus, now: float) -> Iterator[Spans]:
    for service in status.services:
        if service.health is Health.HEALTHY:
            yield _service_row(service, now)
    for gate in status.gates:
        if not gate.running and gate.verdict is GateVerdict.PASSED:
            yield _gate_row(gate, now)
    for url in status.urls:
        yield (span(_INDENT), span(clean(url), "cyan"))
    for note in status.notes:
        yield (span(f"{_INDENT}{clean(note)}", "yellow"),)
