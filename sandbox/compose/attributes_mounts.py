"""The schema of ``volumes``, ``ports``, ``networks`` and the like of a service."""

from __future__ import annotations

from sandbox.compose.attributes_types import (
    BOOLEAN,
    DRIVER_OPTIONS,
    FLAG,
    INTEGER,
    KEYS,
    PAIRS,
    PURE_NUMBER,
    STRING,
    STRINGS,
    Schema,
    record,
)

_CONDITIONS = ["service_started", "service_healthy", "service_completed_successfully"]
DEPENDS_ON: Schema = {
    "type": ["array", "object"],
    "items": STRING,
    "uniqueItems": True,
    "patternProperties": {
        KEYS: record(
            {"condition": {"enum": _CONDITIONS}, "required": BOOLEAN, "restart": FLAG},
            required=["condition"],
        )
    },
    "additionalProperties": False,
    "names": "the name of a service consists of letters, digits, `.`, `_` and `-`",
}
NETWORKS: Schema = {
    "type": ["array", "object"],
    "items": STRING,
    "uniqueItems": True,
    "patternProperties": {
        KEYS: record(
            {
                "aliases": STRINGS,
                "driver_opts": DRIVER_OPTIONS,
                "gw_priority": PURE_NUMBER,
                "interface_name": STRING,
                "ipv4_address": STRING,
                "ipv6_address": STRING,
                "link_local_ips": STRINGS,
                "mac_address": STRING,
                "priority": PURE_NUMBER,
            },
            type=["object", "null"],
        )
    },
    "additionalProperties": False,
    "names": "the name of a network consists of letters, digits, `.`, `_` and `-`",
}
MODELS: Schema = {
    "type": ["array", "object"],
    "items": STRING,
    "uniqueItems": True,
    "patternProperties": {
        KEYS: record({"endpoint_var": STRING, "model_var": STRING}, type=["object", "null"])
    },
}
PORTS: Schema = {
    "type": "array",
    "uniqueItems": True,
    "items": record(
        {
            "target": INTEGER,
            "published": {"type": ["string", "integer"]},
            "host_ip": STRING,
            "protocol": STRING,
            "mode": STRING,
            "name": STRING,
            "app_protocol": STRING,
        },
        type=["string", "number", "object"],
        says="a port such as 8080:80, or a mapping with `target`",
    ),
}
_BIND = record(
    {
        "create_host_path": FLAG,
        "propagation": STRING,
        "recursive": {"enum": ["enabled", "disabled", "writable", "readonly"]},
        "selinux": {"enum": ["z", "Z"]},
    }
)
VOLUMES: Schema = {
    "type": "array",
    "uniqueItems": True,
    "items": record(
        {
            "type": {"enum": ["bind", "volume", "tmpfs", "cluster", "npipe", "image"]},
            "source": STRING,
            "target": STRING,
            "read_only": FLAG,
            "consistency": STRING,
            "bind": _BIND,
            "volume": record({"nocopy": FLAG, "subpath": STRING, "labels": PAIRS}),
            "tmpfs": record(
                {
                    "size": {
                        "type": ["integer", "string"],
                        "minimum": 0,
                        "says": "a size such as 64m",
                    },
                    "mode": {"type": "number", "says": "permissions as a number such as 0o755"},
                }
            ),
            "image": record({"subpath": STRING}),
        },
        type=["string", "object"],
        required=["type"],
        says="volume:/path, ./file:/path, or a mapping with `type` and `target`",
    ),
}
DEVICES: Schema = {
    "type": "array",
    "items": record(
        {"source": STRING, "target": STRING, "permissions": STRING},
        type=["string", "object"],
        required=["source"],
        says="source:target:permissions, or a mapping with `source`",
    ),
}
_WEIGHT: Schema = {
    "type": "integer",
    "minimum": 0,
    "maximum": 65535,
    "says": "a number up to 65535",
}
_RATE = record({"path": STRING, "rate": INTEGER})
BLKIO = record(
    {
        **{
            key: {"type": "array", "items": _RATE}
            for key in (
                "device_read_bps",
                "device_read_iops",
                "device_write_bps",
                "device_write_iops",
            )
        },
        "weight": _WEIGHT,
        "weight_device": {"type": "array", "items": record({"path": STRING, "weight": _WEIGHT})},
    }
)
ENV_FILE: Schema = {
    "type": ["string", "array"],
    "items": record(
        {"path": STRING, "required": FLAG, "format": STRING},
        type=["string", "object"],
        required=["path"],
        says="a path, or a mapping with `path`",
    ),
    "says": "a path, or a list of paths",
}
