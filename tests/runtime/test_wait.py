"""No wait outlasts what can still change, and why it ends is said as soon as it is known."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.errors import DeadlineError, HeldError
from sandbox.model.event import Event, EventKind
from sandbox.model.observed import EngineHealth
from sandbox.model.plan import Hold, HoldReason, Plan
from sandbox.model.record import Outcome
from sandbox.model.status import EnvironmentStatus, Suspension
from sandbox.planning.plan import lasting_holds
from sandbox.runtime.control import LocalControl
from sandbox.runtime.under_way import under_way
from sandbox.runtime.wait import NOBODY_S, lasting_hold, wait_for
from tests.fakes.engine_objects import Behaviour
from tests.fakes.engine_state import BASE_IMAGE
from tests.quick_ground import WEB, QuickGround, quick_ground

TIMEOUT_S = 295.0
SOON_S = 30.0
BOTH = f"{{web: {WEB}, old: {{image: {BASE_IMAGE}}}}}"
ONE = f"{{web: {WEB}}}"


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[QuickGround]:
    with quick_ground(tmp_path) as made:
        yield made


def wait(
    ground: QuickGround, revision: str | None = None, *, timeout_s: float = TIMEOUT_S
) -> EnvironmentStatus:
    return wait_for(
        ground.workspace,
        LocalControl(ground.workspace),
        "staging",
        revision=revision,
        healthy=True,
        timeout_s=timeout_s,
        on_status=lambda _: None,
    )


def ends_at_once(ground: QuickGround, said: str, revision: str | None = None) -> HeldError:
    began = ground.clock.monotonic()
    with pytest.raises(HeldError, match=said) as raised:
        wait(ground, revision)
    assert ground.clock.monotonic() - began <= NOBODY_S + 1.0
    return raised.value


def test_what_is_held_back_is_told_by_the_sync_and_ends_a_wait_at_once(ground: QuickGround) -> None:
    ground.commit(BOTH)
    ground.sync()
    ground.commit(ONE, "{sync: {prune: false}}")

    record = ground.sync()

    assert record.outcome is Outcome.SUCCEEDED
    (held,) = record.held
    assert "old-1" in held
    assert "in sync" not in ground.told[-1].message
    assert held in ground.told[-1].message
    error = ends_at_once(ground, "old-1")
    assert (error.exit_status, error.remedy) == (4, "sandbox plan staging")
    assert ground.status().held == (held,)


def test_a_revision_in_quarantine_ends_it(ground: QuickGround) -> None:
    ground.commit(ONE)
    ground.sync()
    bad = ground.commit(BOTH)
    ground.engine.behaviours["old"] = Behaviour(exit_code=1)
    ground.sync()

    assert f"{bad[:7]} failed" in ends_at_once(ground, "not tried again").message


def test_a_revision_in_quarantine_ends_it_at_once_also_while_the_sync_back_runs(
    ground: QuickGround,
) -> None:
    ground.commit(ONE)
    ground.sync()
    ground.commit(BOTH)
    ground.engine.behaviours["old"] = Behaviour(exit_code=1)
    ground.sync()
    workspace, began = ground.workspace, ground.clock.monotonic()
    plan = Plan(environment="staging", revision="r", release="r")

    with (
        workspace.lock.hold(),
        under_way(workspace, plan, ground.told.append),
        pytest.raises(HeldError, match="not tried again") as raised,
    ):
        wait(ground)

    assert ground.clock.monotonic() == began
    assert raised.value.exit_status == 4
    assert raised.value.remedy.endswith("sandbox sync staging --rerun")


def test_a_quarantine_that_began_after_the_look_is_told_with_its_reason(
    ground: QuickGround,
) -> None:
    ground.commit(ONE)
    ground.sync()
    ground.commit(BOTH)
    ground.engine.behaviours["old"] = Behaviour(exit_code=1)

    def sync(_: EnvironmentStatus) -> None:
        ground.sync()

    with pytest.raises(HeldError, match="not tried again") as raised:
        wait_for(
            ground.workspace,
            LocalControl(ground.workspace),
            "staging",
            revision=None,
            healthy=True,
            timeout_s=TIMEOUT_S,
            on_status=sync,
        )

    assert raised.value.remedy.endswith("sandbox sync staging --rerun")


def test_a_commit_that_is_of_no_use_ends_it(ground: QuickGround) -> None:
    ground.commit("{web: {imag: x}}")

    ends_at_once(ground, "imag")


@pytest.mark.slow
def test_a_suspension_ends_it_unless_that_is_over_in_time(ground: QuickGround) -> None:
    ground.commit(ONE)
    ground.sync()
    now = ground.clock.now()
    forever = Suspension(environment="staging", reason="x", since=now)
    ground.workspace.journal.suspend(forever)
    ends_at_once(ground, "suspended")

    short = Suspension(environment="staging", reason="x", since=now, until=now + 60.0)
    ground.workspace.journal.suspend(short)
    assert wait(ground).suspension is None


def test_a_revision_that_its_branch_is_past_ends_it(ground: QuickGround) -> None:
    first = ground.commit(ONE)
    second = ground.commit(BOTH)

    assert second[:7] in ends_at_once(ground, "past", first).remedy


def test_without_anybody_who_would_act_it_ends_soon(ground: QuickGround) -> None:
    ground.commit(ONE)

    assert ends_at_once(ground, "no controller").remedy == "sandbox up staging"


@pytest.mark.parametrize(("key", "drift"), [("auto", False), ("self_heal", True)])
def test_what_the_file_leaves_to_people_ends_it(
    ground: QuickGround, key: str, *, drift: bool
) -> None:
    ground.commit(ONE, f"{{sync: {{{key}: false}}}}")
    if drift:
        ground.sync()
        web = next(one for one in ground.engine.containers.values() if "-web-" in one.name)
        ground.engine.remove_by_force(web.id)

    ends_at_once(ground, f"x-sandbox.sync.{key} is false")


def test_what_is_held_back_may_still_change_while_a_sync_runs(ground: QuickGround) -> None:
    workspace, status = ground.workspace, EnvironmentStatus(name="staging", held=("x",))
    plan = Plan(environment="staging", revision="r", release="r")

    with workspace.lock.hold():
        with under_way(workspace, plan, ground.told.append):
            assert lasting_hold(workspace, status) is None
        assert lasting_hold(workspace, status) is not None


def test_what_only_needs_time_is_waited_for(ground: QuickGround) -> None:
    ground.commit(f"{{web: {{image: {BASE_IMAGE}, healthcheck: {{test: [CMD, x]}}}}}}")
    ground.sync()
    (web,) = ground.engine.containers.values()
    web.health = EngineHealth.UNHEALTHY
    began = ground.clock.monotonic()

    with pytest.raises(DeadlineError):
        wait(ground, timeout_s=SOON_S)

    assert ground.clock.monotonic() - began >= SOON_S


def test_a_pause_and_what_follows_from_others_hold_nothing_for_long() -> None:
    holds = [
        Hold(target="x", reason=reason, message="m", service_name="x") for reason in HoldReason
    ]
    plan = Plan(environment="e", revision="r", release="r", holds=tuple(holds))

    passing = set(HoldReason) - {hold.reason for hold in lasting_holds(plan)}
    assert passing == {HoldReason.BACK_OFF, HoldReason.DEPENDENCY_HELD}


def test_it_goes_on_until_the_sync_under_way_has_ended(ground: QuickGround) -> None:
    ground.commit(ONE)
    ground.sync()
    plan = Plan(environment="staging", revision="r", release="r")
    with (
        ground.workspace.lock.hold(),
        under_way(ground.workspace, plan, ground.told.append),
        pytest.raises(DeadlineError),
    ):
        wait(ground, timeout_s=SOON_S)

    assert wait(ground, timeout_s=SOON_S).syncing is None


def test_a_sync_is_under_way_until_its_record_can_be_read(ground: QuickGround) -> None:
    ground.commit(ONE)
    seen: list[bool] = []

    def tell(event: Event) -> None:
        if event.kind is EventKind.SYNCED:
            journal = ground.workspace.journal
            seen.append(bool(journal.syncs("staging")) and journal.syncing("staging") is not None)

    LocalControl(ground.workspace).sync("staging", tell)

    assert seen == [True]
    assert ground.workspace.journal.syncing("staging") is None
