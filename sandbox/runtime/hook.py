"""Hooks of Git that stop a commit which could not be used, and say what it would change."""

from __future__ import annotations

import queue
import shlex
import sys
import threading
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Final

from sandbox.errors import ConflictError, EngineError, InvalidComposeError
from sandbox.runtime.desired import load_at
from sandbox.runtime.file_warnings import file_warnings
from sandbox.runtime.preview import preview_plan
from sandbox.runtime.staged import load_staged, staged_environments
from sandbox.runtime.sync import refuse_unmeant_emptiness
from sandbox.runtime.whereabouts import environments_at

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from sandbox.model.desired import DesiredState
    from sandbox.model.hook import HookName
    from sandbox.model.problem import Problem
    from sandbox.runtime.preview import Preview
    from sandbox.runtime.workspace import Workspace

MARK: Final = "# written by `sandbox hook install`"
ENGINE_S: Final = 5.0
"""A commit waits no longer for an engine that does not answer."""
_NO_COMMIT: Final = "0"
_HEADS: Final = "refs/heads/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """
    What a hook found; that it gives one at all means that nothing stands in the way.

    Attributes:
        previews: One for each environment that would be changed by it.
        unknown: Why there is no preview; empty when there is.
        warnings: What the files of each environment warn of, by its name.
    """

    previews: tuple[Preview, ...] = ()
    unknown: str = ""
    warnings: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])


def install(workspace: Workspace, name: HookName) -> bool:
    """
    Write the hook *name*, or bring ours up to date; false when it is there already.

    Raises:
        ConflictError: Somebody else's hook is there; nothing was changed.
        SourceError: It cannot be written.
    """
    present, wanted = workspace.repository.read_hook(name), _script(name)
    if present is not None and MARK not in present:
        raise ConflictError(
            f"{workspace.repository.hook_file(name)} is there already and is not ours",
            remedy=f"add this line to it: sandbox hook run {name} || exit 1",
        )
    if present == wanted:
        return False
    workspace.repository.write_hook(name, wanted)
    return True


def uninstall(workspace: Workspace, name: HookName) -> bool:
    """Remove the hook *name* if it is ours; false when it is not there, or somebody else's."""
    present = workspace.repository.read_hook(name)
    if present is None or MARK not in present:
        return False
    workspace.repository.write_hook(name, None)
    return True


def check_staged(workspace: Workspace) -> Checked:
    """
    See whether what is staged can be used, and plan it.

    Raises:
        InvalidComposeError: It cannot be; carries the problems of all environments, each once.
        HeldError, SourceError: Likewise.
    """
    repository = workspace.repository
    if repository.resolve("HEAD") is None:
        return Checked(unknown="there is no commit yet: nothing to compare with")
    names = staged_environments(repository)
    found = _load_all(partial(load_staged, repository), names)
    checked = _previews(lambda: tuple(preview_plan(workspace, name, staged=True) for name in names))
    return replace(checked, warnings=_warnings(workspace, found))


def check_pushed(workspace: Workspace, lines: Iterable[str]) -> Checked:
    """
    See whether the commits that are pushed can be used, and plan them.

    Args:
        workspace: Where they are pushed from.
        lines: As Git gives them to the hook: local ref and id, remote ref and id.

    Raises:
        InvalidComposeError, HeldError, SourceError: As `check_staged`.
    """
    repository = workspace.repository
    wanted: list[DesiredState] = []
    for line in lines:
        _, commit, branch, *_ = (*line.split(), "", "", "")
        if not commit.strip(_NO_COMMIT):
            continue  # a branch is deleted, which takes no environment along
        names = environments_at(repository, commit)
        found = _load_all(partial(load_at, repository, commit=commit), names)
        tracked = branch.removeprefix(_HEADS)
        wanted += [each for each in found if each.settings.track == tracked]
    checked = _previews(
        lambda: tuple(
            preview_plan(workspace, each.environment, ref=each.revision) for each in wanted
        )
    )
    return replace(checked, warnings=_warnings(workspace, wanted))


def _warnings(workspace: Workspace, found: Iterable[DesiredState]) -> dict[str, tuple[str, ...]]:
    return {each.environment: file_warnings(workspace, each) for each in found}


def _load_all(
    load: Callable[[str], DesiredState], names: Iterable[str]
) -> tuple[DesiredState, ...]:
    """Load every environment; raise the problems of all of them at once."""
    found: list[DesiredState] = []
    problems: dict[Problem, None] = {}
    for name in names:
        try:
            desired = load(name)
        except InvalidComposeError as error:
            problems |= dict.fromkeys(error.problems)
            continue
        refuse_unmeant_emptiness(desired)
        found.append(desired)
    if problems:
        remedy = "correct what is named above and stage it; to do it all the same: --no-verify"
        raise InvalidComposeError(problems, remedy=remedy)
    return tuple(found)


def _previews(plan: Callable[[], tuple[Preview, ...]]) -> Checked:
    """Plan, but wait for no engine: whether a commit is valid is known without one."""
    answers: queue.SimpleQueue[Checked | Exception] = queue.SimpleQueue()

    def work() -> None:
        try:
            answers.put(Checked(previews=plan()))
        except EngineError as error:
            answers.put(Checked(unknown=error.message))
        except Exception as error:  # noqa: BLE001 - raised again by whoever waits
            answers.put(error)

    threading.Thread(target=work, daemon=True).start()
    try:
        found = answers.get(timeout=ENGINE_S)
    except queue.Empty:
        return Checked(unknown=f"the engine did not answer within {ENGINE_S:g} s")
    if isinstance(found, Exception):
        raise found
    return found


def _script(name: HookName) -> str:
    """Write the hook; what is not installed any more stops nobody."""
    # Without -P a folder `sandbox` of the repository would be run instead of us.
    program = f"{shlex.quote(sys.executable)} -P"
    return f"""\
#!/bin/sh
{MARK}; `sandbox hook uninstall` removes it.
# It stops what could not be used and says what would change. To do without it once: --no-verify.
if {program} -c 'import sandbox' 2>/dev/null; then
    exec {program} -m sandbox hook run {name} "$@"
elif command -v sandbox >/dev/null 2>&1; then
    exec sandbox hook run {name} "$@"
fi
echo 'sandbox is not installed any more: nothing was checked' >&2
"""
