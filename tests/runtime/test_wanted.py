"""An environment is wanted as its newest commit says, but for one that failed by its own fault."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from sandbox.adapters.git_repository import GitRepository, open_repository
from sandbox.errors import EngineError, SandboxError, StartFailedError
from sandbox.model.action import StartContainer
from sandbox.model.plan import Step
from sandbox.model.record import Outcome, SyncRecord, Trigger
from sandbox.runtime.desired import load_tracked
from sandbox.runtime.wanted import load_wanted, quarantine_failed
from sandbox.runtime.workspace import Workspace
from tests.fakes.clock import FakeClock
from tests.fakes.journal import FakeJournal
from tests.repositories import DiskRepository

FILE = "environments/staging/compose.yaml"
START = Step(
    id="start web-1",
    action=StartContainer(container_name="web"),
    target="web-1",
    reason="x",
    service_name="web",
)


class Ground:
    def __init__(self, top: Path, repository: GitRepository) -> None:
        self.disk = DiskRepository(top)
        self.workspace = cast(
            "Workspace",
            SimpleNamespace(repository=repository, journal=FakeJournal(), clock=FakeClock()),
        )

    def commit(self, image: str, rollout: str = "{}") -> str:
        text = f"x-sandbox: {{rollout: {rollout}}}\nservices: {{web: {{image: {image}}}}}\n"
        return self.disk.commit(**{FILE: text})

    def end(self, outcome: Outcome, *, error: SandboxError | None = None) -> None:
        """A sync of the newest commit ends."""
        desired = load_tracked(self.workspace.repository, "staging")
        record = SyncRecord(
            environment="staging",
            revision=desired.revision,
            trigger=Trigger.COMMIT,
            started_at=0.0,
            finished_at=1.0,
            outcome=outcome,
            message=error.message if error else "",
        )
        self.workspace.journal.record_sync(record)
        if error is not None:
            quarantine_failed(self.workspace, desired, record, [(START, error)])

    @property
    def wanted(self) -> str:
        return load_wanted(self.workspace, "staging").desired.revision


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[Ground]:
    DiskRepository.make(tmp_path)
    repository = open_repository(str(tmp_path))
    yield Ground(tmp_path, repository)
    repository.close()


BROKEN = StartFailedError("web ended with exit code 1")


def test_what_failed_is_not_wanted_until_a_commit_asks_for_something_else(ground: Ground) -> None:
    good = ground.commit("a")
    ground.end(Outcome.SUCCEEDED)
    bad = ground.commit("b")
    assert ground.wanted == bad

    ground.end(Outcome.FAILED, error=BROKEN)

    wanted = load_wanted(ground.workspace, "staging")
    assert (wanted.desired.revision, wanted.tracked.revision) == (good, bad)
    assert wanted.quarantine is not None
    assert wanted.quarantine.reason == "web ended with exit code 1"
    ground.disk.commit(**{"README.md": "nothing that counts"})
    assert ground.wanted == good
    assert ground.commit("c") == ground.wanted


def test_the_last_good_revision_is_the_last_that_asked_for_something_else(ground: Ground) -> None:
    good = ground.commit("a")
    ground.end(Outcome.SUCCEEDED)
    ground.commit("b")
    ground.end(Outcome.SUCCEEDED)
    ground.disk.commit(**{"README.md": "the same again"})
    ground.end(Outcome.FAILED, error=BROKEN)

    assert ground.wanted == good


@pytest.mark.parametrize(
    ("error", "rollout"),
    [
        (EngineError("the engine is busy", temporary=True), "{}"),
        (BROKEN, "{rollback: false}"),
    ],
)
def test_a_fault_of_the_machine_or_a_file_that_says_no_quarantines_nothing(
    ground: Ground, error: SandboxError, rollout: str
) -> None:
    ground.commit("a")
    ground.end(Outcome.SUCCEEDED)
    bad = ground.commit("b", rollout)
    ground.end(Outcome.FAILED, error=error)

    assert ground.wanted == bad


def test_a_first_revision_that_fails_is_tried_again_for_there_is_no_other(ground: Ground) -> None:
    bad = ground.commit("a")
    ground.end(Outcome.FAILED, error=BROKEN)

    assert ground.wanted == bad
