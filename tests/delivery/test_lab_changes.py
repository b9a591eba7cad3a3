"""What is committed in the laboratory."""

from pathlib import Path

import pytest

from sandbox.delivery.lab_changes import FAILING_TEST, STAGING_BUG, SourceChange, changed
from sandbox.errors import SourceError

TOP = Path(__file__).parents[2]


@pytest.mark.parametrize("change", [FAILING_TEST, STAGING_BUG], ids=lambda each: each.path)
def test_each_change_fits_the_shipped_shop_and_is_python_afterwards(change: SourceChange) -> None:
    before = (TOP / change.path).read_text()
    after = changed(before, change)
    assert after != before
    compile(after, change.path, "exec")


@pytest.mark.parametrize("text", ["something else", f"{STAGING_BUG.old} {STAGING_BUG.old}"])
def test_a_file_that_does_not_say_it_exactly_once_is_refused(text: str) -> None:
    with pytest.raises(SourceError, match=r"checkout\.py does not say 'INSERT INTO order_lines'"):
        changed(text, STAGING_BUG)
