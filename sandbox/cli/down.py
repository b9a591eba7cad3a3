"""
`down`: take environments away.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from sandbox.cli.arguments import Environments
from sandbox.cli.command import command
from sandbox.cli.invocation import Invocation

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sandbox.errors import SandboxError
    from sandbox.model.event import Event
    from sandbox.model.record import SyncRecord
    from sandbox.ports import Control
    from sandbox.runtime.workspace import Workspace

TIMEOUT_S = 120.0


@command("down")
def down(
    invocation: Invocation,
    environments: Environments = None,
    volumes: Annotated[
        bool, typer.Option("--volumes", help="Delete the volumes and their data too.")
    ] = False,
) -> None:
    """
    Remove containers and networks; volumes stay.

    Without ENV, everything goes down and the controller ends.
    """
    from sandbox.cli.follow import follow
    from sandbox.cli.opened import opened
    from sandbox.cli.outcome import end_with
    from sandbox.runtime.down import require_known

    with opened(invocation) as workspace:
        require_known(workspace, environments or ())
        control = workspace.control()
        names = list(dict.fromkeys(environments or ())) or [
            each.name for each in control.status(())
        ]
        results: dict[str, SyncRecord | SandboxError] = {}
        timeout_s = invocation.deadline_s(TIMEOUT_S)
        width = max(map(len, names), default=0)
        for name in names:
            work = {name: partial(_take_down, control, name, volumes)}
            results |= follow(
                invocation, workspace.clock, work, timeout_s=timeout_s, name_width=width
            )
        if not any(each.reconciled for each in control.status(())):
            control.stop()
        _show(invocation, workspace, results)
        end_with(invocation, results)


def _take_down(
    control: Control, name: str, volumes: bool, on_event: Callable[[Event], None]
) -> SyncRecord:
    return control.down(name, volumes=volumes, on_event=on_event)


def _show(
    invocation: Invocation,
    workspace: Workspace,
    results: Mapping[str, SyncRecord | SandboxError],
) -> None:
    from sandbox.render import documents
    from sandbox.render.outcomes import removal_text

    ended = [name for name, result in results.items() if not isinstance(result, Exception)]
    left = {name: _left_behind(workspace, name) for name in ended}
    if invocation.json:
        found = documents.outcomes(results)
        kept = {name: volumes for name, (volumes, _) in left.items()}
        invocation.show_json({"environments": found, "kept_volumes": kept})
        return
    for name in ended:
        invocation.show(removal_text(name, *left[name], style=invocation.style))


def _left_behind(workspace: Workspace, environment: str) -> tuple[list[str], list[str]]:
    """
    Names of the volumes and of the networks of *environment* that are still there.
    """
    from sandbox.model.observed import Owner

    instance = workspace.repository.instance
    owner = Owner(instance=instance, application="", environment=environment)
    observed = workspace.engine.observe(owner, ())
    return [each.name for each in observed.volumes], [each.name for each in observed.networks]
