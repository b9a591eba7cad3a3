"""
The figures of the laboratory as a table for its page, with bars where less is better.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.model.lab import Better, Verdict
from sandbox.render.lab import WAY_NAMES, comparison_text, figure_text, spread_text
from sandbox.render.text import in_html

if TYPE_CHECKING:
    from sandbox.model.lab import Figure, LabReport, Row, Way

_SPREAD_LEAST = 2


def figures_table(report: LabReport) -> str:
    """
    A row for each measure that was asked for.
    """
    ways = dict.fromkeys(each.way for each in report.recordings)
    heads = "".join(f"<th>{WAY_NAMES[way]}</th>" for way in ways)
    rows = "".join(_row(row, report) for row in report.shown)
    return (
        '<div class="card"><table><thead><tr><th>Measure</th>'
        f"{heads}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def mark(way: Way, row: Row) -> str:
    """
    ``better`` or ``worse``, where a difference is claimed.
    """
    if row.comparison.verdict is not Verdict.DIFFERENT:
        return ""
    if row.comparison.winner is way:
        return '<span class="mark better">✓ better</span>'
    return '<span class="mark worse">✗ worse</span>'


def _row(row: Row, report: LabReport) -> str:
    most = max((figure.most or 0.0 for _, figure in row.figures), default=0.0)
    cells = "".join(_cell(way, figure, row, most) for way, figure in row.figures)
    notes = [row.meaning, row.caveat]
    if report.terms.runs > 1 and row.comparison.verdict is not Verdict.DIFFERENT:
        notes.append(comparison_text(row.comparison))
    small = "".join(f"<small>{in_html(note)}</small>" for note in notes if note)
    return f"<tr><th>{in_html(row.title)}{small}</th>{cells}</tr>"


def _cell(way: Way, figure: Figure, row: Row, most: float) -> str:
    none = "" if figure.values else " none"
    parts = [
        f'<span class="way name {way.value}">{WAY_NAMES[way]}</span>',
        f'<span class="value{none}">{in_html(figure_text(figure, row.unit))}</span> ',
        mark(way, row),
        _drawn(way, figure, row, most),
        *(
            f"<small>{in_html(note)}</small>"
            for note in (spread_text(figure, row.unit), figure.reason)
            if note
        ),
    ]
    return f"<td>{''.join(parts)}</td>"


def _drawn(way: Way, figure: Figure, row: Row, most: float) -> str:
    """
    A bar where less is better, so that long is worse everywhere; dots where more is better.
    """
    if figure.value is None or figure.least is None or figure.most is None:
        return ""
    if row.better is Better.MORE:
        full = round(figure.value)
        return f'<span class="pips">{"●" * full}{"○" * max(figure.out_of - full, 0)}</span>'
    if row.better is not Better.LESS or not figure.most:
        return ""
    bar = f'<div class="bar {way.value}" style="width:{100 * figure.value / most:.1f}%"></div>'
    if len(figure.values) >= _SPREAD_LEAST:
        left, width = 100 * figure.least / most, 100 * (figure.most - figure.least) / most
        bar += f'<div class="range" style="left:{left:.1f}%;width:{width:.1f}%"></div>'
    return f'<div class="scale">{bar}</div>'
