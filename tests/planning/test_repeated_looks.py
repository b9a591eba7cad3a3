"""
What every look asks for again and again is worked out once, and nobody can change it for others.
"""

import json

import pytest

from sandbox.planning.ingress_service import ingress_template
from sandbox.planning.labels import FIELDS, parse_container_labels


def test_the_ingress_is_described_once() -> None:
    assert ingress_template() is ingress_template()


def test_the_fields_of_a_label_are_read_once_and_cannot_be_changed() -> None:
    labels = {FIELDS: json.dumps({"image": "registry.example/web:1"})}

    fields = parse_container_labels(labels).fields

    assert fields is parse_container_labels(dict(labels)).fields
    assert fields == {"image": "registry.example/web:1"}
    with pytest.raises(TypeError):
        fields["image"] = "other"  # type: ignore[index] # that is the point
