"""The laboratory's page: what it shows, in which order, and on how wide a screen."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from typing_extensions import override

from sandbox.delivery.lab import headline, report_of
from sandbox.model.lab import Answer, Better, LabReport, Recording, Way
from sandbox.render.documents import document
from sandbox.render.lab_document import lab_json
from sandbox.render.lab_page import lab_page
from sandbox.render.lab_style import PAGE_STYLE
from tests.lab_page import report_in
from tests.lab_recordings import (
    BEGAN,
    NEW,
    NOBODY,
    OLD,
    TERMS,
    broken,
    recording,
    repeated,
    report,
)

VOID = {"meta", "rect", "line"}


class Page(HTMLParser):
    """Fails on a tag that is not closed in order; collects what is loaded from elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.classes: list[str] = []
        self.elsewhere: list[str] = []
        self.text = ""

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.classes += [value or "" for name, value in attrs if name == "class"]
        self.elsewhere += [value or "" for name, value in attrs if name in {"src", "href"}]
        if tag not in VOID:
            self.open.append(tag)

    @override
    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    @override
    def handle_data(self, data: str) -> None:
        self.text += data


def read(page: str) -> Page:
    parsed = Page()
    parsed.feed(page)
    parsed.close()
    assert parsed.open == []
    return parsed


def test_the_page_is_well_formed_and_loads_nothing() -> None:
    page = lab_page(report())
    parsed = read(page)
    assert parsed.elsewhere == []
    assert not {"script", "link", "img", "iframe"} & {*parsed.tags}
    assert "url(" not in page
    assert "@import" not in page


def test_the_page_tells_each_figure_that_was_asked_for_and_no_other() -> None:
    text = read(lab_page(report())).text
    for row in report().rows:
        assert (row.title in text) is not row.left_out
        assert (row.meaning in text) or row.left_out
        assert (row.caveat in text) or row.left_out
    assert "1.8 s" in text
    assert "not noticed within 10 s" in text
    assert "Load of the machine before each began: 1.2 (DevOps) and 0.4 (GitOps)." in text


def test_an_answer_that_is_not_true_stands_beside_the_truth_and_commits_are_short() -> None:
    wrong = Answer(question="Which?", truth=NEW, answer=OLD, source="git log")
    asked = report_of(TERMS, [replace(recording(), answers=(wrong,))])
    page = read(lab_page(asked)).text
    assert f"✗ {OLD[:7]}true: {NEW[:7]}" in page
    assert OLD not in page


def test_the_figures_that_matter_come_first_then_the_charts_then_every_figure() -> None:
    page = lab_page(report())
    places = ['class="headline"', '<svg class="timeline"', "<table>", "What a person typed"]
    found = [page.index(each) for each in places]
    assert found == sorted(found)
    first = page[: page.index("<h2>What visitors got")]
    for title in ("Production out of service", "Commit to production", "Commands typed"):
        assert title in first
    assert first.count('class="card"') == 3
    assert "chosen with --unattended" in first


def test_better_and_worse_are_marked_where_the_ranges_do_not_overlap_and_nowhere_else() -> None:
    assert "mark better" not in read(lab_page(report())).classes
    assert "mark worse" not in read(lab_page(report())).classes
    told = repeated(0.0, 1.0, 3.0)
    page = read(lab_page(told))
    claimed = sum(row.comparison.winner is not None for row in told.shown)
    in_headline = sum(row.comparison.winner is not None for row in headline(told))
    assert claimed > in_headline > 0
    assert page.classes.count("mark better") == claimed + in_headline
    assert page.classes.count("mark worse") == claimed + in_headline
    assert "2.0 s to 5.0 s in 3 runs" in page.text


def rows_of(page: str) -> dict[str, str]:
    """HTML of each row of the figures, by its title."""
    table = page[page.index("<thead>") : page.index("</table>")]
    return {
        row.split("<th>")[1].split("<")[0]: row for row in table.split("<tr>")[2:] if "<th>" in row
    }


def test_a_bar_is_drawn_only_where_less_is_better_so_that_long_is_bad_in_every_row() -> None:
    told = repeated(0.0, 1.0, 3.0)
    rows = rows_of(lab_page(told))
    assert rows.keys() == {row.title for row in told.shown}
    for row in told.shown:
        drawn = 'class="bar' in rows[row.title]
        most = max(figure.most or 0 for _, figure in row.figures)
        assert drawn == (row.better is Better.LESS and most > 0), row.title
    (answers,) = (html for title, html in rows.items() if title.startswith("Questions"))
    assert ">●○<" in answers
    assert ">●●<" in answers


def test_the_bars_of_a_row_are_as_long_as_its_figures_and_show_their_range() -> None:
    row = rows_of(lab_page(repeated(0.0, 3.0, 1.0)))["Production out of service"]
    bars = re.findall(r'class="bar (\w+)" style="width:([\d.]+)%"', row)
    assert bars == [("devops", "84.6"), ("gitops", "23.1")]
    ranges = re.findall(r'class="range" style="left:([\d.]+)%;width:([\d.]+)%"', row)
    assert ranges == [("76.9", "23.1"), ("15.4", "23.1")]


def drawn(of: Recording, kind: str) -> list[tuple[float, float]]:
    """Beginning and width of each rectangle of *kind*, in percent of the axis."""
    found = re.findall(
        rf'<rect class="{kind}" x="([\d.]+)%"[^>]* width="([\d.]+)%"', lab_page(alone(of))
    )
    return [(float(x), float(width)) for x, width in found]


def alone(of: Recording) -> LabReport:
    return report_of(TERMS, [of])


def test_an_outage_and_a_time_in_which_nobody_asked_are_drawn_apart() -> None:
    silent = recording(Way.DEVOPS)
    silent = replace(
        silent, visits=tuple(v for v in silent.visits if not BEGAN + 20 <= v.at < BEGAN + 35)
    )
    assert drawn(recording(Way.DEVOPS), "unknown") == []
    (production, staging) = drawn(silent, "unknown")
    assert production == staging
    assert production == pytest.approx((33, 26), abs=1)
    ((began, width),) = drawn(silent, "out")
    assert (began, width) == pytest.approx((66.7, 16.7), abs=1)


def test_the_legend_explains_every_kind_that_is_drawn() -> None:
    page = lab_page(report())
    keys = set(re.findall(r'class="key (\w+)"', page))
    assert {"out", "unknown", "fail", "bad", "good", "typed"} <= keys
    kinds = set(re.findall(r'<rect class="(\w+)"', page))
    assert kinds <= keys | {"r0", "r1", "r2"}
    text = read(page).text
    assert "out of service: requests failed or waited, none was served" in text
    assert "unknown: nobody asked" in text


def test_a_page_is_made_of_what_there_is_when_a_half_broke() -> None:
    page = lab_page(broken())
    text = read(page).text
    assert "DevOps broke off in drift: the engine went away" in text
    assert f"GitOps broke off: {NOBODY}" in text
    assert page.count('<svg class="timeline"') == 1
    assert "3 drift (broke off)" in text
    assert "1.8 s" in text
    assert page.index("GitOps broke off") < page.index('class="headline"')


def test_the_other_runs_are_folded_below_the_first_that_did_not_break_off() -> None:
    page = lab_page(repeated(0.0, 1.0, 3.0))
    before, folded = page.split("<details>")
    assert before.count('<svg class="timeline"') == 2
    assert folded.split("</details>")[0].count('<svg class="timeline"') == 4
    assert "GitOps, run 1" in before
    assert "GitOps, run 3" in folded


def test_the_page_can_be_made_again_of_the_record_that_was_written() -> None:
    for of in (report(), broken(), repeated(0.0, 1.0, 3.0)):
        again = report_in(json.loads(document(lab_json(of))))
        assert lab_json(again) == lab_json(of)
        assert read(lab_page(again)).text == read(lab_page(of)).text


def test_no_text_is_smaller_than_18_px() -> None:
    sizes = re.findall(r"font(?:-size)?: (\d+)px", PAGE_STYLE)
    assert len(sizes) > 8
    assert min(map(int, sizes)) == 18
    assert not re.search(r"font(-size)?: [\d.]+(em|rem|%)|<(font|sub|sup)", lab_page(report()))


def test_nothing_is_wider_than_a_page_of_500_px() -> None:
    page = lab_page(repeated(0.0, 1.0, 3.0))
    fixed = re.findall(r"(?<!max-)(?<!-)(?:min-)?width: (\d+)px", PAGE_STYLE)
    assert fixed
    assert max(map(int, fixed)) <= 40
    assert not re.search(r"minmax\(\d|nowrap|overflow-x|viewBox", page)
    assert not re.search(r'<(?!rect|line)\w+ [^>]*\bwidth="\d+"', page)
    for name, share in re.findall(r'\b(x|width)="([\d.]+)%"', page):
        assert float(share) <= 100, name


def test_words_that_fit_no_narrow_page_are_shown_on_wide_ones_only() -> None:
    page = lab_page(alone(recording(Way.DEVOPS)))
    words = re.findall(r'<text class="(?:in )?[\w-]*chapter(?: wide)?"[^>]*>([^<]+)<', page)
    narrow = re.findall(r'<text class="chapter" [^>]*>([^<]+)<', page)
    wide = re.findall(r'<text class="chapter wide" [^>]*>([^<]+)<', page)
    assert sorted(words) == sorted(narrow + wide)
    assert narrow == ["1", "2", "staging bug", "3", "drift", "4"]
    assert wide == ["feature", "audit"]
    assert "@media (max-width: 1079px) { .wide { display: none; } }" in PAGE_STYLE


def test_the_page_shows_what_was_typed_as_it_was_typed() -> None:
    page = lab_page(report())
    assert "<b>" not in page
    assert "git commit -am 'A <b>bold</b> feature'" in read(page).text


def test_failures_are_drawn_where_they_were_and_only_there() -> None:
    def failures(way: Way) -> int:
        return lab_page(report_of(TERMS, [recording(way)])).count('class="fail"')

    calm = recording(Way.GITOPS)
    calm = replace(calm, visits=tuple(each for each in calm.visits if not each.failure))
    assert failures(Way.DEVOPS) > failures(Way.GITOPS) > 0
    assert lab_page(report_of(TERMS, [calm])).count('class="fail"') == 0


def test_a_release_that_was_bad_stands_out() -> None:
    assert lab_page(report()).count('<rect class="bad"') == len(report().recordings)


def test_a_report_of_nothing_is_a_page_too() -> None:
    nothing = Recording(way=Way.GITOPS, began_at=BEGAN, ended_at=BEGAN)
    parsed = read(lab_page(report_of(TERMS, [nothing])))
    assert "svg" not in parsed.tags
    assert read(lab_page(report_of(TERMS, []))).text
