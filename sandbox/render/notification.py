"""
What came of the messages that were sent to try the webhooks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.render.style import PLAIN, Style
from sandbox.render.text import clean, duration

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sandbox.model.notification import Trial
    from sandbox.render.documents import Json


def trials_text(trials: Sequence[Trial], *, style: Style = PLAIN) -> str:
    """
    One line a webhook: its host, and that it took the message or why not.

    ::

        ● hooks.slack.com  delivered in 0.2 s
    """
    width = max(len(trial.webhook.host) for trial in trials)
    lines: list[str] = []
    for trial in trials:
        sign, color = ("✗", "red") if trial.error else ("●", "green")
        what = clean(trial.error) or f"delivered in {duration(trial.seconds)}"
        host = style.paint(clean(trial.webhook.host).ljust(width), "bold")
        lines.append(f"{style.paint(sign, color)} {host}  {what}")
    return "\n".join(lines)


def trials_json(trials: Sequence[Trial]) -> dict[str, Json]:
    """
    ``{"webhooks": [...]}``; of the address only the host.
    """
    return {
        "webhooks": [
            {
                "host": trial.webhook.host,
                "format": trial.webhook.format.value,
                "place": trial.webhook.place,
                "delivered": not trial.error,
                "seconds": round(trial.seconds, 3),
                "message": trial.error,
            }
            for trial in trials
        ]
    }
