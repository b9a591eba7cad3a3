"""
A loaded project as Compose itself prints it.
"""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING

from sandbox.compose.node import Date, plain
from sandbox.compose.yaml_text import yaml_text
from sandbox.secrecy.vault import shown_fields

if TYPE_CHECKING:
    from sandbox.compose.node import MapNode, Plain

_ORDER = ("name", "services", "networks", "volumes", "configs", "secrets")
_DATE_LENGTH = len("2020-01-01")
_MODELS = "models"
"""Compose 2.40 reads models and prints none in its JSON."""
_NOT_IN_YAML = re.compile(r"[\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")
"""JSON has these as they are; YAML, as which it is read again, has them not, or as line breaks."""


def config_model(tree: MapNode) -> dict[str, Plain]:
    """
    The shape of ``docker compose config --format json``, but dollar signs as they are meant.
    """
    return {key: value for key, value in _whole(tree).items() if key != _MODELS}


def _whole(tree: MapNode) -> dict[str, Plain]:
    """
    Everything, in the order of Compose.
    """
    keys = [*(key for key in _ORDER if key in tree.values), *sorted(tree.values.keys() - {*_ORDER})]
    return {key: _printable(plain(tree.values[key])) for key in keys}


def config_json(tree: MapNode, *, reveal: bool = True) -> str:
    """
    The output of ``docker compose config --format json``, with secrets if *reveal*.

    Loading it gives the same model, unless there are `models`.
    """
    model = config_model(tree) if reveal else shown_fields(config_model(tree))
    text = json.dumps(_escaped(model), indent=2, ensure_ascii=False)
    return _NOT_IN_YAML.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def config_text(tree: MapNode, *, reveal: bool = True) -> str:
    """
    The same in YAML and with models, for people, without its last line break.
    """
    model = _whole(tree) if reveal else shown_fields(_whole(tree))
    return yaml_text(_escaped(model)).removesuffix("\n")


def _printable(value: Plain) -> Plain:
    """
    Write what only extensions can hold as text: dates as Compose does, and numbers without end.
    """
    if isinstance(value, Date):
        return f"{value.text}T00:00:00Z" if len(value.text) == _DATE_LENGTH else value.text
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, list):
        return [_printable(each) for each in value]
    if isinstance(value, dict):
        return {key: _printable(each) for key, each in value.items()}
    return value


def _escaped(value: Plain) -> Plain:
    """
    Double every dollar sign, so that a value with one is not taken for a variable.
    """
    if isinstance(value, str):
        return value.replace("$", "$$")
    if isinstance(value, list):
        return [_escaped(each) for each in value]
    if isinstance(value, dict):
        return {key: _escaped(each) for key, each in value.items()}
    return value
