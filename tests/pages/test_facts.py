"""Tables of words in `docs/`: they hold the words of the program, all of them and no other."""

import re
from collections.abc import Iterable
from enum import StrEnum

import pytest

import sandbox.errors
from sandbox.errors import SandboxError
from sandbox.model.diagnosis import CheckStatus
from sandbox.model.event import EventKind
from sandbox.model.notification import TOLD
from sandbox.model.past import Deed, Fate
from sandbox.model.pipeline import StageKind, StageStatus
from sandbox.model.promotion import ObjectionKind
from sandbox.model.record import Outcome, Trigger
from sandbox.model.status import Health, SyncStatus
from tests.pages.page import TOP


def section(path: str, heading: str) -> str:
    """Give the text below one heading, up to the next one of any level."""
    text = (TOP / "docs" / path).read_text()
    found = re.search(rf"(?ms)^#+ {re.escape(heading)}$(.+?)(?=^#+ |\Z)", text)
    assert found, f"{path} has no heading {heading}"
    return found[1]


def code(cells: Iterable[str]) -> set[str]:
    """Give what stands in code in *cells*."""
    plain = (re.sub(r"(?s)```.*?```", "", cell) for cell in cells)
    return {word for cell in plain for word in re.findall(r"`([^`]+)`", cell)}


def columns(text: str, *numbers: int) -> list[str]:
    """Give cells of the rows of all tables of *text*, from these columns."""
    rows = [line.strip().strip("|").split("|") for line in text.splitlines() if line[:1] == "|"]
    return [row[number] for row in rows for number in numbers if number < len(row)]


def words(kind: type[StrEnum], *but: StrEnum) -> set[str]:
    return {each.value for each in kind if each not in but}


def test_the_kinds_of_messages_are_those_of_events_that_are_told() -> None:
    named = code(columns((TOP / "docs/notifications.md").read_text(), 0))
    assert named >= {kind.value for kind in TOLD}
    assert named - {"url", "format", "environments", "on"} <= words(EventKind)
    assert {kind.value for kind in TOLD} == named - {"url", "format", "environments", "on"}


def test_the_states_are_those_of_status() -> None:
    table = section("reference.md", "Sync status and health")
    assert code(columns(table, 0)) == words(SyncStatus)
    assert code(columns(table, 2)) == words(Health)


def test_the_reasons_against_a_promotion_are_all_there() -> None:
    assert code(columns(section("promotion.md", "The verdict"), 0)) == words(ObjectionKind)


def test_the_kinds_of_history_are_all_there() -> None:
    text = section("answers.md", "history: who, when, what, how it ended")
    named = code(columns(text, 0))
    assert words(Deed) == named
    prose = "\n".join(line for line in text.splitlines() if line[:1] != "|")
    assert words(Fate) <= code([prose])


def test_a_receipt_names_its_verdicts_and_triggers() -> None:
    rows = {
        cells[0].strip(): cells[1]
        for line in section("reference.md", "Receipts").splitlines()
        if len(cells := line.strip().strip("|").split("|")) == 2
    }
    assert code([rows["verdict"]]) == words(Outcome, Outcome.SKIPPED)
    assert code([rows["trigger"]]) == words(Trigger)


def test_the_stages_of_a_pipeline_and_their_states_are_all_there() -> None:
    first = columns((TOP / "docs/pipeline.md").read_text(), 0)
    assert {each.partition(":")[0] for each in code(first)} >= words(StageKind)
    assert words(StageStatus) <= code([section("pipeline.md", "The record")])


def test_doctor_says_no_other_word_than_the_page() -> None:
    assert words(CheckStatus) <= code([section("reference.md", "What doctor looks at")])


def test_every_exit_status_of_an_error_is_in_the_table() -> None:
    table = section("reference.md", "Commands")
    listed = {int(number) for cell in columns(table, 0) for number in re.findall(r"\d+", cell)}
    raised = {
        error.exit_status
        for error in vars(sandbox.errors).values()
        if isinstance(error, type) and issubclass(error, SandboxError)
    }
    assert listed == {0, 3, *raised}  # done, and changes present: no errors


def test_every_exit_status_is_provoked_once() -> None:
    text = section("reference.md", "Commands")
    listed = {int(number) for cell in columns(text, 0) for number in re.findall(r"\d+", cell)}
    shown = re.findall(r"(?m)^\$ .*echo \$\?.*\n(\d+)$", text)
    assert sorted(map(int, shown)) == sorted(listed)


@pytest.mark.parametrize("name", ["Commands", "Receipts", "JSON", "The verdict"])
def test_a_section_that_is_compared_has_something_to_compare(name: str) -> None:
    path = "promotion.md" if name == "The verdict" else "reference.md"
    assert len(section(path, name)) > 200
