"""
How a sync or a removal ended, in a line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.model.record import Outcome, SyncRecord
from sandbox.render.style import PLAIN, Style
from sandbox.render.text import clean, duration, listed, short
from sandbox.words import count

if TYPE_CHECKING:
    from collections.abc import Sequence

OUTCOME_SIGNS = {
    Outcome.SUCCEEDED: ("●", "green"),
    Outcome.FAILED: ("✗", "red"),
    Outcome.ERRORED: ("✗", "red"),
    Outcome.ABORTED: ("⊘", "yellow"),
    Outcome.SKIPPED: ("○", "dim"),
}


def record_text(record: SyncRecord, *, style: Style = PLAIN) -> str:
    """
    Sign, environment, outcome, revision, steps and time.

    ::

        ● staging  succeeded at 4b1c2d3: 5 steps in 2.1 s
          held back: orphan old: x-sandbox.sync.prune is false
    """
    sign, color = OUTCOME_SIGNS[record.outcome]
    name = style.paint(clean(record.environment), "bold")
    outcome = style.paint(record.outcome.value, color)
    revision = f" at {style.paint(short(record.revision), 'yellow')}" if record.revision else ""
    took = duration(record.finished_at - record.started_at)
    done = (
        f"{count(len(record.steps), 'step')} in {took}"
        if record.steps
        else f"nothing to do ({took})"
    )
    first = f"{style.paint(sign, color)} {name}  {outcome}{revision}: {done}"
    return "\n".join([first, *(f"  held back: {clean(held)}" for held in record.held)])


def removal_text(
    environment: str,
    volumes: Sequence[str],
    networks: Sequence[str] = (),
    *,
    style: Style = PLAIN,
) -> str:
    """
    That *environment* is down, which *volumes* are kept, and which *networks* could not go.
    """
    name = style.paint(clean(environment), "bold")
    if networks:
        left = listed(clean(network) for network in networks)
        stay = f"{style.paint('○', 'dim')} {name}  is down but for its network: {left}"
        return "\n".join([stay, *_kept_lines(environment, volumes)])
    if not volumes:
        return f"{style.paint('○', 'dim')} {name}  is down; nothing of it is left."
    kept, *rest = _kept_lines(environment, volumes)
    return "\n".join([f"{style.paint('○', 'dim')} {name}  is down; {kept.strip()}", *rest])


def _kept_lines(environment: str, volumes: Sequence[str]) -> list[str]:
    if not volumes:
        return []
    return [
        f"  kept {count(len(volumes), 'volume')}: {listed(clean(volume) for volume in volumes)}",
        f"  to delete the data too: sandbox down {clean(environment)} --volumes",
    ]
