"""
Decide which failure is the fault of a revision, and what is wanted instead of it.

A revision is quarantined when it fails for a reason that trying again would not mend, has never
gone well, and there is a revision that did: that one is wanted until somebody asks for something
else. What the machine lacks (a port, a waiver, an engine that answers) is no fault of a revision.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.errors import (
    AnalysisError,
    DeadlineError,
    EngineError,
    EngineUnreachableError,
    IngressError,
    StartFailedError,
)
from sandbox.model import action as actions
from sandbox.model.plan import HoldReason
from sandbox.model.quarantine import Quarantine
from sandbox.model.record import Outcome
from sandbox.model.rollout import FailureAction
from sandbox.planning.compare import compare_desired

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from sandbox.errors import SandboxError
    from sandbox.model.desired import DesiredState
    from sandbox.model.plan import Hold
    from sandbox.model.record import SyncRecord

_FAULTY_HOLDS = frozenset({HoldReason.JOB_FAILED, HoldReason.IMAGE_BROKEN})
_MADE_OF_THE_REVISION = (
    actions.BuildImage,
    actions.PullImage,
    actions.CreateContainer,
    actions.CopyFiles,
    actions.StartContainer,
    actions.AwaitContainer,
    actions.WatchContainer,
    actions.AnalyseTraffic,
)


def is_fault_of_revision(action: actions.Action, error: SandboxError) -> bool:
    """Tell whether *error* of a step that does *action* speaks against what was committed."""
    match error:
        case StartFailedError() | AnalysisError() | DeadlineError():
            return isinstance(action, _MADE_OF_THE_REVISION)
        case EngineUnreachableError() | IngressError():
            return False
        case EngineError():
            return not error.temporary and isinstance(action, _MADE_OF_THE_REVISION)
        case _:
            return False


def is_faulty_hold(hold: Hold) -> bool:
    """Tell whether *hold* stands for an earlier failure that speaks against the revision."""
    return hold.reason in _FAULTY_HOLDS


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


def last_good(syncs: Iterable[SyncRecord], *, refused: str = "") -> SyncRecord | None:
    """Give the newest of *syncs* (newest first) that went well, at any other revision."""
    good = (each for each in syncs if each.outcome is Outcome.SUCCEEDED)
    return next((each for each in good if each.revision not in {"", refused}), None)


def quarantine_of(failed: SyncRecord, earlier: Sequence[SyncRecord]) -> Quarantine | None:
    """
    Quarantine the revision of *failed*, which is at fault; ``None`` when it stays wanted.

    It stays when it went well before, so that something else must have changed, and when nothing
    went well yet: trying again is then the only way to have anything.

    Args:
        failed: The sync that shows the fault.
        earlier: Those of the same environment before it, newest first.
    """
    good = last_good(earlier, refused=failed.revision)
    proven = any(
        each.outcome is Outcome.SUCCEEDED and each.revision == failed.revision for each in earlier
    )
    if good is None or proven:
        return None
    return Quarantine(
        environment=failed.environment,
        revision=failed.revision,
        reason=failed.message,
        log=failed.log,
        since=failed.finished_at,
        serving=good.revision,
    )


def asks_the_same(head: DesiredState, refused: DesiredState) -> bool:
    """
    Tell whether *head* would be refused as *refused* was: a quarantine lasts while it is so.

    Comments, places and the commit itself do not count; how it is rolled out does.
    """
    return not compare_desired(refused, head)
