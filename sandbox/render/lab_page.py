"""
The laboratory's report as one HTML page that needs nothing else.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sandbox.delivery.lab import RUNS_LEAST, headline
from sandbox.model.lab import Verdict
from sandbox.render.lab import (
    NO_CLAIM,
    NOT_MEASURED,
    WAY_NAMES,
    breakoff_text,
    comparison_text,
    figure_text,
    missing_text,
    representative,
    run_name,
    said,
    spread_text,
    terms_text,
)
from sandbox.render.lab_chart import timeline
from sandbox.render.lab_figures import figures_table, mark
from sandbox.render.lab_style import PAGE_STYLE
from sandbox.render.text import duration, in_html
from sandbox.words import count

if TYPE_CHECKING:
    from sandbox.model.lab import Figure, LabReport, Recording, Row, Way

_LEGEND = (
    ("good", "a good release (a shade for each)"),
    ("bad", "a bad release"),
    ("out", "out of service: requests failed or waited, none was served"),
    ("unknown", "unknown: nobody asked"),
    ("fail", "requests failed (height: their share)"),
    ("typed", "a person waits for a command"),
)


def lab_page(report: LabReport) -> str:
    """
    One document: the figures that matter, what visitors got over time, every figure, the audit.

    Readable in light and dark; without script, font or picture from elsewhere.
    """
    parts = (
        "<h1>DevOps and GitOps, measured side by side</h1>",
        *_problems(report),
        _headline(report),
        *_charts(report),
        "<h2>Figures</h2>",
        f"<p>{in_html(_how_to_read(report))}</p>",
        figures_table(report),
        _audit(report),
        *_typed_lists(report),
        _method(report),
    )
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        "<title>DevOps and GitOps, measured</title>\n"
        f"<style>{PAGE_STYLE}</style>\n</head>\n<body>\n<main>\n"
        + "\n".join(part for part in parts if part)
        + "\n</main>\n</body>\n</html>\n"
    )


def _problems(report: LabReport) -> list[str]:
    """
    What broke off, and the figures that are missing because of it.
    """
    return [
        f'<div class="card problem"><b>{in_html(breakoff_text(each, report))}</b>'
        f"<small>{in_html(missing_text(each, report))}</small></div>"
        for each in report.breakoffs
    ]


def _headline(report: LabReport) -> str:
    cards = "".join(_headline_card(row, report) for row in headline(report))
    return f'<div class="headline">{cards}</div>' if cards else ""


def _headline_card(row: Row, report: LabReport) -> str:
    sides = "".join(_side(way, figure, row, report) for way, figure in row.figures)
    is_marked = row.comparison.verdict is Verdict.DIFFERENT
    notes = (row.meaning, row.caveat, "" if is_marked else comparison_text(row.comparison))
    small = "".join(f"<small>{in_html(note)}</small>" for note in notes if note)
    return (
        f'<section class="card"><h2>{in_html(row.title)}</h2><div class="sides">{sides}</div>'
        f"{small}</section>"
    )


def _side(way: Way, figure: Figure, row: Row, report: LabReport) -> str:
    none = "" if figure.values else " none"
    text = in_html(figure_text(figure, row.unit))
    notes = [spread_text(figure, row.unit), figure.reason]
    if report.terms.runs > 1 and figure.values:
        notes[0] = f"{notes[0] or 'always the same'} in {count(len(figure.values), 'run')}"
    small = "".join(f"<small>{in_html(note)}</small>" for note in notes if note)
    return (
        f'<div><span class="name {way.value}">{WAY_NAMES[way]}</span>'
        f'<span class="big{none}">{text}</span>{mark(way, row)}{small}</div>'
    )


def _charts(report: LabReport) -> list[str]:
    """
    A drawing of one run of each way, the other runs folded; a second has one length in all.
    """
    longest = max((each.ended_at - each.began_at for each in report.recordings), default=0.0)
    shown = representative(report)
    drawn = [_chart(each, report, longest) for each in shown if each.visits]
    folded = [
        _chart(each, report, longest)
        for each in report.recordings
        if each.visits and each not in shown
    ]
    if not drawn:
        return []
    more = [f"<details><summary>The other runs</summary>{''.join(folded)}</details>"]
    return ["<h2>What visitors got</h2>", _legend(), *drawn, *(more if folded else [])]


def _chart(recording: Recording, report: LabReport, seconds: float) -> str:
    name = run_name(recording.way, recording.run, report.terms.runs)
    chapters = ", ".join(
        f"{number} {run.chapter.value.replace('-', ' ')}{' (broke off)' if run.problem else ''}"
        for number, run in enumerate(recording.chapters, 1)
    )
    below = f'<p class="muted chapters">Parts: {in_html(chapters)}</p>' if chapters else ""
    return (
        f'<div class="{recording.way.value}"><h3>{name}</h3>'
        f'<div class="card">{timeline(recording, seconds=seconds)}{below}</div></div>'
    )


def _legend() -> str:
    keys = "".join(
        f'<li><span class="key {kind}"></span>{in_html(word)}</li>' for kind, word in _LEGEND
    )
    return f'<p>Each strip shows which release answered.</p><ul class="legend">{keys}</ul>'


def _how_to_read(report: LabReport) -> str:
    bars = "A longer bar is worse, in every row; a row without bars is counted otherwise."
    if report.terms.runs >= RUNS_LEAST:
        runs = count(report.terms.runs, "run")
        return (
            f"{bars} Figures are medians of {runs}, with the smallest and the largest. "
            "Better and worse are marked where the ranges of both ways do not overlap."
        )
    return f"{bars} {NO_CLAIM}"


def _audit(report: LabReport) -> str:
    asked = [each for each in representative(report) if each.answers]
    if not asked:
        return ""
    parts = ["<h2>What the record answers</h2>"]
    for recording in asked:
        rows = "".join(
            f"<tr><th>{in_html(each.question)}<small><code>{in_html(each.source)}</code></small></th>"
            f'<td class="{"yes" if each.correct else "no"}">'
            f"{'✓' if each.correct else '✗'} {in_html(said(each.answer))}</td>"
            f'<td class="muted">true: {in_html(said(each.truth))}</td></tr>'
            for each in recording.answers
        )
        name = run_name(recording.way, recording.run, report.terms.runs)
        parts.append(
            f'<h3 class="{recording.way.value}">{name}</h3>'
            f'<div class="card"><table><tbody>{rows}</tbody></table></div>'
        )
    return "\n".join(parts)


def _typed_lists(report: LabReport) -> list[str]:
    lists = "".join(
        _typed(each, report.terms.runs) for each in representative(report) if each.commands
    )
    return ["<h2>What a person typed</h2>", f'<div class="two">{lists}</div>'] if lists else []


def _typed(recording: Recording, runs: int) -> str:
    items = "".join(
        f"<li><code>{in_html(each.line)}</code> "
        f'<span class="muted">{duration(each.seconds)}</span></li>'
        for each in recording.commands
    )
    name = run_name(recording.way, recording.run, runs)
    return f'<div><h3 class="{recording.way.value}">{name}</h3><ol>{items}</ol></div>'


def _method(report: LabReport) -> str:
    began = datetime.fromtimestamp(report.terms.began_at, UTC).strftime("%Y-%m-%d %H:%M UTC")
    visitors = (
        f"Visitors ask for the front page with {report.terms.pause_s:g} s between two requests, on "
        "connections that are kept; the shop says in a header which release answers."
    )
    return (
        "<h2>How it was measured</h2>"
        f"<p>{in_html(began)}. {in_html(terms_text(report))}</p>"
        "<p>Each way has a repository of its own, made from the template, and its own containers. "
        "Every command was really run. Nobody hesitates: the next command is typed as soon as the "
        "one before has ended, so a real person adds their own time.</p>"
        f"<p>{in_html(visitors)}</p>"
        "<p>Every figure was measured; what could not be is called "
        f"“{NOT_MEASURED}”, with the reason.</p>"
    )
