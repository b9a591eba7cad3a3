"""
Show a proposal, commit it unless something is against it, and follow what comes of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

from sandbox.cli.guard import Ended
from sandbox.errors import HeldError, MovedError, SandboxError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.cli.invocation import Invocation
    from sandbox.model.promotion import Promotion, Proposal
    from sandbox.model.record import SyncRecord
    from sandbox.render.documents import Json
    from sandbox.runtime.workspace import Workspace

    Results = dict[str, SyncRecord | SandboxError]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """
    How it is to be done.

    Attributes:
        force: In spite of objections; then *reason* tells why.
    """

    dry_run: bool = False
    force: bool = False
    reason: str = ""
    wait: bool = False

    def __post_init__(self) -> None:
        """Refuse a force without a reason, and a reason without a force."""
        if self.force and not self.reason.strip():
            raise UsageError("--force needs a reason", remedy="add --reason TEXT; it is recorded")
        if self.reason and not self.force:
            raise UsageError("--reason belongs to --force", remedy="add --force, or leave it out")
        if self.wait and self.dry_run:
            raise UsageError("--dry-run and --wait exclude each other", remedy="give one of them")


def carry_out(
    invocation: Invocation, workspace: Workspace, propose: Callable[[], Proposal], wish: Wish
) -> None:
    """
    Do what *wish* says with what *propose* finds out, which is asked again when others commit.

    Raises:
        HeldError: Something is against it, or what came of it is degraded.
        DeadlineError: It was not there in time.
    """
    from sandbox.cli.arrival import arrive
    from sandbox.cli.first_sync import newest_event
    from sandbox.runtime.promoter import look_and_commit

    after = newest_event(workspace)
    proposal, promotion = look_and_commit(
        propose, lambda proposal: (proposal, _commit(invocation, workspace, proposal, wish))
    )
    if promotion is None:
        return
    if not invocation.json:
        _show_promotion(invocation, promotion)
    results: Results = {}
    try:
        if wish.wait:
            results = arrive(invocation, workspace, promotion, after)
    except SandboxError as error:
        # The commit is made, whatever comes of it: programs get both in one document.
        if invocation.json:
            _end_with_error(invocation, proposal, promotion, error)
        raise
    _end(invocation, proposal, promotion, results)


def _commit(
    invocation: Invocation, workspace: Workspace, proposal: Proposal, wish: Wish
) -> Promotion | None:
    """Show *proposal* and commit it; ``None`` for a dry run."""
    from sandbox.runtime.promoter import commit_proposal, held_by, refusal

    held = held_by(proposal, forced=wish.force)
    if not invocation.json and proposal.changed and (wish.dry_run or not held):
        _show_proposal(invocation, proposal)
    if held:
        _end_held(invocation, proposal, refusal(proposal, held))
    if wish.dry_run:
        _show_dry(invocation, proposal)
        return None
    try:
        return commit_proposal(workspace, proposal, reason=wish.reason)
    except MovedError as error:
        invocation.note(f"{error.message}; looking again")
        raise


def _show_proposal(invocation: Invocation, proposal: Proposal) -> None:
    from sandbox.render.promotion import proposal_text

    invocation.show(proposal_text(proposal, style=invocation.style))


def _show_promotion(invocation: Invocation, promotion: Promotion) -> None:
    from sandbox.render.promotion import promotion_text

    invocation.show(promotion_text(promotion, style=invocation.style))


def _show_dry(invocation: Invocation, proposal: Proposal) -> None:
    from sandbox.runtime.promoter import unchanged

    if invocation.json:
        invocation.show_json(_fields(proposal, unchanged(proposal)))
    elif proposal.changed:
        invocation.show("Nothing was committed: this was a dry run.")
    else:
        _show_promotion(invocation, unchanged(proposal))


def _end_held(invocation: Invocation, proposal: Proposal, error: HeldError) -> NoReturn:
    if not invocation.json:
        raise error
    from sandbox.runtime.promoter import unchanged

    _end_with_error(invocation, proposal, unchanged(proposal), error)


def _end_with_error(
    invocation: Invocation, proposal: Proposal, promotion: Promotion, error: SandboxError
) -> NoReturn:
    from sandbox.render.documents import failure

    invocation.show_json({**_fields(proposal, promotion), **failure(error)})
    raise Ended(error.exit_status)


def _fields(proposal: Proposal, promotion: Promotion) -> dict[str, Json]:
    from sandbox.render.promotion import promotion_json, proposal_json

    return {**promotion_json(promotion), **proposal_json(proposal)}


def _end(
    invocation: Invocation, proposal: Proposal, promotion: Promotion, results: Results
) -> None:
    from sandbox.cli.outcome import end_with

    if invocation.json:
        from sandbox.render.documents import outcomes

        invocation.show_json({**_fields(proposal, promotion), "syncs": outcomes(results)})
    else:
        from sandbox.render.outcomes import record_text

        for result in results.values():
            if not isinstance(result, SandboxError):
                invocation.show(record_text(result, style=invocation.style))
    end_with(invocation, results)
