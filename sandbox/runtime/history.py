"""Look back at what was done; asks neither engine nor controller."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.errors import NotFoundError
from sandbox.model.record import PastSync
from sandbox.runtime.desired import require_environment
from sandbox.runtime.status import subject_of

if TYPE_CHECKING:
    from sandbox.runtime.workspace import Workspace


def past_syncs(workspace: Workspace, environment: str = "", *, limit: int) -> tuple[PastSync, ...]:
    """
    Give the syncs of *environment* (of all when none is named), newest first, at most *limit*.

    Those of an environment that is gone are there, too.

    Raises:
        NotFoundError: Neither the journal nor Git knows *environment*.
    """
    records = workspace.journal.syncs(environment, limit=limit)
    if environment and not records:
        require_environment(workspace.repository, environment)
    return tuple(
        PastSync(record=record, subject=subject_of(workspace, record.revision))
        for record in records
    )


def past_sync(workspace: Workspace, number: int, environment: str = "") -> PastSync:
    """
    Give the sync with that number.

    Raises:
        NotFoundError: There is none, none any more, or it was of another environment.
    """
    record = workspace.journal.sync(number)
    if record is None or environment not in {"", record.environment}:
        raise NotFoundError(
            f"{environment or 'the journal'} has no receipt {number}",
            remedy=f"see: sandbox history {environment}".rstrip(),
        )
    return PastSync(record=record, subject=subject_of(workspace, record.revision))
