"""
When a wait ends too late: what those that were waited for wrote last.
"""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from sandbox.errors import DeadlineError, SandboxError
from sandbox.model.status import Health

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence

    from sandbox.runtime.workspace import Workspace

_TAIL = 5


@contextmanager
def last_words(workspace: Workspace, environments: Sequence[str]) -> Generator[None]:
    """
    Add to a `DeadlineError` the last lines of every container that is not ready.

    An error that brings lines already, those of a builder, is left as it is.
    """
    try:
        yield
    except DeadlineError as error:
        if error.log:
            raise
        log = tuple(_lines(workspace, environments))
        raise DeadlineError(error.message, remedy=error.remedy, log=log) from error


def _lines(workspace: Workspace, environments: Sequence[str]) -> Iterator[str]:
    # These lines are a courtesy; that they cannot be had must not hide the error itself.
    from sandbox.runtime.desired import know_secrets

    know_secrets(workspace)
    with suppress(SandboxError):
        for status in workspace.control().status(environments):
            for service in status.services:
                healthy = service.health is Health.HEALTHY
                yield from _last_of(workspace, status.name, service.name, healthy=healthy)


def _last_of(
    workspace: Workspace, environment: str, service_name: str, *, healthy: bool
) -> Iterator[str]:
    from sandbox.planning.labels import REPLICA
    from sandbox.planning.slot import is_live, is_ready
    from sandbox.runtime.containers import containers_of
    from sandbox.secrecy.vault import shown

    with suppress(SandboxError):
        found = containers_of(workspace, environment, service_name)
        if healthy:  # and yet its successor may be on the way, beside it
            found = tuple(each for each in found if is_live(each) and not is_ready(each))
        # One that is being replaced may still be there, stopped; what it said is of no use now.
        newest = {
            container.labels.get(REPLICA, ""): container
            for container in sorted(found, key=lambda each: each.created_at)
        }
        for container in newest.values():
            for line in workspace.engine.logs(container.id, tail=_TAIL):
                yield f"{environment} {service_name}: {shown(line)}"
