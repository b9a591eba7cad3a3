"""
How a function becomes a command: common options in front, failures told behind.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Concatenate, ParamSpec

import typer

from sandbox.cli.commands import (
    DEBUG_HELP,
    HIDDEN,
    OUTPUT_HELP,
    REPO_HELP,
    TIMEOUT_HELP,
    named,
)
from sandbox.cli.invocation import Caller, Invocation, Output
from sandbox.cli.quick import Program, QuickCommand, QuickGroup
from sandbox.cli.values import one_of

CHANGES_PRESENT = 3
"""Exit status of `--exit-code` when something differs from what is committed."""
P = ParamSpec("P")
Command = Callable[Concatenate[Invocation, P], None]

app = typer.Typer(
    name="sandbox",
    cls=Program,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _repo(text: str | None) -> str | None:
    """
    Refuse the name of a command, which stands here when the folder was forgotten.
    """
    if text is None or not named([text]) or Path(text).exists():
        return text
    raise typer.BadParameter(
        f"--repo takes a folder, and {text!r} is none, but a command; write: --repo DIR {text}"
    )


def _timeout(text: str | None) -> float | None:
    """
    Read ``90``, ``90s``, ``2m``, ``1h`` as seconds.
    """
    if text is None:
        return None
    seconds = parse_span(text)
    if seconds is None:
        raise typer.BadParameter(f"{text!r} is no span of time; write 90s, 2m or 1h")
    return seconds


def parse_span(text: str) -> float | None:
    """
    Seconds of a span such as ``90``, ``1.5s``, ``2m``, ``1h``, ``3d``; ``None`` for anything else.
    """
    units = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
    number, unit = (text[:-1], units[text[-1]]) if text[-1:] in units else (text, 1.0)
    if not number.replace(".", "", 1).isdecimal() or not number.isascii():
        return None
    return float(number) * unit


RepoOption = Annotated[
    str | None,
    typer.Option(
        "--repo",
        metavar="DIR",
        help=REPO_HELP,
        callback=_repo,
    ),
]
OutputOption = Annotated[
    Output | None,
    typer.Option("--output", metavar="text|json", parser=one_of(Output), help=OUTPUT_HELP),
]
TimeoutOption = Annotated[
    str | None,
    typer.Option(
        "--timeout",
        metavar="SPAN",
        help=TIMEOUT_HELP,
        callback=_timeout,
    ),
]
DebugOption = Annotated[
    bool | None,
    typer.Option("--debug", help=DEBUG_HELP),
]

_OPTIONS = {
    "repo": RepoOption,
    "output": OutputOption,
    "timeout": TimeoutOption,
    "debug": DebugOption,
}


def command(name: str, *, of: typer.Typer = app) -> Callable[[Command[P]], Command[P]]:
    """
    Register a function as command *name* of the group *of*; it takes an `Invocation` first.

    Its place in the help is that of its row in `commands`.
    """
    row = named([name] if of is app else [str(of.info.name), name])

    def register(function: Command[P]) -> Command[P]:
        hidden = row is not None and row.panel == HIDDEN
        of.command(name, cls=QuickCommand, hidden=hidden)(_entry(function))
        return function

    return register


def group(name: str) -> typer.Typer:
    """
    Make a group of commands, such as ``sandbox NAME run``.
    """
    row = named([name])
    assert row is not None, f"{name} has a row in the table of commands"
    made = typer.Typer(
        name=name, cls=QuickGroup, help=row.line, no_args_is_help=True, rich_markup_mode=None
    )
    app.add_typer(made)
    return made


def _entry(function: Callable[..., None]) -> Callable[..., None]:
    """
    Wrap *function* into one that Typer can read: the common options are parameters like others.
    """
    own = list(inspect.signature(function, eval_str=True).parameters.values())[1:]
    common = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=kind)
        for name, kind in _OPTIONS.items()
    ]
    context = inspect.Parameter("context", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)
    own = [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in own]
    parameters = [context, *own, *common]

    @functools.wraps(function)
    def entry(context: typer.Context, **values: object) -> None:
        given = {name: values.pop(name) for name in _OPTIONS}
        invocation = _invocation(given, context.find_root().obj or {})
        from sandbox.cli.guard import guarded

        if status := guarded(invocation, lambda: function(invocation, **values)):
            raise typer.Exit(status)

    entry.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    entry.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined] # what `inspect.signature` reads
    return entry


def _invocation(given: dict[str, object], before: dict[str, object]) -> Invocation:
    """
    Put the options after the command over those before it.
    """

    def value(name: str) -> object:
        return before.get(name) if given[name] is None else given[name]

    repo, output, timeout, debug = map(value, _OPTIONS)
    caller = before.get("caller", Caller())
    assert isinstance(caller, Caller)
    assert repo is None or isinstance(repo, str)
    assert timeout is None or isinstance(timeout, float)
    return Invocation(
        repo=repo,
        output=Output.TEXT if output is None else Output(str(output)),
        timeout_s=timeout,
        debug=bool(debug),
        caller=caller,
    )
