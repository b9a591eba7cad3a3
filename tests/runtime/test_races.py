"""Commands that commit at the same time as one another and as a user; `make races` runs more."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.races.contest import race

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.slow
def test_head_index_and_file_agree_and_nothing_is_lost(tmp_path: Path) -> None:
    tally = race(tmp_path / "shop", rounds=4, processes=8, seed=3)

    assert tally.faults == []
    assert tally.outcomes["commits"] > 0
    assert tally.commits_of_user > 0
