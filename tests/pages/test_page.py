"""How a page is read, and how what it shows is compared."""

import pytest

from tests.pages.page import parse_page
from tests.pages.printed import first_misfit, fits
from tests.pages.shape import misfits, parse_shape

PAGE = """\
# Title
<!-- page: shop -->

Text.

<!-- before: true -->
<!-- status: 3 -->
```console
$ one --and two
first line

…
$ two
```

```sh
# a remark
three    # told here
```

<!-- not run: a layout, not a command -->
```
folder/
```
"""


def test_a_page_gives_its_start_and_the_commands_of_each_block_with_their_output() -> None:
    page = parse_page("docs/x.md", PAGE)

    console, plain, layout = page.blocks
    assert page.start == "shop"
    assert [each.text for each in console.commands] == ["one --and two", "two"]
    assert console.commands[0].output == ("first line", "", "…")
    assert (console.line, console.note("before"), console.note("status")) == (8, "true", "3")
    assert [each.text for each in plain.commands] == ["three    # told here"]
    assert layout.commands == ()
    assert layout.note("not run") == "a layout, not a command"


def test_a_comment_that_belongs_to_no_block_is_a_mistake() -> None:
    with pytest.raises(AssertionError, match=r"docs/x.md:2: the comment above"):
        parse_page("docs/x.md", "<!-- status: 3 -->\nText.\n")


@pytest.mark.parametrize(
    ("shown", "printed"),
    [
        (["● a  at 1bf72f0 (0.3 s)"], ["● a at 9a0b1c2 (12 s)"]),
        (["19:23:29  staging"], ["08:00:01  staging"]),
        (["running since 2026-11-23 19:23:44"], ["running since 2027-01-01 00:00:00"]),
        (["shop-c349a8_db-data"], ["shop-954804_db-data"]),
        (["up 2 h 5 min, 12 MiB"], ["up 6.1 s, 9.5 GiB"]),
        (["a", "…", "z"], ["a", "b", "c", "z"]),
        (["a", "…", "z"], ["a", "z"]),
        (["a … z"], ["a b c z"]),
    ],
)
def test_what_differs_from_run_to_run_may_differ(shown: list[str], printed: list[str]) -> None:
    assert fits(shown, printed)


@pytest.mark.parametrize(
    ("shown", "printed"),
    [
        (["web 1/1"], ["web 1/2"]),
        (["healthy"], ["degraded"]),
        (["a"], ["a", "b"]),
        (["a", "b"], ["a"]),
        (["a", "…", "z"], ["a", "z", "y"]),
        (["16 steps in 3.0 s"], ["17 steps in 3.0 s"]),
    ],
)
def test_everything_else_has_to_be_the_same(shown: list[str], printed: list[str]) -> None:
    assert not fits(shown, printed)


def test_the_first_line_that_does_not_fit_is_named() -> None:
    assert first_misfit(["a", "…", "c", "d"], ["a", "b", "c", "x"]) == "d"


def test_a_shape_names_the_keys_and_the_types_of_a_document() -> None:
    shape = parse_shape('{"schema": 1, "items": [{"id", "name": "web", "sure": true}], "more": …}')
    document = {"schema": 1, "items": [{"id": 3, "name": "db", "sure": False}], "more": [None]}

    assert list(misfits(shape, document)) == []


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        ({"schema": "1", "items": []}, ".schema is '1', not of the type of 1"),
        ({"schema": 1}, ".items is missing"),
        ({"schema": 1, "items": [], "other": 2}, ".other is not in the page"),
        ({"schema": 1, "items": [{}]}, ".items[0].id is missing"),
        ({"schema": 1, "items": {}}, ".items is no list"),
        ({"schema": True, "items": []}, ".schema is True, not of the type of 1"),
    ],
)
def test_a_document_of_another_shape_is_told(document: object, problem: str) -> None:
    assert list(misfits(parse_shape('{"schema": 1, "items": [{"id"}]}'), document)) == [problem]
