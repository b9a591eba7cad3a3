"""Properties of the canonical form as a whole."""

from hypothesis import given
from hypothesis import strategies as st

from sandbox.compose.attributes import SERVICE
from sandbox.compose.canonical import canonical, unique, valued
from sandbox.compose.findings import Findings
from sandbox.compose.node import ListNode, MapNode, Mark, Node, Scalar
from tests.compose.canonical.trees import tree_of

FULL = """
services:
  a:
    build: .
    ports: ['8000-8001:80-81', {target: 9}]
    volumes: ['data:/x', ./a:/y:ro]
    environment: [A=1, B]
    env_file: a.env
    networks: [n]
    depends_on: [b]
    devices: [/dev/a]
    secrets: [s]
    gpus: all
volumes: {data: {external: {name: x}}}
"""
PLACE = Mark(file="compose.yaml", line=1, column=1)
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text("ab=:/-.0189 ", max_size=9)
).map(lambda value: Scalar(value=value, mark=PLACE))


def mapped(values: dict[str, Node]) -> MapNode:
    return MapNode(values=values, key_marks=dict.fromkeys(values, PLACE), mark=PLACE)


KEYS = st.one_of(st.sampled_from(sorted(SERVICE["properties"])), st.text("ab", max_size=2))
NODES = st.recursive(
    SCALARS,
    lambda below: st.one_of(
        st.lists(below, max_size=3).map(lambda one: ListNode(items=tuple(one), mark=PLACE)),
        st.dictionaries(KEYS, below, max_size=3).map(mapped),
    ),
    max_leaves=12,
)
SERVICES = st.dictionaries(KEYS, NODES, max_size=6).map(
    lambda service: mapped({"services": mapped({"a": mapped(service)})})
)


def test_the_canonical_form_of_a_canonical_form_is_itself() -> None:
    once = canonical(tree_of(FULL), Findings("compose.yaml"))

    assert canonical(once, Findings("compose.yaml")) == once


def test_reading_values_twice_is_as_good_as_once() -> None:
    once = valued(canonical(tree_of(FULL), Findings("compose.yaml")), Findings("compose.yaml"))

    assert valued(once, Findings("compose.yaml")) == once


@given(SERVICES)
def test_any_tree_is_read_without_a_crash_even_one_that_was_not_validated(tree: MapNode) -> None:
    findings = Findings("compose.yaml")

    valued(unique(canonical(unique(tree), findings)), findings)


@given(SERVICES)
def test_what_was_read_is_read_again_as_the_same(tree: MapNode) -> None:
    once = canonical(tree, Findings("compose.yaml"))

    assert repr(canonical(once, Findings("compose.yaml"))) == repr(once)
