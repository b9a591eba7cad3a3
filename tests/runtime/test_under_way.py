"""While a sync runs, every process says so; when its process was killed, none does."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from sandbox.bootstrap import open_workspace
from sandbox.errors import EngineError
from sandbox.model.event import Event, EventKind
from sandbox.model.plan import Plan
from sandbox.model.status import EnvironmentStatus, SyncStatus
from sandbox.model.syncing import Syncing
from sandbox.runtime.control import LocalControl
from sandbox.runtime.under_way import OUTPUT_S, syncing_now, under_way
from tests.fakes.engine_objects import Behaviour, Fault
from tests.fakes.engine_state import BASE_IMAGE
from tests.quick_ground import WEB, QuickGround, quick_ground

UNITS = f"{{image: {BASE_IMAGE}, profiles: [gate], x-sandbox: {{gate: before}}}}"


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[QuickGround]:
    with quick_ground(tmp_path) as made:
        made.commit(f"{{web: {WEB}, units: {UNITS}}}")
        made.engine.behaviours["units"] = Behaviour(exit_code=0)
        yield made


def elsewhere(ground: QuickGround, top: Path) -> EnvironmentStatus:
    """Look as another process does, which shares no more than the machine."""
    with open_workspace(str(top)) as other:
        workspace = replace(
            other, engine=ground.engine, ingress=ground.ingress, clock=ground.clock, edge_port=0
        )
        (status,) = LocalControl(workspace).status(("staging",))
        return status


def seen_at(ground: QuickGround, top: Path, step_id: str) -> EnvironmentStatus:
    """Sync, and give what another process sees when the step begins."""
    seen: list[EnvironmentStatus] = []

    def look(event: Event) -> None:
        if (event.kind, event.step_id) == (EventKind.STEP_BEGAN, step_id):
            seen.append(elsewhere(ground, top))

    LocalControl(ground.workspace).sync("staging", look)
    (status,) = seen
    return status


def test_another_process_sees_the_step_and_the_gate_that_run(
    ground: QuickGround, tmp_path: Path
) -> None:
    status = seen_at(ground, tmp_path, "gate units")

    assert status.syncing is not None
    assert status.syncing.revision == status.revision
    assert status.syncing.steps > status.syncing.done
    assert "gate units" in {each.id for each in status.syncing.running}
    (gate,) = status.gates
    assert (gate.running, gate.verdict) == (True, None)
    assert status.sync is SyncStatus.OUT_OF_SYNC
    assert status.next_step == "", "it is being done: there is nothing to do about it"


def test_what_serves_is_the_old_revision_until_the_ingress_leads_to_the_new_one(
    ground: QuickGround, tmp_path: Path
) -> None:
    ground.sync()
    first = ground.workspace.repository.refs()["main"]
    changed = WEB.replace("{image", "{environment: {A: b}, image", 1)
    second = ground.commit(f"{{web: {changed}, units: {UNITS}}}")

    def web(status: EnvironmentStatus) -> list[tuple[str, int]]:
        (found,) = (each for each in status.services if each.name == "web")
        return [(each.revision, each.weight) for each in found.releases]

    # The gate and the new container carry the label of the new revision already.
    early = seen_at(ground, tmp_path, "shift web to web-1")
    assert (early.revision, early.serving) == (second, first)
    assert web(early) == [(first, 100)]

    late = elsewhere(ground, tmp_path)
    assert (late.revision, late.serving) == (second, second)
    assert web(late) == [(second, 100)]


def test_an_ingress_that_does_not_answer_leaves_open_what_serves(ground: QuickGround) -> None:
    ground.sync()
    for container_id in tuple(ground.ingress.running):
        ground.ingress.stop(container_id)

    status = ground.status()
    (web,) = (each for each in status.services if each.name == "web")
    assert (web.releases, status.serving, status.running_releases) == ((), "", ())


def test_when_it_is_over_nothing_runs_any_more(ground: QuickGround, tmp_path: Path) -> None:
    ground.sync()

    status = elsewhere(ground, tmp_path)
    assert status.syncing is None
    assert [each.running for each in status.gates] == [False]


def test_a_sync_that_fails_is_over_too(ground: QuickGround, tmp_path: Path) -> None:
    ground.engine.faults.append(Fault(error=EngineError("no", temporary=False)))
    ground.sync()

    assert elsewhere(ground, tmp_path).syncing is None


def test_taking_down_is_told_as_such(ground: QuickGround, tmp_path: Path) -> None:
    ground.sync()
    seen: list[EnvironmentStatus] = []

    def look(event: Event) -> None:
        if event.kind is EventKind.STEP_BEGAN and not seen:
            seen.append(elsewhere(ground, tmp_path))

    LocalControl(ground.workspace).down("staging", volumes=False, on_event=look)

    assert seen[0].syncing is not None
    assert (seen[0].syncing.revision, seen[0].syncing.steps > 0) == ("", True)


@pytest.mark.parametrize("somebody_else", [False, True])
def test_what_a_killed_process_left_is_not_told(
    ground: QuickGround, *, somebody_else: bool
) -> None:
    killed = Syncing(
        environment="staging",
        began_at=ground.clock.now(),
        holder="sandbox up (process 1, since 2020-01-01 00:00:00)",
        steps=3,
    )
    ground.workspace.journal.record_syncing(killed)

    if somebody_else:
        with ground.workspace.lock.hold():
            assert syncing_now(ground.workspace, "staging") is None
    assert ground.status().syncing is None


def test_output_is_kept_now_and_then(ground: QuickGround) -> None:
    workspace = ground.workspace
    plan = Plan(environment="staging", revision="r", release="r")

    def printed(line: str) -> Event:
        return Event(
            at=ground.clock.now(),
            environment="staging",
            kind=EventKind.OUTPUT,
            message=line,
        )

    def kept() -> tuple[str, ...]:
        found = syncing_now(workspace, "staging")
        assert found is not None
        return found.output

    with workspace.lock.hold(), under_way(workspace, plan, ground.told.append) as tell:
        tell(printed("one"))
        assert kept() == ()
        ground.clock.advance(OUTPUT_S)
        tell(printed("two"))
        assert kept() == ("one", "two")
    assert [event.message for event in ground.told] == ["one", "two"]
