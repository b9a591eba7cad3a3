"""
`config`: what the files say, as Compose itself would print it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from sandbox.cli.arguments import complete_environment
from sandbox.cli.command import command
from sandbox.cli.config_on_disk import show_files, show_project
from sandbox.cli.invocation import Invocation

if TYPE_CHECKING:
    from sandbox.compose.project import Project


@command("config")
def config(
    invocation: Invocation,
    environment: Annotated[
        str | None,
        typer.Argument(
            metavar="ENV",
            help="Name of the environment; may be left out where there is one only.",
            autocompletion=complete_environment,
            show_default=False,
        ),
    ] = None,
    file: Annotated[
        list[str] | None,
        typer.Option("--file", "-f", metavar="FILE", help="A Compose file on disk; repeatable."),
    ] = None,
    ref: Annotated[
        str | None,
        typer.Option("--ref", metavar="REF", help="Read this branch, tag or commit instead."),
    ] = None,
    env_file: Annotated[
        list[str] | None,
        typer.Option("--env-file", metavar="FILE", help="Instead of .env; repeatable."),
    ] = None,
    profile: Annotated[
        list[str] | None,
        typer.Option("--profile", metavar="NAME", help="An active profile; repeatable."),
    ] = None,
    project_directory: Annotated[
        str | None,
        typer.Option(
            "--project-directory", metavar="DIR", help="Where the paths in the files begin."
        ),
    ] = None,
    project_name: Annotated[
        str | None,
        typer.Option("--project-name", metavar="NAME", help="Name of the project."),
    ] = None,
    reveal: Annotated[bool, typer.Option("--reveal", help="Print secrets too.")] = False,
) -> None:
    """
    Print the files of an environment, or others, merged and complete.

    An environment is read from its commit; files on disk are read as docker compose reads them.
    Secrets are printed as ***, unless --reveal asks for them.
    """
    if any((file, env_file, profile, project_directory, project_name)):
        from sandbox.errors import UsageError

        if environment is not None or ref is not None:
            message = "an environment is read from its commit, with the files that belong to it"
            raise UsageError(message, remedy="leave out ENV and --ref, or the options about files")
        show_files(
            invocation,
            files=file or (),
            env_files=env_file or (),
            profiles=profile or (),
            project_directory=project_directory,
            project_name=project_name,
            reveal=reveal,
        )
    else:
        project, warnings = _of_environment(invocation, environment, ref)
        show_project(invocation, project, warnings, reveal=reveal)


def _of_environment(
    invocation: Invocation, environment: str | None, ref: str | None
) -> tuple[Project, tuple[str, ...]]:
    """
    Load what *environment* tracks, or what it is at *ref*; the only one when none is named.

    Returns:
        Its files as one, and what they warn of.
    """
    from sandbox.cli.opened import note_branch, opened
    from sandbox.errors import UsageError
    from sandbox.runtime.preview import declared_environments, load_config

    with opened(invocation) as workspace:
        if ref is None:
            note_branch(invocation, workspace)
        known = (environment,) if environment else declared_environments(workspace, ref=ref)
        name, *others = known
        if others:
            there_are = f"name one of {name}, {', '.join(others)}"
            raise UsageError("this repository has several environments", remedy=there_are)
        return load_config(workspace, name, ref=ref)
