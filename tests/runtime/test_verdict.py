"""A revision is good only when all that it declares was seen ready, whatever restarts happen."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typing_extensions import override

from sandbox.model.record import Outcome, SyncRecord
from sandbox.planning.labels import SERVICE
from sandbox.runtime.worker import Errand
from tests.fakes.engine import FakeEngine
from tests.fakes.engine_objects import Behaviour, EngineDiedError, FakeContainer
from tests.fakes.engine_state import BASE_IMAGE
from tests.quick_ground import QuickGround, quick_ground

PROBED = f"{{image: {BASE_IMAGE}, healthcheck: {{test: [CMD, x]}}}}"
PLAIN = f"{{image: {BASE_IMAGE}}}"
DB = f"{{image: {BASE_IMAGE}, healthcheck: {{test: [CMD, x]}}, volumes: ['data:/data']}}"
SICK_DB = DB.replace("image:", "environment: {BAD: '1'}, image:", 1)
SETTINGS = "{rollout: {deadline: 30s}}"
NEEDS_JOB = "depends_on: {job: {condition: service_completed_successfully}}"
WITH_JOB = f"{{web: {{{NEEDS_JOB}, image: {BASE_IMAGE}}}, job: {PLAIN}}}"


class WatchedEngine(FakeEngine):
    """Something happens whenever somebody looks at a container that runs."""

    def __init__(self) -> None:
        super().__init__()
        self.on_look: Callable[[FakeContainer], None] = lambda _: None

    @override
    def inspect_container(self, container_id: str):  # type: ignore[no-untyped-def] # noqa: ANN201
        found = self.containers.get(container_id)
        if found is not None and found.lives:
            self.on_look(found)
        return super().inspect_container(container_id)


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[QuickGround]:
    with quick_ground(tmp_path, WatchedEngine()) as made:
        yield made


def watched(ground: QuickGround) -> WatchedEngine:
    assert isinstance(ground.engine, WatchedEngine)
    return ground.engine


def commit(ground: QuickGround, services: str) -> str:
    text = f"{services}\nvolumes: {{data: {{}}}}" if "data:" in services else services
    return ground.commit(text, SETTINGS)


def end_while_awaited(ground: QuickGround, service_name: str) -> None:
    """Let a controller begin with the newest commit, and end it while it awaits that service."""
    worker = ground.worker()

    def stop(container: FakeContainer) -> None:
        if container.labels[SERVICE] == service_name:
            worker.stop()

    watched(ground).on_look = stop
    worker._cycle()
    watched(ground).on_look = lambda _: None
    assert last_outcome(ground) is Outcome.ABORTED


def last_outcome(ground: QuickGround) -> Outcome:
    return ground.workspace.journal.syncs("staging")[0].outcome


def quarantined(ground: QuickGround) -> str:
    found = ground.workspace.journal.quarantined("staging")
    return found.revision if found else ""


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("more", f"{{db: {DB}}}", f"{{db: {DB}, more: {PROBED}}}"),
        ("db", f"{{db: {DB}}}", f"{{db: {SICK_DB}}}"),
    ],
)
def test_what_never_becomes_ready_is_awaited_by_the_next_controller(
    ground: QuickGround, name: str, good: str, bad: str
) -> None:
    commit(ground, good)
    ground.worker()._cycle()
    revision = commit(ground, bad)
    ground.engine.behaviours[name] = Behaviour(healthy=False)
    end_while_awaited(ground, name)
    end_while_awaited(ground, name)

    ground.worker()._cycle()

    assert last_outcome(ground) is Outcome.FAILED
    assert quarantined(ground) == revision


def test_one_without_a_healthcheck_has_to_stay_up_under_the_next_controller(
    ground: QuickGround,
) -> None:
    commit(ground, f"{{db: {PLAIN}}}")
    ground.worker()._cycle()
    revision = commit(ground, f"{{db: {PLAIN}, more: {PLAIN}}}")
    end_while_awaited(ground, "more")
    watched(ground).on_look = lambda one: (
        one.end(ground.engine.now, 1) if one.labels[SERVICE] == "more" else None
    )

    ground.worker()._cycle()

    assert last_outcome(ground) is Outcome.FAILED
    assert quarantined(ground) == revision


def test_what_was_seen_ready_is_not_awaited_again(ground: QuickGround) -> None:
    commit(ground, f"{{db: {DB}, more: {PLAIN}}}")
    ground.worker()._cycle()
    (db,) = (one for one in ground.engine.containers.values() if one.labels[SERVICE] == "db")
    db.behaviour = Behaviour(healthy=False)
    db.begin(db.started_at, ())
    commit(ground, f"{{db: {DB}, more: {PLAIN}, other: {PLAIN}}}")

    ground.worker()._cycle()

    record = ground.workspace.journal.syncs("staging")[0]
    assert record.outcome is Outcome.SUCCEEDED
    assert {step.step_id for step in record.steps if "await" in step.step_id} == {"await other-1"}


def test_a_first_revision_that_failed_is_not_awaited_over_and_over(ground: QuickGround) -> None:
    commit(ground, f"{{db: {DB}}}")
    ground.engine.behaviours["db"] = Behaviour(healthy=False)
    worker = ground.worker()
    worker._cycle()
    assert last_outcome(ground) is Outcome.FAILED
    number = len(ground.workspace.journal.syncs("staging"))
    ground.clock.advance(60.0)

    worker._cycle()

    assert len(ground.workspace.journal.syncs("staging")) == number


@pytest.mark.parametrize("watched_s", [0.0, 600.0], ids=["at once", "known to be unhealthy"])
def test_a_person_who_asks_again_has_it_awaited_again(
    ground: QuickGround, watched_s: float
) -> None:
    commit(ground, f"{{db: {DB}}}")
    ground.engine.behaviours["db"] = Behaviour(healthy=False)
    worker = ground.worker()
    worker._cycle()
    if watched_s:
        for _ in range(3):
            ground.clock.advance(watched_s)
            worker._cycle()
    errand = Errand(emit=ground.told.append)
    worker.send(errand)

    worker._run_errands()

    answer = errand.answer.get(timeout=1.0)
    assert isinstance(answer, SyncRecord)
    assert answer.outcome is last_outcome(ground) is Outcome.FAILED


def test_a_first_revision_that_failed_does_not_go_well_when_something_else_is_mended(
    ground: QuickGround,
) -> None:
    commit(ground, f"{{db: {DB}, more: {PLAIN}}}")
    ground.engine.behaviours["db"] = Behaviour(healthy=False)
    worker = ground.worker()
    worker._cycle()
    (more,) = (one for one in ground.engine.containers.values() if one.labels[SERVICE] == "more")
    ground.engine.remove_by_force(more.id)
    ground.clock.advance(60.0)

    worker._cycle()

    assert last_outcome(ground) is Outcome.FAILED
    assert ground.engine.named(more.name).lives


def test_a_job_that_failed_while_no_controller_ran_is_the_revision_s_fault(
    ground: QuickGround,
) -> None:
    good = commit(ground, f"{{web: {PLAIN}}}")
    ground.worker()._cycle()
    revision = commit(ground, WITH_JOB)
    end_while_awaited(ground, "job")
    (job,) = (one for one in ground.engine.containers.values() if one.labels[SERVICE] == "job")
    job.end(ground.engine.now, 1)

    worker = ground.worker()
    worker._cycle()

    assert last_outcome(ground) is Outcome.FAILED
    assert quarantined(ground) == revision
    worker._cycle()
    assert ground.workspace.journal.syncs("staging")[0].revision == good


def test_a_verdict_is_followed_by_its_quarantine_wherever_the_controller_is_killed(
    ground: QuickGround, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit(ground, f"{{db: {DB}}}")
    ground.worker()._cycle()
    revision = commit(ground, f"{{db: {SICK_DB}}}")
    ground.engine.behaviours["db"] = Behaviour(healthy=False)
    record = ground.workspace.journal.record_sync

    def killed(*given: Any) -> None:
        record(*given)
        raise EngineDiedError

    with monkeypatch.context() as patch:
        patch.setattr(ground.workspace.journal, "record_sync", killed)
        with pytest.raises(EngineDiedError):
            ground.worker()._cycle()

    ground.worker()._cycle()

    assert quarantined(ground) == revision
