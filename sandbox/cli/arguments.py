"""
Arguments that several commands take, and how a shell completes them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def complete_environment(incomplete: str) -> list[str]:
    """
    Names of environments in the work tree around the current folder.

    A completion has to be quick: folders are looked at, nothing is parsed and no Git is asked.
    """
    here = Path.cwd()
    for folder in (here, *here.parents):
        environments = folder / "environments"
        if environments.is_dir():
            break
        if (folder / ".git").exists():
            return []
    else:
        return []
    return sorted(
        entry.name
        for entry in environments.iterdir()
        if entry.name.startswith(incomplete) and _is_environment(entry)
    )


def complete_service(ctx: typer.Context, incomplete: str) -> list[str]:
    """
    Names of the services of ENV, which stands before, as committed.
    """
    from sandbox.cli.completing import service_names

    environment = ctx.params.get("environment")
    if not environment:
        return []
    repo = ctx.params.get("repo") or ctx.find_root().params.get("repo") or "."
    names = service_names(str(repo), str(environment))
    return [name for name in names if name.startswith(incomplete)]


def _is_environment(folder: Path) -> bool:
    try:
        return "\nx-sandbox:" in "\n" + (folder / "compose.yaml").read_text(errors="replace")
    except OSError:
        return False


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
    typer.Argument(
        metavar="SERVICE",
        help="Name of the service.",
        autocompletion=complete_service,
        show_default=False,
    ),
]
MaybeService = Annotated[
    str | None,
    typer.Argument(
        metavar="SERVICE",
        help="Name of the service; all by default.",
        autocompletion=complete_service,
        show_default=False,
    ),
]
