"""
The words that the schema is written in.

It is JSON Schema with four keywords of ours: ``says`` tells in words what is allowed and replaces
the machine's message, ``names`` tells how the keys of a mapping may look, ``newer`` lists keys of a
later Compose and ``later`` keys of ours to come.
"""

from __future__ import annotations

from typing import Any, TypeAlias

Schema: TypeAlias = dict[str, Any]

ANYTHING: Schema = {}
STRING: Schema = {"type": "string"}
BOOLEAN: Schema = {"type": "boolean"}
FLAG: Schema = {"type": ["boolean", "string"], "says": "true or false"}
INTEGER: Schema = {"type": ["integer", "string"], "says": "a whole number"}
NUMBER: Schema = {"type": ["number", "string"], "says": "a number"}
PURE_NUMBER: Schema = {"type": "number"}
SIZE: Schema = {"type": ["number", "string"], "says": "a size such as 512k, 64m or 1.5g"}
SIZE_TEXT: Schema = {"type": "string", "says": "a size such as 64m, as a string"}
DURATION: Schema = {"type": "string", "says": "a duration such as 500ms, 10s, 1m30s or 2h"}
STRINGS: Schema = {"type": "array", "items": STRING, "uniqueItems": True}
REPEATED_STRINGS: Schema = {"type": "array", "items": STRING}
ONE_OR_MORE: Schema = {"type": ["string", "array"], "items": STRING, "uniqueItems": True}
COMMAND: Schema = {"type": ["null", "string", "array"], "items": STRING}
EXTENSIONS: Schema = {"^x-": {}}
KEYS = "^[a-zA-Z0-9._-]+$"


def record(properties: Schema, **more: Any) -> Schema:  # noqa: ANN401 - keywords of JSON Schema
    """Describe a mapping with exactly *properties*, and ``x-*``."""
    return {
        "type": "object",
        "properties": properties,
        "patternProperties": EXTENSIONS,
        "additionalProperties": False,
        **more,
    }


def named(schema: Schema, what: str) -> Schema:
    """Describe a mapping from names of a *what* to *schema*."""
    return {
        "type": "object",
        "patternProperties": {KEYS: schema},
        "additionalProperties": False,
        "names": f"the name of a {what} consists of letters, digits, `.`, `_` and `-`",
    }


def options(*types: str) -> Schema:
    """Describe a mapping from any key but an empty one to values of *types*."""
    return {
        "type": "object",
        "patternProperties": {"(?s)^.": {"type": [*types]}},
        "additionalProperties": False,
        "names": "a key must not be empty",
    }


PAIRS: Schema = {
    **options("string", "number", "boolean", "null"),
    "type": ["object", "array"],
    "items": {"type": "string"},
    "uniqueItems": True,
    "says": "a mapping, or a list of NAME=value",
}
DRIVER_OPTIONS: Schema = options("string", "number")
HOSTS: Schema = {
    "type": ["object", "array"],
    "items": STRING,
    "uniqueItems": True,
    "patternProperties": {"(?s)^.": {"type": ["string", "array"], "items": STRING}},
    "additionalProperties": False,
    "names": "a key must not be empty",
    "says": "a mapping of names to addresses, or a list of name:address",
}
ULIMITS: Schema = {
    "type": "object",
    "patternProperties": {
        "^[a-z]+$": record(
            {"soft": INTEGER, "hard": INTEGER},
            type=["integer", "string", "object"],
            required=["soft", "hard"],
            says="a number, or a mapping with `soft` and `hard`",
        )
    },
}
FILE_USES: Schema = {
    "type": "array",
    "uniqueItems": True,
    "items": record(
        {
            "source": STRING,
            "target": STRING,
            "uid": STRING,
            "gid": STRING,
            "mode": {"type": ["number", "string"], "says": 'permissions such as 0440 or "0440"'},
        },
        type=["string", "object"],
        says="a name, or a mapping with `source`",
    ),
}
