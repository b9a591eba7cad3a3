"""
Decide whose fault a failure is, and how long a revision stays refused for its own.

Only what a commit can mend is its fault. What the machine lacks (a port, an engine that answers)
and what is ours (the ingress) is not: that is tried again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.errors import (
    AnalysisError,
    DeadlineError,
    EngineError,
    EngineUnreachableError,
    GateError,
    HeldError,
    IngressError,
    StartFailedError,
)
from sandbox.model import action as actions
from sandbox.model.plan import HoldReason
from sandbox.model.record import Outcome
from sandbox.model.rollout import FailureAction
from sandbox.planning.compare import compare_desired
from sandbox.planning.ingress_service import ingress_template
from sandbox.planning.rerun import fix_or_rerun
from sandbox.planning.routes import INGRESS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from sandbox.errors import SandboxError
    from sandbox.model.desired import DesiredState
    from sandbox.model.plan import Hold, Step
    from sandbox.model.quarantine import Quarantine

_MADE_OF_THE_REVISION = (
    actions.BuildImage,
    actions.PullImage,
    actions.CreateNetwork,
    actions.CreateVolume,
    actions.CreateContainer,
    actions.CopyFiles,
    actions.StartContainer,
    actions.AwaitContainer,
    actions.WatchContainer,
    actions.AnalyseTraffic,
    actions.RunGate,
)


_OF_THE_MACHINE = (
    HoldReason.BACK_OFF,
    HoldReason.JOB_KILLED,
    HoldReason.NAME_TAKEN,
    HoldReason.PORT_TAKEN,
    HoldReason.NETWORK_IN_USE,
    HoldReason.SUBNETS_EXHAUSTED,
)


_FAILED_BEFORE = (HoldReason.GATE_FAILED, HoldReason.JOB_FAILED)


def is_fault_of_revision(
    action: actions.Action, error: SandboxError, service_name: str = ""
) -> bool:
    """Tell whether *error* of a step that does *action* speaks against what was committed."""
    if _is_ours(action, service_name):
        return False
    match error:
        case StartFailedError():
            # A stop fails so when what was to take its place has ended meanwhile.
            return True
        case AnalysisError() | DeadlineError() | GateError():
            return isinstance(action, _MADE_OF_THE_REVISION)
        case EngineUnreachableError() | IngressError():
            return False
        case EngineError():
            return not error.temporary and isinstance(action, _MADE_OF_THE_REVISION)
        case _:
            return False


def outcome_of_failure(
    action: actions.Action, error: SandboxError, service_name: str = ""
) -> Outcome:
    """Say how a sync ended whose step failed with *error*: a rule that says no is no error."""
    refused = isinstance(error, HeldError) and not _is_ours(action, service_name)
    if refused or is_fault_of_revision(action, error, service_name):
        return Outcome.FAILED
    return Outcome.ERRORED


def outcome_of_holds(holds: Iterable[Hold]) -> Outcome:
    """Say how a sync ended that left *holds*: errored when the machine is to blame for each."""
    roots = [hold for hold in holds if hold.reason is not HoldReason.DEPENDENCY_HELD]
    ours = all(hold.reason in _OF_THE_MACHINE for hold in roots)
    return Outcome.ERRORED if roots and ours else Outcome.FAILED


def _is_ours(action: actions.Action, service_name: str) -> bool:
    """Tell whether a step is about the ingress, in which the repository has no say."""
    if isinstance(action, actions.BuildImage):
        return ingress_template().image in action.tags
    return service_name == INGRESS


def failed_services(
    desired: DesiredState, failures: Iterable[tuple[Step, SandboxError]]
) -> frozenset[str]:
    """
    Give the services that failed by the fault of *desired*, in more containers than they may.

    An empty name stands for what belongs to no service, such as an image.
    """
    failed: dict[str, set[str]] = {}
    for step, error in failures:
        if is_fault_of_revision(step.action, error, step.service_name):
            failed.setdefault(step.service_name, set()).add(step.target)
    allowed = {
        service.name: service.rollout.update.max_failure_ratio * service.replicas
        for service in desired.services
    }
    return frozenset(
        name for name, targets in failed.items() if len(targets) > allowed.get(name, 0.0)
    )


def refused_by(holds: Iterable[Hold]) -> frozenset[str]:
    """Give the gates and jobs that failed for exactly this before, and are not run again."""
    failed = (hold for hold in holds if hold.reason in _FAILED_BEFORE)
    return frozenset(hold.service_name for hold in failed)


def rolls_back(desired: DesiredState, failed_services: Collection[str]) -> bool:
    """
    Tell whether *desired* wants to go back by itself when these of its services fail.

    An empty name stands for what belongs to no service, such as an image.
    """
    actions_on_failure = [
        service.rollout.update.failure_action
        for service in desired.services
        if service.name in failed_services
    ]
    return desired.settings.rollout.rollback and all(
        each is FailureAction.ROLLBACK for each in actions_on_failure
    )


def quarantine_text(quarantine: Quarantine) -> str:
    """Say which revision serves, which one is not tried again, and why."""
    failed, serving = quarantine.revision[:7], quarantine.serving[:7]
    return f"serving {serving}; {failed} failed and is not tried again: {quarantine.reason}"


def quarantine_remedy(quarantine: Quarantine) -> str:
    """Say what ends *quarantine*: a commit, or the command that tries the revision again."""
    return fix_or_rerun(quarantine.environment, quarantine.remedy or "commit a fix")


def asks_the_same(head: DesiredState, refused: DesiredState) -> bool:
    """
    Tell whether *head* would be refused as *refused* was: a quarantine lasts while it is so.

    Comments, places and the commits themselves do not count: the source that a release stands for
    is in the names of the images. How it is rolled out does.
    """
    changed = {change.field for change in compare_desired(refused, head)}
    return changed <= {"x-sandbox.release"}
