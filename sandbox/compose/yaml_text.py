"""Plain values to YAML that `document` and Compose read as the same values."""

from __future__ import annotations

import re

import yaml

from sandbox.compose.node import Plain
from sandbox.compose.scalars import plain_value

_WIDTH = 100
_BREAKS = re.compile(r"[\r\x85\u2028\u2029\ufeff]")
"""Line breaks to YAML 1.1, and a mark that it drops: only escapes keep them."""


class _Dumper(yaml.SafeDumper):
    """Quotes what Compose would not take for a string."""


def _string(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    style = None
    if not isinstance(plain_value(value), str) or _BREAKS.search(value):
        style = '"'
    elif "\n" in value:
        style = "|"
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)  # pyright: ignore[reportUnknownMemberType] - the stubs leave the value open


_Dumper.add_representer(str, _string)


def yaml_text(value: Plain) -> str:
    """Write *value*, in which no date is, with two blanks for each level, keys in their order."""
    return yaml.dump(
        value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=_WIDTH, indent=2
    )
