"""
What the laboratory measured, as a document for machines.
"""

from __future__ import annotations

from collections import Counter
from math import floor
from typing import TYPE_CHECKING

from sandbox.model.lab import Better

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sandbox.model.lab import BreakOff, LabReport, Mark, Recording, Row, TypedCommand, Visit
    from sandbox.render.documents import Json


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
        "chapters": [chapter.value for chapter in terms.chapters],
        "runs": terms.runs,
        "complete": report.complete,
        "problems": [_breakoff(each) for each in report.breakoffs],
        "measures": [_measure(row) for row in report.rows],
        "ways": {
            way.value: {"runs": [_recording(each) for each in report.recordings if each.way is way]}
            for way in dict.fromkeys(each.way for each in report.recordings)
        },
    }


def _breakoff(breakoff: BreakOff) -> dict[str, Json]:
    return {
        "way": breakoff.way.value,
        "run": breakoff.run,
        "chapter": breakoff.chapter.value if breakoff.chapter else None,
        "message": breakoff.message,
        "missing": list(breakoff.missing),
    }


def _measure(row: Row) -> dict[str, Json]:
    return {
        "key": row.key,
        "title": row.title,
        "meaning": row.meaning,
        "unit": row.unit.value,
        "better": None if row.better is Better.NEITHER else row.better.value,
        "caveat": row.caveat,
        "left_out": row.left_out,
        "difference": {
            "verdict": row.comparison.verdict.value,
            "better": row.comparison.winner.value if row.comparison.winner else None,
        },
        **{
            way.value: {
                "value": figure.value,
                "min": figure.least,
                "max": figure.most,
                "values": list(figure.values),
                "out_of": figure.out_of or None,
                "reason": figure.reason,
            }
            for way, figure in row.figures
        },
    }


def _recording(recording: Recording) -> dict[str, Json]:
    return {
        "run": recording.run,
        "began_at": recording.began_at,
        "ended_at": recording.ended_at,
        "load": recording.load,
        "problem": recording.problem,
        "leftover": recording.leftover,
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
