import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.compose.document import parse, parse_documents
from sandbox.compose.findings import Findings
from sandbox.compose.node import ListNode, MapNode, Mark, Node, Scalar

FILE = "compose.yaml"


def read(content: str | bytes) -> tuple[MapNode | None, list[str]]:
    findings = Findings(FILE)
    tree = parse(content.encode() if isinstance(content, str) else content, FILE, findings)
    return tree, [str(problem).removeprefix(f"{FILE}:") for problem in findings.problems]


def tree_of(content: str) -> MapNode:
    tree, found = read(content)
    assert tree is not None
    assert found == []
    return tree


def plain(node: Node | None) -> object:
    assert node is not None
    if isinstance(node, Scalar):
        return node.value
    if isinstance(node, ListNode):
        return [plain(item) for item in node.items]
    return {key: plain(value) for key, value in node.values.items()}


def test_every_key_and_value_knows_its_line_and_column() -> None:
    tree = tree_of("a: 1\nb:\n  - x\n  - {c: 'd'}\n")

    assert tree.key_marks["b"] == Mark(file=FILE, line=2, column=1)
    items = tree.values["b"]
    assert isinstance(items, ListNode)
    assert items.items[0].mark == Mark(file=FILE, line=3, column=5)
    inner = items.items[1]
    assert isinstance(inner, MapNode)
    assert inner.key_marks["c"] == Mark(file=FILE, line=4, column=6)
    assert inner.values["c"].mark == Mark(file=FILE, line=4, column=9)


def test_anchors_and_aliases_and_both_forms_of_merge_keys_work() -> None:
    tree = tree_of(
        "a: &a {x: 1, y: 1}\nb: &b {y: 2, z: 2}\nc: *a\nd: {<<: *a, x: 3}\ne: {<<: [*b, *a]}\n"
    )

    assert plain(tree.get("c")) == {"x": 1, "y": 1}
    assert plain(tree.get("d")) == {"x": 3, "y": 1}
    assert plain(tree.get("e")) == {"y": 2, "z": 2, "x": 1}


def test_a_merged_key_keeps_the_place_where_it_was_written() -> None:
    tree = tree_of("a: &a\n  x: 1\nb:\n  <<: *a\n")

    merged = tree.get("b")
    assert isinstance(merged, MapNode)
    assert merged.key_marks["x"].line == 2


def test_a_quoted_merge_key_is_an_ordinary_key() -> None:
    assert plain(tree_of("a: {'<<': 1}").get("a")) == {"<<": 1}


def test_quoted_and_tagged_scalars_have_the_type_that_was_asked_for() -> None:
    tree = tree_of("a: '1'\nb: \"true\"\nc: !!str 1\nd: !!int '1'\ne: |\n  1\n")

    assert plain(tree) == {"a": "1", "b": "true", "c": "1", "d": 1, "e": "1\n"}


def test_a_tag_of_an_application_means_nothing_but_that_a_scalar_is_a_string() -> None:
    tree = tree_of("a: !thing 1.50\nb: !thing [1]\nc: !thing {d: 2}\ne: !!binary aGk=\n")

    assert plain(tree) == {"a": "1.50", "b": [1], "c": {"d": 2}, "e": "hi"}


def test_each_document_of_a_file_is_read_with_what_it_takes_away() -> None:
    findings = Findings("f")
    text = b"a: &x {b: 1, c: !reset 2}\n---\na: !override {d: [1, !reset 2, 3]}\ne: !reset\n"

    first, second = parse_documents(text, "f", findings)

    assert not findings.problems
    assert (plain(first.tree), first.cuts) == ({"a": {"b": 1}}, (("a", "c"),))
    assert (plain(second.tree), second.cuts) == (
        {"a": {"d": [1, 3]}},
        (("a",), ("a", "d", 1), ("e",)),
    )


def test_an_alias_carries_the_tag_of_its_anchor_to_its_own_place() -> None:
    (document,) = parse_documents(b"x: &x {b: !reset 1}\na: *x\n", "f", Findings("f"))

    assert document.cuts == (("x", "b"), ("a", "b"))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a: 1\n---\n", "f:3:1: this document is empty (remove its `---`)"),
        ("a: 1\n---\n- b\n", "f:3:1: the top of a Compose file must be a mapping"),
        ("---\n", "f: the file is empty (add at least `services:`)"),
    ],
)
def test_a_document_that_is_no_mapping_is_told(text: str, problem: str) -> None:
    findings = Findings("f")

    parse_documents(text.encode(), "f", findings)

    assert list(map(str, findings.problems)) == [problem]


def test_a_file_of_nothing_but_comments_has_no_document() -> None:
    findings = Findings("f")

    assert parse_documents(b"# nothing\n", "f", findings) == ()
    assert not findings.problems


def test_a_byte_order_mark_and_windows_line_ends_are_no_content() -> None:
    assert plain(tree_of("\ufeffa: b\r\nc: d\r\n")) == {"a": "b", "c": "d"}


def test_a_duplicate_key_names_both_places_and_reading_goes_on() -> None:
    tree, found = read("a: 1\nb: 2\na: 3\nb: 4\n")

    assert tree is not None
    assert found == [
        "3:1: a: the key 'a' is here twice; the first one is on line 1",
        "4:1: b: the key 'b' is here twice; the first one is on line 2",
    ]


@pytest.mark.parametrize(
    ("content", "place", "message"),
    [
        ("a: [1\nb: 2\n", "2:2:", "this is not YAML"),
        ("a:\n\t- b\n", "2:1:", "indent with spaces"),
        ("a: b: c\n", "1:5:", "mapping values are not allowed"),
        ("a: 'b\n", "2:1:", "unexpected end of stream"),
        ("a: \x01\n", "1:", "does not allow (0x01)"),
        ("a: !!binary a\n", "1:4:", "this is not text in base64"),
        ("a: !!binary /w==\n", "1:4:", "this is not text in base64"),
        ("a: !!set {b}\n", "1:4:", "the tag !!set does not fit here"),
        ("a: !!map [b]\n", "1:4:", "the tag !!map does not fit here"),
        ("a: !!seq b\n", "1:4:", "the tag !!seq does not fit here"),
        ("a: *b\n", "1:4:", "there is no anchor &b above"),
        ("a: &a [*a]\n", "1:8:", "the alias *a contains itself"),
        ("a: {<<: 1}\n", "1:9:", "a merge key takes a mapping"),
        ("a: {<<: [{b: 1}, 2]}\n", "1:9:", "a merge key takes a mapping"),
        ("1: a\n", "1:1:", "a key must be a string (1)"),
        ("true: a\n", "1:1:", "a key must be a string (true)"),
        ("[a]: b\n", "1:1:", "a key must be a string"),
        ("a: 1\n---\nb: 2\n", "3:1:", "a second document begins here"),
        ("- a\n", "1:1:", "the top of a Compose file must be a mapping"),
        ("text\n", "1:1:", "the top of a Compose file must be a mapping"),
        ("", " ", "the file is empty"),
        ("# only a comment\n", " ", "the file is empty"),
        ("~\n", " ", "the file is empty"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_place(content: str, place: str, message: str) -> None:
    _, found = read(content)

    assert len(found) == 1
    assert found[0].startswith(place)
    assert message in found[0]


def test_text_that_is_not_utf8_is_told_with_its_line() -> None:
    assert read(b"a: 1\nb: \xff\n")[1] == ["2: the file is not UTF-8 text"]


BOMBS = {
    "aliases": "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    + "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 9)),
    "merges": "a0: &a0 {x: 1}\n"
    + "".join(
        f"a{i}: &a{i} {{<<: [{', '.join([f'*a{i - 1}'] * 10)}], y{i}: 1}}\n" for i in range(1, 9)
    ),
    "nodes": "a: [" + "1, " * 100_001 + "]",
    "depth": "a: " + "[" * 100,
    "depth of mappings": "a: " + "{b: " * 100,
    "depth by aliases": "a0: &a0 [x]\n"
    + "".join(f"a{i}: &a{i} [*a{i - 1}]\n" for i in range(1, 70)),
    "size": "a: 1 # " + "x" * 2**20,
}


@pytest.mark.parametrize("name", BOMBS)
@pytest.mark.timeout(60)
def test_a_bomb_is_refused_at_once(name: str) -> None:
    tree, found = read(BOMBS[name])

    assert tree is None
    assert len(found) == 1
    assert any(word in found[0] for word in ("expands to more", "deeper than", "larger than"))


def test_what_is_within_the_bounds_is_read() -> None:
    tree = tree_of("a: &a [" + "1, " * 40_000 + "]\nb: *a\nc: " + "[" * 62 + "]" * 62)

    assert set(tree.values) == {"a", "b", "c"}


@given(st.text(alphabet=st.sampled_from("ab:-[]{}&*!<'\"#|>%@`,? \n\t~1")))
def test_any_text_is_a_tree_or_has_a_problem(content: str) -> None:
    tree, found = read(content)

    assert tree is not None or found


@given(st.binary(max_size=64))
def test_any_bytes_are_a_tree_or_have_a_problem(content: bytes) -> None:
    tree, found = read(content)

    assert tree is not None or found
