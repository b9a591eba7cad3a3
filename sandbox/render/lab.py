"""
What the laboratory measured: a table for people, a document for machines.
"""

from __future__ import annotations

import re
from collections import Counter
from math import floor
from typing import TYPE_CHECKING

from sandbox.model.lab import Unit, Way
from sandbox.render.style import PLAIN, Style
from sandbox.render.text import clean, columns, count, duration, listed, short

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sandbox.model.lab import (
        Figure,
        LabReport,
        Mark,
        Recording,
        Row,
        TypedCommand,
        Visit,
    )
    from sandbox.render.documents import Json

WAY_NAMES = {Way.DEVOPS: "DevOps", Way.GITOPS: "GitOps"}
NOT_MEASURED = "not measured"
_COMMIT = re.compile(r"\b[0-9a-f]{40}\b")


def figure_text(figure: Figure, unit: Unit) -> str:
    """
    A figure for people: ``2.1 s``, ``3 of 4``, ``1,204``, ``not measured``.
    """
    if figure.value is None:
        return NOT_MEASURED
    if unit is Unit.SECONDS:
        return duration(figure.value)
    whole = f"{figure.value:,.0f}"
    return f"{whole} of {figure.out_of}" if figure.out_of else whole


def terms_text(report: LabReport) -> str:
    """
    What both ways had in common, and what else the machine did, in two sentences.
    """
    terms = report.terms
    loads = listed(f"{each.load:.1f} ({WAY_NAMES[each.way]})" for each in report.recordings)
    before = f" Load of the machine before each began: {loads}." if loads else ""
    return (
        f"One after the other on {clean(terms.machine)}; {count(terms.visitors, 'visitor')} of "
        f"each environment all the time; after a change by hand nobody looked for "
        f"{duration(terms.unattended_s)}.{before}"
    )


def said(text: str) -> str:
    """
    What the record says, for people: commits are shortened, nothing is told as such.
    """
    return _COMMIT.sub(lambda found: short(found[0]), clean(text)) or "nothing"


def lab_text(report: LabReport, *, style: Style = PLAIN) -> str:
    """
    A table with a row for each measure; below it why a figure is missing, and the audit.
    """
    ways = [WAY_NAMES[each.way] for each in report.recordings]
    reasons: list[str] = []
    rows = [("", *ways), *(_cells(row, reasons) for row in report.rows)]
    heading, *body = columns(rows, gap=3)
    return "\n".join(
        [
            style.paint("".join(heading), "bold"),
            *("".join(cells).rstrip() for cells in body),
            *(style.paint(f"[{n}] {clean(text)}", "dim") for n, text in enumerate(reasons, 1)),
            *(line for each in report.recordings for line in _audit(each, style)),
            "",
            style.paint(terms_text(report), "dim"),
        ]
    )


def _cells(row: Row, reasons: list[str]) -> tuple[str, ...]:
    return (row.title, *(_cell(figure, row.unit, reasons) for _, figure in row.figures))


def _cell(figure: Figure, unit: Unit, reasons: list[str]) -> str:
    """
    The figure, or a number that leads to why there is none.
    """
    if figure.value is not None:
        return figure_text(figure, unit)
    if figure.reason not in reasons:
        reasons.append(figure.reason)
    return f"{NOT_MEASURED} [{reasons.index(figure.reason) + 1}]"


def _audit(recording: Recording, style: Style) -> list[str]:
    if not recording.answers:
        return []
    lines = ["", style.paint(f"What the record says, {WAY_NAMES[recording.way]}", "bold")]
    for each in recording.answers:
        sign, color = ("✓", "green") if each.correct else ("✗", "red")
        false = "" if each.correct or not each.answer else f" (true: {said(each.truth)})"
        lines.append(
            f"{style.paint(sign, color)} {clean(each.question)}  {said(each.answer)}{false}"
        )
    return lines


def lab_json(report: LabReport) -> dict[str, Json]:
    """
    Every figure, and the raw record that it was reckoned from; requests are counted by second.
    """
    terms = report.terms
    return {
        "began_at": terms.began_at,
        "machine": terms.machine,
        "unattended_s": terms.unattended_s,
        "visitors": terms.visitors,
        "pause_s": terms.pause_s,
        "measures": [_measure(row) for row in report.rows],
        "ways": {each.way.value: _recording(each) for each in report.recordings},
    }


def _measure(row: Row) -> dict[str, Json]:
    return {
        "key": row.key,
        "title": row.title,
        "meaning": row.meaning,
        "unit": row.unit.value,
        **{
            way.value: {
                "value": figure.value,
                "out_of": figure.out_of or None,
                "reason": figure.reason,
            }
            for way, figure in row.figures
        },
    }


def _recording(recording: Recording) -> dict[str, Json]:
    return {
        "began_at": recording.began_at,
        "ended_at": recording.ended_at,
        "load": recording.load,
        "chapters": [
            {
                "chapter": each.chapter.value,
                "began_at": each.began_at,
                "ended_at": each.ended_at,
                "bad_release": each.bad_release or None,
                "problem": each.problem,
            }
            for each in recording.chapters
        ],
        "marks": [_mark(each) for each in recording.marks],
        "commands": [_command(each) for each in recording.commands],
        "answers": [
            {
                "question": each.question,
                "answer": each.answer or None,
                "truth": each.truth,
                "correct": each.correct,
                "source": each.source,
            }
            for each in recording.answers
        ],
        "releases": dict(recording.releases),
        "requests": _by_second(recording.visits),
    }


def _mark(mark: Mark) -> dict[str, Json]:
    return {
        "chapter": mark.chapter.value,
        "point": mark.point.value,
        "at": mark.at,
        "message": mark.message,
    }


def _command(command: TypedCommand) -> dict[str, Json]:
    return {
        "chapter": command.chapter.value,
        "at": command.at,
        "seconds": command.seconds,
        "line": command.line,
        "status": command.status,
    }


def _by_second(visits: Sequence[Visit]) -> list[Json]:
    """
    Requests that ended in the same way in the same second, with the slowest of them.
    """
    keys = [(floor(each.at), each.environment, each.release, each.failure) for each in visits]
    counts = Counter(keys)
    slowest: dict[tuple[int, str, str, str], float] = {}
    for key, visit in zip(keys, visits, strict=True):
        slowest[key] = max(slowest.get(key, 0.0), visit.seconds)
    return [
        {
            "second": second,
            "environment": environment,
            "release": release or None,
            "failure": failure,
            "requests": counts[second, environment, release, failure],
            "slowest_ms": round(slowest[second, environment, release, failure] * 1000, 1),
        }
        for second, environment, release, failure in sorted(counts)
    ]
