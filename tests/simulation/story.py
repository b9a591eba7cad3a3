"""
A schedule that failed, as a story that a person can read.
"""

from __future__ import annotations

from collections.abc import Iterator

from tests.simulation.models import CommitModel
from tests.simulation.run import Outcome

TOLD = ("STEP ", "FAULT ", "VIOLATION ", "person: ")
EVENTS = (": seen ", ": planned ", ": drift ", ": degraded ", ": synced ", ": failed ", ": held ")


def story(outcome: Outcome) -> str:
    """Tell what was there, what happened, and which invariants did not hold."""
    schedule = outcome.schedule
    lines = [f"seed {schedule.seed}, {len(schedule.steps)} steps"]
    for environment, model in schedule.beginning.items():
        lines.append(f"{environment} begins with {_words(model)}")
    lines += _happened(outcome)
    lines += [f"{each.invariant}: {each.what}" for each in outcome.violations]
    return "\n".join(lines)


def _happened(outcome: Outcome) -> Iterator[str]:
    for line in outcome.log:
        at, _, what = line.partition(" ")
        if what.startswith(TOLD) or any(sign in what for sign in EVENTS):
            yield f"{float(at):9.3f}  {what}"


def _words(model: CommitModel) -> str:
    return ", ".join(f"{each.name} {each.text}" for each in model.services)
