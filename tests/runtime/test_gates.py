"""A gate has a container of its own from beginning to end, and leaves evidence and nothing else."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from sandbox.adapters.git_repository import GitRepository, open_repository
from sandbox.delivery.note import results_of_note
from sandbox.delivery.proof import gate_inputs
from sandbox.errors import (
    CancelledError,
    EngineError,
    EngineUnreachableError,
    GateError,
)
from sandbox.model.action import CreateNetwork, RunGate
from sandbox.model.desired import DesiredState
from sandbox.model.gate import Gate, GatePhase, GateVerdict
from sandbox.model.plan import Plan
from sandbox.planning.spec import container_spec
from sandbox.runtime.evidence import gate_evidence, gate_statuses
from sandbox.runtime.gate_log import last_run
from sandbox.runtime.gates import GateRun
from sandbox.runtime.workspace import Workspace
from tests.builders import a_build, a_desired_state, a_service, an_owner
from tests.fakes.clock import FakeClock
from tests.fakes.engine import FakeEngine
from tests.fakes.engine_objects import Behaviour, Fault
from tests.fakes.journal import FakeJournal
from tests.repositories import DiskRepository

IMAGE = "shop/units:1"


class Ground:
    def __init__(self, folder: Path) -> None:
        self.disk = DiskRepository.make(folder)
        self.commit = self.disk.commit(a="1")
        self.repository: GitRepository = open_repository(str(folder))
        self.engine = FakeEngine(images=[IMAGE])
        self.journal = FakeJournal()
        self.said: list[str] = []
        self.stopped = False
        self.owner = replace(an_owner(), instance=self.repository.instance)
        self.workspace = cast(
            "Workspace",
            SimpleNamespace(
                engine=self.engine,
                clock=FakeClock(),
                repository=self.repository,
                journal=self.journal,
                owner=lambda _: self.owner,
            ),
        )
        self.desired = self.with_gate()
        network = self.desired.networks[0]
        self.spec = container_spec(self.owner, self.desired, self.desired.gates[0], 1)
        self.engine.create_network(
            CreateNetwork(
                name=self.spec.endpoints[0].network_name,
                network=network,
                subnet="10.1.2.0/24",
                labels=self.spec.labels,
            )
        )

    def with_gate(self) -> DesiredState:
        web = a_service()
        units = a_service("units", image=IMAGE, build=a_build())
        units = replace(
            units,
            environment={"API_TOKEN": "opensesame"},
            gate=Gate(phase=GatePhase.BEFORE, deadline_s=5.0),
        )
        desired = a_desired_state(web, revision=self.commit, release=self.commit)
        return replace(desired, gates=(units,))

    def run(self) -> None:
        action = RunGate(
            spec=self.spec,
            gate="units",
            phase=GatePhase.BEFORE,
            deadline_s=5.0,
            inputs=gate_inputs(self.desired, self.owner)["units"],
        )
        GateRun(
            workspace=self.workspace,
            plan=Plan(environment="staging", revision=self.commit, release=self.commit),
            action=action,
            output=self.said.append,
            stop=lambda: self.stopped,
        ).run()

    def behaves(self, exit_code: int | None = None, *log: str, error: str = "") -> None:
        self.engine.behaviours["units"] = Behaviour(exit_code=exit_code, log=log, error=error)


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[Ground]:
    made = Ground(tmp_path / "shop")
    yield made
    made.repository.close()


def test_one_that_ends_well_has_passed_and_leaves_evidence_in_both_places(ground: Ground) -> None:
    ground.behaves(0, "12 passed with opensesame")

    ground.run()

    (result,) = ground.journal.gate_results("staging")
    assert result.verdict is GateVerdict.PASSED
    assert (result.image, result.tree) == (IMAGE, "c1" * 20)
    assert result.image_id == ground.engine.images[IMAGE].id
    assert result.log == ("12 passed with ***",)
    assert results_of_note(ground.repository.read_note(ground.commit)) == (result,)
    assert ground.engine.containers == {}
    assert ground.said == ["units: 12 passed with ***"]


def test_one_that_says_no_is_the_commits_fault_with_its_last_lines(ground: Ground) -> None:
    ground.behaves(3, "one", "2 failed", "")

    with pytest.raises(GateError) as raised:
        ground.run()

    assert raised.value.message == "gate units failed: it exited with 3\none"
    assert (
        "sandbox sync staging --rerun; its log: sandbox logs staging units" in raised.value.remedy
    )
    assert raised.value.log == ("one", "2 failed", "")
    (result,) = ground.journal.gate_results()
    assert (result.verdict, result.message) == (
        GateVerdict.FAILED,
        "exited with 3\none",
    )
    assert ground.engine.containers == {}


def test_the_log_of_the_last_run_can_be_read_when_its_container_is_gone(ground: Ground) -> None:
    ground.behaves(3, *(f"line {number} of opensesame" for number in range(100)))
    with pytest.raises(GateError) as raised:
        ground.run()

    run = last_run(ground.workspace, "staging", "units")

    assert run is not None
    assert run.log == tuple(f"line {number} of ***" for number in range(100))
    assert len(raised.value.log) == 40
    assert last_run(ground.workspace, "staging", "web") is None


def test_one_that_does_not_end_in_time_has_failed(ground: Ground) -> None:
    ground.behaves(None, "waiting for something")

    with pytest.raises(GateError, match="did not end within 5 s\nwaiting"):
        ground.run()

    assert ground.journal.gate_results()[0].seconds >= 5.0
    assert ground.engine.containers == {}


def test_one_that_can_never_be_started_has_failed(ground: Ground) -> None:
    ground.behaves(error="exec: no such file")

    with pytest.raises(GateError, match=r"it cannot be started: .*no such file"):
        ground.run()

    assert ground.engine.containers == {}


def test_what_the_engine_could_not_do_is_no_fault_of_the_commit(ground: Ground) -> None:
    busy = EngineError("the engine is busy", temporary=True)
    ground.engine.faults = [Fault(error=busy, method="start_container")]
    ground.behaves(0)

    with pytest.raises(EngineError, match="could not be run: the engine is busy") as raised:
        ground.run()

    assert raised.value.temporary
    assert not isinstance(raised.value, EngineUnreachableError)
    assert [each.verdict for each in ground.journal.gate_results()] == [GateVerdict.ERRORED]
    assert ground.repository.read_note(ground.commit) == ""
    assert ground.engine.containers == {}
    ground.run()
    assert ground.journal.gate_results()[0].verdict is GateVerdict.PASSED


def test_an_engine_that_is_away_says_nothing_about_a_gate(ground: Ground) -> None:
    ground.engine.gone = True

    with pytest.raises(EngineUnreachableError):
        ground.run()

    assert ground.journal.gate_results() == ()


def test_one_that_is_superseded_is_ended_and_proves_nothing(ground: Ground) -> None:
    ground.behaves(None)
    ground.stopped = True

    with pytest.raises(CancelledError):
        ground.run()

    assert ground.journal.gate_results() == ()
    assert ground.engine.containers == {}


def test_what_an_interrupted_run_left_makes_room(ground: Ground) -> None:
    ground.behaves(None)
    left = ground.engine.create_container(ground.spec)
    ground.engine.start_container(left)
    ground.behaves(0)

    ground.run()

    assert ground.engine.containers == {}
    assert ground.journal.gate_results()[0].verdict is GateVerdict.PASSED


def test_a_note_that_cannot_be_written_fails_nothing(ground: Ground) -> None:
    blob = ground.disk.git("hash-object", "-w", "--stdin", stdin=b"x")
    ground.disk.git("update-ref", "refs/notes/sandbox/below", blob)
    ground.behaves(0)

    ground.run()

    assert ground.journal.gate_results()[0].verdict is GateVerdict.PASSED
    assert any("kept in the journal only" in line for line in ground.said)


def test_the_note_counts_where_the_journal_knows_nothing(ground: Ground) -> None:
    ground.behaves(0)
    ground.run()
    (kept,) = ground.journal.gate_results()

    ground.journal._gates.clear()

    assert gate_evidence(ground.workspace, ground.desired) == (kept,)
    (status,) = gate_statuses(ground.workspace, ground.desired)
    assert (status.name, status.verdict) == ("units", GateVerdict.PASSED)


def test_the_journal_counts_where_both_know_something(ground: Ground) -> None:
    ground.behaves(0)
    ground.run()
    (kept,) = ground.journal.gate_results()
    failed = replace(kept, verdict=GateVerdict.FAILED, started_at=kept.started_at + 1)

    ground.journal.record_gate(failed)

    assert gate_evidence(ground.workspace, ground.desired) == (failed, kept)
    (status,) = gate_statuses(ground.workspace, ground.desired)
    assert status.verdict is GateVerdict.FAILED


def test_what_was_noted_for_other_inputs_or_elsewhere_is_no_evidence(ground: Ground) -> None:
    ground.behaves(0)
    ground.run()
    ground.journal._gates.clear()
    (units,) = ground.desired.gates
    other = replace(ground.desired, gates=(replace(units, environment={"A": "1"}),))

    assert gate_evidence(ground.workspace, other) == ()
    (status,) = gate_statuses(ground.workspace, other)
    assert status.verdict is None


def test_one_that_is_killed_proves_nothing_and_ended_twice_in_a_row_it_failed(
    ground: Ground,
) -> None:
    ground.behaves(137)

    with pytest.raises(EngineError, match="it was ended from outside with exit code 137"):
        ground.run()
    with pytest.raises(GateError, match="exited with 137"):
        ground.run()

    verdicts = [each.verdict for each in ground.journal.gate_results()]
    assert verdicts == [GateVerdict.FAILED, GateVerdict.ERRORED]
