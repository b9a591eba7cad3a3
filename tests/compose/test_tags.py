from sandbox.compose.document import parse
from sandbox.compose.findings import Findings
from sandbox.compose.node import MapNode, plain
from sandbox.compose.tags import without


def tree(text: str) -> MapNode:
    found = parse(text.encode(), "f", Findings("f"))
    assert found is not None
    return found


def test_what_lies_at_a_path_is_taken_out_and_the_rest_stays() -> None:
    found = without(tree("a: {b: 1, c: {d: 2, e: 3}}\nf: 4"), [("a", "c", "d"), ("f",)])

    assert plain(found) == {"a": {"b": 1, "c": {"e": 3}}}


def test_a_path_that_is_not_there_or_leads_into_a_list_takes_nothing() -> None:
    paths = [("x",), ("a", "x"), ("a", "b", "c"), ("a", "l", 0), ()]

    assert plain(without(tree("a: {b: 1, l: [1]}"), paths)) == {"a": {"b": 1, "l": [1]}}
