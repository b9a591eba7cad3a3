"""
Fields that differ between two desired states.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.render.style import PLAIN, Style
from sandbox.render.text import clean
from sandbox.words import count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sandbox.model.plan import Change


def changes_text(changes: Sequence[Change], left: str, right: str, *, style: Style = PLAIN) -> str:
    """
    One block a field: its path, then each side's value below one another.

    ::

        services.web.environment.BANNER
          staging     blue
          production  (absent)
    """
    if not changes:
        return f"{left} and {right} declare the same."
    width = max(len(left), len(right))
    lines: list[str] = []
    for change in changes:
        lines.append(style.paint(clean(change.field), "bold"))
        sides = ((left, change.old, "red"), (right, change.new, "green"))
        for name, value, color in sides:
            shown = (
                style.paint("(absent)", "dim")
                if value is None
                else style.paint(clean(value), color)
            )
            lines.append(f"  {name:<{width}}  {shown}")
    lines.append("")
    lines.append(f"{count(len(changes), 'field')} of {left} and {right} differ.")
    return "\n".join(lines)
