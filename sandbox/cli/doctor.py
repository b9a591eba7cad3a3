"""
`doctor`: what is wrong with this machine, and the command that mends it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import typer

from sandbox.cli.command import command
from sandbox.cli.guard import Ended
from sandbox.cli.invocation import Invocation

if TYPE_CHECKING:
    from sandbox.model.diagnosis import Check, Facts


@command("doctor")
def doctor(
    invocation: Invocation,
    fix: Annotated[
        bool,
        typer.Option("--fix", help="Fix it: install and start an engine, get the base image."),
    ] = False,
    adopt: Annotated[
        str,
        typer.Option(metavar="WHAT", help="Take over what a gone repository left, or one object."),
    ] = "",
    remove: Annotated[
        str,
        typer.Option(metavar="WHAT", help="Remove what a gone repository left; a volume by name."),
    ] = "",
) -> None:
    """
    Check engine, base image, Git, disk, inotify, ports and leftovers.

    Git includes the identity that commits need; the ports are those that this repository publishes.
    Leftovers are what repositories that are gone left on the engine.
    Ends with 6 when no engine answers, and with 1 when anything else is in the way.
    """
    if adopt or remove:
        _settle(invocation, adopt, remove)
        return
    from sandbox.bootstrap import open_host
    from sandbox.planning.doctor import assess
    from sandbox.render.doctor import doctor_fields, doctor_text
    from sandbox.runtime.set_up import set_up

    host = open_host(invocation.repo, say=invocation.note)
    facts = set_up(host) if fix else host.diagnose()
    checks = (*assess(facts), *_estate_checks(invocation, facts))
    if invocation.json:
        invocation.show_json(doctor_fields(checks))
    else:
        invocation.show(doctor_text(checks))
    status = _exit_status(checks)
    if status:
        raise Ended(status)


def _settle(invocation: Invocation, adopted: str, removed: str) -> None:
    from sandbox.bootstrap import open_estate
    from sandbox.errors import UsageError
    from sandbox.runtime.estate import adopt, remove

    if adopted and removed:
        raise UsageError("--adopt and --remove at once", remedy="give one of them")
    estate = open_estate(invocation.repo)
    try:
        done = adopt(estate, adopted) if adopted else remove(estate, removed)
    finally:
        estate.release_all()
    if invocation.json:
        invocation.show_json({"done": done})
    else:
        invocation.show(done)


def _estate_checks(invocation: Invocation, facts: Facts) -> tuple[Check, ...]:
    from sandbox.bootstrap import open_estate
    from sandbox.errors import EngineError
    from sandbox.model.diagnosis import Reach
    from sandbox.planning.estate import check_estate
    from sandbox.runtime.estate import look_around, measure

    if facts.engine.reach is not Reach.ANSWERS:
        return ()
    estate = open_estate(invocation.repo)
    try:
        return check_estate(look_around(estate), measure(estate))
    except EngineError:
        return ()  # it went away since, which the next call tells
    finally:
        estate.release_all()


def _exit_status(checks: Iterable[Check]) -> int:
    from sandbox.errors import EngineUnreachableError, SetupError
    from sandbox.model.diagnosis import CheckStatus

    failed = {check.name for check in checks if check.status is CheckStatus.FAIL}
    if "engine" in failed:
        return EngineUnreachableError.exit_status
    return SetupError.exit_status if failed else 0
