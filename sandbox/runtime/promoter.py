"""Set the release of an environment: always by a commit."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, TypeVar

from sandbox.delivery.promotion import commit_message
from sandbox.errors import HeldError, MovedError
from sandbox.model.event import Event, EventKind
from sandbox.model.promotion import Move, Promotion

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sandbox.model.promotion import Objection, Proposal
    from sandbox.runtime.workspace import Workspace

LOOKS_MAX: Final = 100
"""How often a branch that others commit to is looked at again before the command gives up."""

_Result = TypeVar("_Result")


def look_and_commit(
    propose: Callable[[], Proposal], commit: Callable[[Proposal], _Result]
) -> _Result:
    """
    Give *commit* what *propose* finds out; again while somebody commits between the two.

    Raises:
        MovedError: Somebody did, each of 100 times.
    """
    for left in reversed(range(LOOKS_MAX)):
        proposal = propose()
        if proposal.target.head != proposal.target.parent and left:
            continue
        try:
            return commit(proposal)
        except MovedError:
            if not left:
                raise
    raise AssertionError


def commit_proposal(workspace: Workspace, proposal: Proposal, *, reason: str = "") -> Promotion:
    """
    Make the commit of *proposal*, and tell of it.

    Args:
        reason: Why it is done in spite of objections; empty takes them for an answer.

    Raises:
        HeldError: There are objections; nothing was written.
        MovedError: The branch moved meanwhile; nothing was written.
        ConflictError: The file was edited meanwhile; nothing was written.
    """
    if not proposal.changed:
        return unchanged(proposal)
    if held := held_by(proposal, forced=bool(reason)):
        raise refusal(proposal, held)
    done = replace(
        unchanged(proposal),
        commit=_commit_file(workspace, proposal, reason),
        branch=proposal.beside or proposal.target.branch,
        beside=proposal.target.branch if proposal.beside else "",
    )
    _tell(workspace, proposal, done, reason)
    return done


def unchanged(proposal: Proposal) -> Promotion:
    """Tell of *proposal* as long as no commit was made."""
    return Promotion(
        environment=proposal.target.name,
        move=proposal.move,
        source=proposal.source_name,
        release=proposal.release or proposal.follows,
        pinned=bool(proposal.release),
        previous=proposal.previous,
        branch=proposal.target.branch,
    )


def held_by(proposal: Proposal, *, forced: bool) -> tuple[Objection, ...]:
    """Give the objections that count: all of them, or when *forced* those that no force ends."""
    return tuple(each for each in proposal.objections if each.final or not forced)


def refusal(proposal: Proposal, held: Iterable[Objection]) -> HeldError:
    """Name every reason, and what to do about each."""
    lines = [f"{each.message} ({each.remedy})" if each.remedy else each.message for each in held]
    message = f"{proposal.target.name}: {proposal.move} is held; nothing was committed"
    forcible = not any(each.final for each in held)
    remedy = (
        "fix the reasons above, or override them: --force --reason TEXT"
        if forcible
        else "fix the reasons above first"
    )
    return HeldError("\n".join([message, *lines]), remedy=remedy)


def _commit_file(workspace: Workspace, proposal: Proposal, reason: str) -> str:
    repository, target = workspace.repository, proposal.target
    message = commit_message(proposal, reason)
    if proposal.beside:
        return repository.commit_beside(
            branch=proposal.beside,
            beside=target.branch,
            path=proposal.path,
            content=proposal.content,
            message=message,
            parent=target.parent,
        )
    return repository.commit_file(
        branch=target.branch,
        path=proposal.path,
        content=proposal.content,
        message=message,
        parent=target.parent,
    )


def _tell(workspace: Workspace, proposal: Proposal, done: Promotion, reason: str) -> None:
    told = commit_message(proposal).partition("\n")[0]
    where = f", on branch {done.branch} for review" if done.beside else ""
    overridden = "; ".join(each.message for each in proposal.objections)
    forced = f"; forced although {overridden}: {reason}" if overridden else ""
    workspace.journal.record_event(
        Event(
            at=workspace.clock.now(),
            environment=done.environment,
            kind=EventKind.PROMOTED if done.move is Move.PROMOTE else EventKind.PINNED,
            message=f"{told}{where}{forced}",
            revision=done.commit,
        )
    )
