"""
`init`: a repository to begin with.
"""

from __future__ import annotations

from typing import Annotated

import typer

from sandbox.cli.command import command
from sandbox.cli.invocation import Invocation


@command("init")
def init(
    invocation: Invocation,
    folder: Annotated[
        str | None,
        typer.Argument(
            metavar="DIR", help="Where; the current folder by default.", show_default=False
        ),
    ] = None,
) -> None:
    """
    Make a new repository: a demo shop with two environments.
    """
    from shlex import quote

    from sandbox.bootstrap import initialise
    from sandbox.render.text import clean, listed
    from sandbox.words import count

    made = initialise(folder or invocation.repo or ".")
    if invocation.json:
        invocation.show_json(
            {
                "folder": str(made.folder),
                "commits": list(made.commits),
                "environments": list(made.environments),
            }
        )
        return
    invocation.show(
        f"Made {clean(str(made.folder))} with {count(len(made.commits), 'commit')}: "
        f"environments {listed(made.environments)}."
    )
    place = "" if folder is None else f"cd {clean(quote(folder))} && "
    invocation.show(f"Next: {place}sandbox up")
