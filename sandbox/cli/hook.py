"""
`hook`: have Git check what is committed or pushed.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from sandbox.cli.command import command, group
from sandbox.cli.invocation import Invocation
from sandbox.cli.values import one_of
from sandbox.model.hook import HookName

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.runtime.workspace import Workspace

hook = group("hook")
PreCommit = Annotated[bool, typer.Option("--pre-commit", help="Check each commit; the default.")]
PrePush = Annotated[bool, typer.Option("--pre-push", help="Check what is pushed.")]


@command("install", of=hook)
def install(
    invocation: Invocation, pre_commit: PreCommit = False, pre_push: PrePush = False
) -> None:
    """
    Write a hook that shows what would change, and stops bad commits.

    A bad commit is one that could not be used. A hook that sandbox did not write is left alone.
    """
    from sandbox.cli.opened import opened
    from sandbox.runtime import hook as hooks

    chosen = [HookName.PRE_COMMIT] if pre_commit or not pre_push else []
    chosen += [HookName.PRE_PUSH] if pre_push else []
    with opened(invocation) as workspace:
        changed = {name: hooks.install(workspace, name) for name in chosen}
        _show(invocation, workspace, changed, done="is installed", not_done="is there already")


@command("uninstall", of=hook)
def uninstall(invocation: Invocation) -> None:
    """
    Remove the hooks that `install` wrote; those of others stay.
    """
    from sandbox.cli.opened import opened
    from sandbox.runtime import hook as hooks

    with opened(invocation) as workspace:
        changed = {name: hooks.uninstall(workspace, name) for name in HookName}
        _show(invocation, workspace, changed, done="is removed", not_done="is not installed")


@command("run", of=hook)
def run(
    invocation: Invocation,
    name: Annotated[HookName, typer.Argument(metavar="HOOK", parser=one_of(HookName))],
    arguments: Annotated[list[str] | None, typer.Argument(hidden=True)] = None,
) -> None:
    """
    Check and plan; a status that is not 0 stops Git.
    """
    from sandbox.cli.opened import opened
    from sandbox.render.plan import preview_json, summary_text
    from sandbox.render.warnings import warning_lines
    from sandbox.runtime import hook as hooks

    del arguments
    with opened(invocation) as workspace:
        if name is HookName.PRE_COMMIT:
            found = hooks.check_staged(workspace)
        else:
            found = hooks.check_pushed(workspace, () if sys.stdin.isatty() else sys.stdin)
    if invocation.json:
        plans = [preview_json(each.plan, each.forecast) for each in found.previews]
        warnings = {name: list(texts) for name, texts in found.warnings.items()}
        invocation.show_json(
            {"plans": plans, "unknown": found.unknown or None, "warnings": warnings}
        )
        return
    for each in found.previews:
        invocation.show(summary_text(each.plan, each.forecast))
    for line in warning_lines(found.warnings, style=invocation.style):
        invocation.show(line)
    if found.unknown:
        invocation.note(f"the files are valid; what would change is unknown: {found.unknown}")


def _show(
    invocation: Invocation,
    workspace: Workspace,
    changed: Mapping[HookName, bool],
    *,
    done: str,
    not_done: str,
) -> None:
    files = {name: workspace.repository.hook_file(name) for name in changed}
    if invocation.json:
        found = [
            {"name": name.value, "file": files[name], "changed": each}
            for name, each in changed.items()
        ]
        invocation.show_json({"hooks": found})
        return
    for name, each in changed.items():
        invocation.show(f"{name.value} {done if each else not_done}: {files[name]}")
