"""
Which failure quarantines a revision, and for what.
"""

from dataclasses import replace

import pytest

from sandbox.delivery.quarantine import (
    asks_the_same,
    is_fault_of_revision,
    is_faulty_hold,
    last_good,
    quarantine_of,
    rolls_back,
)
from sandbox.errors import (
    AnalysisError,
    CancelledError,
    DeadlineError,
    EngineError,
    EngineUnreachableError,
    HeldError,
    ImageError,
    IngressError,
    SandboxError,
    StartFailedError,
)
from sandbox.model import action as actions
from sandbox.model.ingress import IngressConfig
from sandbox.model.plan import Hold, HoldReason
from sandbox.model.quarantine import Quarantine
from sandbox.model.record import Outcome, SyncRecord, Trigger
from sandbox.model.rollout import FailureAction, Rollout, UpdateConfig
from sandbox.model.service import Condition
from sandbox.model.settings import RolloutSettings
from tests.builders import a_build, a_desired_state, a_service

GOOD, BETTER, BAD = "a" * 40, "b" * 40, "c" * 40
BUILD = actions.BuildImage(tags=("a",), build=a_build(), release="")
START = actions.StartContainer(container_name="web-1")
AWAIT = actions.AwaitContainer(container_name="web-1", until=Condition.HEALTHY, deadline_s=9)
ANALYSE = actions.AnalyseTraffic(
    service_name="web", ingress_name="i", old=("o",), new=("n",), for_s=1, deadline_s=9
)
STOP = actions.StopContainer(container_name="web-1", container_id="1", grace_s=1)
CONFIGURE = actions.ConfigureIngress(container_name="i", config=IngressConfig())


def a_sync(revision: str, outcome: Outcome = Outcome.SUCCEEDED) -> SyncRecord:
    return SyncRecord(
        environment="staging",
        revision=revision,
        trigger=Trigger.COMMIT,
        started_at=10.0,
        finished_at=12.0,
        outcome=outcome,
        message="" if outcome is Outcome.SUCCEEDED else "web-1 exited with 1",
        log=("last words",),
    )


@pytest.mark.parametrize(
    ("action", "error"),
    [
        (AWAIT, StartFailedError("exited")),
        (AWAIT, DeadlineError("not ready")),
        (ANALYSE, AnalysisError("abort")),
        (BUILD, ImageError("no such file")),
        (START, EngineError("no such program")),
    ],
    ids=lambda each: type(each).__name__,
)
def test_what_was_committed_is_at_fault(action: actions.Action, error: SandboxError) -> None:
    assert is_fault_of_revision(action, error)


@pytest.mark.parametrize(
    ("action", "error"),
    [
        (AWAIT, CancelledError("a newer commit")),
        (AWAIT, EngineUnreachableError("away")),
        (START, EngineError("busy", temporary=True)),
        (BUILD, ImageError("the registry is away", temporary=True)),
        (START, HeldError("the policy denies it, which a waiver can change")),
        (CONFIGURE, IngressError("refused")),
        (ANALYSE, IngressError("does not answer")),
        (STOP, EngineError("does not carry this instance's label any more")),
        (STOP, DeadlineError("does not end")),
    ],
    ids=lambda each: type(each).__name__,
)
def test_what_the_machine_lacks_is_no_fault_of_the_revision(
    action: actions.Action, error: SandboxError
) -> None:
    assert not is_fault_of_revision(action, error)


def test_only_holds_that_stand_for_a_failure_of_the_revision_are_its_fault() -> None:
    faulty = [
        reason
        for reason in HoldReason
        if is_faulty_hold(Hold(target="web-1", reason=reason, message="m"))
    ]

    assert faulty == [HoldReason.JOB_FAILED, HoldReason.IMAGE_BROKEN]


def test_a_failed_revision_is_quarantined_for_the_last_good_one() -> None:
    failed = a_sync(BAD, Outcome.FAILED)
    earlier = [a_sync(BAD, Outcome.FAILED), a_sync(BETTER), a_sync(GOOD)]

    assert quarantine_of(failed, earlier) == Quarantine(
        environment="staging",
        revision=BAD,
        reason="web-1 exited with 1",
        log=("last words",),
        since=12.0,
        serving=BETTER,
    )


def test_a_revision_that_went_well_before_stays_wanted() -> None:
    failed = a_sync(BETTER, Outcome.FAILED)

    assert quarantine_of(failed, [a_sync(BETTER), a_sync(GOOD)]) is None


@pytest.mark.parametrize(
    "earlier", [[], [a_sync(BAD, Outcome.FAILED), a_sync(GOOD, Outcome.ABORTED)]]
)
def test_a_revision_that_nothing_good_precedes_stays_wanted(earlier: list[SyncRecord]) -> None:
    assert quarantine_of(a_sync(BAD, Outcome.FAILED), earlier) is None


def test_the_last_good_sync_is_of_another_revision_and_of_one_at_all() -> None:
    syncs = [a_sync(""), a_sync(BAD), a_sync(BETTER, Outcome.ERRORED), a_sync(GOOD)]

    assert last_good(syncs, refused=BAD) == syncs[-1]
    assert last_good(syncs) == syncs[1]
    assert last_good([]) is None


def test_the_way_back_is_not_taken_where_a_file_says_so() -> None:
    pausing = Rollout(update=UpdateConfig(failure_action=FailureAction.PAUSE))
    web, worker = a_service("web"), replace(a_service("worker"), rollout=pausing)
    desired = a_desired_state(web, worker)
    settings = replace(desired.settings, rollout=RolloutSettings(rollback=False))

    assert rolls_back(desired, {"web", ""})
    assert not rolls_back(desired, {"web", "worker"})
    assert not rolls_back(replace(desired, settings=settings), {"web"})


def test_a_quarantine_outlasts_commits_that_ask_for_the_same() -> None:
    refused = a_desired_state(a_service("web", environment={"A": "1"}), revision=BAD)
    moved = replace(refused.services[0], place="environments/staging/compose.yaml:99")
    fixed = replace(refused.services[0], environment={"A": "2"})
    patient = replace(refused.services[0], rollout=Rollout(update=UpdateConfig(monitor_s=99.0)))

    assert asks_the_same(replace(refused, revision=GOOD, services=(moved,)), refused)
    assert not asks_the_same(replace(refused, services=(fixed,)), refused)
    assert not asks_the_same(replace(refused, services=(patient,)), refused)
