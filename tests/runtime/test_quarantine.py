"""What is said of a revision in quarantine is true, and the command that is named for it acts."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.cli.first_sync import converge
from sandbox.errors import HeldError
from sandbox.model.event import EventKind
from sandbox.model.record import Outcome
from sandbox.runtime.control import LocalControl
from tests.fakes.control import FakeControl
from tests.fakes.engine_objects import Behaviour
from tests.fakes.engine_state import BASE_IMAGE
from tests.quick_ground import WEB, QuickGround, quick_ground

OUTCOMES = {EventKind.DEGRADED, EventKind.QUARANTINED, EventKind.SYNCED}


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[QuickGround]:
    with quick_ground(tmp_path) as made:
        yield made


def test_the_way_back_says_what_serves_and_what_is_in_quarantine(ground: QuickGround) -> None:
    good = ground.commit(f"{{web: {WEB}}}")
    ground.sync()
    bad = ground.commit(f"{{web: {WEB}, more: {{image: {BASE_IMAGE}}}}}")
    ground.engine.behaviours["more"] = Behaviour(exit_code=1)

    ground.sync()

    told = [each for each in ground.told if each.kind in OUTCOMES][-3:]
    assert [each.kind for each in told] == [
        EventKind.DEGRADED,
        EventKind.QUARANTINED,
        EventKind.SYNCED,
    ]
    assert told[1].message.endswith("to try it again: sandbox sync staging --rerun")
    assert told[2].message == (
        f"in sync with {good[:7]}, the last good revision; {bad[:7]} is in quarantine"
    )


def test_the_command_that_is_named_for_a_quarantine_tries_the_revision_again(
    ground: QuickGround,
) -> None:
    ground.commit(f"{{web: {WEB}}}")
    ground.sync()
    gate = f"{{image: {BASE_IMAGE}, profiles: [gate], x-sandbox: {{gate: before}}}}"
    bad = ground.commit(f"{{web: {WEB}, check: {gate}}}")
    ground.engine.behaviours["check"] = Behaviour(exit_code=1)
    ground.sync()
    assert "sandbox sync staging --rerun" in ground.status().next_step
    ground.engine.behaviours["check"] = Behaviour(exit_code=0)

    refused = ground.sync()

    assert refused.outcome is Outcome.FAILED
    assert refused.message.endswith("sandbox sync staging --rerun")
    record = LocalControl(ground.workspace).sync("staging", ground.told.append, rerun=True)
    assert (record.outcome, record.revision) == (Outcome.SUCCEEDED, bad)
    assert ground.workspace.journal.quarantined("staging") is None


def test_up_of_a_revision_in_quarantine_ends_with_the_reason(ground: QuickGround) -> None:
    ground.commit(f"{{web: {WEB}}}")
    ground.sync()
    bad = ground.commit(f"{{web: {WEB}, more: {{image: {BASE_IMAGE}}}}}")
    ground.engine.behaviours["more"] = Behaviour(exit_code=1)
    ground.sync()
    (before,) = LocalControl(ground.workspace).status(("staging",))
    ground.told.clear()
    ground.worker()._cycle()  # a controller that has just begun
    control = FakeControl(events=ground.told)

    with pytest.raises(HeldError, match=f"{bad[:7]} failed and is not tried again") as raised:
        converge(ground.workspace, control, before, 0, lambda _: None)

    assert raised.value.exit_status == 4
    assert raised.value.remedy.endswith("sandbox sync staging --rerun")
