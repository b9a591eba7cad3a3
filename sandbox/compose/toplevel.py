"""The schema of a whole file; see `attributes` for its services and for ``says`` and ``known``."""

from __future__ import annotations

from sandbox.compose import known
from sandbox.compose.attributes import (
    BOOLEAN,
    DURATION,
    PAIRS,
    SERVICE,
    STRING,
    TEXT_OR_NUMBER,
    Schema,
    record,
)

_NAMES = "^[a-zA-Z0-9._-]+$"
_OPTIONS: Schema = {"type": "object", "additionalProperties": TEXT_OR_NUMBER}


def _named(schema: Schema, what: str) -> Schema:
    """Describe a mapping from names to *schema*."""
    return {
        "type": "object",
        "patternProperties": {_NAMES: schema},
        "additionalProperties": False,
        "names": f"the name of a {what} consists of letters, digits, `.`, `_` and `-`",
    }


_NETWORK = record(
    {
        "name": STRING,
        "driver": STRING,
        "driver_opts": _OPTIONS,
        "external": BOOLEAN,
        "internal": BOOLEAN,
        "ipam": record(
            {
                "driver": {"enum": ["default", ""]},
                "config": {
                    "type": "array",
                    "maxItems": 1,
                    "items": record({"subnet": STRING}, known=known.SUBNET),
                    "says": "a list of one subnet",
                },
            },
            known=known.IPAM,
        ),
        "labels": PAIRS,
    },
    known=known.NETWORK,
    type=["object", "null"],
)
_VOLUME = record(
    {
        "name": STRING,
        "driver": STRING,
        "driver_opts": _OPTIONS,
        "external": BOOLEAN,
        "labels": PAIRS,
    },
    type=["object", "null"],
)
_RESOURCE = record(
    {"name": STRING, "file": STRING, "content": STRING},
    known=known.RESOURCE,
)
_BRANCH: Schema = {
    "type": "string",
    "pattern": r"^(?![-/.])(?!.*(\.\.|//|@\{|\.lock$))[^\s~^:?*\[\\]+(?<![/.])$",
    "says": "the name of a branch",
}
_SETTINGS: Schema = record(
    {
        "track": _BRANCH,
        "release": {"type": ["string", "null"]},
        "promote_from": {"type": ["string", "null"]},
        "sync": record(
            {
                "auto": BOOLEAN,
                "self_heal": BOOLEAN,
                "prune": BOOLEAN,
                "allow_empty": BOOLEAN,
            },
            patternProperties={},
            type=["object", "null"],
        ),
        "rollout": record(
            {"deadline": DURATION, "rollback": BOOLEAN},
            patternProperties={},
            type=["object", "null"],
        ),
    },
    patternProperties={},
    type=["object", "null"],
)

FILE: Schema = {
    "type": "object",
    "properties": {
        "name": STRING,
        "services": _named(SERVICE, "service"),
        "networks": _named(_NETWORK, "network"),
        "volumes": _named(_VOLUME, "volume"),
        "configs": _named(_RESOURCE, "config"),
        "secrets": _named(_RESOURCE, "secret"),
        "version": {},
        "x-sandbox": _SETTINGS,
    },
    "patternProperties": {"^x-(?!sandbox$)": {}},
    "additionalProperties": False,
    "known": known.TOP,
}
