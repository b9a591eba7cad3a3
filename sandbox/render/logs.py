"""
Lines of containers, told apart by a prefix.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sandbox.render.style import PLAIN, SERVICE_COLORS, Style
from sandbox.render.text import clean, clean_log, duration, short

if TYPE_CHECKING:
    from sandbox.model.gate import GateResult
    from sandbox.render.documents import Json


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class LogLine:
    """
    One line of one container; sorted by time.

    Attributes:
        at: As the engine gives it, in UTC, with all digits: sorts as text; empty when unknown.
        source: Service and replica, such as ``web-1``.
        number: Place of the source among all, for its colour.
    """

    at: str
    source: str
    number: int = 0
    text: str


def parse_line(line: str, *, source: str, number: int) -> LogLine:
    """
    Split the time off a line as the engine gives it with ``timestamps``.
    """
    at, _, text = line.partition(" ")
    return LogLine(at=at, source=source, number=number, text=text)


def log_text(line: LogLine, *, width: int, terminal: bool, style: Style = PLAIN) -> str:
    """
    Prefix and text: ``web-1     | GET /``; *width* is that of the column of sources.

    What could drive a *terminal* is taken out; a file or a pipe gets the text as it is.
    """
    color = SERVICE_COLORS[line.number % len(SERVICE_COLORS)]
    prefix = style.paint(f"{clean(line.source):<{width}} |", color)
    return f"{prefix} {clean_log(line.text) if terminal else line.text}"


def log_json(line: LogLine) -> dict[str, Json]:
    """
    One line as a document.
    """
    return {"at": line.at or None, "source": line.source, "line": line.text}


def run_text(run: GateResult, *, now: float) -> str:
    """
    How a gate ended whose lines were shown: ``units failed for 4b1c2d3 12 s ago: exited with 1``.
    """
    ago = duration(max(now - run.started_at - run.seconds, 0.0))
    first = clean(run.message.partition("\n")[0])
    why = f": {first}" if first else ""
    what = f"{clean(run.gate)} {run.verdict.value} for {short(run.revision)} {ago} ago{why}"
    return f"{what} (the gate does not run now; these are the last lines of its last run)"
