"""
Evidence as it travels with the repository: the lines of a note on the commit of a release.

Each line is one JSON object with ``"schema": 1`` and the fields of a `GateResult`. A note may hold
lines of people and of other programs: they are nobody's evidence, and stay.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final, cast

from sandbox.model.gate import GatePhase, GateResult, GateVerdict
from sandbox.secrecy.vault import shown, shown_fields

if TYPE_CHECKING:
    from collections.abc import Iterator

SCHEMA: Final = 1
LOG_LINES: Final = 20
LINE_LENGTH: Final = 200
_TEXTS: Final = ("gate", "environment", "revision", "release", "inputs")
_MORE_TEXTS: Final = ("image", "image_id", "tree", "message")


def note_line(result: GateResult) -> str:
    """Write *result* as one line, with the last lines of its log cut to what a note should hold."""
    log = [shown(line)[:LINE_LENGTH] for line in result.log[-LOG_LINES:]]
    fields = {**shown_fields(asdict(result)), "log": log}
    return json.dumps({"schema": SCHEMA, **fields}, separators=(",", ":"))


def results_of_note(text: str) -> tuple[GateResult, ...]:
    """Read the results that a note holds, in its order; whatever else it holds is left out."""
    return tuple(_results(text))


def _results(text: str) -> Iterator[GateResult]:
    for line in text.splitlines():
        try:
            fields: Any = json.loads(line)
            if isinstance(fields, dict):
                yield _result(cast("dict[str, Any]", fields))
        except (ValueError, TypeError, KeyError, RecursionError):
            continue


def _result(fields: dict[str, Any]) -> GateResult:
    """Take the fields that are known; `KeyError`, `TypeError` or `ValueError` for no result."""
    if fields["schema"] != SCHEMA:
        raise ValueError(fields["schema"])
    return GateResult(
        **{name: _text(fields[name]) for name in _TEXTS},
        **{name: _text(fields.get(name, "")) for name in _MORE_TEXTS},
        phase=GatePhase(fields["phase"]),
        verdict=GateVerdict(fields["verdict"]),
        started_at=float(fields["started_at"]),
        seconds=float(fields["seconds"]),
        log=tuple(_text(each) for each in fields.get("log", ())),
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value
