import base64
import html
import json
import random
import string
import time
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.secrecy import vault
from sandbox.secrecy.controls import without_controls
from sandbox.secrecy.harvest import secrets_of_file
from sandbox.secrecy.names import is_common

LETTERS = st.characters(min_codepoint=33, max_codepoint=0x2FF, exclude_categories=["C", "Z"])
VALUES = st.text(LETTERS, min_size=8, max_size=40).filter(lambda value: not is_common(value))
SHORT = st.text(st.sampled_from("abcXYZ019"), min_size=4, max_size=7).filter(
    lambda value: not is_common(value)
)
AROUND = st.text(st.characters(exclude_categories=["C"]), max_size=30)
WAYS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "JSON": json.dumps,
    "JSON with its own letters": lambda value: json.dumps(value, ensure_ascii=False),
    "JSON in JSON": lambda value: json.dumps(json.dumps({"it": value})),
    "base64": lambda value: base64.b64encode(value.encode()).decode(),
    "base64 of more": lambda value: base64.b64encode(f"x:{value}, y".encode()).decode(),
    "base64 of more still": lambda value: base64.b64encode(f"xy:{value}".encode()).decode(),
    "base64 for URLs": lambda value: base64.urlsafe_b64encode(f"a{value}".encode()).decode(),
    "hexadecimal": lambda value: value.encode().hex(),
    "HEXADECIMAL": lambda value: value.encode().hex().upper(),
    "URL": lambda value: quote(value, safe=""),
    "path of a URL": quote,
    "form": quote_plus,
    "HTML": html.escape,
    "Python": repr,
    "Compose": lambda value: value.replace("$", "$$"),
    "YAML": lambda value: "'" + value.replace("'", "''") + "'",
}


@pytest.mark.parametrize("way", WAYS)
@given(value=VALUES, before=AROUND, after=AROUND)
def test_no_known_value_survives_however_it_is_written(
    way: str, value: str, before: str, after: str
) -> None:
    vault.forget_all()
    vault.learn([value])
    written = WAYS[way](value)
    shown = vault.hidden(f"{before} {written} {after}")
    core = written.strip("'\"=")
    assert core not in shown
    assert vault.hidden(shown) == shown


@given(st.lists(VALUES | SHORT, max_size=6), AROUND, AROUND)
def test_hiding_twice_hides_no_more(values: list[str], before: str, after: str) -> None:
    vault.forget_all()
    vault.learn(values)
    for text in ("".join(values), f"{before}{''.join(values)}{after}", f" {' '.join(values)} "):
        once = vault.shown(text)
        assert vault.shown(once) == once


@given(SHORT)
def test_a_short_value_is_hidden_where_it_is_a_whole_word(value: str) -> None:
    vault.forget_all()
    vault.learn([value])
    assert vault.shown(f"with {value}, and x{value}y") == f"with ***, and x{value}y"


@pytest.mark.parametrize(
    "value", ["abc", "true", "8080", "postgres", "debug", "password", "production", "aaaaaaaa", ""]
)
def test_a_value_that_stands_in_any_text_is_not_looked_for(value: str) -> None:
    vault.learn([value])
    text = f"{value} of postgres at 8080 is true, debug password aaaaaaaa"
    assert vault.shown(text) == text


def test_every_line_of_a_secret_file_is_hidden() -> None:
    lines = ["first-line", "opensesame too", "user:correct horse"]
    vault.learn(secrets_of_file("\n".join(lines).encode() + b"\n"))
    assert vault.shown(" | ".join(lines)) == "*** | *** | ***"
    assert vault.shown(json.dumps({"all": "\n".join(lines)})) == '{"all": "***\\n***\\n***"}'


def test_the_newest_values_are_kept() -> None:
    vault.learn(f"old-value-{number:05}" for number in range(vault.VALUES_MAX + 5))
    assert vault.shown("old-value-00004, old-value-00005") == "old-value-00004, ***"


def test_fields_are_hidden_by_their_keys_and_stay_what_they_are() -> None:
    fields = {
        "api_key": "abc",
        "port": 5432,
        "none": None,
        "list": ["x", {"token": "t", "a": 1}],
    }
    assert vault.shown_fields(fields) == {
        "api_key": "***",
        "port": 5432,
        "none": None,
        "list": ["x", {"token": "***", "a": 1}],
    }


@given(st.text())
def test_no_control_character_survives(text: str) -> None:
    shown = vault.shown(f"{text}\x1b[31mred\x1b[0m \u202etxt.exe\u2066 \u061c\u200f\x9b2J\x07")
    assert without_controls(shown) == shown
    assert not set(shown) & {*map(chr, [*range(9), *range(11, 32), *range(0x7F, 0xA0)])}
    assert not set(shown) & set("\u061c\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e")


def test_escape_codes_do_not_part_a_secret() -> None:
    vault.learn(["opensesame"])
    assert vault.shown("open\x1b[1msesame open\u200fsesame") == "*** ***"


def test_a_megabyte_with_a_hundred_secrets_takes_a_moment() -> None:
    chance = random.Random(7)
    words = ["".join(chance.choices(string.ascii_lowercase, k=6)) for _ in range(2000)]
    lines = [
        f"2026-11-28T20:11:35Z INFO [7] {' '.join(chance.choices(words, k=10))} id={number}"
        for number in range(10_500)
    ]
    text = "\n".join(lines)
    assert len(text) > 1_000_000
    secrets = [
        "".join(chance.choices(string.ascii_letters + string.digits, k=20)) for _ in range(100)
    ]
    vault.learn(secrets)
    vault.shown(secrets[0])  # what is made once is made

    took = []
    for _ in range(3):
        began = time.process_time()
        assert vault.shown(text) == text
        took.append(time.process_time() - began)
    print(f"{min(took) * 1000:.0f} ms for {len(text)} letters")
    assert min(took) < 4
