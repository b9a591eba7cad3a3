"""
The schema of one service: what may be written, as JSON Schema.

``says`` describes in words what is allowed and replaces the machine's message; ``known`` lists keys
that Compose knows besides.
"""

from __future__ import annotations

from typing import Any, TypeAlias

from sandbox.compose import known
from sandbox.compose.units import DURATION_SAYS, SIZE_SAYS

Schema: TypeAlias = dict[str, Any]

STRING: Schema = {"type": "string"}
BOOLEAN: Schema = {"type": "boolean"}
NAME: Schema = {"type": "string", "minLength": 1, "says": "a name or a path"}
TEXT_OR_NUMBER: Schema = {"type": ["string", "number"]}
VALUE: Schema = {"type": ["string", "number", "boolean", "null"]}
STRINGS: Schema = {"type": "array", "items": STRING}
UNIQUE_STRINGS: Schema = {"type": "array", "items": STRING, "uniqueItems": True}
ONE_OR_MORE: Schema = {"type": ["string", "array"], "items": STRING}
PAIRS: Schema = {
    "type": ["object", "array"],
    "items": STRING,
    "additionalProperties": VALUE,
    "says": "a mapping, or a list of NAME=value",
}
DURATION: Schema = {"type": "string", "format": "duration", "says": DURATION_SAYS}
SIZE: Schema = {"type": ["string", "integer"], "format": "size", "minimum": 0, "says": SIZE_SAYS}
SIZE_TEXT: Schema = {"type": "string", "format": "size", "says": f"{SIZE_SAYS}, as a string"}
CPUS: Schema = {"type": ["string", "number"], "format": "cpus", "says": "a number such as 0.5"}
EXTENSIONS: Schema = {"^x-": {}}


def record(properties: Schema, *, known: frozenset[str] = frozenset(), **more: Any) -> Schema:  # noqa: ANN401 - keywords of JSON Schema
    """Describe a mapping with exactly *properties*, and ``x-*``."""
    return {
        "type": "object",
        "properties": properties,
        "patternProperties": EXTENSIONS,
        "additionalProperties": False,
        "known": known,
        **more,
    }


_BUILD = record(
    {
        "context": {"type": "string", "says": "a folder"},
        "dockerfile": NAME,
        "target": STRING,
        "args": PAIRS,
    },
    known=known.BUILD,
    type=["string", "object"],
    says="a folder, or a mapping with `context`",
)
_CONDITIONS = ["service_started", "service_healthy", "service_completed_successfully"]
_DEPENDS_ON: Schema = {
    "type": ["array", "object"],
    "items": STRING,
    "uniqueItems": True,
    "additionalProperties": record(
        {"condition": {"enum": _CONDITIONS}, "required": BOOLEAN, "restart": BOOLEAN},
        required=["condition"],
    ),
}
_COUNT: Schema = {"type": "integer", "minimum": 0, "maximum": 100, "says": "a number from 0 to 100"}
_LIMITS = record({"cpus": CPUS, "memory": SIZE_TEXT, "pids": {"type": "integer", "minimum": -1}})
_DEPLOY = record(
    {
        "mode": {"enum": ["replicated"]},
        "replicas": _COUNT,
        "resources": record({"limits": _LIMITS}, known=known.RESOURCES),
    },
    known=known.DEPLOY,
    type=["object", "null"],
)
_ENV_FILE: Schema = {
    "type": ["string", "array"],
    "items": record(
        {"path": NAME, "required": BOOLEAN, "format": {"enum": ["raw"]}},
        type=["string", "object"],
        required=["path"],
    ),
}
_HEALTHCHECK = record(
    {
        "test": ONE_OR_MORE,
        "interval": DURATION,
        "timeout": DURATION,
        "start_period": DURATION,
        "start_interval": DURATION,
        "retries": {"type": "integer", "minimum": 0, "says": "a number such as 3"},
        "disable": BOOLEAN,
    }
)
_ATTACHMENT = record(
    {"aliases": STRINGS, "ipv4_address": STRING},
    known=known.ATTACHMENT,
    type=["object", "null"],
)
_PORT = record(
    {
        "target": {"type": "integer", "minimum": 1, "maximum": 65535, "says": "a port"},
        "published": {"type": ["string", "integer"]},
        "host_ip": STRING,
        "protocol": STRING,
        "mode": {"enum": ["host", "ingress"]},
        "name": STRING,
        "app_protocol": STRING,
    },
    type=["string", "integer", "object"],
    required=["target"],
    says="a port such as 8080:80, or a mapping with `target`",
)
_MODE: Schema = {
    "type": ["integer", "string"],
    "pattern": "^0?[0-7]{1,4}$",
    "minimum": 0,
    "maximum": 0o7777,
    "says": 'permissions such as 0440 or "0440"',
}
_RESOURCE_USE: Schema = {
    "type": "array",
    "items": record(
        {
            "source": NAME,
            "target": STRING,
            "uid": {"type": "string", "pattern": "^[0-9]{1,9}$", "says": "a number as a string"},
            "gid": {"type": "string", "pattern": "^[0-9]{1,9}$", "says": "a number as a string"},
            "mode": _MODE,
        },
        type=["string", "object"],
        required=["source"],
    ),
}
_MOUNT = record(
    {
        "type": {"enum": ["volume", "bind", "tmpfs"]},
        "source": STRING,
        "target": STRING,
        "read_only": BOOLEAN,
        "consistency": STRING,
        "bind": record({"create_host_path": BOOLEAN}, known=known.BIND),
        "volume": record({"nocopy": BOOLEAN}, known=known.VOLUME_OPTIONS),
        "tmpfs": record({"size": SIZE, "mode": _MODE}),
    },
    known=known.MOUNT,
    type=["string", "object"],
    required=["type", "target"],
    says="volume:/path, ./file:/path, or a mapping with `type` and `target`",
)
_RESTART: Schema = {
    "type": "string",
    "pattern": "^(no|always|unless-stopped|on-failure(:[0-9]{1,6})?)?$",
    "says": '"no", always, unless-stopped, on-failure or on-failure:3',
}
_ULIMIT = record(
    {"soft": {"type": "integer"}, "hard": {"type": "integer"}},
    type=["integer", "object"],
    required=["soft", "hard"],
)
_COMMAND: Schema = {"type": ["null", "string", "array"], "items": STRING}
_HOSTS: Schema = {
    "type": ["object", "array"],
    "items": STRING,
    "additionalProperties": ONE_OR_MORE,
    "says": "a mapping of names to addresses, or a list of name:address",
}

SERVICE: Schema = record(
    {
        "build": _BUILD,
        "cap_add": STRINGS,
        "cap_drop": STRINGS,
        "command": _COMMAND,
        "configs": _RESOURCE_USE,
        "cpus": CPUS,
        "depends_on": _DEPENDS_ON,
        "deploy": _DEPLOY,
        "entrypoint": _COMMAND,
        "env_file": _ENV_FILE,
        "environment": PAIRS,
        "expose": {"type": "array", "items": TEXT_OR_NUMBER},
        "extra_hosts": _HOSTS,
        "healthcheck": _HEALTHCHECK,
        "hostname": STRING,
        "image": STRING,
        "init": BOOLEAN,
        "labels": PAIRS,
        "logging": record(
            {
                "driver": STRING,
                "options": {
                    "type": "object",
                    "additionalProperties": {"type": ["string", "number", "null"]},
                },
            }
        ),
        "mem_limit": SIZE,
        "networks": {
            "type": ["array", "object"],
            "items": STRING,
            "uniqueItems": True,
            "additionalProperties": _ATTACHMENT,
        },
        "pids_limit": {"type": "integer", "minimum": -1},
        "ports": {"type": "array", "items": _PORT},
        "profiles": STRINGS,
        "read_only": BOOLEAN,
        "restart": _RESTART,
        "scale": _COUNT,
        "secrets": _RESOURCE_USE,
        "security_opt": UNIQUE_STRINGS,
        "stop_grace_period": DURATION,
        "stop_signal": STRING,
        "tmpfs": ONE_OR_MORE,
        "ulimits": {"type": "object", "additionalProperties": _ULIMIT},
        "user": STRING,
        "volumes": {"type": "array", "items": _MOUNT},
        "working_dir": STRING,
        "x-sandbox": {
            "type": ["object", "null"],
            "additionalProperties": False,
            "properties": {},
            "known": frozenset({"gate", "probe", "rollout", "route"}),
        },
    },
    known=known.SERVICE,
)
