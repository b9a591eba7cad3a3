"""The schema of a whole file; see `attributes` for its services."""

from __future__ import annotations

from sandbox.compose.attributes import SERVICE
from sandbox.compose.attributes_types import (
    ANYTHING,
    BOOLEAN,
    DRIVER_OPTIONS,
    DURATION,
    FLAG,
    ONE_OR_MORE,
    PAIRS,
    REPEATED_STRINGS,
    STRING,
    Schema,
    named,
    options,
    record,
)

_EXTERNAL = record(
    {"name": STRING},
    type=["boolean", "string", "object"],
    says="true or false",
)
_SUBNET = record(
    {
        "subnet": STRING,
        "ip_range": STRING,
        "gateway": STRING,
        "aux_addresses": options("string"),
    }
)
NETWORK = record(
    {
        "attachable": FLAG,
        "driver": STRING,
        "driver_opts": DRIVER_OPTIONS,
        "enable_ipv4": FLAG,
        "enable_ipv6": FLAG,
        "external": _EXTERNAL,
        "internal": FLAG,
        "ipam": record(
            {
                "driver": STRING,
                "config": {"type": "array", "items": _SUBNET},
                "options": options("string"),
            }
        ),
        "labels": PAIRS,
        "name": STRING,
    },
    type=["object", "null"],
)
VOLUME = record(
    {
        "driver": STRING,
        "driver_opts": DRIVER_OPTIONS,
        "external": _EXTERNAL,
        "labels": PAIRS,
        "name": STRING,
    },
    type=["object", "null"],
)
_FROM: Schema = {
    "environment": STRING,
    "external": _EXTERNAL,
    "file": STRING,
    "labels": PAIRS,
    "name": STRING,
    "template_driver": STRING,
}
SECRET = record({**_FROM, "driver": STRING, "driver_opts": options("string", "integer")})
CONFIG = record({**_FROM, "content": {"type": "string"}})
_MODEL = record(
    {
        "name": STRING,
        "model": STRING,
        "context_size": {"type": "integer"},
        "runtime_flags": REPEATED_STRINGS,
    },
    required=["model"],
)
# Compose reads these entries and looks at nothing else in them.
INCLUDE: Schema = {
    "type": "array",
    "items": {
        "type": ["string", "object"],
        "properties": {
            "path": ONE_OR_MORE,
            "env_file": ONE_OR_MORE,
            "project_directory": STRING,
        },
        "says": "a path, or a mapping with `path`",
    },
}
_BRANCH: Schema = {
    "type": "string",
    "pattern": r"^(?![-/.])(?!.*(\.\.|//|@\{|\.lock$))[^\s~^:?*\[\\]+(?<![/.])$",
    "says": "the name of a branch",
}
_SOURCE: Schema = record(
    {"environment": STRING, "soak": DURATION},
    patternProperties={},
    required=["environment"],
    type=["object", "string", "null"],
    says="the name of an environment, or a mapping with `environment` and `soak`",
)
_SETTINGS: Schema = record(
    {
        "track": _BRANCH,
        "release": {"type": ["string", "null"]},
        "promote_from": _SOURCE,
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
        "health": record(
            {"restart_after": DURATION, "rollback_after": DURATION},
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
        "configs": named(CONFIG, "config"),
        "include": INCLUDE,
        "models": named(_MODEL, "model"),
        "name": STRING,
        "networks": named(NETWORK, "network"),
        "secrets": named(SECRET, "secret"),
        "services": named(SERVICE, "service"),
        "version": STRING,
        "volumes": named(VOLUME, "volume"),
        "x-sandbox": _SETTINGS,
    },
    "patternProperties": {"^x-(?!sandbox$)": ANYTHING},
    "additionalProperties": False,
}
