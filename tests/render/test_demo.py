"""
The words of the guided tour.
"""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from sandbox.render.demo import THEME, farewell, headline_of, next_headline, with_headline

SOURCE = '"""Theme."""\n\nHEADLINE = "Small things"\n\nSHOP_NAME = "Shop"\n'


def test_only_the_headline_changes() -> None:
    assert headline_of(SOURCE) == "Small things"
    changed = with_headline(SOURCE, "Other things, no. 3")
    assert changed == SOURCE.replace("Small things", "Other things, no. 3")
    assert headline_of(changed) == "Other things, no. 3"


def test_a_file_without_a_headline_has_none() -> None:
    assert headline_of("HEADLINES = 3\n") is None


def test_the_shipped_shop_has_the_headline_that_the_tour_changes() -> None:
    assert headline_of((Path(__file__).parents[2] / THEME).read_text())


@given(st.text(max_size=30))
def test_headlines_are_numbered_so_that_none_comes_twice(first: str) -> None:
    seen = [next_headline(first)]
    for _ in range(20):
        seen.append(next_headline(seen[-1]))
    assert len(set(seen)) == len(seen)
    assert all(text.isascii() and not set(text) & set("<>&\"'\\") for text in seen)


def test_the_farewell_names_addresses_and_commands() -> None:
    words = farewell(".venv/bin/sandbox", ".demo", [("staging", "http://127.0.0.1:8081")])
    assert "   staging  http://127.0.0.1:8081" in words
    assert "   .venv/bin/sandbox --repo .demo down --volumes   deletes it" in words
