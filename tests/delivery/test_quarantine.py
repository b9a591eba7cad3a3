"""
Which failure quarantines a revision, and for how long.
"""

from dataclasses import replace

import pytest

from sandbox.delivery.quarantine import (
    asks_the_same,
    failed_services,
    is_fault_of_revision,
    outcome_of_failure,
    outcome_of_holds,
    refused_by,
    rolls_back,
)
from sandbox.errors import (
    AnalysisError,
    CancelledError,
    DeadlineError,
    EngineError,
    EngineUnreachableError,
    GateError,
    HeldError,
    ImageError,
    IngressError,
    KilledError,
    SandboxError,
    StartFailedError,
)
from sandbox.model import action as actions
from sandbox.model.desired import Network
from sandbox.model.gate import GatePhase
from sandbox.model.ingress import IngressConfig
from sandbox.model.plan import Hold, HoldReason, Step
from sandbox.model.record import Outcome
from sandbox.model.rollout import FailureAction, Rollout, UpdateConfig
from sandbox.model.service import Condition
from sandbox.model.settings import RolloutSettings
from sandbox.planning.ingress_service import ingress_template
from sandbox.planning.routes import INGRESS
from sandbox.planning.spec import container_spec
from tests.builders import a_build, a_desired_state, a_service, an_owner

GOOD, BAD = "a" * 40, "b" * 40
BUILD = actions.BuildImage(tags=("a",), build=a_build(), release="")
START = actions.StartContainer(container_name="web-1")
AWAIT = actions.AwaitContainer(container_name="web-1", until=Condition.HEALTHY, deadline_s=9)
ANALYSE = actions.AnalyseTraffic(
    service_name="web", ingress_name="i", old=("o",), new=("n",), for_s=1, deadline_s=9
)
STOP = actions.StopContainer(container_name="web-1", container_id="1", grace_s=1)
UNITS = a_service("units")
GATE = actions.RunGate(
    spec=container_spec(an_owner(), a_desired_state(UNITS), UNITS, 1),
    gate="units",
    phase=GatePhase.BEFORE,
    deadline_s=9,
    inputs="",
)
CREATE_NETWORK = actions.CreateNetwork(name="n", network=Network(key="n"), labels={})
CONFIGURE = actions.ConfigureIngress(container_name="i", config=IngressConfig())


@pytest.mark.parametrize(
    ("action", "error"),
    [
        (AWAIT, StartFailedError("exited")),
        (AWAIT, DeadlineError("not ready")),
        (ANALYSE, AnalysisError("abort")),
        (BUILD, ImageError("no such file")),
        (START, EngineError("no such program")),
        (GATE, GateError("it exited with 1")),
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
        (GATE, EngineError("the gate could not be run", temporary=True)),
        (GATE, CancelledError("a newer commit")),
    ],
    ids=lambda each: type(each).__name__,
)
def test_what_the_machine_lacks_is_no_fault_of_the_revision(
    action: actions.Action, error: SandboxError
) -> None:
    assert not is_fault_of_revision(action, error)


INGRESS_BUILD = actions.BuildImage(tags=(ingress_template().image,), build=a_build(), release="")


@pytest.mark.parametrize(
    ("action", "error", "service_name"),
    [
        (AWAIT, DeadlineError("not ready"), INGRESS),
        (AWAIT, StartFailedError("exited"), INGRESS),
        (START, EngineError("no such program"), INGRESS),
        (INGRESS_BUILD, ImageError("no such package"), ""),
        (CONFIGURE, IngressError("refused"), INGRESS),
        (AWAIT, KilledError("137"), "web"),
        (STOP, EngineError("does not carry this instance's label any more"), "web"),
        (START, EngineUnreachableError("away"), "web"),
    ],
)
def test_what_is_ours_or_the_machine_s_is_errored(
    action: actions.Action, error: SandboxError, service_name: str
) -> None:
    assert not is_fault_of_revision(action, error, service_name)
    assert outcome_of_failure(action, error, service_name) is Outcome.ERRORED


@pytest.mark.parametrize(
    ("action", "error"),
    [
        (AWAIT, DeadlineError("not ready")),
        (BUILD, ImageError("no such file")),
        (START, HeldError("the policy denies it")),
        (CREATE_NETWORK, EngineError("no such driver")),
    ],
)
def test_what_a_commit_can_mend_or_a_rule_denies_is_failed(
    action: actions.Action, error: SandboxError
) -> None:
    assert outcome_of_failure(action, error, "web") is Outcome.FAILED


@pytest.mark.parametrize(
    ("reasons", "outcome"),
    [
        ([HoldReason.PORT_TAKEN, HoldReason.DEPENDENCY_HELD], Outcome.ERRORED),
        ([HoldReason.NAME_TAKEN], Outcome.ERRORED),
        ([HoldReason.JOB_KILLED], Outcome.ERRORED),
        ([HoldReason.JOB_FAILED, HoldReason.PORT_TAKEN], Outcome.FAILED),
        ([HoldReason.POLICY], Outcome.FAILED),
    ],
)
def test_what_holds_a_service_says_whose_fault_it_is(
    reasons: list[HoldReason], outcome: Outcome
) -> None:
    holds = [Hold(target="x", reason=reason, message="m", service_name="x") for reason in reasons]
    assert outcome_of_holds(holds) is outcome


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


@pytest.mark.parametrize(("failed", "found"), [(1, frozenset()), (2, frozenset({"web"}))])
def test_as_many_containers_may_fail_as_the_file_says(failed: int, found: frozenset[str]) -> None:
    update = UpdateConfig(max_failure_ratio=0.25)
    web = replace(a_service(), replicas=4, rollout=Rollout(update=update))
    failures = [
        (
            Step(id=f"{verb} {n}", action=AWAIT, target=f"web-{n}", reason="x", service_name="web"),
            StartFailedError("it ended"),
        )
        for n in range(failed)
        for verb in ("await", "watch")
    ]

    assert failed_services(a_desired_state(web), failures) == found


def test_a_gate_that_said_no_before_refuses_what_it_refused() -> None:
    holds = [
        Hold(target="gate a", reason=HoldReason.GATE_FAILED, message="", service_name="a"),
        Hold(target="gate b", reason=HoldReason.POLICY, message="", service_name="b"),
    ]

    job = Hold(target="job-1", reason=HoldReason.JOB_FAILED, message="", service_name="job")
    assert refused_by(holds) == {"a"}
    assert refused_by(holds[1:]) == set()
    assert refused_by([*holds, job]) == {"a", "job"}


def test_a_gate_that_fails_takes_the_revision_back_when_the_environment_wants_that() -> None:
    desired = a_desired_state(a_service())
    failures = [
        (
            Step(id="gate a", action=GATE, target="gate a", reason="", service_name="a"),
            GateError("no"),
        )
    ]

    assert failed_services(desired, failures) == {"a"}
    assert rolls_back(desired, {"a"})
