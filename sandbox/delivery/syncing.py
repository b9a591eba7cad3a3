"""
Fold what happens in a sync into one value: the only place that does.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from sandbox.model.event import Event, EventKind
from sandbox.model.syncing import RunningStep, Syncing
from sandbox.planning.gates import gate_target

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sandbox.model.gate import GateStatus

_LINES_MAX: Final = 10
_LINE_MAX: Final = 500


def begin(environment: str, now: float) -> Syncing:
    """
    Nothing has happened yet.
    """
    return Syncing(environment=environment, began_at=now)


def advance(syncing: Syncing, event: Event, now: float) -> Syncing:
    """
    Take *event* into account; those of other environments change nothing.

    *now* is on the same clock as `Syncing.began_at`.
    """
    if event.environment != syncing.environment:
        return syncing
    match event.kind:
        case EventKind.PLANNED:
            return replace(syncing, revision=event.revision, steps=event.steps, done=0, running=())
        case EventKind.STEP_BEGAN:
            step = RunningStep(id=event.step_id, service_name=event.service_name, began_at=now)
            return replace(syncing, running=(*syncing.running, step))
        case EventKind.STEP_ENDED | EventKind.STEP_FAILED:
            running = tuple(each for each in syncing.running if each.id != event.step_id)
            return replace(syncing, done=syncing.done + 1, running=running, output=())
        case EventKind.OUTPUT:
            return _printed(syncing, event.step_id, event.message[:_LINE_MAX])
        case _:
            return syncing


def _printed(syncing: Syncing, step_id: str, line: str) -> Syncing:
    running = tuple(
        replace(each, output=line) if each.id == step_id else each for each in syncing.running
    )
    return replace(syncing, running=running, output=(*syncing.output, line)[-_LINES_MAX:])


def with_running(gates: Iterable[GateStatus], syncing: Syncing | None) -> tuple[GateStatus, ...]:
    """
    Mark those of *gates* that run now; *syncing* is ``None`` when nothing does.
    """
    began = {each.id: each.began_at for each in syncing.running} if syncing else {}
    return tuple(
        replace(gate, running=True, began_at=began[gate_target(gate.name)])
        if gate_target(gate.name) in began
        else gate
        for gate in gates
    )
