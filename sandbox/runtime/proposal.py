"""Find out about a release that is to be set: what it is, what it does, what is against it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from sandbox.delivery.pin import set_release
from sandbox.delivery.promotion import judge_migrations, judge_source, judge_target
from sandbox.errors import HeldError, SandboxError, SourceError
from sandbox.model.promotion import Move, Proposal, TargetFacts
from sandbox.planning.plan import plan_sync
from sandbox.runtime.desired import (
    load_tracked,
    ref_commit,
    require_environment,
    subject_of,
)
from sandbox.runtime.earlier import earlier_release, staying
from sandbox.runtime.observe import observe
from sandbox.runtime.proven import source_facts
from sandbox.runtime.source import ENVIRONMENTS, EditedSource, load_from
from sandbox.runtime.suspension import active_suspension
from sandbox.runtime.sync import refuse_unmeant_emptiness
from sandbox.runtime.wanted import load_wanted, policy_of

if TYPE_CHECKING:
    from sandbox.model.desired import DesiredState
    from sandbox.model.plan import Plan
    from sandbox.model.promotion import Migration, Objection, SourceFacts
    from sandbox.runtime.workspace import Workspace


PLANNED: Final = frozenset({Move.PROMOTE, Move.ROLLBACK})
"""Moves that say what the environment will do; the others do not need an engine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Aim:
    """What somebody wants, and what is known of that; fields as in `Proposal`."""

    move: Move
    release: str
    source: SourceFacts | None = None
    source_name: str = ""
    beside: str = ""
    origin: str = ""
    staying: tuple[Migration, ...] = ()
    against: tuple[Objection, ...] = ()


def propose_promotion(workspace: Workspace, environment: str, *, beside: str = "") -> Proposal:
    """
    Find out about pinning *environment* to the release of the one that it promotes from.

    Args:
        beside: New branch that the commit is to be on; empty is the one that is tracked.

    Raises:
        HeldError: It promotes from none.
        InvalidComposeError, NotFoundError, SourceError: What Git says of either cannot be used.
    """
    require_environment(workspace.repository, environment)
    desired = load_tracked(workspace.repository, environment)
    name = desired.settings.promote_from
    if not name:
        message = f"{environment} has no promote_from, so there is nothing to promote from"
        remedy = "say x-sandbox: {promote_from: staging}, or: sandbox pin ENV REV"
        raise HeldError(message, remedy=remedy)
    wanted = load_wanted(workspace, name)
    release = wanted.tracked.release
    aim = _Aim(move=Move.PROMOTE, release=release, source_name=name, beside=beside)
    if desired.settings.release != release:
        source = source_facts(workspace, wanted, soak_s=desired.settings.soak_s)
        against = tuple(judge_source(source, release, workspace.clock.now()))
        aim = replace(aim, source=source, against=against)
    return _proposal(workspace, desired, aim)


def propose_pin(workspace: Workspace, environment: str, revision: str) -> Proposal:
    """
    Find out about pinning *environment* to the application source of *revision*.

    Raises:
        NotFoundError: There is no such environment or revision.
    """
    require_environment(workspace.repository, environment)
    desired = load_tracked(workspace.repository, environment)
    aim = _Aim(move=Move.PIN, release=ref_commit(workspace.repository, revision))
    return _proposal(workspace, desired, aim)


def propose_unpin(workspace: Workspace, environment: str) -> Proposal:
    """Find out about letting *environment* follow its branch again."""
    require_environment(workspace.repository, environment)
    desired = load_tracked(workspace.repository, environment)
    return _proposal(workspace, desired, _Aim(move=Move.UNPIN, release=""))


def propose_rollback(workspace: Workspace, environment: str, revision: str = "") -> Proposal:
    """
    Find out about pinning *environment* to *revision*, or to the last good release before.

    Raises:
        NotFoundError: There is no such environment or revision, or no earlier release.
    """
    require_environment(workspace.repository, environment)
    desired = load_tracked(workspace.repository, environment)
    if revision:
        release, origin = ref_commit(workspace.repository, revision), ""
    else:
        found = earlier_release(workspace, desired)
        release, origin = found.release, found.origin
    migrations = staying(workspace, desired, release)
    aim = _Aim(
        move=Move.ROLLBACK,
        release=release,
        origin=origin,
        staying=migrations,
        against=tuple(judge_migrations(migrations, environment, release)),
    )
    return _proposal(workspace, desired, aim)


def _proposal(workspace: Workspace, desired: DesiredState, aim: _Aim) -> Proposal:
    """Load what would be committed, plan it, and judge the target last: it may move meanwhile."""
    move, release = aim.move, aim.release
    path = f"{ENVIRONMENTS}/{desired.environment}/.env"
    text = (workspace.repository.read_file(desired.revision, path) or b"").decode()
    changed = desired.settings.release != release
    content = set_release(text, release, place=path).encode() if changed else text.encode()
    after = _load_edited(workspace, desired, path, content, release) if changed else desired
    plan, problem = _preview(workspace, after) if changed and move in PLANNED else (None, "")
    target = _target_facts(workspace, desired, path, content, beside=aim.beside)
    return Proposal(
        move=move,
        target=target,
        release=release,
        follows="" if release else after.release,
        previous=desired.settings.release,
        subject=subject_of(workspace.repository, release or after.release),
        source=aim.source,
        source_name=aim.source_name,
        beside=aim.beside,
        origin=aim.origin,
        path=path,
        content=content,
        changed=changed,
        objections=(*aim.against, *judge_target(target, move)) if changed else (),
        staying=aim.staying,
        plan=plan,
        plan_problem=problem,
    )


def _load_edited(
    workspace: Workspace, desired: DesiredState, path: str, content: bytes, release: str
) -> DesiredState:
    """Load what would be committed: a pin that the environment does not read would be a lie."""
    repository, edits = workspace.repository, {path: content}
    source = EditedSource(repository=repository, revision=desired.revision, edits=edits)
    after = load_from(source, desired.environment)
    if after.settings.release != release:
        message = f"{desired.environment} does not read its release from RELEASE in {path}"
        raise SourceError(
            message, remedy="say x-sandbox: {release: '${RELEASE:-}'} in compose.yaml"
        )
    return after


def _preview(workspace: Workspace, after: DesiredState) -> tuple[Plan | None, str]:
    """Plan what would be committed; without an engine, tell why there is no plan."""
    try:
        refuse_unmeant_emptiness(after)
        policy = policy_of(workspace, after, None, replace(workspace.policy, retry_jobs=True))
        return plan_sync(after, observe(workspace, after), policy), ""
    except SandboxError as error:
        return None, error.message


def _target_facts(
    workspace: Workspace, desired: DesiredState, path: str, content: bytes, *, beside: str
) -> TargetFacts:
    repository, branch = workspace.repository, desired.settings.track
    conflict = None
    if not beside:
        conflict = repository.commit_conflict(
            branch=branch, path=path, content=content, parent=desired.revision
        )
    return TargetFacts(
        name=desired.environment,
        branch=branch,
        parent=desired.revision,
        head=repository.resolve(branch) or "",
        suspension=active_suspension(workspace, desired.environment),
        conflict=(conflict.message, conflict.remedy) if conflict else ("", ""),
    )
