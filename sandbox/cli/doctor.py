"""
`doctor`: what is wrong with this machine, and the command that mends it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import typer

from sandbox.cli.command import SET_UP, command
from sandbox.cli.invocation import Invocation

if TYPE_CHECKING:
    from sandbox.model.diagnosis import Check


@command("doctor", panel=SET_UP)
def doctor(
    invocation: Invocation,
    fix: Annotated[
        bool,
        typer.Option("--fix", help="Mend it: install and start an engine, get the base image."),
    ] = False,
) -> None:
    """
    Look at engine, base image, Git, disk, inotify and ports.

    Ends with 6 when no engine answers, and with 1 when anything else is in the way.
    """
    from sandbox.bootstrap import open_host
    from sandbox.planning.doctor import assess
    from sandbox.render.doctor import doctor_fields, doctor_text
    from sandbox.runtime.set_up import set_up

    host = open_host(say=invocation.note)
    facts = set_up(host) if fix else host.diagnose()
    checks = assess(facts)
    if invocation.json:
        invocation.show_json(doctor_fields(checks))
    else:
        invocation.show(doctor_text(checks))
    status = _exit_status(checks)
    if status:
        raise typer.Exit(status)


def _exit_status(checks: Iterable[Check]) -> int:
    from sandbox.errors import EngineUnreachableError, SetupError
    from sandbox.model.diagnosis import CheckStatus

    failed = {check.name for check in checks if check.status is CheckStatus.FAIL}
    if "engine" in failed:
        return EngineUnreachableError.exit_status
    return SetupError.exit_status if failed else 0
