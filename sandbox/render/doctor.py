"""
Show the verdicts on a machine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sandbox.model.diagnosis import Check
    from sandbox.render.documents import Json


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


def doctor_fields(checks: Sequence[Check]) -> dict[str, Json]:
    """
    ``{"checks": [{"name", "status", "detail", "remedy"}]}``, to be made a document.
    """
    return {
        "checks": [
            {"name": c.name, "status": c.status.value, "detail": c.detail, "remedy": c.remedy}
            for c in checks
        ]
    }
