"""
``sandbox doctor``: what is wrong with this machine, and the command that mends it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sandbox.model.diagnosis import Check


def doctor(
    fix: Annotated[
        bool,
        typer.Option("--fix", help="Mend it: install and start an engine, get the base image."),
    ] = False,
    output: Annotated[
        Literal["text", "json"], typer.Option("--output", help="How the result is written.")
    ] = "text",
) -> None:
    """
    Look at engine, base image, Git, disk, inotify and ports.

    Exits with 6 when no engine answers, and with 1 when anything else is in the way.
    """
    from sandbox.bootstrap import open_host
    from sandbox.planning.doctor import assess
    from sandbox.render.doctor import doctor_json, doctor_text
    from sandbox.runtime.set_up import set_up

    host = open_host(say=lambda line: typer.echo(line, err=True))
    facts = set_up(host) if fix else host.diagnose()
    checks = assess(facts)
    typer.echo(doctor_json(checks) if output == "json" else doctor_text(checks))
    raise typer.Exit(_exit_status(checks))


def _exit_status(checks: Iterable[Check]) -> int:
    from sandbox.errors import EngineUnreachableError, SetupError
    from sandbox.model.diagnosis import CheckStatus

    failed = {check.name for check in checks if check.status is CheckStatus.FAIL}
    if "engine" in failed:
        return EngineUnreachableError.exit_status
    return SetupError.exit_status if failed else 0
