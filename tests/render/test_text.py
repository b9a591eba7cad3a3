"""
Small pieces of text.
"""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.render.text import clean, clean_log, columns, duration, listed


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-1.0, "0.0 s"),
        (0.04, "0.0 s"),
        (0.44, "0.4 s"),
        (9.94, "9.9 s"),
        (9.96, "10 s"),
        (59.4, "59 s"),
        (59.6, "1 min"),
        (125.0, "2 min 5 s"),
        (3600.0, "1 h"),
        (11400.0, "3 h 10 min"),
        (180000.0, "2 d 2 h"),
    ],
)
def test_a_span_reads_as_people_say_it(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_words_are_listed_as_in_a_sentence() -> None:
    assert listed([]) == ""
    assert listed(["a"]) == "a"
    assert listed(["a", "b"]) == "a and b"
    assert listed(["a", "b", "c"], most=2) == "a, b and 1 more"


def test_columns_line_up_and_the_last_one_ends_where_it_ends() -> None:
    assert columns([("a", "bb", "c"), ("aaa", "b", "cc")]) == (
        ("a    ", "bb  ", "c"),
        ("aaa  ", "b   ", "cc"),
    )
    assert columns([]) == ()


@given(st.text())
def test_cleaned_text_is_one_line_that_drives_no_terminal(text: str) -> None:
    assert not re.search(r"[\x00-\x08\x0a-\x1f\x7f-\x9f]", clean(text))


@given(st.text(alphabet="ab \x1b[]0;1m3J\x07\x9b\r"))
def test_a_log_line_keeps_nothing_but_its_colours(text: str) -> None:
    left = re.sub(r"\x1b\[[0-9;]*m", "", clean_log(text))
    assert not re.search(r"[\x00-\x08\x0a-\x1f\x7f-\x9f]", left)


def test_a_log_line_keeps_its_colours_and_ends_them() -> None:
    assert clean_log("\x1b[31mred\x1b[2J rest") == "\x1b[31mred rest\x1b[0m"
    assert clean_log("plain") == "plain"
