from pathlib import Path

import pytest

from sandbox.policy.keys import KEYS

PAGE = Path(__file__).parents[2] / "docs" / "policy.md"


@pytest.mark.parametrize("subject", KEYS)
def test_the_page_names_every_key_that_can_be_denied(subject: str) -> None:
    text = PAGE.read_text(encoding="utf-8")
    section = text.split(f"## What is denied of a {subject}\n")[1].split("\n## ")[0]

    table = KEYS[next(each for each in KEYS if each == subject)]
    names = {*table, *(alias for key in table.values() for alias in key.aliases)}
    assert {name for name in names if f"`{name}`" not in section} == set()
