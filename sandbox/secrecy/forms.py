"""The ways in which one value may be written in a text."""

from __future__ import annotations

import base64
import html
import json
from functools import lru_cache
from typing import Final

_UNRESERVED: Final = frozenset(
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-~"
)
_CORE: Final = 7
"""A shorter piece of an encoded value is found in any text by chance."""


@lru_cache(maxsize=8192)
def plain_forms(value: str) -> frozenset[str]:
    """The value itself, and as it stands in JSON, YAML, a URL, HTML, a shell or a Compose file."""
    in_json = _in_json(value)
    return frozenset(
        {
            value,
            *in_json,
            *(again for each in in_json for again in _in_json(each)),
            *(each.lower() for each in _in_url(value) if "%" in each),
            *_in_url(value),
            html.escape(value),
            html.escape(value, quote=False),
            value.replace("'", "''"),
            value.replace("'", "'\\''"),
            value.replace("$", "$$"),
            repr(value)[1:-1],
        }
    )


@lru_cache(maxsize=8192)
def encoded_forms(value: str) -> frozenset[str]:
    """
    What of the value shows in base64 and hexadecimal, also when it is part of something longer.

    Three bytes make four letters of base64, so a value shows in three ways; the letters at its ends
    depend on what is around it and are left out.
    """
    content = value.encode("utf-8", "surrogateescape")
    cores: set[str] = set()
    for before in range(3):
        text = base64.b64encode(bytes(before) + content).decode("ascii").rstrip("=")
        first = -(-before * 8 // 6)
        last = (before + len(content)) * 8 // 6
        core = text[first:last]
        cores |= {core, core.replace("+", "-").replace("/", "_")}
    digits = content.hex()
    return frozenset(each for each in {*cores, digits, digits.upper()} if len(each) >= _CORE)


def _in_json(text: str) -> set[str]:
    return {json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1]}


def _in_url(text: str) -> set[str]:
    content = text.encode("utf-8", "surrogateescape")
    return {_quoted(content, b""), _quoted(content, b"/"), _quoted(content, b" ").replace(" ", "+")}


def _quoted(content: bytes, safe: bytes) -> str:
    return "".join(
        chr(byte) if byte in _UNRESERVED or byte in safe else f"%{byte:02X}" for byte in content
    )
