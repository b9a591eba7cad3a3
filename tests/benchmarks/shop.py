"""The demo shop as both sides run it: what is changed in its files, and how a change is seen."""

from __future__ import annotations

import http.client
import re
import time
from typing import TYPE_CHECKING

from tests.benchmarks.measure import CannotMeasureError

if TYPE_CHECKING:
    from pathlib import Path

ENVIRONMENT = "staging"
SERVICE = "web"
VARIABLES = f"environments/{ENVIRONMENT}/.env"
THEME = "demo_shop/app/shop/theme.py"
ANSWER_S = 60.0
LOOK_S = 0.01


def set_variable(text: str, name: str, value: str) -> str:
    """Give the text of a ``.env`` in which *name* has another value."""
    return _replace(rf"^{name}=.*$", f"{name}={value}", text)


def set_headline(text: str, headline: str) -> str:
    """Give the source of the theme with another headline: a change of one line."""
    return _replace(r"^HEADLINE = .*$", f'HEADLINE = "{headline}"', text)


def configured(folder: Path, value: str) -> dict[str, str]:
    """The files of a configuration change: one variable, which only `web` has."""
    text = (folder / VARIABLES).read_text()
    return {VARIABLES: set_variable(text, "SHOP_ENVIRONMENT", value)}


def rewritten(folder: Path, headline: str) -> dict[str, str]:
    """The files of a source change: one line of the application."""
    return {THEME: set_headline((folder / THEME).read_text(), headline)}


def await_answer(port: int, path: str, expected: str) -> None:
    """Return as soon as the shop on *port* answers *path* well and with *expected* in its text."""
    deadline = time.monotonic() + ANSWER_S
    last = "no answer"
    while time.monotonic() < deadline:
        try:
            status, text = _get(port, path)
        except OSError as error:
            last = str(error)
        except http.client.HTTPException as error:
            last = type(error).__name__
        else:
            if status == http.HTTPStatus.OK and expected in text:
                return
            last = f"status {status} without {expected!r}"
        time.sleep(LOOK_S)
    message = f"the shop on port {port} did not answer {path} in {ANSWER_S:g} s: {last}"
    raise CannotMeasureError(message)


def _get(port: int, path: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5.0)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode(errors="replace")
    finally:
        connection.close()


def _replace(pattern: str, line: str, text: str) -> str:
    changed, number = re.subn(pattern, line, text, count=1, flags=re.MULTILINE)
    assert number == 1, f"{pattern} must be in the file once"
    return changed
