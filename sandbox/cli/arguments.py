"""
Arguments that several commands take, and how a shell completes them.
"""

from __future__ import annotations

from typing import Annotated

import typer

from sandbox.cli.completing import environments


def complete_environment(incomplete: str) -> list[str]:
    """
    Names of environments in the work tree around the current folder, for the scripts of Typer.
    """
    return [name for name in environments(".") if name.startswith(incomplete)]


Environment = Annotated[
    str,
    typer.Argument(
        metavar="ENV",
        help="Name of the environment.",
        autocompletion=complete_environment,
        show_default=False,
    ),
]
MaybeEnvironment = Annotated[
    str | None,
    typer.Argument(
        metavar="ENV",
        help="Name of the environment; all of them by default.",
        autocompletion=complete_environment,
        show_default=False,
    ),
]
Environments = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="ENV",
        help="Names of environments; all of them by default.",
        autocompletion=complete_environment,
        show_default=False,
    ),
]
Service = Annotated[
    str,
    typer.Argument(metavar="SERVICE", help="Name of the service.", show_default=False),
]
MaybeService = Annotated[
    str | None,
    typer.Argument(
        metavar="SERVICE", help="Name of the service; all by default.", show_default=False
    ),
]
