"""
What is accepted without the library is exactly what the library accepts.
"""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator, validators

from sandbox.compose.accept import accepts
from sandbox.compose.schema import _unique
from sandbox.compose.toplevel import FILE

VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 1.0, 0.5, 70000, 10**400, float("inf")),
    *("", "host", "start-first", "a b", "all", "every_3d", "main", "../x", "service_healthy"),
    *([], [1, 1], [True, 1], ["a"], ["a", "a"], [{}], [{"x": [1]}, {"x": [1]}], [None]),
    *({}, {"x-a": 1}, {"nope": 1}, {"soft": 1}, {"soft": 1, "hard": 2}, {"a": None}, {"a": {}}),
    {"services": {"web": {"image": "a", "ports": ["80:80"], "deploy": {"replicas": 2}}}},
    {"services": {"web": {"image": 1}}, "volumes": {"data": None}, "x-sandbox": {"sync": {}}},
)


def fragments(schema: Any) -> list[dict[str, Any]]:
    """*schema* and all schemas inside it."""
    if not isinstance(schema, dict):
        return []
    below = [schema.get("items"), schema.get("additionalProperties")]
    below += [*schema.get("properties", {}).values()]
    below += [*schema.get("patternProperties", {}).values()]
    return [schema, *(each for one in below for each in fragments(one))]


def library(schema: Any) -> Any:
    extend: Any = validators.extend
    return extend(Draft202012Validator, {"uniqueItems": _unique})(schema)


def test_every_part_of_the_schema_accepts_the_same_values() -> None:
    found = {repr(each): each for each in fragments(FILE)}.values()
    assert len(found) > 100
    judges = [(schema, library(schema)) for schema in found]
    differing = [
        (schema, value)
        for schema, judge in judges
        for value in VALUES
        if accepts(schema, value) != judge.is_valid(value)
    ]
    assert differing == []


@pytest.mark.parametrize("schema", [{"minLength": 1}, {"type": "string", "not": {}}])
def test_a_keyword_that_is_not_known_is_left_to_the_library(schema: dict[str, Any]) -> None:
    assert not accepts(schema, "text")
