"""
`why`: from a container back to the commit and the decision.
"""

from __future__ import annotations

from sandbox.cli.arguments import Environment, Service
from sandbox.cli.command import command
from sandbox.cli.invocation import Invocation


@command("why")
def why(invocation: Invocation, environment: Environment, service: Service) -> None:
    """
    Say why SERVICE of ENV is as it is: file, commit, decision, health.

    Names the author of the commit too. Changes nothing.
    """
    from sandbox.cli.opened import opened
    from sandbox.render.why import why_text
    from sandbox.render.why_document import why_json
    from sandbox.runtime.why import why as find_out

    with opened(invocation) as workspace:
        found = find_out(workspace, environment, service)
    if invocation.json:
        invocation.show_json(why_json(found))
    else:
        invocation.show(why_text(found, style=invocation.style))
