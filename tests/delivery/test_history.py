"""What was done, from what Git and the journal tell."""

from dataclasses import replace

import pytest

from sandbox.delivery.history import deed_of, in_force, past_deed, successor, unsynced
from sandbox.model.past import Decision, Deed, Fate
from sandbox.model.record import Outcome, StepRecord, SyncRecord, Trigger
from tests.builders import NOW, OLD_REVISION, RELEASE, REVISION

RECORD = SyncRecord(
    environment="staging",
    revision=REVISION,
    release=RELEASE,
    trigger=Trigger.COMMIT,
    started_at=NOW,
    finished_at=NOW + 2,
    outcome=Outcome.SUCCEEDED,
    steps=(StepRecord(step_id="x", reason="x", outcome=Outcome.SUCCEEDED, seconds=1.0),),
)
DECISION = Decision(commit=REVISION, author="Ada", at=NOW - 1, subject="Say hi")


@pytest.mark.parametrize(
    ("previous", "release", "goes_back", "promotes", "deed"),
    [
        ("", "", False, True, Deed.CHANGE),
        (RELEASE, RELEASE, True, True, Deed.CHANGE),
        ("", RELEASE, False, True, Deed.PROMOTION),
        (OLD_REVISION, RELEASE, False, True, Deed.PROMOTION),
        (OLD_REVISION, RELEASE, False, False, Deed.PIN),
        (RELEASE, OLD_REVISION, True, True, Deed.ROLLBACK),
        (RELEASE, "", False, True, Deed.UNPIN),
    ],
)
def test_a_commit_is_known_by_what_it_did_to_the_release(
    previous: str, release: str, goes_back: bool, promotes: bool, deed: Deed
) -> None:
    assert deed_of(previous, release, goes_back=goes_back, promotes=promotes) is deed


@pytest.mark.parametrize(
    ("trigger", "revision", "deed", "who"),
    [
        (Trigger.COMMIT, REVISION, Deed.PROMOTION, "Ada"),
        (Trigger.PERSON, REVISION, Deed.SYNC, "bob"),
        (Trigger.PERSON, "", Deed.DOWN, "bob"),
        (Trigger.DRIFT, REVISION, Deed.DRIFT, "drift"),
        (Trigger.RETRY, REVISION, Deed.RETRY, "retry"),
        (Trigger.ROLLBACK, REVISION, Deed.WAY_BACK, "rollback"),
    ],
)
def test_a_sync_is_whose_it_was(trigger: Trigger, revision: str, deed: Deed, who: str) -> None:
    author = "bob" if trigger is Trigger.PERSON else ""
    record = replace(RECORD, trigger=trigger, revision=revision, author=author)
    decision = replace(DECISION, deed=Deed.PROMOTION) if revision else None
    found = past_deed(record, decision)
    assert (found.deed, found.who) == (deed, who)


def test_a_commit_that_gave_nothing_to_do_changed_nothing() -> None:
    idle = replace(RECORD, steps=())
    assert past_deed(idle, DECISION).deed is Deed.NO_CHANGE
    assert past_deed(replace(idle, outcome=Outcome.FAILED), DECISION).deed is Deed.CHANGE
    promotion = replace(DECISION, deed=Deed.PROMOTION)
    assert past_deed(idle, promotion).deed is Deed.PROMOTION


def test_nobody_is_named_for_a_commit_that_is_gone() -> None:
    assert (past_deed(RECORD, None).who, past_deed(RECORD, None).deed) == ("", Deed.CHANGE)


@pytest.mark.parametrize(
    ("successor_", "problem", "began", "fate"),
    [
        ("", "", NOW - 9, Fate.WAITING),
        ("", "", NOW, Fate.UNRECORDED),
        ("", "", None, Fate.UNRECORDED),
        (OLD_REVISION, "", NOW - 9, Fate.SUPERSEDED),
        (OLD_REVISION, "line 1: no", NOW - 9, Fate.INVALID),
    ],
)
def test_a_commit_that_was_never_synced_says_why(
    successor_: str, problem: str, began: float | None, fate: Fate
) -> None:
    found = unsynced("staging", DECISION, successor=successor_, problem=problem, began=began)
    assert (found.fate, found.who, found.at) == (fate, "Ada", NOW - 1)


@pytest.mark.parametrize(
    ("absent", "message"),
    [
        (Fate.NOT_YET, "not an environment yet"),
        (Fate.REMOVED, "no environment any more"),
    ],
)
def test_a_commit_without_the_environment_is_no_invalid_one(absent: Fate, message: str) -> None:
    found = unsynced(
        "staging",
        DECISION,
        successor=OLD_REVISION,
        problem="the file is gone (restore it and commit)",
        began=NOW - 9,
        absent=absent,
    )
    assert (found.fate, found.message) == (absent, message)


def test_a_commit_gives_way_to_the_first_later_sync_that_holds_it() -> None:
    newest = replace(RECORD, revision="c" * 40, started_at=NOW + 9)
    next_ = replace(RECORD, revision="b" * 40, started_at=NOW + 5)
    other = replace(RECORD, revision="a" * 40, started_at=NOW + 3)
    first = replace(RECORD, revision="0" * 40, started_at=NOW - 9)
    records = (newest, next_, other, first)

    assert successor(DECISION, records, {"b" * 40, "c" * 40, "0" * 40}.__contains__) == "b" * 40
    assert successor(DECISION, records, set[str]().__contains__) == ""
    early = replace(DECISION, at=NOW - 99)
    assert successor(early, records, lambda _: True) == ""


def test_what_ran_is_what_the_last_good_sync_before_left() -> None:
    good = replace(RECORD, id=1)
    bad = replace(RECORD, id=2, started_at=NOW + 10, finished_at=NOW + 12, outcome=Outcome.FAILED)
    back = replace(RECORD, id=3, started_at=NOW + 12, finished_at=NOW + 14)
    records = (back, bad, good)

    assert in_force(records, NOW - 1) == (None, None)
    assert in_force(records, NOW + 1) == (None, good)
    assert in_force(records, NOW + 5) == (good, None)
    assert in_force(records, NOW + 11) == (good, bad)
    assert in_force(records, NOW + 13) == (good, back)
    assert in_force(records, NOW + 14) == (back, None)
