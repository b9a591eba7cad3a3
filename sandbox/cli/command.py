"""
How a function becomes a command: common options in front, failures told behind.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Annotated, Concatenate, ParamSpec

import typer

from sandbox.cli.invocation import Caller, Invocation, Output
from sandbox.cli.values import one_of

P = ParamSpec("P")
Command = Callable[Concatenate[Invocation, P], None]

app = typer.Typer(
    name="sandbox",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

SEE = "See"
RUN = "Run"
DELIVER = "Deliver"
LOOK_INSIDE = "Look inside"
SET_UP = "Set up"

_COMMON = "Everywhere"


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
        help="The repository; the one around the current folder by default.",
        rich_help_panel=_COMMON,
    ),
]
OutputOption = Annotated[
    Output | None,
    typer.Option(
        "--output",
        metavar="text|json",
        parser=one_of(Output),
        help="Form of the result.",
        rich_help_panel=_COMMON,
    ),
]
TimeoutOption = Annotated[
    str | None,
    typer.Option(
        "--timeout",
        metavar="SPAN",
        help="Longest wait, such as 90s or 5m.",
        callback=_timeout,
        rich_help_panel=_COMMON,
    ),
]
DebugOption = Annotated[
    bool | None,
    typer.Option("--debug", help="Show tracebacks of failures.", rich_help_panel=_COMMON),
]

_OPTIONS = {
    "repo": RepoOption,
    "output": OutputOption,
    "timeout": TimeoutOption,
    "debug": DebugOption,
}


def command(
    name: str, *, panel: str | None = None, hidden: bool = False, of: typer.Typer = app
) -> Callable[[Command[P]], Command[P]]:
    """
    Register a function as command *name*; its first parameter is the `Invocation`.

    The help lists it below the heading *panel*, unless it is *hidden*. It is one of the group *of*.
    """

    def register(function: Command[P]) -> Command[P]:
        of.command(name, rich_help_panel=panel, hidden=hidden)(_entry(function))
        return function

    return register


def group(name: str, *, panel: str, says: str) -> typer.Typer:
    """
    Make a group of commands, such as ``sandbox NAME run``; *says* is its line of the help.
    """
    made = typer.Typer(no_args_is_help=True, help=says)
    app.add_typer(made, name=name, rich_help_panel=panel)
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
        from sandbox.cli.guard import run_guarded

        run_guarded(invocation, lambda: function(invocation, **values))

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
