"""
`config` of files on disk: needs no repository, no controller and, asked for plainly, no parser.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.cli.invocation import Invocation, Output

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sandbox.compose.project import Project

_FILE = ("--file", "-f")
_OPTIONS = {*_FILE, "--env-file", "--profile", "--project-directory", "--project-name"}
_OUTPUT = "--output"
_REVEAL = "--reveal"


def config_quickly(words: list[str]) -> int | None:
    """
    Carry out a `config` that names files on disk; ``None`` for anything else.

    Returns:
        The exit status.
    """
    from sandbox.cli.plain import plain_options

    given = plain_options(words)
    if not given:
        return None
    names = {name for name, _ in given}
    forms = {value for name, value in given if name == _OUTPUT}
    if names.isdisjoint(_OPTIONS) or names - {*_OPTIONS, _OUTPUT, _REVEAL} or forms - {*Output}:
        return None

    def values(*wanted: str) -> list[str]:
        return [value for name, value in given if name in wanted]

    def last(name: str) -> str | None:
        return next(iter(reversed(values(name))), None)

    from sandbox.cli.guard import guarded
    from sandbox.cli.secretless import keep_secrets

    keep_secrets()
    invocation = Invocation(output=Output(last(_OUTPUT) or Output.TEXT))
    return guarded(
        invocation,
        lambda: show_files(
            invocation,
            files=values(*_FILE),
            env_files=values("--env-file"),
            profiles=values("--profile"),
            project_directory=last("--project-directory"),
            project_name=last("--project-name"),
            reveal=_REVEAL in names,
        ),
    )


def show_files(
    invocation: Invocation,
    *,
    files: Sequence[str],
    env_files: Sequence[str],
    profiles: Sequence[str],
    project_directory: str | None,
    project_name: str | None,
    reveal: bool,
) -> None:
    """
    Print *files*, or those of the current folder, as docker compose reads them.
    """
    from sandbox.bootstrap.disk import load_from_disk

    project = load_from_disk(
        files=tuple(files),
        env_files=tuple(env_files) or None,
        profiles=tuple(profiles),
        project_directory=project_directory,
        project_name=project_name,
    )
    show_project(invocation, project, project.findings.warnings, reveal=reveal)


def show_project(
    invocation: Invocation, project: Project, warnings: Sequence[str], *, reveal: bool
) -> None:
    """
    Print *project*, and *warnings* beside it.
    """
    from sandbox.render.config import config_json, config_model, config_text
    from sandbox.secrecy.harvest import secrets_of_value
    from sandbox.secrecy.vault import learn

    if warnings:
        from sandbox.render.warnings import warning_lines

        for line in warning_lines({project.name: warnings}, style=invocation.note_style):
            invocation.note(line)
    learn(secrets_of_value(config_model(project.tree)))
    printed = config_json if invocation.json else config_text
    invocation.pass_on(printed(project.tree, reveal=reveal))
