"""The schema of ``deploy``, ``gpus`` and ``develop`` of a service."""

from __future__ import annotations

from sandbox.compose.attributes_types import (
    BOOLEAN,
    COMMAND,
    DURATION,
    FLAG,
    INTEGER,
    NUMBER,
    ONE_OR_MORE,
    PAIRS,
    SIZE_TEXT,
    STRING,
    STRINGS,
    Schema,
    record,
)

_DEVICE_REQUEST: Schema = {
    "capabilities": STRINGS,
    "count": {"type": ["string", "integer"], "says": "a number, or all"},
    "device_ids": STRINGS,
    "driver": STRING,
    "options": PAIRS,
}
GPUS: Schema = {
    "type": ["string", "array"],
    "pattern": "^all$",
    "items": record(_DEVICE_REQUEST),
    "says": "`all`, or a list of mappings",
}
_ROLLOUT = record(
    {
        "parallelism": INTEGER,
        "delay": DURATION,
        "failure_action": STRING,
        "monitor": DURATION,
        "max_failure_ratio": NUMBER,
        "order": {"enum": ["start-first", "stop-first"]},
    }
)
_RESOURCES = record(
    {
        "limits": record({"cpus": NUMBER, "memory": SIZE_TEXT, "pids": INTEGER}),
        "reservations": record(
            {
                "cpus": NUMBER,
                "memory": SIZE_TEXT,
                "generic_resources": {
                    "type": "array",
                    "items": record(
                        {"discrete_resource_spec": record({"kind": STRING, "value": NUMBER})}
                    ),
                },
                "devices": {
                    "type": "array",
                    "items": record(_DEVICE_REQUEST, required=["capabilities"]),
                },
            }
        ),
    }
)
DEPLOY = record(
    {
        "mode": STRING,
        "endpoint_mode": STRING,
        "replicas": INTEGER,
        "labels": PAIRS,
        "rollback_config": _ROLLOUT,
        "update_config": _ROLLOUT,
        "resources": _RESOURCES,
        "restart_policy": record(
            {
                "condition": STRING,
                "delay": DURATION,
                "max_attempts": INTEGER,
                "window": DURATION,
            }
        ),
        "placement": record(
            {
                "constraints": {"type": "array", "items": STRING},
                "preferences": {"type": "array", "items": record({"spread": STRING})},
                "max_replicas_per_node": INTEGER,
            }
        ),
    },
    type=["object", "null"],
)
_HOOK: Schema = {
    "command": COMMAND,
    "user": STRING,
    "privileged": FLAG,
    "working_dir": STRING,
    "environment": PAIRS,
}
HOOKS: Schema = {"type": "array", "items": record(_HOOK, required=["command"])}
DEVELOP = record(
    {
        "watch": {
            "type": "array",
            "items": record(
                {
                    "path": STRING,
                    "action": {"enum": ["rebuild", "sync", "restart", "sync+restart", "sync+exec"]},
                    "target": STRING,
                    "ignore": ONE_OR_MORE,
                    "include": ONE_OR_MORE,
                    "exec": record(_HOOK, required=["command"]),
                    "initial_sync": BOOLEAN,
                },
                required=["path", "action"],
            ),
        }
    },
    type=["object", "null"],
)
PROVIDER = record(
    {
        "type": STRING,
        "options": {
            "type": "object",
            "additionalProperties": {
                "type": ["string", "number", "boolean", "array"],
                "items": {"type": ["string", "number", "boolean"]},
            },
        },
    },
    required=["type"],
)
