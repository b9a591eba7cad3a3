"""A page that is true passes, and one that is not fails with the line and what was printed."""

import time
from pathlib import Path

import pytest

from tests.pages.carrying_out import Carrying
from tests.pages.page import parse_page
from tests.pages.stage import Stage


def problems(top: Path, text: str) -> list[str]:
    """Carry out a page of *text* in an empty folder, and give what turned out untrue."""
    stage = Stage(top=top, programs=top, ports={"8081": "18081"})
    return Carrying(page=parse_page("docs/x.md", text), stage=stage, folder=top).run()


TRUE = """\
<!-- write: a/b.txt -->
```
one
```
<!-- before: mkdir c -->
<!-- after: test -e c/d -->
```console
$ cat a/b.txt && cd c
one
$ touch d && false
$ echo $?
1
$ echo curl http://127.0.0.1:8081/ | tee e
curl http://127.0.0.1:8081/
$ grep -c 18081 e; cd ..
1
```
<!-- shape: echo '{"schema": 1, "x": [2]}' -->
```json
{"schema": 1, "x": [1]}
```
<!-- seen by: sh -c 'until test -e f; do sleep 0.1; done; echo it is there' -->
```console
$ touch f
it is there
```
"""


@pytest.mark.slow
def test_a_page_that_is_true_has_no_problem(tmp_path: Path) -> None:
    assert problems(tmp_path, TRUE) == []


@pytest.mark.slow
def test_what_a_page_leaves_in_the_background_ends_with_the_page(tmp_path: Path) -> None:
    began = time.monotonic()

    assert problems(tmp_path, "```sh\nsleep 30 &\n```\n") == []

    assert time.monotonic() - began < 15


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            "```console\n$ echo two\none\n```\n",
            "docs/x.md:1: echo two: printed otherwise, from 'one' on\n  | two",
        ),
        ("```sh\nfalse\n```\n", "docs/x.md:1: false: ended with 1, not 0"),
        (
            "<!-- status: 3 -->\n```sh\ntrue\n```\n",
            "docs/x.md:2: true: ended with 0, not 3",
        ),
        ("<!-- before: false -->\n```sh\ntrue\n```\n", "docs/x.md:2: false ended with 1"),
        (
            '<!-- shape: echo \'{"a": 1}\' -->\n```json\n{"a": ""}\n```\n',
            "docs/x.md:2: echo '{\"a\": 1}': .a is 1, not of the type of ''\n  | {\"a\": 1}",
        ),
        ("<!-- shape: true -->\n```json\n{}\n```\n", "docs/x.md:2: true: it printed no document"),
        (
            "<!-- seen by: echo one -->\n```console\n$ true\ntwo\n```\n",
            "docs/x.md:2: 'echo one' showed otherwise, from 'two' on\n  | one",
        ),
    ],
)
def test_what_is_not_true_is_told_with_its_line(tmp_path: Path, text: str, problem: str) -> None:
    assert problems(tmp_path, text) == [problem]
