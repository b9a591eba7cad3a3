"""What the laboratory measured, as text, document and page."""

from __future__ import annotations

import json
from dataclasses import replace
from html.parser import HTMLParser

from typing_extensions import override

from sandbox.delivery.lab import report_of
from sandbox.model.lab import Answer, Recording, Way
from sandbox.render.documents import document
from sandbox.render.lab import lab_json, lab_text
from sandbox.render.lab_page import lab_page
from tests.lab_recordings import BEGAN, NEW, OLD, TERMS, recording, report

VOID = {"meta", "rect", "line"}


def test_the_table_has_a_line_for_each_measure_and_a_column_for_each_way() -> None:
    lines = lab_text(report()).splitlines()
    assert lines[0].split() == ["DevOps", "GitOps"]
    (staging,) = (line for line in lines if line.startswith("Commit to staging"))
    assert staging.split("  ")[-1].strip() == "1.8 s"
    last = " ".join(lines[len(report().rows)].split())
    assert last == "Questions answered from the record 1 of 2 2 of 2"


def test_each_reason_for_a_missing_figure_is_told_once_below_the_table() -> None:
    text = lab_text(report())
    assert text.count("not noticed within 10 s") == 1
    assert text.count("this chapter was left out") == 1
    (line,) = (line for line in text.splitlines() if line.startswith("Stopped container detected"))
    number = line.split("not measured ")[1].split()[0]
    assert f"{number} not noticed within 10 s" in text.splitlines()


def test_whoever_reads_it_is_told_how_busy_the_machine_was() -> None:
    told = "Load of the machine before each began: 1.2 (DevOps) and 0.4 (GitOps)."
    assert told in lab_text(report())
    assert told in read(lab_page(report())).text


def test_an_audit_shows_what_the_record_does_not_know() -> None:
    text = lab_text(report())
    assert "✗ Who decided it?  nothing" in text
    assert "✓ Who decided it?  Olga Operator" in text


def test_an_answer_that_is_not_true_is_told_with_the_truth_and_commits_are_short() -> None:
    wrong = Answer(question="Which?", truth=NEW, answer=OLD, source="git log")
    asked = report_of(TERMS, [replace(recording(), answers=(wrong,))])
    assert f"✗ Which?  {OLD[:7]} (true: {NEW[:7]})" in lab_text(asked)
    page = read(lab_page(asked)).text
    assert f"✗ {OLD[:7]}true: {NEW[:7]}" in page
    assert OLD not in page


def test_the_document_holds_the_figures_and_what_they_were_reckoned_from() -> None:
    found = json.loads(document(lab_json(report())))
    assert found["schema"] == 1
    by_key = {measure["key"]: measure for measure in found["measures"]}
    assert by_key["commit_to_staging"]["gitops"] == {"value": 1.75, "out_of": None, "reason": ""}
    assert by_key["stop_detected"]["devops"]["value"] is None
    assert by_key["answers"]["devops"] == {"value": 1, "out_of": 2, "reason": ""}
    devops = found["ways"]["devops"]
    assert devops["commands"][1]["line"] == "sandbox promote production --wait"
    counted = devops["requests"]
    assert sum(each["requests"] for each in counted) == len(recording(Way.DEVOPS).visits)
    failed = [each for each in counted if each["failure"]]
    assert [each["second"] for each in failed] == [int(BEGAN) + n for n in range(40, 50)]
    assert {(each["requests"], each["release"], each["slowest_ms"]) for each in failed} == {
        (2, None, 10.0)
    }


class Page(HTMLParser):
    """Fails on a tag that is not closed in order; collects what is loaded from elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.elsewhere: list[str] = []
        self.text = ""

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
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


def test_the_page_tells_each_figure_that_the_table_tells() -> None:
    text = read(lab_page(report())).text
    for row in report().rows:
        assert row.title in text
        assert row.meaning in text
    assert "1.8 s" in text
    assert "not noticed within 10 s" in text


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
    assert lab_text(report_of(TERMS, []))
