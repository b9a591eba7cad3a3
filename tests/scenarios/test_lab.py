"""
The laboratory on a real engine: a part of its scenario, gone through in both ways.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.render.lab_page import lab_page
from tests.lab_page import report_in
from tests.playground import INSTANCE_LABEL, engine

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.engine, pytest.mark.long, pytest.mark.timeout(1400)]

WAYS = ("devops", "gitops")
UNATTENDED_S = 3


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("lab")


@pytest.fixture(scope="module")
def said(folder: Path) -> str:
    """
    What is printed; the files are beside the folder for what is temporary.
    """
    (folder / "temporary").mkdir()
    (folder / "results").mkdir()
    ended = subprocess.run(
        [
            *(sys.executable, "-m", "sandbox", "lab", "--unattended", f"{UNATTENDED_S}s"),
            *("--scenario", "feature", "--scenario", "drift", "--scenario", "audit"),
            *("--json", "lab.json", "--html", "lab.html"),
        ],
        check=False,
        cwd=folder / "results",
        env={**os.environ, "TMPDIR": str(folder / "temporary")},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=1200,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "broke off" not in ended.stderr, ended.stderr
    return ended.stdout


@pytest.fixture(scope="module")
def found(folder: Path, said: str) -> Any:
    return json.loads((folder / "results" / "lab.json").read_text())


def figure(found: Any, key: str, way: str) -> Any:
    (measure,) = (each for each in found["measures"] if each["key"] == key)
    return measure[way]["value"]


def run(found: Any, way: str) -> Any:
    """
    What was recorded of the one run of *way*.
    """
    (only,) = found["ways"][way]["runs"]
    return only


def test_nothing_broke_off_and_what_was_left_out_is_told_in_the_record_only(found: Any) -> None:
    assert found["complete"] is True
    assert found["problems"] == []
    assert found["chapters"] == ["feature", "drift", "audit"]
    assert [run(found, way)["leftover"] for way in WAYS] == ["", ""]
    for measure in found["measures"]:
        for way in WAYS:
            assert measure[way]["value"] is not None or measure[way]["reason"]


def test_one_run_of_each_way_claims_no_difference(said: str, found: Any) -> None:
    assert {each["difference"]["better"] for each in found["measures"]} == {None}
    assert "sandbox lab --repeat 3" in said


def test_both_ways_bring_the_commit_to_everybody_and_lose_no_request_by_it(found: Any) -> None:
    for way in WAYS:
        staging = figure(found, "commit_to_staging", way)
        assert 0 < staging < figure(found, "commit_to_production", way)
        assert figure(found, "served", way) > 100
        failures = [each for each in run(found, way)["requests"] if each["failure"]]
        assert figure(found, "failed", way) == 0, failures


def test_only_the_loop_detects_a_change_by_hand_and_a_person_repairs_the_other(
    found: Any,
) -> None:
    for what in ("stop", "edit"):
        assert figure(found, f"{what}_detected", "gitops") >= 0
        assert figure(found, f"{what}_detected", "devops") is None
        for way in WAYS:
            assert figure(found, f"{what}_repaired", way) > 0
    typed = {
        way: [each["line"] for each in run(found, way)["commands"] if each["chapter"] == "drift"]
        for way in WAYS
    }
    assert typed["gitops"] == []
    assert len(typed["devops"]) == 2
    assert figure(found, "out_of_service", "devops") > UNATTENDED_S


def test_both_records_tell_who_released_what_and_only_git_tells_it_alone(found: Any) -> None:
    correct = {way: [each["correct"] for each in run(found, way)["answers"]] for way in WAYS}
    assert correct == {"devops": [True, True, False, False], "gitops": [True] * 4}


def test_the_counted_requests_are_those_of_the_record(found: Any) -> None:
    for way in WAYS:
        counted = run(found, way)["requests"]
        well = sum(each["requests"] for each in counted if not each["failure"])
        failed = sum(each["requests"] for each in counted if each["failure"])
        assert well == figure(found, "served", way)
        assert failed == figure(found, "failed", way) + figure(found, "failed_in_drift", way)


def test_table_and_page_show_the_same_run(folder: Path, said: str, found: Any) -> None:
    page = (folder / "results" / "lab.html").read_text()
    for measure in found["measures"]:
        assert (measure["title"] in said) is not measure["left_out"]
        assert (measure["title"] in page) is not measure["left_out"]
    assert f"{figure(found, 'served', 'gitops'):,}" in said
    assert f"{figure(found, 'served', 'gitops'):,}" in page


def test_the_page_draws_the_outage_of_the_stopped_container_and_no_time_without_visitors(
    folder: Path, found: Any
) -> None:
    page = (folder / "results" / "lab.html").read_text()
    assert page.count('<svg class="timeline"') == len(WAYS)
    assert '<rect class="unknown"' not in page
    assert figure(found, "failed_per_second", "devops") >= 0
    assert '<rect class="out"' in page


def test_the_page_can_be_made_again_of_the_record(folder: Path, found: Any) -> None:
    again = lab_page(report_in(found))
    page = (folder / "results" / "lab.html").read_text()
    assert again[again.index("<h2>Figures") :] == page[page.index("<h2>Figures") :]


def test_nothing_is_left_behind(folder: Path, found: Any) -> None:
    assert [*(folder / "temporary").iterdir()] == []
    for way in WAYS:
        line = run(found, way)["commands"][0]["line"]
        (instance,) = re.findall(r"Tea for ([0-9a-f]{12})", line)
        labels = {"label": f"{INSTANCE_LABEL}={instance}"}
        with engine() as client:
            assert client.containers(all=True, filters=labels) == []
            assert client.networks(filters=labels) == []
            assert (client.volumes(filters=labels)["Volumes"] or []) == []
