"""
Every exception that `sandbox` raises on purpose.

::

    SandboxError                    1    something failed; says what, why and what to do
    ├── UsageError                  2    the command line makes no sense
    ├── NotFoundError               5    no such environment, revision or service
    ├── SourceError                 1    Git cannot give what was asked
    │   └── ConflictError           1    a commit of ours would overwrite somebody's work
    │       └── MovedError          1    the branch moved meanwhile; look again, then commit
    ├── InvalidComposeError         1    committed files are wrong; carries every problem
    ├── SetupError                  1    this machine lacks something that we may not or cannot mend
    ├── DeliveryError               1    a message could not be delivered
    ├── LockedError                 1    another process writes for this repository
    ├── EngineError                 1    the engine refused; `temporary` decides whether to retry
    │   ├── EngineUnreachableError  6    no engine answers
    │   ├── StaleError              1    the world is not as it was observed: look again
    │   │   ├── ImplausibleError    1    answers of the engine contradict each other
    │   │   └── KilledError         1    a container was ended from outside while it was to start
    │   ├── ImageError              1    an image cannot be built or pulled
    │   └── IngressError            1    the ingress refused a configuration, or does not answer
    ├── HeldError                   4    the environment is degraded, or a rule says no
    │   ├── StartFailedError        4    a container ended or became unhealthy instead of ready
    │   ├── AnalysisError           4    a canary did not show what it has to
    │   └── GateError               4    a check of the revision did not pass
    ├── DeadlineError             124    a wait ended; names what it waited for
    └── CancelledError            130    a newer commit or a person ended the work

Three channels (an exception, a value, an assertion) are told apart in `docs/architecture.md`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sandbox.model.problem import Problem


PROBLEMS_IN_A_LINE = 3


class SandboxError(Exception):
    """
    An expected failure: one message for people, one remedy, one exit status.

    Args:
        message: What failed, where and why; a sentence without a trailing full stop.
        remedy: What to do about it, when we know; a command where possible.
    """

    exit_status: ClassVar[int] = 1

    def __init__(self, message: str, *, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy


class UsageError(SandboxError):
    """The command line makes no sense."""

    exit_status = 2


class NotFoundError(SandboxError):
    """No such environment, revision or service."""

    exit_status = 5


class SourceError(SandboxError):
    """Git cannot give what was asked."""


class ConflictError(SourceError):
    """A commit of ours would overwrite somebody's work; nothing was written."""


class MovedError(ConflictError):
    """The branch moved between look and commit; looking again is enough."""


class InvalidComposeError(SandboxError):
    """
    Committed files are wrong.

    Args:
        problems: All of them, in the order of the files; at least one.
    """

    def __init__(self, problems: Iterable[Problem], *, remedy: str = "") -> None:
        self.problems = tuple(problems)
        assert self.problems, "an invalid file has at least one problem"
        super().__init__("\n".join(str(problem) for problem in self.problems), remedy=remedy)


class SetupError(SandboxError):
    """This machine lacks something that we may not or cannot mend."""


class LockedError(SandboxError):
    """Another process writes for this repository."""


class DeliveryError(SandboxError):
    """
    A message could not be delivered.

    Args:
        temporary: The same message may go through later. This mark alone decides retry.
    """

    def __init__(self, message: str, *, remedy: str = "", temporary: bool = False) -> None:
        super().__init__(message, remedy=remedy)
        self.temporary = temporary


class EngineError(SandboxError):
    """
    The engine refused or failed.

    Args:
        temporary: The same call may go through later. This mark alone decides retry.
    """

    def __init__(self, message: str, *, remedy: str = "", temporary: bool = False) -> None:
        super().__init__(message, remedy=remedy)
        self.temporary = temporary


class EngineUnreachableError(EngineError):
    """No engine answers."""

    exit_status = 6

    def __init__(self, message: str, *, remedy: str = "run: sandbox doctor --fix") -> None:
        super().__init__(message, remedy=remedy, temporary=True)


class StaleError(EngineError):
    """The world is not as it was observed: the same call fails again, a new look may help."""

    def __init__(self, message: str, *, remedy: str = "") -> None:
        super().__init__(message, remedy=remedy, temporary=True)


class ImplausibleError(StaleError):
    """Answers of the engine contradict each other: sandbox looks again before it acts."""


class KilledError(StaleError):
    """
    A container was ended from outside while it was to start; no fault of its revision.

    Args:
        log: Its last lines, oldest first.
    """

    def __init__(self, message: str, *, log: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.log = log


class ImageError(EngineError):
    """
    An image cannot be built or pulled.

    Args:
        log: The last lines of the builder, oldest first.
    """

    def __init__(
        self, message: str, *, remedy: str = "", log: tuple[str, ...] = (), temporary: bool = False
    ) -> None:
        super().__init__(message, remedy=remedy, temporary=temporary)
        self.log = log


class IngressError(EngineError):
    """
    The ingress refused a configuration, or does not answer.

    Args:
        log: What HAProxy said, oldest first.
    """

    def __init__(
        self, message: str, *, remedy: str = "", log: tuple[str, ...] = (), temporary: bool = False
    ) -> None:
        super().__init__(message, remedy=remedy, temporary=temporary)
        self.log = log


class HeldError(SandboxError):
    """The environment is degraded, or a rule says no."""

    exit_status = 4


class StartFailedError(HeldError):
    """
    A container ended or became unhealthy instead of ready.

    Args:
        log: Its last lines, oldest first.
    """

    def __init__(self, message: str, *, remedy: str = "", log: tuple[str, ...] = ()) -> None:
        super().__init__(message, remedy=remedy)
        self.log = log


class AnalysisError(HeldError):
    """A canary did not show what it has to: its traffic goes back to the old generation."""


class GateError(HeldError):
    """
    A check of the revision said no, or not yes in time.

    Args:
        log: Its last lines, oldest first.
    """

    def __init__(self, message: str, *, remedy: str = "", log: tuple[str, ...] = ()) -> None:
        super().__init__(message, remedy=remedy)
        self.log = log


class DeadlineError(SandboxError):
    """
    A wait ended before what it waited for.

    Args:
        log: The last lines of what it waited for, oldest first.
    """

    exit_status = 124

    def __init__(self, message: str, *, remedy: str = "", log: tuple[str, ...] = ()) -> None:
        super().__init__(message, remedy=remedy)
        self.log = log


class CancelledError(SandboxError):
    """A newer commit or a person ended the work; what was begun is safe to resume."""

    exit_status = 130


def with_remedy(message: str, remedy: str) -> str:
    """Write both as one text; below several lines the remedy is on a line of its own."""
    if not remedy:
        return message
    return f"{message}\n{remedy}" if "\n" in message else f"{message} ({remedy})"


def one_line(error: SandboxError) -> str:
    """Write message and remedy of *error* as a line for people; of many problems the first ones."""
    message, remedy = error.message, error.remedy
    if isinstance(error, InvalidComposeError):
        shown = [str(problem) for problem in error.problems[:PROBLEMS_IN_A_LINE]]
        more = len(error.problems) - len(shown)
        message = "; ".join([*shown, f"and {more} more"] if more else shown)
        remedy = remedy or "commit a fix; what runs is left alone until then"
    return f"{message} ({remedy})" if remedy else message
