"""
`stop`: end the controller, and nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.cli.command import command
from sandbox.cli.invocation import Invocation

if TYPE_CHECKING:
    from sandbox.runtime.workspace import Workspace


@command("stop")
def stop(invocation: Invocation) -> None:
    """
    End the controller of this repository; containers keep running.

    Commits and drift are not acted on until `up`. To remove containers: `down`.
    """
    from sandbox.cli.opened import opened

    with opened(invocation) as workspace:
        ended = workspace.control().stop()
        text = ENDED if ended else _nothing_to_end(workspace)
    if invocation.json:
        invocation.show_json({"stopped": ended})
    else:
        invocation.show(text)


ENDED = "The controller has ended; all containers keep running. Start it again: sandbox up"


def _nothing_to_end(workspace: Workspace) -> str:
    holder = workspace.lock.holder()
    beside = f" At work here: {holder}; it ends by itself." if holder else ""
    return f"No controller runs for this repository.{beside} Start one: sandbox up"
