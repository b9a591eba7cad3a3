"""The schema of ``x-sandbox`` of a service: what Compose has no words for."""

from __future__ import annotations

from sandbox.compose.attributes_types import DURATION, PURE_NUMBER, STRING, Schema, record

_WEIGHT: Schema = {
    "type": "integer",
    "minimum": 1,
    "maximum": 99,
    "says": "a percentage of the requests, a whole number from 1 to 99",
}
_RATE: Schema = {
    "type": ["number", "string"],
    "says": "a percentage such as 1%, or a share from 0 to 1",
}
_REQUESTS: Schema = {"type": "integer", "minimum": 1, "says": "a whole number from 1 on"}
_STEP = record(
    {"weight": _WEIGHT, "for": DURATION}, patternProperties={}, required=["weight", "for"]
)
_ANALYSIS = record(
    {"max_error_rate": _RATE, "max_p95_ms": PURE_NUMBER, "min_requests": _REQUESTS},
    patternProperties={},
    type=["object", "null"],
)
_ROLLOUT = record(
    {"steps": {"type": ["array", "null"], "items": _STEP}, "analysis": _ANALYSIS},
    patternProperties={},
    type=["object", "null"],
)
_GATE = record(
    {"phase": STRING, "deadline": DURATION},
    patternProperties={},
    type=["string", "object", "null"],
    required=["phase"],
    says="before or after, or a mapping with `phase` and `deadline`",
)
TRAFFIC: Schema = record(
    {
        "route": {"enum": ["http", "tcp", "direct"]},
        "rollout": _ROLLOUT,
        "migrations": STRING,
        "gate": _GATE,
    },
    patternProperties={},
    type=["object", "null"],
    later=["probe"],
)
