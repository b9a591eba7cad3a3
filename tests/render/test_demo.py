"""
The words of the guided tour.
"""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.model.receipt import Receipt, Stages, Traffic
from sandbox.model.record import Outcome, SyncRecord, Trigger
from sandbox.model.verdict import Figures
from sandbox.render.demo import (
    THEME,
    farewell,
    headline_of,
    next_headline,
    receipt_line,
    visits_line,
    with_headline,
    with_mistake,
    without_mistake,
)

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


def test_a_mistake_ends_whoever_reads_the_file_where_there_is_a_database(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    exec(with_mistake(SOURCE), {})
    monkeypatch.setenv("PGHOST", "db")
    with pytest.raises(SystemExit, match="no more tea"):
        exec(with_mistake(SOURCE), {})
    assert without_mistake(with_mistake(SOURCE)) == without_mistake(SOURCE) == SOURCE


def test_a_receipt_in_a_line_names_stages_and_requests() -> None:
    counted = Traffic(seconds=3.0, total=Figures(requests=340, failed=0))
    receipt = Receipt(stages=Stages(seen=0.1, built=1.5, ready=0.8), during=counted)
    record = SyncRecord(
        id=3,
        environment="staging",
        revision="a" * 40,
        trigger=Trigger.COMMIT,
        started_at=0.0,
        finished_at=3.0,
        outcome=Outcome.SUCCEEDED,
        receipt=receipt,
    )
    stages = "seen 0.1 s, built 1.5 s, ready 0.8 s"
    assert receipt_line(record) == f"receipt 3: {stages}, 340 requests, 0 failed"
    assert visits_line(1) == "1 request of visitors meanwhile, none failed"


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
