"""
`history`, with a journal on disk and nothing else: no engine, no controller.
"""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sandbox.adapters.sqlite_journal import SqliteJournal
from sandbox.model.receipt import Receipt, Traffic
from sandbox.model.record import Outcome, SyncRecord, Trigger
from sandbox.model.verdict import Figures
from tests.builders import NOW
from tests.cli_ground import loaded_app
from tests.repositories import DiskRepository, snapshot

pytestmark = pytest.mark.slow

SYNC = SyncRecord(
    environment="staging",
    revision="0" * 40,
    trigger=Trigger.COMMIT,
    started_at=NOW,
    finished_at=NOW + 2,
    outcome=Outcome.SUCCEEDED,
    receipt=Receipt(during=Traffic(seconds=2, total=Figures(requests=7, failed=1))),
)


@pytest.fixture(autouse=True)
def nobody(no_engine: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in no_engine.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def numbers(repository: Path) -> dict[str, int]:
    """
    A journal with a sync of each environment, one of which is gone from Git.
    """
    journal = SqliteJournal(str(repository / ".git" / "sandbox"))
    head = (repository / ".git/refs/heads/main").read_text().strip()
    found = {
        name: journal.record_sync(replace(SYNC, environment=name, revision=head))
        for name in ("staging", "production", "gone")
    }
    journal.close()
    return found


def call(*words: str, repository: Path) -> tuple[int, str, str]:
    result = CliRunner().invoke(loaded_app(), ["--repo", str(repository), "history", *words])
    return result.exit_code, result.stdout, result.stderr


def listed(*words: str, repository: Path) -> list[dict[str, object]]:
    status, stdout, stderr = call(*words, "--output", "json", repository=repository)
    assert (status, stderr) == (0, "")
    document = json.loads(stdout)
    assert document["schema"] == 1
    history: list[dict[str, object]] = document["history"]
    return history


def test_without_a_journal_it_tells_what_git_does_and_makes_none(repository: Path) -> None:
    before = snapshot(repository)

    (begun,) = listed("staging", repository=repository)
    assert (begun["subject"], begun["verdict"], begun["id"]) == ("Begin", "unrecorded", None)
    assert begun["who"] == begun["author"]
    assert [each["environment"] for each in listed(repository=repository)] == [
        "production",
        "staging",
    ]
    assert "? unrecorded" in call(repository=repository)[1]
    assert snapshot(repository) == before


def test_the_newest_sync_comes_first_with_the_subject_of_its_commit(
    repository: Path, numbers: dict[str, int]
) -> None:
    found = listed(repository=repository)

    assert [each["environment"] for each in found] == ["gone", "production", "staging"]
    assert [each["id"] for each in found] == sorted(numbers.values(), reverse=True)
    assert {each["subject"] for each in found} == {"Begin"}
    assert (found[0]["requests"], found[0]["failed"]) == (7, 1)


def test_one_environment_or_the_newest_few_can_be_asked_for(
    repository: Path, numbers: dict[str, int]
) -> None:
    assert [each["id"] for each in listed("staging", repository=repository)] == [numbers["staging"]]
    assert [each["id"] for each in listed("--limit", "2", repository=repository)] == [
        numbers["gone"],
        numbers["production"],
    ]


def test_an_environment_that_is_gone_has_its_history_still(
    repository: Path, numbers: dict[str, int]
) -> None:
    status, stdout, _ = call("gone", repository=repository)

    assert (status, len(stdout.splitlines())) == (0, 2)
    assert "● succeeded" in stdout


def test_a_commit_that_is_gone_has_no_subject_and_no_author(repository: Path) -> None:
    journal = SqliteJournal(str(repository / ".git" / "sandbox"))
    journal.record_sync(SYNC)
    journal.close()

    (gone,) = listed("staging", "--limit", "1", repository=repository)
    assert (gone["subject"], gone["author"], gone["verdict"]) == ("", None, "succeeded")


def test_a_receipt_is_shown_in_full(repository: Path, numbers: dict[str, int]) -> None:
    words = ("staging", "--receipt", str(numbers["staging"]))

    status, text, _ = call(*words, repository=repository)
    _, document, _ = call(*words, "--output", "json", repository=repository)

    assert status == 0
    assert text.startswith(f"receipt {numbers['staging']} of staging\n")
    receipt = json.loads(document)["receipt"]
    assert (receipt["id"], receipt["subject"]) == (numbers["staging"], "Begin")
    assert receipt["traffic"]["during"]["requests"] == 7


def test_a_receipt_that_is_not_there_ends_with_5(repository: Path, numbers: dict[str, int]) -> None:
    for words in (("staging", "--receipt", "99"), ("staging", "--receipt", str(numbers["gone"]))):
        status, stdout, stderr = call(*words, repository=repository)
        assert (status, stdout) == (5, "")
        assert stderr.splitlines() == [
            f"error: staging has no receipt {words[-1]}",
            "  try: see: sandbox history staging",
        ]


def test_an_environment_that_nobody_knows_ends_with_5_and_names_the_nearest(
    repository: Path, numbers: dict[str, int]
) -> None:
    status, stdout, stderr = call("stagin", repository=repository)

    assert (status, stdout) == (5, "")
    assert "did you mean staging?" in stderr


@pytest.mark.parametrize("words", [["--limit", "0"], ["--receipt", "x"]], ids=" ".join)
def test_numbers_that_make_no_sense_end_with_2(repository: Path, words: list[str]) -> None:
    assert call(*words, repository=repository)[0] == 2


def test_a_damaged_journal_leaves_what_git_tells(repository: Path, numbers: dict[str, int]) -> None:
    (repository / ".git/sandbox/journal.sqlite").write_bytes(b"damaged" * 1000)

    status, stdout, _ = call(repository=repository)

    assert (status, stdout.count("? unrecorded")) == (0, 2)


def test_a_moment_is_answered_with_what_ran_and_who_decided_it(
    repository: Path, numbers: dict[str, int]
) -> None:
    later = "2027-02-01 12:00"
    status, text, _ = call("staging", "--at", later, repository=repository)
    _, document, _ = call("--at", later, "--output", "json", repository=repository)

    assert status == 0
    assert f"sync       {numbers['staging']}, no change by " in text
    found = {each["environment"]: each for each in json.loads(document)["environments"]}
    assert found.keys() == {"staging", "production", "gone"}
    assert found["staging"]["sync"]["id"] == numbers["staging"]
    assert found["staging"]["decision"]["subject"] == "Begin"
    assert found["staging"]["revision"] == found["staging"]["decision"]["commit"]


def test_a_moment_before_the_journal_is_answered_with_what_git_tells(
    repository: Path, numbers: dict[str, int]
) -> None:
    _, document, _ = call("staging", "--at", "1s", "--output", "json", repository=repository)
    _, early, _ = call("staging", "--at", "1999-01-01", "--output", "json", repository=repository)

    (found,) = json.loads(early)["environments"]
    assert (found["sync"], found["decision"]) == (None, None)
    (found,) = json.loads(document)["environments"]
    assert found["sync"] is None


@pytest.mark.parametrize(
    "words", [["--at", "soon"], ["--at", "1m", "--receipt", "1"]], ids=" ".join
)
def test_a_moment_that_is_none_ends_with_2(repository: Path, words: list[str]) -> None:
    assert call(*words, repository=repository)[0] == 2


def test_commits_before_the_adoption_are_no_invalid_ones(tmp_path: Path) -> None:
    """A Compose file gets its `x-sandbox` late, is removed, and comes back."""
    disk = DiskRepository.make(tmp_path / "shop")
    path = "environments/staging/compose.yaml"
    plain = "services: {web: {image: nothing.invalid/web:1}}\n"
    disk.commit("Plain Compose", **{path: plain})
    disk.commit("Adopt", **{path: f"x-sandbox: {{}}\n{plain}"})
    disk.git("rm", "--quiet", path)
    disk.git("commit", "--quiet", "-m", "Remove")
    disk.commit("Bring it back", **{path: f"x-sandbox: {{}}\n{plain}"})

    found = listed("staging", repository=disk.top)
    assert [(each["subject"], each["verdict"]) for each in found] == [
        ("Bring it back", "unrecorded"),
        ("Remove", "removed"),
        ("Adopt", "unrecorded"),
        ("Plain Compose", "not yet"),
    ]
    told = call("staging", repository=disk.top)[1]
    assert "○ not yet" in told
    assert "    not an environment yet" in told
    assert "restore it" not in told


def test_before_the_adoption_nothing_was_wanted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = DiskRepository.make(tmp_path / "shop")
    path = "environments/staging/compose.yaml"
    plain = "services: {web: {image: nothing.invalid/web:1}}\n"
    monkeypatch.setenv("GIT_COMMITTER_DATE", "2026-01-01T00:00:00Z")
    disk.commit("Plain Compose", **{path: plain})
    monkeypatch.setenv("GIT_COMMITTER_DATE", "2026-01-03T00:00:00Z")
    disk.commit("Adopt", **{path: f"x-sandbox: {{}}\n{plain}"})

    told = call("staging", "--at", "2026-01-02T00:00:00Z", repository=disk.top)[1]
    assert "it was not an environment then" in told
    assert "Plain Compose" not in told
    told = call("staging", "--at", "2026-01-04T00:00:00Z", repository=disk.top)[1]
    assert "Adopt" in told
