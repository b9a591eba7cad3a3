"""
One exit status for several environments.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.cli.guard import Ended
from sandbox.errors import (
    EngineUnreachableError,
    HeldError,
    InvalidComposeError,
    SandboxError,
)
from sandbox.model.record import Outcome, SyncRecord

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.cli.invocation import Invocation


def end_with(invocation: Invocation, results: Mapping[str, SyncRecord | SandboxError]) -> None:
    """
    Fail if any of *results* is a failure; the results themselves were shown before.

    In JSON mode they tell everything, so only the exit status is left to give.

    Raises:
        SandboxError: What failed; several failures become one that names each environment.
    """
    failures = [failure for result in results.values() if (failure := failure_of(result))]
    if not failures:
        return
    error = failures[0] if len(failures) == 1 else _together(failures)
    if invocation.json:
        raise Ended(error.exit_status)
    raise error


def failure_of(result: SyncRecord | SandboxError) -> SandboxError | None:
    """
    Give the error of a result; a sync that ended badly becomes one.
    """
    if isinstance(result, SandboxError):
        return result
    return None if result.outcome is Outcome.SUCCEEDED else SyncFailedError(result)


def _together(failures: list[SandboxError]) -> SandboxError:
    """
    One error that tells all, each thing once; with their common exit status if they agree.
    """
    invalid = [failure for failure in failures if isinstance(failure, InvalidComposeError)]
    if len(invalid) == len(failures):
        return InvalidComposeError(dict.fromkeys(p for each in invalid for p in each.problems))
    message = "\n".join(dict.fromkeys(failure.message for failure in failures))
    remedy = failures[0].remedy
    statuses = {failure.exit_status for failure in failures}
    for kind in (HeldError, EngineUnreachableError):
        if statuses == {kind.exit_status}:
            return kind(message, remedy=remedy)
    return SandboxError(message, remedy=remedy)


class SyncFailedError(HeldError):
    """
    A sync ran and did not reach its goal: the environment is degraded.
    """

    def __init__(self, record: SyncRecord) -> None:
        name = record.environment
        super().__init__(
            f"{name}: {record.message or record.outcome.value}",
            remedy=record.remedy or f"see: sandbox status {name}, sandbox logs {name}",
        )
        self.log = record.log
