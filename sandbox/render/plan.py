"""
A plan as text, one line a step and the same each time, and as JSON.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sandbox.planning.plan import is_in_sync
from sandbox.render.documents import change
from sandbox.render.text import clean, columns, listed, short
from sandbox.words import count

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sandbox.model.forecast import Forecast, NameMove, Replacement
    from sandbox.model.plan import Hold, Plan, Step
    from sandbox.model.quarantine import Quarantine
    from sandbox.render.documents import Json

_CAPITAL = re.compile(r"(?<!^)(?=[A-Z])")


def preview_text(plan: Plan, expected: Forecast, quarantine: Quarantine | None = None) -> str:
    """
    The whole plan, its summary, and why it is a rollback when it is.

    ::

        staging at 1a2b3c4: 8 steps
          create web-1            environment.HEADLINE changed: Hello -> Hi
          ...
        summary
          replaced  web: the new one starts first, no downtime
          replaced  db: the old one stops first, downtime at 127.0.0.1:5432
    """
    lines = [plan_text(plan)]
    if quarantine is not None:
        reason = next(iter(quarantine.reason.splitlines()), "")
        failed, serving = short(quarantine.revision), short(quarantine.serving)
        lines.insert(0, f"{failed} failed and is in quarantine: {clean(reason)}")
        lines.insert(1, f"this plan rolls back to {serving}; a newer commit replaces it")
    rows = columns(list(_forecast_rows(expected)))
    if rows:
        lines += ["summary", *(f"  {''.join(row)}" for row in rows)]
    return "\n".join(lines)


def preview_json(
    plan: Plan, expected: Forecast, quarantine: Quarantine | None = None
) -> dict[str, Json]:
    """
    The plan as `plan_json` has it, with ``summary``, and ``quarantine`` or ``null``.
    """
    return {
        **plan_json(plan),
        "summary": {
            "replaced": [
                {"service": each.service, "downtime": each.downtime, "ports": list(each.ports)}
                for each in expected.replaced
            ],
            "created": list(expected.created),
            "restarted": list(expected.restarted),
            "removed": list(expected.removed),
            "images": list(expected.images),
            "jobs": list(expected.jobs),
            "gates": list(expected.gates),
            "name_move": {
                "host": expected.name_move.host,
                "before": expected.name_move.before,
                "after": expected.name_move.after,
            }
            if expected.name_move
            else None,
        },
        "quarantine": {
            "revision": quarantine.revision,
            "reason": quarantine.reason,
            "serving": quarantine.serving,
        }
        if quarantine
        else None,
    }


def summary_text(plan: Plan, expected: Forecast) -> str:
    """
    What *plan* comes to, without its steps.

    ::

        staging: 8 steps
          replaced  web: the new one starts first, no downtime
    """
    name = clean(plan.environment)
    if is_in_sync(plan):
        return f"{name}: nothing to change"
    held = f", {len(plan.holds)} held back" if plan.holds else ""
    rows = columns(list(_forecast_rows(expected)))
    lines = [f"{name}: {count(len(plan.steps), 'step')}{held}"]
    lines += [f"  {''.join(row)}" for row in rows]
    return "\n".join([*lines, *_hold_rows(plan.holds)])


def _forecast_rows(expected: Forecast) -> Iterator[tuple[str, str]]:
    for each in expected.replaced:
        yield "replaced", _replacement_text(each)
    named = (
        ("created", expected.created),
        ("restarted", expected.restarted),
        ("removed", expected.removed),
        ("built", expected.images),
        ("jobs run", expected.jobs),
        ("gates run", expected.gates),
    )
    for label, names in named:
        if names:
            yield label, ", ".join(clean(name) for name in names)
    if expected.name_move is not None:
        yield "name", _name_move_text(expected.name_move)


def _name_move_text(move: NameMove) -> str:
    after = f"leads to {clean(move.after)}" if move.after else "leads nowhere"
    return f"{move.host} {after}; until now it leads to {clean(move.before)}"


def _replacement_text(replacement: Replacement) -> str:
    name = clean(replacement.service)
    if not replacement.downtime:
        return f"{name}: the new one starts first, no downtime"
    where = f" at {listed(replacement.ports)}" if replacement.ports else ""
    return f"{name}: the old one stops first, downtime{where}"


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
