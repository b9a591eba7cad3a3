"""
What the laboratory measured, as a table for people.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sandbox.model.lab import Unit, Verdict, Way
from sandbox.render.style import PLAIN, Style
from sandbox.render.text import clean, columns, duration, listed, short
from sandbox.words import count

if TYPE_CHECKING:
    from sandbox.model.lab import BreakOff, Comparison, Figure, LabReport, Recording, Row

WAY_NAMES = {Way.DEVOPS: "DevOps", Way.GITOPS: "GitOps"}
NOT_MEASURED = "not measured"
NO_CLAIM = (
    "No difference is claimed: that takes three runs of each way whose ranges do not overlap. "
    "For them: sandbox lab --repeat 3"
)
_COMMIT = re.compile(r"\b[0-9a-f]{40}\b")


def figure_text(figure: Figure, unit: Unit) -> str:
    """
    A figure for people, the median of its runs: ``2.1 s``, ``3 of 4``, ``1,204``, ``not measured``.
    """
    return NOT_MEASURED if figure.value is None else _value(figure.value, figure.out_of, unit)


def spread_text(figure: Figure, unit: Unit) -> str:
    """
    Smallest and largest value of the runs, such as ``1.9 s to 2.4 s``; empty when equal.
    """
    if figure.least is None or figure.most is None:
        return ""
    least, most = (_value(each, 0, unit) for each in (figure.least, figure.most))
    return "" if least == most else f"{least} to {most}"


def _value(value: float, out_of: int, unit: Unit) -> str:
    if unit is Unit.SECONDS:
        return duration(value)
    if unit is Unit.PER_SECOND:
        return f"{value:.1f} per second"
    whole = f"{value:,.0f}" if value == round(value) else f"{value:,.1f}"
    return f"{whole} of {out_of}" if out_of else whole


def comparison_text(comparison: Comparison) -> str:
    """
    What may be said about the difference, such as ``GitOps better``.
    """
    match comparison.verdict:
        case Verdict.DIFFERENT:
            return f"{WAY_NAMES[comparison.winner]} better" if comparison.winner else ""
        case Verdict.OVERLAP:
            return "no difference: ranges overlap"
        case Verdict.TOO_FEW:
            return "no claim: fewer than 3 runs"
        case Verdict.ONE_SIDED:
            return "no claim: only one way measured"
        case Verdict.NEITHER:
            return ""


def run_name(way: Way, run: int, runs: int) -> str:
    """
    Way and number of a run, such as ``GitOps, run 2``; the way alone when there is only one.
    """
    return WAY_NAMES[way] if runs == 1 else f"{WAY_NAMES[way]}, run {run}"


def breakoff_text(breakoff: BreakOff, report: LabReport) -> str:
    """
    Which run broke off, where and why, in a line.
    """
    name = run_name(breakoff.way, breakoff.run, report.terms.runs)
    where = f" in {breakoff.chapter.value}" if breakoff.chapter else ""
    return f"{name} broke off{where}: {clean(breakoff.message)}"


def missing_text(breakoff: BreakOff, report: LabReport) -> str:
    """
    The figures that a run lacks because it broke off, such as ``missing: Rollback``.
    """
    titles = {row.key: row.title for row in report.rows}
    missing = listed((titles[key] for key in breakoff.missing), most=len(titles))
    return f"missing: {missing}" if missing else "no figure is missing"


def terms_text(report: LabReport) -> str:
    """
    What both ways had in common, and what else the machine did, in two sentences.
    """
    terms = report.terms
    loads = listed(_load(way, report) for way in _ways(report))
    before = f" Load of the machine before each began: {loads}." if loads else ""
    runs = "" if terms.runs == 1 else f", {count(terms.runs, 'time')} in turn"
    return (
        f"One after the other{runs} on {clean(terms.machine)}; {count(terms.visitors, 'visitor')} "
        f"of each environment all the time; after a change by hand nobody looked for "
        f"{duration(terms.unattended_s)}.{before}"
    )


def _ways(report: LabReport) -> tuple[Way, ...]:
    return tuple(dict.fromkeys(each.way for each in report.recordings))


def _load(way: Way, report: LabReport) -> str:
    loads = "/".join(f"{each.load:.1f}" for each in report.recordings if each.way is way)
    return f"{loads} ({WAY_NAMES[way]})"


def said(text: str) -> str:
    """
    What the record says, for people: commits are shortened, nothing is told as such.
    """
    return _COMMIT.sub(lambda found: short(found[0]), clean(text)) or "nothing"


def representative(report: LabReport) -> tuple[Recording, ...]:
    """
    One run of each way to show in full: the first that did not break off, else the first.
    """
    broken = {(each.way, each.run) for each in report.breakoffs}
    chosen: dict[Way, Recording] = {}
    for recording in sorted(
        report.recordings, key=lambda each: ((each.way, each.run) in broken, each.run)
    ):
        chosen.setdefault(recording.way, recording)
    return tuple(chosen[way] for way in _ways(report))


def lab_text(report: LabReport, *, style: Style = PLAIN) -> str:
    """
    A table with a row for each measure; below it why a figure is missing, and the audit.
    """
    spread = report.terms.runs > 1
    ways = [WAY_NAMES[way] for way in _ways(report)]
    reasons: list[str] = []
    heading = ("", *ways, "difference") if spread else ("", *ways)
    rows = [heading, *(_cells(row, reasons, spread=spread) for row in report.shown)]
    first, *body = columns(rows, gap=3)
    claimed = any(row.comparison.verdict is Verdict.TOO_FEW for row in report.shown)
    return "\n".join(
        [
            style.paint("".join(first).rstrip(), "bold"),
            *("".join(cells).rstrip() for cells in body),
            *(style.paint(f"[{n}] {clean(text)}", "dim") for n, text in enumerate(reasons, 1)),
            *(line for each in report.breakoffs for line in _breakoff(each, report, style)),
            *(
                line
                for each in representative(report)
                for line in _audit(each, report.terms.runs, style)
            ),
            "",
            *([style.paint(NO_CLAIM, "dim")] if claimed else []),
            style.paint(terms_text(report), "dim"),
        ]
    )


def _cells(row: Row, reasons: list[str], *, spread: bool) -> tuple[str, ...]:
    cells = (row.title, *(_cell(figure, row.unit, reasons) for _, figure in row.figures))
    return (*cells, comparison_text(row.comparison)) if spread else cells


def _cell(figure: Figure, unit: Unit, reasons: list[str]) -> str:
    """
    The figure, its spread, and a number that leads to why it, or that of a run, is missing.
    """
    text, spread = figure_text(figure, unit), spread_text(figure, unit)
    shown = f"{text} ({spread})" if spread else text
    if not figure.reason:
        return shown
    if figure.reason not in reasons:
        reasons.append(figure.reason)
    return f"{shown} [{reasons.index(figure.reason) + 1}]"


def _breakoff(breakoff: BreakOff, report: LabReport, style: Style) -> list[str]:
    return [
        "",
        f"{style.paint('✗', 'red')} {breakoff_text(breakoff, report)}",
        f"  {missing_text(breakoff, report)}",
    ]


def _audit(recording: Recording, runs: int, style: Style) -> list[str]:
    if not recording.answers:
        return []
    name = run_name(recording.way, recording.run, runs)
    lines = ["", style.paint(f"What the record says, {name}", "bold")]
    for each in recording.answers:
        sign, color = ("✓", "green") if each.correct else ("✗", "red")
        false = "" if each.correct or not each.answer else f" (true: {said(each.truth)})"
        lines.append(
            f"{style.paint(sign, color)} {clean(each.question)}  {said(each.answer)}{false}"
        )
    return lines
