"""Take an environment down; its volumes stay unless a person says otherwise."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from sandbox.errors import EngineUnreachableError, NotFoundError, SandboxError
from sandbox.model.desired import DesiredState
from sandbox.model.event import Event, EventKind
from sandbox.model.observed import Owner
from sandbox.model.plan import SyncPolicy
from sandbox.model.record import Outcome, SyncRecord, Trigger
from sandbox.planning.admission import judge_of
from sandbox.planning.down import plan_down
from sandbox.runtime.desired import environment_names
from sandbox.runtime.duration import Moment
from sandbox.runtime.executor import Execution, step_records
from sandbox.runtime.observe import with_proofs
from sandbox.runtime.person import person
from sandbox.runtime.under_way import under_way
from sandbox.runtime.whereabouts import no_such_environment

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sandbox.model.observed import ObservedState
    from sandbox.runtime.workspace import Workspace


def take_down(
    workspace: Workspace, environment: str, *, volumes: bool, emit: Callable[[Event], None]
) -> SyncRecord:
    """
    Remove the containers and networks of *environment*, and its volumes if *volumes*.

    Works without Git too: an environment whose files are broken or gone can be taken down.

    Raises:
        NotFoundError: Neither Git nor the engine knows it.
    """
    began = Moment.now(workspace.clock)
    observed = _observed(workspace, environment)
    if not has_objects(observed):
        _require_declared(workspace, environment)
    plan = plan_down(observed, volumes=volumes)
    for hold in plan.holds:
        message = f"{hold.target}: {hold.message}"
        emit(Event(at=began.at, environment=environment, kind=EventKind.HELD, message=message))
    nothing = DesiredState(application="", environment=environment, revision="", release="")
    judge = judge_of(nothing, observed, SyncPolicy(waiver_file=workspace.waivers()))
    with under_way(workspace, plan, emit) as tell:
        results = Execution(
            workspace=workspace, plan=plan, judge=judge, emit=tell, stop=lambda: False
        ).run()
    errors = [result.error.message for result in results if result.error is not None]
    workspace.journal.forget_health(environment)
    if volumes:
        workspace.journal.forget_jobs(environment)
    record = SyncRecord(
        environment=environment,
        revision="",
        trigger=Trigger.PERSON,
        started_at=began.at,
        finished_at=began.later(workspace.clock),
        outcome=Outcome.FAILED if errors else Outcome.SUCCEEDED,
        message="; ".join(errors),
        steps=step_records(results),
        author=person(),
    )
    if record.steps:
        record = replace(record, id=workspace.journal.record_sync(record))
    emit(
        Event(
            at=record.finished_at,
            environment=environment,
            kind=EventKind.DEGRADED if errors else EventKind.STOPPED,
            message=record.message or "taken down",
            seconds=record.finished_at - began.at,
        )
    )
    return record


def require_known(workspace: Workspace, environments: Sequence[str]) -> None:
    """
    Refuse names before anything is done that neither Git nor the journal nor the engine knows.

    Raises:
        NotFoundError: There is no such environment; the message lists those that there are.
    """
    for environment in environments:
        if workspace.journal.syncs(environment, limit=1):
            continue
        with suppress(NotFoundError):
            _require_declared(workspace, environment)
            continue
        with suppress(EngineUnreachableError):  # whom we cannot ask knows nothing either
            if has_objects(_observed(workspace, environment)):
                continue
        _require_declared(workspace, environment)


def has_objects(observed: ObservedState) -> bool:
    """Tell whether the engine has anything of an environment."""
    return bool(observed.containers or observed.networks or observed.volumes)


def _observed(workspace: Workspace, environment: str) -> ObservedState:
    owner = Owner(instance=workspace.repository.instance, application="", environment=environment)
    return with_proofs(workspace, workspace.engine.observe(owner, ()))


def _require_declared(workspace: Workspace, environment: str) -> None:
    try:
        known = environment_names(workspace.repository)
    except SandboxError:
        known = ()
    if environment not in known:
        raise no_such_environment(workspace.repository, environment, known)
