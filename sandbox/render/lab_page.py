"""
The laboratory's report as one HTML page that needs nothing else.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sandbox.render.lab import NOT_MEASURED, WAY_NAMES, figure_text, said, terms_text
from sandbox.render.lab_chart import timeline
from sandbox.render.text import duration, in_html

if TYPE_CHECKING:
    from sandbox.model.lab import Figure, LabReport, Recording, Row, Way

_STYLE = """
:root { color-scheme: light dark;
  --page: #fbfaf7; --card: #ffffff; --ink: #1d1c1a; --muted: #66635c; --line: #e4e1d9;
  --devops: #bd5310; --gitops: #1f63bd; --fail: #c4262e; --good: #1d7a46;
  --r0: #cfe3df; --r1: #a4cdc5; --r2: #7db5ab; --bad: #f1bf5f; }
@media (prefers-color-scheme: dark) { :root {
  --page: #161614; --card: #1f1f1c; --ink: #eceae4; --muted: #a29f97; --line: #35342f;
  --devops: #ea9152; --gitops: #74a9f0; --fail: #ff6f66; --good: #63c78c;
  --r0: #24423e; --r1: #2f5d56; --r2: #3d7a70; --bad: #8c5f10; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
main { max-width: 1080px; margin: 0 auto; padding: 40px 20px 64px; }
h1 { font-size: 27px; line-height: 1.2; margin: 0 0 8px; }
h2 { font-size: 18px; margin: 44px 0 10px; }
h3 { font-size: 15px; margin: 20px 0 6px; }
h3.devops { color: var(--devops); } h3.gitops { color: var(--gitops); }
p { margin: 0 0 10px; max-width: 75ch; } .muted { color: var(--muted); }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 10px;
  padding: 6px 18px 12px; overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: 9px 14px 9px 0;
  border-bottom: 1px solid var(--line); }
tr:last-child > * { border-bottom: 0; } td:last-child { padding-right: 0; }
thead th { color: var(--muted); font-weight: 600; }
tbody th { font-weight: 600; width: 34%; min-width: 230px; }
tbody th small { display: block; font-weight: 400; color: var(--muted); }
td.figure { width: 33%; min-width: 180px; }
.value { font-variant-numeric: tabular-nums; font-weight: 600; }
.bar { height: 7px; border-radius: 4px; margin-top: 6px; min-width: 2px; }
.bar.devops { background: var(--devops); } .bar.gitops { background: var(--gitops); }
.none { color: var(--muted); } .none small { display: block; }
.yes { color: var(--good); } .no { color: var(--fail); }
th small code { font-size: 12px; }
code { font: 13px/1.45 ui-monospace, SFMono-Regular, Menlo, monospace; overflow-wrap: anywhere; }
ol { margin: 0; padding-left: 30px; } ol li { padding: 2px 0; }
.two { display: grid; grid-template-columns: repeat(auto-fit, minmax(320px, 1fr)); gap: 18px; }
svg { width: 100%; min-width: 720px; height: auto; display: block; }
svg text { font: 11px system-ui, sans-serif; fill: var(--ink); }
svg .name { text-anchor: end; font-size: 12px; } svg .in { pointer-events: none; }
svg .chapter, svg .tick { fill: var(--muted); } svg .tick { text-anchor: middle; }
svg .edge, svg .axis { stroke: var(--line); } svg .r0 { fill: var(--r0); }
svg .r1 { fill: var(--r1); } svg .r2 { fill: var(--r2); } svg .bad { fill: var(--bad); }
svg .fail { fill: var(--fail); } svg .typed { fill: var(--muted); }
.key { display: inline-block; width: 12px; height: 12px; border-radius: 3px; margin: 0 5px 0 14px;
  vertical-align: -1px; }
"""


def lab_page(report: LabReport) -> str:
    """
    One document: figures with bars, what visitors got over time, the audit, what was typed.

    Readable in light and dark; without script, font or picture from elsewhere.
    """
    began = datetime.fromtimestamp(report.terms.began_at, UTC).strftime("%Y-%m-%d %H:%M UTC")
    parts = (
        "<h1>DevOps and GitOps, measured side by side</h1>",
        f'<p class="muted">{in_html(began)}. {in_html(terms_text(report))}</p>',
        "<h2>Figures</h2>",
        _figures(report),
        "<h2>What visitors got</h2>",
        _legend(),
        *_timelines(report),
        _audit(report),
        "<h2>What a person typed</h2>",
        f'<div class="two">{"".join(_typed(each) for each in report.recordings)}</div>',
        _method(report),
    )
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        "<title>DevOps and GitOps, measured</title>\n"
        f"<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n" + "\n".join(parts) + "\n</main>\n"
        "</body>\n</html>\n"
    )


def _figures(report: LabReport) -> str:
    ways = "".join(f"<th>{WAY_NAMES[each.way]}</th>" for each in report.recordings)
    rows = "".join(_row(row) for row in report.rows)
    return (
        '<div class="card"><table><thead><tr><th>Measure</th>'
        f"{ways}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _row(row: Row) -> str:
    most = max((figure.value or 0.0 for _, figure in row.figures), default=0.0)
    cells = "".join(_cell(way, figure, row, most) for way, figure in row.figures)
    title, meaning = in_html(row.title), in_html(row.meaning)
    return f"<tr><th>{title}<small>{meaning}</small></th>{cells}</tr>"


def _cell(way: Way, figure: Figure, row: Row, most: float) -> str:
    if figure.value is None:
        why = in_html(figure.reason)
        return f'<td class="figure none">{NOT_MEASURED}<small>{why}</small></td>'
    text = in_html(figure_text(figure, row.unit))
    whole = figure.out_of or most
    width = round(100 * figure.value / whole, 1) if whole else 0
    bar = f'<div class="bar {way.value}" style="width:{width}%"></div>' if width else ""
    return f'<td class="figure"><span class="value">{text}</span>{bar}</td>'


def _legend() -> str:
    keys = (
        ("var(--r1)", "a good release (shades tell one from the next)"),
        ("var(--bad)", "a bad one"),
        ("var(--fail)", "requests that failed"),
        ("var(--muted)", "a person waits for a command"),
    )
    spans = "".join(
        f'<span class="key" style="background:{color}"></span>{word}' for color, word in keys
    )
    return f'<p class="muted">Each strip shows which release answered.{spans}</p>'


def _timelines(report: LabReport) -> list[str]:
    """
    One drawing a way, all with the same length of a second.
    """
    longest = max((each.ended_at - each.began_at for each in report.recordings), default=0.0)
    return [
        f'<h3 class="{each.way.value}">{WAY_NAMES[each.way]}</h3>'
        f'<div class="card">{timeline(each, seconds=longest)}</div>'
        for each in report.recordings
        if each.visits
    ]


def _audit(report: LabReport) -> str:
    asked = [each for each in report.recordings if each.answers]
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
        name = WAY_NAMES[recording.way]
        parts.append(
            f'<h3 class="{recording.way.value}">{name}</h3>'
            f'<div class="card"><table><tbody>{rows}</tbody></table></div>'
        )
    return "\n".join(parts)


def _typed(recording: Recording) -> str:
    items = "".join(
        f"<li><code>{in_html(each.line)}</code> "
        f'<span class="muted">{duration(each.seconds)}</span></li>'
        for each in recording.commands
    )
    name = WAY_NAMES[recording.way]
    return f'<div><h3 class="{recording.way.value}">{name}</h3><ol>{items}</ol></div>'


def _method(report: LabReport) -> str:
    visitors = (
        f"Visitors ask for the front page with {report.terms.pause_s:g} s between two requests, on "
        "connections that are kept; the shop says in a header which release answers."
    )
    return (
        "<h2>How it was measured</h2>"
        "<p>Each way has a repository of its own, made from the template, and its own containers. "
        "Every command was really run. Nobody hesitates: the next command is typed as soon as the "
        "one before has ended, so a real person adds their own time.</p>"
        f"<p>{in_html(visitors)}</p>"
        "<p>Every figure was measured in this run; what could not be is called "
        f"“{NOT_MEASURED}”, with the reason.</p>"
    )
