"""Which release to go back to, and what stays behind."""

import pytest

from sandbox.delivery.rollback import last_good, last_other, staying_migrations
from sandbox.model.promotion import Migration
from sandbox.model.record import Outcome, SyncRecord, Trigger


def history(*ended: tuple[str, Outcome]) -> list[SyncRecord]:
    """Syncs that ended so, in this order; given newest first, as a journal gives them."""
    records = [
        SyncRecord(
            id=number,
            environment="production",
            revision=f"r{number}",
            release=release,
            trigger=Trigger.COMMIT,
            started_at=float(number),
            finished_at=float(number),
            outcome=outcome,
        )
        for number, (release, outcome) in enumerate(ended, start=1)
    ]
    return records[::-1]


def good(letters: str) -> list[SyncRecord]:
    return history(*((letter, Outcome.SUCCEEDED) for letter in letters))


@pytest.mark.parametrize(
    ("letters", "wanted", "found"),
    [
        ("AB", "B", "A"),
        ("AABB", "B", "A"),
        ("ABC", "C", "B"),
        ("ABCB", "B", "A"),
        ("ABCBA", "A", "B"),
        ("ABCBD", "D", "B"),
        ("ABAB", "B", "A"),
        ("AB", "C", "B"),
        ("ABA", "B", "A"),
    ],
)
def test_a_rollback_takes_back_one_step(letters: str, wanted: str, found: str) -> None:
    candidate = last_good(good(letters), wanted=wanted, refused=())

    assert candidate is not None
    assert candidate.release == found


def test_what_did_not_go_well_is_no_place_to_go_back_to() -> None:
    records = history(
        ("A", Outcome.SUCCEEDED),
        ("B", Outcome.FAILED),
        ("C", Outcome.ERRORED),
        ("D", Outcome.ABORTED),
        ("", Outcome.SUCCEEDED),
        ("E", Outcome.SUCCEEDED),
    )

    candidate = last_good(records, wanted="E", refused=())

    assert candidate is not None
    assert (candidate.release, candidate.origin) == ("A", "sync 1 went well with it")


@pytest.mark.parametrize("refused", ["r2", "B"])
def test_what_is_in_quarantine_is_no_place_to_go_back_to(refused: str) -> None:
    candidate = last_good(good("ABC"), wanted="C", refused={refused})

    assert candidate is not None
    assert candidate.release == "A"


@pytest.mark.parametrize("letters", ["", "A", "AAA"])
def test_without_another_release_there_is_none(letters: str) -> None:
    assert last_good(good(letters), wanted="A", refused=()) is None


def test_git_tells_what_was_asked_for_last() -> None:
    asked = [("c4", "C"), ("c3", ""), ("c2", "B"), ("c1", "A")]

    found = last_other(asked, wanted="C", refused=())
    second = last_other(asked, wanted="C", refused={"B"})

    assert found is not None
    assert (found.release, found.origin) == ("B", "commit c2 asked for it")
    assert second is not None
    assert second.release == "A"
    assert last_other(asked[:2], wanted="C", refused=()) is None


@pytest.mark.parametrize(
    ("content", "irreversible"),
    [
        (b"-- irreversible\nDROP TABLE a;", True),
        (b"DROP TABLE a;\n  --Irreversible: the prices\n", True),
        (b"# irreversible\r\nx()", True),
        (b"-- not irreversible\n", False),
        (b"-- irreversibly\n", False),
        (b"SELECT 'irreversible';", False),
        (b"\xff\xfe", False),
    ],
)
def test_a_migration_says_itself_that_it_has_no_way_back(
    content: bytes, irreversible: bool
) -> None:
    assert staying_migrations({"2.sql": content, "1.sql": b""}, {"1.sql"}) == (
        Migration(path="2.sql", irreversible=irreversible),
    )
