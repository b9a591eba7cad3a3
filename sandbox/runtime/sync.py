"""
One attempt to bring an environment to the revision that its branch points at.

The whole story on one screen: load, observe, plan, execute, record.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sandbox.delivery.quarantine import outcome_of_failure, outcome_of_holds
from sandbox.delivery.receipt import receipt_of
from sandbox.errors import (
    CancelledError,
    EngineError,
    EngineUnreachableError,
    HeldError,
    ImplausibleError,
    KilledError,
    StartFailedError,
)
from sandbox.model.action import BuildImage, PullImage
from sandbox.model.plan import HoldReason
from sandbox.model.record import Outcome, SyncRecord, Trigger
from sandbox.planning.admission import judge_of
from sandbox.planning.jobs import job_hashes
from sandbox.planning.plan import differences, lasting_holds, plan_sync
from sandbox.planning.routes import INGRESS
from sandbox.runtime.duration import Moment
from sandbox.runtime.executor import Execution, StepResult, step_records
from sandbox.runtime.file_warnings import file_warnings
from sandbox.runtime.observe import observe
from sandbox.runtime.person import person
from sandbox.runtime.plausible import refuse_blind
from sandbox.runtime.source import ENVIRONMENTS
from sandbox.runtime.sync_events import beginning, conclusion, quarantined
from sandbox.runtime.under_way import under_way
from sandbox.runtime.wanted import (
    Wanted,
    has_failed,
    is_refused,
    is_unjudged,
    load_wanted,
    policy_of,
    quarantine_failed,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.model.desired import DesiredState
    from sandbox.model.event import Event
    from sandbox.model.observed import ObservedState
    from sandbox.model.plan import Hold, Plan, Step, SyncPolicy
    from sandbox.model.quarantine import Quarantine
    from sandbox.planning.admission import Judge
    from sandbox.runtime.meter import Meter
    from sandbox.runtime.workspace import Workspace

ROUNDS = 3
"""A plan may be stale when it is executed; what failed for that is planned again this often."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncRequest:
    """
    What a sync is asked for.

    Attributes:
        emit: Told what happens as it happens.
        stop: Asked often; when it says so the sync ends early and safely.
        meter: Counts the requests of the environment, before, during and after.
        pushed: What to bring the environment to whatever its branch says; ``None`` for a sync. No
            failure of it puts anything into quarantine: whoever pushed decides what comes next.
    """

    environment: str
    trigger: Trigger
    policy: SyncPolicy
    emit: Callable[[Event], None]
    stop: Callable[[], bool]
    meter: Meter
    pushed: DesiredState | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """
    What Git says, what the engine says, what to do about it, and what may be done at all.

    Attributes:
        began_at: Seconds since the epoch.
        seconds: How long it took.
        quarantine: Why *desired* is not the newest commit of the branch; ``None`` when it is.
    """

    desired: DesiredState
    observed: ObservedState
    plan: Plan
    judge: Judge
    began_at: float
    seconds: float
    quarantine: Quarantine | None = None


def look(
    workspace: Workspace,
    environment: str,
    policy: SyncPolicy,
    *,
    pushed: DesiredState | None = None,
) -> Look:
    """
    Load (unless it is *pushed*), observe and plan; changes nothing.

    Raises:
        InvalidComposeError, NotFoundError, SourceError: What Git says cannot be used.
        HeldError: The environment would become empty without ``allow_empty``.
        EngineUnreachableError: No engine answers.
        ImplausibleError: What was observed cannot be true.
    """
    began_at, began = workspace.clock.now(), workspace.clock.monotonic()
    wanted = (
        load_wanted(workspace, environment)
        if pushed is None
        else Wanted(desired=pushed, tracked=pushed)
    )
    desired = wanted.desired
    refuse_unmeant_emptiness(desired)
    observed = observe(workspace, desired)
    policy = policy_of(workspace, desired, wanted.quarantine, policy)
    policy = replace(policy, unjudged=is_unjudged(workspace, desired, observed))
    plan = plan_sync(desired, observed, policy)
    alone = not policy.retry_jobs
    if policy.unjudged and alone and not differences(plan) and has_failed(workspace, desired):
        # It is said already; who waits for it again and again, unasked, does nothing else.
        policy = replace(policy, unjudged=False)
        plan = plan_sync(desired, observed, policy)
    refuse_blind(workspace, observed, plan)
    return Look(
        desired=desired,
        observed=observed,
        plan=plan,
        judge=judge_of(desired, observed, policy),
        began_at=began_at,
        seconds=workspace.clock.monotonic() - began,
        quarantine=wanted.quarantine,
    )


def sync_environment(workspace: Workspace, request: SyncRequest) -> SyncRecord:
    """Reconcile once: `look`, then `carry_out`; and go back if that is what it comes to."""
    workspace.journal.release_quarantine(request.environment)
    record = carry_out(workspace, request, look(workspace, request.environment, request.policy))
    if workspace.journal.quarantined(request.environment) is not None and not request.stop():
        back = look(workspace, request.environment, request.policy)
        if back.quarantine is not None:
            carry_out(workspace, replace(request, trigger=Trigger.ROLLBACK), back)
    return record


def carry_out(workspace: Workspace, request: SyncRequest, seen: Look) -> SyncRecord:
    """
    Execute the plan of *seen* and record how it ended.

    What fails because the plan was stale is looked at and planned again.

    Returns:
        The record, as written to the journal. That it failed is an answer, not an exception.

    Raises:
        EngineUnreachableError: No engine answers any more.
    """
    began, first = Moment.now(workspace.clock), seen
    ours = seen.quarantine is None and request.pushed is None
    # What failed for this before is not brought up to be taken back again.
    refused = ours and is_refused(workspace, seen.desired, seen.plan)
    before = request.meter.begin_sync(seen.observed) if seen.plan.steps and not refused else None
    results: tuple[StepResult, ...] = ()
    last: tuple[StepResult, ...] = ()
    # It is under way until its record can be read.
    with ExitStack() as stack:
        if seen.plan.steps and not refused:
            emit = stack.enter_context(under_way(workspace, seen.plan, request.emit))
            seen, results, last = _walk(workspace, replace(request, emit=emit), seen)
        during = request.meter.end_sync(_observed_after(workspace, seen)) if results else None
        receipt = receipt_of(
            zip((each.step.action for each in results), step_records(results), strict=True),
            seen_s=_seen_s(workspace, request, first),
            loaded_s=first.seconds,
            before=before,
            during=during,
        )
        record = replace(_record(workspace, request, seen, last, began), receipt=receipt)
        # First the quarantine: a process that is killed between the two must not leave a verdict
        # that nothing follows from.
        quarantine = None
        if record.outcome is Outcome.FAILED and ours:
            quarantine = _quarantine(workspace, request, seen, record, last)
        record = replace(record, id=workspace.journal.record_sync(record))
        request.meter.recorded(record.id)
        request.emit(conclusion(record, seen.quarantine))
        if record.outcome is Outcome.SUCCEEDED:
            _remember_success(workspace, seen)
        if quarantine is not None:
            request.emit(quarantined(quarantine))
        return record


def _quarantine(
    workspace: Workspace,
    request: SyncRequest,
    seen: Look,
    record: SyncRecord,
    results: tuple[StepResult, ...],
) -> Quarantine | None:
    """Put what failed into quarantine where it is to blame; ``None`` where it is not."""
    # What had worked and became unhealthy by itself is restarted, not held against the commit.
    failures = [
        (each.step, each.error)
        for each in results
        if each.error is not None and each.step.service_name not in request.policy.ailing
    ]
    return quarantine_failed(workspace, seen.desired, record, failures, seen.plan.holds)


def _walk(
    workspace: Workspace, request: SyncRequest, seen: Look
) -> tuple[Look, tuple[StepResult, ...], tuple[StepResult, ...]]:
    """
    Execute the plan of *seen*, and look and plan again while that is what failed.

    Returns:
        The last look, what came of all steps, and what came of those of the last plan.
    """
    results: tuple[StepResult, ...] = ()
    last: tuple[StepResult, ...] = ()
    for _ in range(ROUNDS):
        if not seen.plan.steps:
            break
        request.emit(beginning(workspace, seen.plan))
        last = Execution(
            workspace=workspace,
            plan=seen.plan,
            judge=seen.judge,
            emit=request.emit,
            stop=request.stop,
        ).run()
        results += last
        stale = any(_may_be_stale(result) for result in last)
        lied = any(isinstance(result.error, ImplausibleError) for result in last)
        if request.stop() or lied or not stale:
            break
        # A job that failed in this sync is not run again by it.
        policy = replace(request.policy, retry_jobs=False)
        try:
            seen = look(workspace, request.environment, policy, pushed=request.pushed)
        except ImplausibleError:
            # What failed before is told; the next cycle looks again.
            break
    else:
        last = tuple(_ended_by_itself(result, results) for result in last)
    return seen, results, last


def _observed_after(workspace: Workspace, seen: Look) -> ObservedState:
    """What was observed still tells where the ingress is, unless this very sync replaced it."""
    moved = any(step.service_name == INGRESS for step in seen.plan.steps)
    return observe(workspace, seen.desired) if moved else seen.observed


def _seen_s(workspace: Workspace, request: SyncRequest, seen: Look) -> float | None:
    """Seconds from the moment that the branch moved to the look that found it moved."""
    if request.trigger is not Trigger.COMMIT:
        return None
    moved_at = workspace.repository.moved_at(seen.desired.settings.track)
    return None if moved_at is None else max(0.0, seen.began_at - moved_at)


def _remember_success(workspace: Workspace, seen: Look) -> None:
    """Keep which jobs are done; what went well needs no quarantine of what came before."""
    for spec_hash in job_hashes(seen.desired, seen.observed.owner):
        workspace.journal.mark_job_done(seen.desired.environment, spec_hash)
    if seen.quarantine is None:
        workspace.journal.release_quarantine(seen.desired.environment)


def refuse_unmeant_emptiness(desired: DesiredState) -> None:
    """Refuse a desired state without services unless the file says that it is meant."""
    if desired.services or desired.settings.sync.allow_empty:
        return
    folder = f"{ENVIRONMENTS}/{desired.environment}"
    commit = desired.revision[:7]
    message = f"{folder}/compose.yaml: no service is left in {commit}; what runs is left alone"
    remedy = (
        "restore a service (one with profiles counts when COMPOSE_PROFILES in"
        f" {folder}/.env names one), or say"
        " x-sandbox: {sync: {allow_empty: true}}"
    )
    raise HeldError(message, remedy=remedy)


def _ended_by_itself(result: StepResult, results: tuple[StepResult, ...]) -> StepResult:
    """Take a container that was ended in every round of *results* for one that ends by itself."""
    error = result.error
    ends = [
        each
        for each in results
        if each.step.target == result.step.target and isinstance(each.error, KilledError)
    ]
    if not isinstance(error, KilledError) or len(ends) < ROUNDS:
        return result
    message = f"{error.message}, {ROUNDS} times in a row"
    remedy = "its last lines say why; commit a fix"
    return replace(result, error=StartFailedError(message, remedy=remedy, log=error.log))


def _may_be_stale(result: StepResult) -> bool:
    error = result.error
    if isinstance(error, EngineUnreachableError):
        raise error
    return isinstance(error, EngineError) and error.temporary


def _record(
    workspace: Workspace,
    request: SyncRequest,
    seen: Look,
    results: tuple[StepResult, ...],
    began: Moment,
) -> SyncRecord:
    outcome, message, remedy, log = _verdict(request, seen, results)
    return SyncRecord(
        environment=seen.desired.environment,
        revision=seen.desired.revision,
        release=seen.desired.release,
        trigger=request.trigger,
        started_at=began.at,
        finished_at=began.later(workspace.clock),
        outcome=outcome,
        message=message,
        remedy=remedy,
        held=_held(seen) if outcome is Outcome.SUCCEEDED else (),
        steps=step_records(results),
        log=log,
        warnings=file_warnings(workspace, seen.desired),
        author=person() if request.trigger in {Trigger.PERSON, Trigger.PIPELINE} else "",
    )


def _verdict(
    request: SyncRequest, seen: Look, results: tuple[StepResult, ...]
) -> tuple[Outcome, str, str, tuple[str, ...]]:
    """How it ended, why, what to do about it, and the last lines of what failed."""
    failed = [(each.step, each.error) for each in results if each.error is not None]
    # What a commit can mend is told before what is only tried again.
    for outcome in (Outcome.FAILED, Outcome.ERRORED):
        for step, error in failed:
            if isinstance(error, CancelledError):
                continue
            if outcome_of_failure(step.action, error, step.service_name) is not outcome:
                continue
            message = f"{_place(seen.desired, step)}{error.message}"
            return outcome, message, error.remedy, tuple(getattr(error, "log", ()))
    if failed or (len(results) < len(seen.plan.steps) and request.stop()):
        return Outcome.ABORTED, "ended early: a newer commit, or a person", "", ()
    blocking = blocking_holds(seen.plan)
    if blocking:
        texts = [hold_text(seen.desired, hold) for hold in blocking]
        # Lines that are to be copied must stand for themselves.
        gap = "\n" if any("\n" in text for text in texts) else "; "
        return outcome_of_holds(blocking), gap.join(texts), "", ()
    return Outcome.SUCCEEDED, "", "", ()


def _held(seen: Look) -> tuple[str, ...]:
    return tuple(hold_text(seen.desired, hold) for hold in lasting_holds(seen.plan))


def hold_text(desired: DesiredState, hold: Hold) -> str:
    """Write a hold with the place where its service is declared; a denial names its own."""
    if hold.reason is HoldReason.POLICY:
        return f"{hold.target}: {hold.message}"
    services = (*desired.services, *desired.gates)
    places = [service.place for service in services if service.name == hold.service_name]
    place = f"{places[0]}: " if places and places[0] else ""
    return f"{place}{hold.target}: {hold.message}"


def _place(desired: DesiredState, step: Step) -> str:
    """Where the service that a step is about is declared, as the beginning of a message."""
    match step.action:
        case BuildImage(tags=images):
            pass
        case PullImage(reference=reference):
            images = (reference,)
        case _:
            images = ()
    for service in (*desired.services, *desired.gates):
        if service.place and (service.name == step.service_name or service.image in images):
            return f"{service.place}: {service.name}: "
    return ""


def blocking_holds(plan: Plan) -> tuple[Hold, ...]:
    """Holds that keep a service from coming up, and what is denied beside those."""
    return tuple(
        hold for hold in plan.holds if hold.service_name or hold.reason is HoldReason.POLICY
    )
