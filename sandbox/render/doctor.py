"""
Show the verdicts on a machine.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sandbox.model.diagnosis import Check


def doctor_text(checks: Sequence[Check]) -> str:
    """
    One line a check, and below it the command that mends what is amiss.

    ::

        pass  engine      version 20.10.24 at unix:///var/run/docker.sock
        warn  port 8081   held by nginx (pid 812)
                          remedy: stop nginx (pid 812), or commit another port
    """
    width = max((len(check.name) for check in checks), default=0)
    lines: list[str] = []
    for check in checks:
        lines.append(f"{check.status}  {check.name:<{width}}  {check.detail}")
        if check.remedy:
            lines.append(f"{'':<{width + 8}}remedy: {check.remedy}")
    return "\n".join(lines)


def doctor_json(checks: Sequence[Check]) -> str:
    """
    ``{"schema": 1, "checks": [{"name", "status", "detail", "remedy"}]}``, in one line.
    """
    found = [
        {"name": c.name, "status": c.status, "detail": c.detail, "remedy": c.remedy} for c in checks
    ]
    return json.dumps({"schema": 1, "checks": found})
