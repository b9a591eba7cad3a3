"""
`demo`: the guided tour.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Annotated

import typer

from sandbox.cli.command import command
from sandbox.cli.invocation import Invocation

_FOLDER = ".demo"


@command("demo")
def demo(
    invocation: Invocation,
    folder: Annotated[
        str,
        typer.Argument(metavar="DIR", help="Where its repository is, or is made."),
    ] = _FOLDER,
) -> None:
    """
    Guided tour: a commit, a promotion, a repair, a bad commit survived.

    Leaves everything running. A second run goes on in the same repository.
    """
    from dataclasses import replace

    from sandbox.cli.opened import opened
    from sandbox.cli.tour import Tour
    from sandbox.render.demo import farewell

    place = Path(invocation.repo or folder)
    made = _repository(place)
    invocation = replace(invocation, repo=str(place))
    with opened(invocation) as workspace:
        tour = Tour(invocation=invocation, workspace=workspace)
        tour.tell_beginning(str(place), made)
        tour.run()
        words = farewell(_program(), str(place), tour.addresses(), style=invocation.style)
    if invocation.json:
        invocation.show_json({"folder": str(place), "seconds": tour.seconds})
    else:
        invocation.show(words)


def _repository(place: Path) -> bool:
    """
    Make the repository unless it is there; true when it was made.
    """
    from sandbox.bootstrap import initialise

    # Asked of the folder itself: `.demo` may lie inside a checkout of something else.
    if (place / ".git").exists():
        return False
    initialise(str(place))
    return True


def _program() -> str:
    """
    How to call this program again from here.
    """
    if shutil.which("sandbox"):
        return "sandbox"
    called = Path(sys.argv[0]).absolute()
    return str(called.relative_to(Path.cwd()) if called.is_relative_to(Path.cwd()) else called)
