"""Everything that the files warn of: those of the commit, and those of this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.compose.committed import load_committed
from sandbox.compose.node import mapping
from sandbox.errors import SandboxError
from sandbox.model.waiver import EVERY
from sandbox.planning.machine_names import declared_by, unknown_environments, unknown_names
from sandbox.runtime.desired import environment_names, load_tracked
from sandbox.runtime.source import CommitSource

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.model.desired import DesiredState
    from sandbox.model.waiver import Waiver
    from sandbox.runtime.workspace import Workspace


def file_warnings(workspace: Workspace, desired: DesiredState) -> tuple[str, ...]:
    """Give what the files of *desired* warn of, and what this machine says about it in vain."""
    return (*desired.warnings, *_of_machine(workspace, desired))


def _of_machine(workspace: Workspace, desired: DesiredState) -> Iterator[str]:
    webhooks, waivers = workspace.webhooks.read(), workspace.waivers()
    if not webhooks.webhooks and not waivers.waivers:
        return
    try:
        names = environment_names(workspace.repository)
    except SandboxError:
        return  # which environments there are cannot be told, and that is said elsewhere
    yield from unknown_environments(webhooks, waivers, {*names, desired.environment})
    found = unknown_names(waivers, desired.environment, declared_by(desired))
    for waiver, warning in found:
        if not _is_declared(workspace, desired, waiver, names):
            yield warning


def _is_declared(
    workspace: Workspace, desired: DesiredState, waiver: Waiver, environments: tuple[str, ...]
) -> bool:
    """Look where a name may be besides: in a profile that is not active, in other environments."""
    try:
        if _is_written(workspace, desired, waiver):
            return True
        for name in environments if waiver.environment == EVERY else ():
            other = load_tracked(workspace.repository, name)
            if waiver.name in declared_by(other)[waiver.subject]:
                return True
            if _is_written(workspace, other, waiver):
                return True
    except SandboxError:
        return True  # what cannot be read may declare it
    return False


def _is_written(workspace: Workspace, desired: DesiredState, waiver: Waiver) -> bool:
    source = CommitSource(repository=workspace.repository, revision=desired.revision)
    project = load_committed(desired.environment, source, desired.release)
    written = mapping(project.tree.get(f"{waiver.subject}s")).values
    disabled = project.disabled if waiver.subject == "service" else ()
    return waiver.name in written or waiver.name in disabled
