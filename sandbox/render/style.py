"""
Colour and signs: the one place that knows escape codes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sandbox.model.gate import GateVerdict
from sandbox.model.status import Health, SyncStatus

if TYPE_CHECKING:
    from collections.abc import Mapping

_CODES: Mapping[str, str] = {
    "bold": "1",
    "dim": "2",
    "red": "31",
    "green": "32",
    "yellow": "33",
    "blue": "34",
    "magenta": "35",
    "cyan": "36",
}

SERVICE_COLORS = ("cyan", "magenta", "blue", "yellow", "green")

HEALTH_SIGNS: Mapping[Health, tuple[str, str]] = {
    Health.HEALTHY: ("●", "green"),
    Health.PROGRESSING: ("◐", "yellow"),
    Health.DEGRADED: ("✗", "red"),
    Health.SUSPENDED: ("‖", "magenta"),
    Health.MISSING: ("○", "yellow"),
    Health.UNKNOWN: ("?", "dim"),
}

GATE_SIGNS: Mapping[GateVerdict | None, tuple[str, str]] = {
    GateVerdict.PASSED: ("●", "green"),
    GateVerdict.FAILED: ("✗", "red"),
    GateVerdict.ERRORED: ("?", "yellow"),
    None: ("○", "yellow"),
}

GATE_RUNS = ("◐", "cyan")
"""Sign and colour of a gate that runs."""

SYNC_COLORS: Mapping[SyncStatus, str] = {
    SyncStatus.SYNCED: "green",
    SyncStatus.OUT_OF_SYNC: "yellow",
    SyncStatus.UNKNOWN: "dim",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """
    Paints text, or leaves it alone.

    Attributes:
        color: Use escape codes.
    """

    color: bool = False

    def paint(self, text: str, *names: str) -> str:
        """
        Give *text* in the colours and weights *names*, such as ``"bold"``, ``"red"``.
        """
        if not self.color or not text or not names:
            return text
        codes = ";".join(_CODES[name] for name in names)
        return f"\x1b[{codes}m{text}\x1b[0m"

    def health(self, health: Health) -> str:
        """
        Sign and word of *health*, such as ``● healthy``.
        """
        sign, color = HEALTH_SIGNS[health]
        return self.paint(f"{sign} {health.value}", color)

    def sync(self, sync: SyncStatus) -> str:
        """
        Word of *sync* for people, such as ``out of sync``.
        """
        return self.paint(sync.value.replace("_", " "), SYNC_COLORS[sync])


PLAIN = Style()
