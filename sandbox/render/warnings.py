"""
What the Compose files warn of: each warning once, whatever number of environments it is about.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.render.style import PLAIN, Style
from sandbox.render.text import clean

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def warning_lines(
    warnings: Mapping[str, Sequence[str]], *, most: int = 0, style: Style = PLAIN
) -> list[str]:
    """
    One line a warning, with the environments that it is about where not all of them are.

    ::

        warning: environments/base/compose.yaml:4: the variable TAG is not set; …
        warning: environments/staging/compose.yaml:9: the image nginx has no tag, … [staging]

    Args:
        warnings: By environment, in the order of its files.
        most: So many lines; the rest is counted. 0: all of them.
    """
    about: dict[str, list[str]] = {}
    for environment, texts in warnings.items():
        for text in texts:
            about.setdefault(text, []).append(environment)
    shown = list(about.items())[: most or None]
    label = style.paint("warning:", "yellow")
    lines = [
        f"{label} {clean(text)}" + ("" if len(names) == len(warnings) else f" [{_names(names)}]")
        for text, names in shown
    ]
    more = len(about) - len(shown)
    return [*lines, f"{label} ... and {more} more: sandbox plan"] if more else lines


def _names(names: Sequence[str]) -> str:
    return ", ".join(clean(name) for name in names)
