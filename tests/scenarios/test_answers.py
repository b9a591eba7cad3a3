"""
`history` and `why` against what the test did: who, when, what, and how it ended.

One story, told by several people; each test asks something about it.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.planning.routes import INGRESS
from tests.playground import Playground, engine, until

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.engine, pytest.mark.timeout(600)]

BASE = """\
services:
  web:
    build: {context: ../../app}
    command: %s
    stop_signal: SIGKILL
    expose: ["8000"]
    environment:
      MOTTO: "%s"
    healthcheck: {test: [CMD, test, -e, /greeting], interval: 5s}
    x-sandbox: {route: http}
  prepare:
    image: debian:trixie-slim
    command: ["true"]
"""
ENVIRONMENT = """\
name: answers-%s
x-sandbox:
  release: ${RELEASE:-}
  %s
services:
  web:
    extends: {file: ../base/compose.yaml, service: web}
    depends_on: {prepare: {condition: service_completed_successfully}}
  prepare: {extends: {file: ../base/compose.yaml, service: prepare}}
"""
SLEEP = "[sleep, 1d]"
CRASH = '[sh, -c, "echo cannot find the till; exit 7"]'
BASE_FILE = "environments/base/compose.yaml"


@dataclass(kw_only=True)
class Story(Playground):
    """
    What was done, in order.

    Attributes:
        commits: Full ids by what they are.
        moments: Seconds since the epoch, by what was over then.
        answers: Documents by what was asked, and when.
    """

    commits: dict[str, str] = field(default_factory=dict[str, str])
    moments: dict[str, float] = field(default_factory=dict[str, float])
    answers: dict[str, Any] = field(default_factory=dict[str, Any])

    def commit_as(self, author: str, name: str, files: dict[str, str]) -> str:
        """Commit *files* in the name of *author*."""
        for path, text in files.items():
            place = self.folder / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text)
        self.git("add", "--all")
        self.git(
            "commit", "--quiet", "--author", f"{author} <{author}@example.org>", "--message", name
        )
        self.commits[name] = self.git("rev-parse", "HEAD")
        return self.commits[name]

    def run_as(self, author: str, name: str, *words: str) -> str:
        """Run a command that commits in the name of *author*."""
        address = f"{author}@example.org"
        self.environ = {
            f"GIT_{role}_{part}": value
            for role in ("AUTHOR", "COMMITTER")
            for part, value in (("NAME", author), ("EMAIL", address))
        }
        self.sandbox(*words)
        self.environ = {}
        self.commits[name] = self.git("rev-parse", "HEAD")
        return self.commits[name]

    def ask(self, *words: str) -> Any:
        """Ask something, and give the answer's document."""
        return self.sandbox(*words, "--output", "json").json

    def base(self, *, motto: str = "one", command: str = SLEEP) -> dict[str, str]:
        """Give the file that both environments are made from."""
        return {BASE_FILE: BASE % (command, motto)}


def tell(story: Story) -> None:
    """Do everything that the tests ask about."""
    files = {
        "app/Dockerfile": "FROM debian:trixie-slim\nCOPY greeting /greeting\n",
        "app/greeting": "hello\n",
        "environments/staging/compose.yaml": ENVIRONMENT % ("staging", "rollout: {deadline: 30s}"),
        "environments/production/compose.yaml": ENVIRONMENT
        % ("production", "promote_from: staging"),
        **story.base(),
    }
    first = story.commit_as("Ada", "Begin", files)
    pinned = {"environments/production/.env": f"RELEASE={first}\n"}
    pin = story.commit_as("Ada", "Pin production", pinned)
    story.start_controller()
    for name in ("staging", "production"):
        story.wait_healthy(name, revision=pin)
    second = story.commit_as("Ada", "Say hi", {"app/greeting": "hi\n"})
    story.wait_healthy("staging", revision=second)
    promoted = story.run_as("Bob", "promotion", "pin", "production", second)
    story.wait_healthy("production", revision=promoted)
    story.moments["promoted"] = time.time()
    meddle(story)
    story.sandbox("sync", "production")
    story.answers["drifted"] = story.ask("why", "production", "web")
    back = story.run_as("Carol", "rollback", "pin", "production", story.commits["Begin"])
    story.wait_healthy("production", revision=back)
    story.moments["rolled back"] = time.time()
    fail(story)
    story.sandbox("suspend", "staging", "--reason", "two at once")
    story.commit_as("Eve", "Superseded", story.base(motto="two"))
    last = story.commit_as("Eve", "Motto", story.base(motto="three"))
    story.sandbox("resume", "staging")
    story.wait_healthy("staging", revision=last)


def meddle(story: Story) -> None:
    """Kill a container, and wait until it is started again."""
    victim = story.container("web", "production")["Id"]
    with engine() as client:
        client.kill(victim)
    until(lambda: drifts(story), "drift to be healed and told")
    story.wait_healthy("production")


def drifts(story: Story) -> list[Any]:
    """Give what history tells of drift in production."""
    told = story.ask("history", "production")["history"]
    return [each for each in told if each["what"] == "drift" and each["verdict"] == "succeeded"]


def fail(story: Story) -> None:
    """Commit what cannot come up, and what cannot be read; ask about it, and mend it."""
    bad = story.commit_as("Dan", "Crash", story.base(command=CRASH))
    until(lambda: f"{bad[:7]} failed" in story.status()["message"], "staging to go back")
    until(lambda: told_of(story, "way back"), "the way back to be told")
    story.answers["quarantined"] = story.ask("why", "staging", "web")
    story.answers["plan"] = story.sandbox("plan", "staging", status=None).stdout
    story.commit_as("Dan", "Nonsense", {BASE_FILE: "services: {web: {imagee: x}}\n"})
    story.answers["invalid"] = story.ask("why", "staging", "web")
    story.commit_as("Dan", "Mend", story.base())
    story.wait_healthy("staging", revision=story.commits["Mend"])


def told_of(story: Story, what: str) -> list[Any]:
    """Give what history tells of one kind of deed in staging."""
    return [each for each in story.ask("history", "staging")["history"] if each["what"] == what]


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    ground = Story(folder=tmp_path_factory.mktemp("answers") / "shop")
    try:
        tell(ground)
        yield ground
    finally:
        ground.clean_up()


def test_history_tells_of_production_who_did_what_and_how_it_ended(story: Story) -> None:
    told = story.ask("history", "production", "--limit", "50")["history"]
    by_commit = {each["revision"]: each for each in told if each["trigger"] == "commit"}

    promotion, back = (by_commit[story.commits[name]] for name in ("promotion", "rollback"))
    assert (promotion["who"], promotion["what"]) == ("Bob", "promotion")
    assert (back["who"], back["what"]) == ("Carol", "rollback")
    ended = {(each["revision"], each["verdict"]) for each in told if each["id"]}
    # Production may have begun with the one that was superseded.
    failed = {each for each in ended if each[1] != "succeeded"}
    failed.discard((story.commits["Superseded"], "aborted"))
    assert failed == {(story.commits["Crash"], "failed")}
    assert [each["who"] for each in told if each["what"] == "drift"] == ["drift"]
    (by_hand,) = [each for each in told if each["what"] == "sync"]
    assert by_hand["who"]
    assert [each["at"] for each in told] == sorted((each["at"] for each in told), reverse=True)


def test_history_tells_of_staging_what_failed_and_what_never_ran(story: Story) -> None:
    told = story.ask("history", "staging", "--limit", "50")["history"]
    found = {(each["revision"], each["verdict"]): each for each in told if each["what"] == "change"}

    crash = found[story.commits["Crash"], "failed"]
    assert crash["who"] == "Dan"
    assert "exit code 7" in crash["message"]
    nonsense = found[story.commits["Nonsense"], "invalid"]
    assert (nonsense["who"], nonsense["id"]) == ("Dan", None)
    assert f"{BASE_FILE}:1" in nonsense["message"]
    assert (story.commits["Superseded"], "superseded") in found
    assert found[story.commits["Motto"], "succeeded"]["who"] == "Eve"
    (promoted,) = [each for each in told if each["revision"] == story.commits["promotion"]]
    assert (promoted["who"], promoted["what"]) == ("Bob", "no change")
    (way_back,) = [each for each in told if each["what"] == "way back"]
    assert way_back["who"] == "rollback"


def test_a_moment_of_the_past_is_answered_with_release_and_author(story: Story) -> None:
    def at(moment: str) -> Any:
        (found,) = story.ask(
            "history",
            "production",
            "--at",
            time.strftime("%Y-%m-%dT%H:%M:%S", time.localtime(story.moments[moment] + 1)),
        )["environments"]
        return found

    promoted, back = at("promoted"), at("rolled back")
    assert (promoted["release"], promoted["decision"]["author"]) == (story.commits["Say hi"], "Bob")
    assert promoted["source"]["commit"] == story.commits["Say hi"]
    assert promoted["source"]["author"] == "Ada"
    assert (back["release"], back["decision"]["what"]) == (story.commits["Begin"], "rollback")
    assert back["decision"]["author"] == "Carol"


def test_why_leads_from_a_container_to_the_commit_and_the_decision(story: Story) -> None:
    found = story.answers["drifted"]

    assert (found["origin"], found["health"]) == ("declared", "healthy")
    assert found["declared_at"].startswith("environments/production/compose.yaml:")
    assert found["introduced"]["decision"]["commit"] == story.commits["promotion"]
    assert found["introduced"]["decision"]["author"] == "Bob"
    assert [each["field"] for each in found["introduced"]["changes"]] == [
        "build.context_id",
        "image",
    ]
    assert (found["source"]["author"], found["source"]["subject"]) == ("Ada", "Say hi")
    started, created = found["decisions"]
    assert (started["step"], started["sync"]["what"]) == ("start web-1", "drift")
    assert "exited with code 137" in started["reason"]
    assert (created["step"], created["sync"]["who"]) == ("create web-1", "Bob")
    assert found["restarts"] == 1
    (container,) = found["containers"]
    assert container["current"]


def test_why_of_what_failed_tells_what_is_given_up_and_what_runs(story: Story) -> None:
    found = story.answers["quarantined"]

    assert found["quarantine"]["revision"] == story.commits["Crash"]
    assert "exit code 7" in found["quarantine"]["reason"]
    assert found["health"] == "healthy"
    assert found["introduced"]["decision"]["commit"] == story.commits["Say hi"]
    (decision,) = found["decisions"]
    assert decision["sync"]["revision"] == story.commits["Say hi"]


def test_why_of_what_cannot_be_read_tells_of_the_last_good_commit(story: Story) -> None:
    found = story.answers["invalid"]

    assert found["introduced"]["decision"]["commit"] == story.commits["Say hi"]
    assert any(f"{BASE_FILE}:1" in note for note in found["notes"])


def test_a_plan_in_quarantine_is_called_the_way_back(story: Story) -> None:
    given_up = story.commits["Crash"][:7]
    assert f"{given_up} failed and is in quarantine" in story.answers["plan"]


def test_why_knows_the_line_that_a_commit_changed(story: Story) -> None:
    found = story.ask("why", "staging", "web")["introduced"]

    assert found["decision"]["commit"] == story.commits["Motto"]
    assert [(each["field"], each["new"]) for each in found["changes"]] == [
        ("environment.MOTTO", "three")
    ]
    (place,) = found["places"]
    assert place.startswith(f"{BASE_FILE}:")


def test_why_answers_for_a_job_and_for_the_ingress_too(story: Story) -> None:
    job = story.ask("why", "staging", "prepare")
    assert (job["job"], job["health"]) == (True, "healthy")
    assert job["introduced"]["decision"]["commit"] == story.commits["Begin"]
    assert (job["introduced"]["first"], job["introduced"]["complete"]) == (True, True)

    ingress = story.ask("why", "staging", INGRESS)
    assert (ingress["origin"], ingress["declared_at"]) == ("derived", None)
    assert ingress["derived_from"] == ["web"]


def test_why_of_an_unknown_service_names_the_nearest(story: Story) -> None:
    ended = story.sandbox("why", "staging", "wbe", status=5)
    assert "did you mean web?" in ended.stderr


def test_without_a_journal_git_still_tells_who_changed_what(story: Story) -> None:
    for file in (story.folder / ".git/sandbox").glob("journal.sqlite*"):
        file.rename(file.with_name(f"away-{file.name}"))

    told = story.ask("history", "production")["history"]
    found = {each["revision"]: each for each in told if each["environment"] == "production"}
    promotion = found[story.commits["promotion"]]
    assert (promotion["who"], promotion["what"], promotion["id"]) == ("Bob", "promotion", None)
    why = story.ask("why", "production", "web")
    assert why["introduced"]["decision"]["commit"] == story.commits["Motto"]
    assert why["introduced"]["decision"]["author"] == "Eve"
    # Also once the controller has begun a new one.
    assert any("the journal holds no sync" in note for note in why["notes"])
