"""
Style sheet of the laboratory's page: large enough for the back of a room, narrow enough for 500 px.
"""

from __future__ import annotations

from typing import Final

PAGE_STYLE: Final = """
:root { color-scheme: light dark;
  --page: #fbfaf7; --card: #ffffff; --ink: #1d1c1a; --muted: #5f5c55; --line: #dedad0;
  --devops: #b04c0c; --gitops: #1f63bd; --fail: #c4262e; --good: #1d7a46; --on: #ffffff;
  --r0: #cfe3df; --r1: #a4cdc5; --r2: #7db5ab; --bad: #f1bf5f; }
@media (prefers-color-scheme: dark) { :root {
  --page: #161614; --card: #1f1f1c; --ink: #eceae4; --muted: #aba89f; --line: #3b3a35;
  --devops: #ea9152; --gitops: #74a9f0; --fail: #ff6f66; --good: #63c78c; --on: #161614;
  --r0: #24423e; --r1: #2f5d56; --r2: #3d7a70; --bad: #8c5f10; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); overflow-wrap: anywhere;
  font: 18px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
main { max-width: 1320px; margin: 0 auto; padding: 36px 20px 64px; }
h1 { font-size: 36px; line-height: 1.2; margin: 0 0 10px; }
h2 { font-size: 26px; line-height: 1.25; margin: 48px 0 12px; }
h3 { font-size: 21px; margin: 24px 0 8px; }
.devops h3, h3.devops, .name.devops { color: var(--devops); }
.gitops h3, h3.gitops, .name.gitops { color: var(--gitops); }
p { margin: 0 0 12px; max-width: 80ch; } .muted, small { color: var(--muted); }
small { font-size: 18px; font-weight: 400; display: block; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 12px;
  padding: 12px 18px; }
.problem { border: 2px solid var(--fail); margin-bottom: 14px; }
.problem b { color: var(--fail); }
.headline { display: grid; gap: 18px; margin-top: 26px;
  grid-template-columns: repeat(auto-fit, minmax(min(360px, 100%), 1fr)); }
.headline h2 { font-size: 22px; margin: 4px 0 10px; }
.sides { display: grid; grid-template-columns: 1fr 1fr; gap: 14px; margin-bottom: 10px; }
.name { font-weight: 600; }
.big { display: block; font-size: 40px; line-height: 1.15; font-weight: 700;
  font-variant-numeric: tabular-nums; }
.big.none { font-size: 24px; color: var(--muted); }
.mark { display: inline-block; border-radius: 6px; padding: 0 10px; font-weight: 600; }
.mark.better { background: var(--good); color: var(--on); }
.mark.worse { box-shadow: inset 0 0 0 2px var(--fail); color: var(--fail); }
table { border-collapse: collapse; width: 100%; table-layout: fixed; }
th, td { text-align: left; vertical-align: top; padding: 12px 18px 12px 0;
  border-bottom: 1px solid var(--line); }
tr:last-child > * { border-bottom: 0; } td:last-child { padding-right: 0; }
thead th { color: var(--muted); } th:first-child { width: 40%; } tbody th { font-weight: 600; }
.value { font-size: 22px; font-weight: 600; font-variant-numeric: tabular-nums; }
.value.none { font-size: 18px; font-weight: 400; color: var(--muted); }
.scale { position: relative; height: 16px; margin: 6px 4px 0 0; }
.bar { position: absolute; top: 2px; height: 12px; border-radius: 4px; min-width: 3px; }
.bar.devops { background: var(--devops); } .bar.gitops { background: var(--gitops); }
.range { position: absolute; top: 0; height: 16px; min-width: 3px; border: solid var(--ink);
  border-width: 0 2px; background: linear-gradient(var(--ink), var(--ink)) center / 100% 2px
  no-repeat; }
.pips { display: block; letter-spacing: 4px; font-size: 22px; line-height: 1.2; }
.way { display: none; }
.yes { color: var(--good); } .no { color: var(--fail); }
code { font: 18px/1.45 ui-monospace, SFMono-Regular, Menlo, monospace; }
ol { margin: 0; padding-left: 40px; } ol li { padding: 3px 0; }
.two { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(360px, 100%), 1fr));
  gap: 18px; }
.legend { display: flex; flex-wrap: wrap; gap: 6px 26px; list-style: none; padding: 0; margin: 0; }
.key { display: inline-block; width: 20px; height: 20px; border-radius: 4px; margin-right: 8px;
  vertical-align: -4px; }
.key.good { background: linear-gradient(90deg, var(--r0) 34%, var(--r1) 34% 67%, var(--r2) 67%); }
.key.bad { background: var(--bad); } .key.out { background: var(--fail); }
.key.fail { background: linear-gradient(90deg, #0000 30%, var(--fail) 30% 60%, #0000 60%); }
.key.unknown { border: 2px dashed var(--muted); }
.key.untold { border: 2px solid var(--muted); } .key.typed { background: var(--muted); }
.chapters { margin: 10px 0 2px; } details { margin-top: 18px; }
summary { cursor: pointer; font-weight: 600; }
.timeline { display: block; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
.timeline text { font: 18px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif;
  fill: var(--ink); }
.timeline .name, .timeline .tick { stroke: var(--card); stroke-width: 4px; paint-order: stroke; }
.timeline .in { pointer-events: none; } .timeline .name { fill: var(--muted); font-weight: 400; }
.timeline .chapter, .timeline .tick { fill: var(--muted); }
.timeline .broke { fill: var(--fail); font-weight: 600; }
.timeline .mid { text-anchor: middle; } .timeline .last { text-anchor: end; }
.timeline .edge, .timeline .axis { stroke: var(--line); stroke-width: 2; }
.timeline .r0 { fill: var(--r0); } .timeline .r1 { fill: var(--r1); }
.timeline .r2 { fill: var(--r2); } .timeline .bad { fill: var(--bad); }
.timeline .out { fill: var(--fail); } .timeline .out-word { fill: var(--on); font-weight: 600; }
.timeline .unknown { fill: none; stroke: var(--muted); stroke-width: 2; stroke-dasharray: 7 6; }
.timeline .untold { fill: none; stroke: var(--muted); stroke-width: 2; }
.timeline .fail { fill: var(--fail); stroke: var(--fail); } .timeline .typed { fill: var(--muted); }
@media (max-width: 1079px) { .wide { display: none; } }
@media (max-width: 759px) {
  main { padding: 20px 12px 40px; } .card { padding: 12px; }
  h1 { font-size: 29px; } h2 { font-size: 23px; } .big { font-size: 32px; }
  thead { display: none; } table, tbody { display: block; }
  tr { display: grid; grid-template-columns: 1fr 1fr; gap: 4px 14px; padding: 12px 0;
    border-bottom: 1px solid var(--line); }
  tr:last-child { border-bottom: 0; } th, td { padding: 0; border: 0; }
  tbody th:first-child { width: auto; grid-column: 1 / -1; }
  .way { display: block; font-weight: 600; }
}
"""
