"""
The repository of a call, and the environments that were meant.
"""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager

    from sandbox.cli.invocation import Invocation
    from sandbox.runtime.workspace import Workspace


def opened(invocation: Invocation) -> AbstractContextManager[Workspace]:
    """
    Open the repository that the call is about; close it with the context.
    """
    if invocation.caller.workspace:
        return nullcontext(invocation.caller.workspace)
    from sandbox.bootstrap import open_workspace, unheeded_settings

    workspace = open_workspace(invocation.repo, timeout_s=invocation.timeout_s)
    for note in unheeded_settings(workspace):
        invocation.note(note)
    return workspace


def chosen(workspace: Workspace, names: Sequence[str] | str | None) -> tuple[str, ...]:
    """
    Give the environments that *names* mean: those, or all when none is named.

    Raises:
        NotFoundError: There is no such environment; the message tells which there are.
    """
    from sandbox.runtime.desired import environment_names, require_environment
    from sandbox.runtime.whereabouts import no_environments

    known = environment_names(workspace.repository)
    wanted = (names,) if isinstance(names, str) else tuple(dict.fromkeys(names or ()))
    for name in wanted:
        require_environment(workspace.repository, name)
    if not known:
        raise no_environments(workspace.repository)
    return wanted or known


def note_branch(invocation: Invocation, workspace: Workspace) -> None:
    """
    Say so where another commit is looked at than the one that is checked out.
    """
    from sandbox.runtime.whereabouts import branch_note

    note = branch_note(workspace.repository)
    if note:
        invocation.note(note)
