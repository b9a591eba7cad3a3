"""A job runs once for all that it is created from, whatever commits come in between."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from typing_extensions import override

from sandbox.model.record import Outcome
from sandbox.planning.labels import SERVICE
from sandbox.runtime.down import take_down
from tests.fakes.engine import FakeEngine
from tests.fakes.engine_objects import FakeContainer
from tests.fakes.engine_state import BASE_IMAGE
from tests.quick_ground import QuickGround, quick_ground

JOB = f"migrate: {{image: {BASE_IMAGE}, environment: {{TO: '1'}}}}"
OTHER_JOB = JOB.replace("'1'", "'2'")
WEB = (
    f"web: {{image: {BASE_IMAGE}, depends_on: {{migrate: {{condition: "
    "service_completed_successfully}}}"
)
ALONE = f"web: {{image: {BASE_IMAGE}}}"
ENDS = f"crash: {{image: {BASE_IMAGE}, environment: {{CRASH: '1'}}}}"


class JobEngine(FakeEngine):
    """
    Jobs end well at once; what is called ``crash`` ends badly.

    Attributes:
        runs: How often each job was started, by what it is to do.
    """

    runs: dict[str, int]

    @override
    def start_container(self, container_id: str) -> None:
        super().start_container(container_id)
        container: FakeContainer = self.containers[container_id]
        if container.labels[SERVICE] == "migrate":
            to = container.spec.service.environment["TO"] or ""
            self.runs[to] = self.runs.get(to, 0) + 1
            container.end(self.now, 0)
        if container.labels[SERVICE] == "crash":
            container.end(self.now, 1)


@pytest.fixture
def engine() -> JobEngine:
    made = JobEngine()
    made.runs = {}
    return made


@pytest.fixture
def ground(tmp_path: Path, engine: JobEngine) -> Iterator[QuickGround]:
    with quick_ground(tmp_path, engine) as made:
        commit(made, WEB, JOB)
        assert engine.runs == {"1": 1}
        yield made


def commit(ground: QuickGround, *services: str, ends: Outcome = Outcome.SUCCEEDED) -> None:
    ground.commit(f"{{{', '.join(services)}}}", settings="{rollout: {deadline: 2s}}")
    assert ground.sync().outcome is ends


def test_a_job_that_was_dropped_does_not_run_again_when_it_is_declared_again(
    ground: QuickGround, engine: JobEngine
) -> None:
    commit(ground, ALONE)
    assert not any(one.labels[SERVICE] == "migrate" for one in engine.containers.values())
    commit(ground, WEB, JOB)
    assert engine.runs == {"1": 1}
    assert ground.names() == {"web"}


def test_a_revert_does_not_run_the_job_of_before_again(
    ground: QuickGround, engine: JobEngine
) -> None:
    commit(ground, WEB, OTHER_JOB)
    commit(ground, WEB, JOB)
    assert engine.runs == {"1": 1, "2": 1}


def test_a_job_of_a_revision_that_was_taken_back_does_not_run_again_with_the_fix(
    ground: QuickGround, engine: JobEngine
) -> None:
    commit(ground, WEB, OTHER_JOB, ENDS, ends=Outcome.FAILED)
    assert engine.runs == {"1": 1, "2": 1}
    assert ground.workspace.journal.quarantined("staging") is not None
    assert ground.names() == {"web"}
    commit(ground, WEB, OTHER_JOB)
    assert engine.runs == {"1": 1, "2": 1}


def test_a_job_runs_again_when_its_volumes_are_gone(ground: QuickGround, engine: JobEngine) -> None:
    take_down(ground.workspace, "staging", volumes=False, emit=ground.told.append)
    assert ground.sync().outcome is Outcome.SUCCEEDED
    assert engine.runs == {"1": 1}

    take_down(ground.workspace, "staging", volumes=True, emit=ground.told.append)
    assert ground.sync().outcome is Outcome.SUCCEEDED
    assert engine.runs == {"1": 2}
