"""
`suspend` and `resume`: leave an environment alone for a while.
"""

from __future__ import annotations

from typing import Annotated

import typer

from sandbox.cli.arguments import Environment
from sandbox.cli.command import command, parse_span
from sandbox.cli.invocation import Invocation


@command("suspend")
def suspend(
    invocation: Invocation,
    environment: Environment,
    reason: Annotated[
        str, typer.Option("--reason", metavar="TEXT", help="Reason, shown by `status`.")
    ] = "",
    span: Annotated[
        str | None,
        typer.Option("--for", metavar="SPAN", help="End by itself after this, such as 1h."),
    ] = None,
) -> None:
    """
    Reconcile nothing in ENV until `resume`.
    """
    from sandbox.cli.opened import chosen, opened
    from sandbox.errors import UsageError
    from sandbox.render.text import clean, duration
    from sandbox.runtime import suspension

    for_s = None if span is None else parse_span(span)
    if span is not None and not for_s:
        raise UsageError(f"--for {span!r} is no span of time", remedy="write 90s, 30m, 1h or 2d")
    with opened(invocation) as workspace:
        chosen(workspace, environment)
        begun = suspension.suspend(workspace, environment, reason=reason, for_s=for_s)
    if invocation.json:
        from sandbox.render import documents

        invocation.show_json({"suspension": documents.suspension(begun)})
        return
    until = f"for {duration(for_s)}, or " if for_s else ""
    invocation.show(
        f"{clean(environment)} is suspended: nothing in it is changed {until}until: "
        f"sandbox resume {clean(environment)}"
    )


@command("resume")
def resume(invocation: Invocation, environment: Environment) -> None:
    """
    Reconcile ENV again.
    """
    from sandbox.cli.opened import chosen, opened
    from sandbox.runtime import suspension

    with opened(invocation) as workspace:
        chosen(workspace, environment)
        ended = suspension.resume(workspace, environment)
    if invocation.json:
        invocation.show_json({"environment": environment, "resumed": ended})
    elif ended:
        invocation.show(f"{environment} is reconciled again.")
    else:
        invocation.show(f"{environment} was not suspended.")
