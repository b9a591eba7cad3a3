import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.compose.words import split_words


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("", []),
        ("  ", []),
        ("a b", ["a", "b"]),
        ("a  'b c' \"d e\"", ["a", "b c", "d e"]),
        ("a'b'c", ["abc"]),
        ("''", [""]),
        ("a\\ b", ["a b"]),
        ('"a\\"b"', ['a"b']),
        ("'a\\b'", ["a\\b"]),
        ("a\\nb", ["a\nb"]),
        ("$HOME", ["$HOME"]),
        ("$(a b) c", ["$(a b)", "c"]),
        ("`a b` c", ["`a b`", "c"]),
        ("';' '&' '|'", [";", "&", "|"]),
    ],
)
def test_a_line_is_split_as_compose_splits_it(line: str, words: list[str]) -> None:
    found = split_words(line)

    assert (found.words, found.ignored, found.fault) == (words, "", "")


@pytest.mark.parametrize(
    ("line", "words", "ignored"),
    [
        ("a;b && c", ["a"], ";b && c"),
        ("a && b", ["a"], "&& b"),
        ("a > b", ["a"], "> b"),
        ("a | b", ["a"], "| b"),
        ("a 2> b", ["a"], "2> b"),
        ("2x>b", [], "2x>b"),
        ("a2> b", ["a2"], "> b"),
        ("a 2| b", ["a", "2"], "| b"),
    ],
)
def test_what_compose_drops_is_told(line: str, words: list[str], ignored: str) -> None:
    found = split_words(line)

    assert (found.words, found.ignored) == (words, ignored)


@pytest.mark.parametrize("line", ["'a", '"a', "a\\", "(a)", "a )", "`a", "$(a"])
def test_what_is_not_closed_is_a_fault(line: str) -> None:
    assert split_words(line).fault


@given(st.text(max_size=40))
def test_any_line_gives_words_or_a_fault(line: str) -> None:
    found = split_words(line)

    assert all(isinstance(word, str) for word in found.words)


@given(st.lists(st.text(alphabet=st.sampled_from("ab '\"$;&|<>-"), max_size=8), max_size=5))
def test_quoted_words_come_back_as_they_were(words: list[str]) -> None:
    assert split_words(shlex.join(words)).words == words
