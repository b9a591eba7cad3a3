"""
`open`: the address of an environment.
"""

from __future__ import annotations

from sandbox.cli.arguments import Environment
from sandbox.cli.asking import is_desktop
from sandbox.cli.command import command
from sandbox.cli.invocation import Invocation


@command("open")
def browse(invocation: Invocation, environment: Environment) -> None:
    """
    Print the address of ENV; on a desktop, open it too.
    """
    from sandbox.cli.opened import chosen, opened
    from sandbox.errors import NotFoundError
    from sandbox.runtime.doors import addresses

    with opened(invocation) as workspace:
        chosen(workspace, environment)
        found = addresses(workspace, environment)
    if not found:
        raise NotFoundError(
            f"{environment} publishes no port",
            remedy=f"commit ports: for a service in environments/{environment}/compose.yaml",
        )
    if invocation.json:
        invocation.show_json({"environment": environment, "urls": list(found)})
    else:
        invocation.show(found[0])
    if is_desktop(invocation.stdout):
        import webbrowser

        # Its failure is no failure of ours: the address was printed.
        webbrowser.open(found[0])
