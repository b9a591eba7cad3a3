"""
A plan as text, one line a step and the same each time, and as JSON.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sandbox.planning.plan import is_in_sync
from sandbox.render.documents import change
from sandbox.render.text import clean, columns, count, short

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sandbox.model.plan import Hold, Plan, Step
    from sandbox.render.documents import Json

_CAPITAL = re.compile(r"(?<!^)(?=[A-Z])")


def plan_text(plan: Plan) -> str:
    """
    The whole plan for people; no newline at the end.

    ::

        staging at 1a2b3c4: 2 steps
          create network default  is declared and does not exist
          create web-1            environment.HEADLINE changed: Hello -> Hi
    """
    place = f"{plan.environment} at {short(plan.revision)}" if plan.revision else plan.environment
    if not plan.steps and not plan.holds:
        return f"nothing to do: {plan.environment} is in sync with {short(plan.revision)}"
    if is_in_sync(plan):
        return "\n".join([f"{place}: nothing to change, only to wait", *_step_rows(plan.steps)])
    lines: list[str] = []
    if plan.steps:
        lines += [f"{place}: {count(len(plan.steps), 'step')}", *_step_rows(plan.steps)]
    if plan.holds:
        lines += [f"{place}: {len(plan.holds)} held back", *_hold_rows(plan.holds)]
    return "\n".join(lines)


def plan_json(plan: Plan) -> dict[str, Json]:
    """
    The whole plan for programs. It holds no file content and no environment, so no secret.
    """
    return {
        "environment": plan.environment,
        "revision": plan.revision or None,
        "release": plan.release or None,
        "in_sync": is_in_sync(plan),
        "steps": [_step_json(step) for step in plan.steps],
        "holds": [_hold_json(hold) for hold in plan.holds],
    }


def _step_rows(steps: Sequence[Step]) -> list[str]:
    rows = columns([(clean(step.id), clean(step.reason)) for step in steps])
    return [f"  {''.join(row)}" for row in rows]


def _hold_rows(holds: Sequence[Hold]) -> list[str]:
    # A message may have further lines: what to write into a file, just as it is written there.
    rows = columns(
        [
            ("" if number else clean(hold.target), clean(line))
            for hold in holds
            for number, line in enumerate(hold.message.splitlines() or [""])
        ]
    )
    return [f"  {''.join(row)}" for row in rows]


def _step_json(step: Step) -> dict[str, Json]:
    return {
        "id": step.id,
        "action": _CAPITAL.sub("_", type(step.action).__name__).lower(),
        "target": step.target,
        "service": step.service_name or None,
        "reason": step.reason,
        "changes": [change(each) for each in step.changes],
        "depends_on": list(step.depends_on),
        "after": list(step.after),
    }


def _hold_json(hold: Hold) -> dict[str, Json]:
    return {
        "target": hold.target,
        "reason": hold.reason.value,
        "message": hold.message,
        "service": hold.service_name or None,
    }
