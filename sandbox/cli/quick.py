"""
Commands and groups of Typer that read plain values without a library of validation.

Typer checks each value with pydantic, which takes longer to load than most commands take to run.
Texts and flags are read here, numbers and choices by our parsers. Whatever is wrong is left to
Typer's own check, which says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast, get_args, get_origin

import typer
from typer.core import TyperCommand, TyperGroup

from sandbox.cli.first_page import first_page
from sandbox.override import override

if TYPE_CHECKING:
    from collections.abc import Iterable


class QuickCommand(TyperCommand):
    """
    One command.
    """

    @override
    def get_params(self, ctx: Any) -> Any:
        return _quickened(super().get_params(ctx))


class QuickGroup(TyperGroup):
    """
    A group of commands.
    """

    @override
    def get_params(self, ctx: Any) -> Any:
        return _quickened(super().get_params(ctx))


class Program(QuickGroup):
    """
    All commands; its help is the first page.
    """

    @override
    def format_help(self, ctx: Any, formatter: Any) -> None:
        formatter.write(f"{first_page()}\n")


class PlainValues:
    """
    Reads the values of one parameter; takes the place of what Typer would read them with.
    """

    def __init__(self, parameter: Any) -> None:
        self._slow = parameter.get_runtime_param
        self._kind = parameter.type_descriptor.annotation
        self._info = parameter.type_descriptor.parameter_info

    def coerce(self, value: Any, param: Any, ctx: Any) -> Any:
        """
        Give *value* as the command takes it.
        """
        many = param.multiple or param.nargs == -1
        if value is None:
            return () if many else None
        try:
            if get_origin(self._kind) is list and isinstance(value, list | tuple):
                (kind,) = get_args(self._kind)
                given = cast("Iterable[Any]", value)
                return [self._read(kind, each) for each in given]
            return self._read(self._kind, value)
        except ValueError:
            return self._slow().coerce(value, param, ctx)

    def _read(self, kind: Any, value: Any) -> Any:
        """
        Turn *value* into one of *kind*.

        Raises:
            ValueError: It is wrong, or not plain.
        """
        if kind in {str, bool} and type(value) is kind:
            return value
        if self._info.parser is not None:
            try:
                return self._info.parser(value)
            except typer.BadParameter as error:
                raise ValueError(value) from error
        raise ValueError(value)


def _quickened(parameters: Iterable[Any]) -> list[Any]:
    """
    Have each of *parameters* read plain values by itself.
    """
    found = list(parameters)
    for parameter in found:
        if "get_runtime_param" not in vars(parameter):
            plain = PlainValues(parameter)
            parameter.get_runtime_param = lambda plain=plain: plain
    return found
