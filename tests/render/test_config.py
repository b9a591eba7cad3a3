import json

import pytest

from sandbox.compose.document import parse
from sandbox.compose.findings import Findings
from sandbox.compose.node import MapNode, plain
from sandbox.render.config import config_json, config_text


def tree(text: str) -> MapNode:
    findings = Findings("f")
    found = parse(text.encode(), "f", findings)
    assert found is not None, findings.problems
    return found


def test_keys_come_in_the_order_of_compose_and_json_has_no_models() -> None:
    text = "x-b: 1\nx-a: 2\nmodels: {}\nnetworks: {}\nservices: {}\nname: n\n"

    assert list(json.loads(config_json(tree(text)))) == [
        *("name", "services", "networks", "x-a", "x-b"),
    ]


def test_the_text_for_people_keeps_models() -> None:
    assert config_text(tree("models: {m: {model: x}}\nname: n\n")) == (
        "name: n\nmodels:\n  m:\n    model: x"
    )


def test_dates_and_numbers_without_end_are_text() -> None:
    text = "x-a: [2020-01-02, 2020-01-02T03:04:05Z, .inf, -.inf]\n"

    printed = json.loads(config_json(tree(text)))

    assert printed["x-a"] == ["2020-01-02T00:00:00Z", "2020-01-02T03:04:05Z", "inf", "-inf"]


@pytest.mark.parametrize(
    "value",
    [
        *(
            "",
            "a",
            " a ",
            "true",
            "Yes",
            "no",
            "null",
            "~",
            "1",
            "010",
            "0o7",
            "1e3",
            ".5",
            "1_000",
        ),
        *("2020-01-01", "22:22", "a: b", "# x", "a #b", "- a", "*a", "&a", "!a", "<<", "=", "?"),
        *(
            "line\nline",
            "line\n",
            "\n",
            "\n\n a",
            "\ttab",
            "é",
            "\x07",
            "'",
            '"',
            "{",
            "[",
            "%",
            "@",
        ),
        "a" * 200,
        "word " * 60,
    ],
)
def test_every_text_is_read_back_as_it_was(value: str) -> None:
    written = tree(f"x-a: {json.dumps(value)}\n")

    printed = config_text(written)

    assert plain(tree(f"{printed}\n")) == {"x-a": value}


def test_a_dollar_is_doubled_in_values_so_that_it_is_none_when_read_again() -> None:
    printed = config_text(tree("x-a: {b$c: [d$e]}\n"))

    assert printed == "x-a:\n  b$c:\n  - d$$e"
