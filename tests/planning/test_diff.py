import pytest

from sandbox.model.plan import Change
from sandbox.planning.diff import changes_text


@pytest.mark.parametrize(
    ("field", "old", "new", "words"),
    [
        (
            "limits.memory_bytes",
            "268435456",
            "201326592",
            "memory limit changed: 256 MiB -> 192 MiB",
        ),
        ("limits.memory_bytes", None, "1000", "memory limit changed: unlimited -> 1000 bytes"),
        ("limits.nano_cpus", "1500000000", None, "processor limit changed: 1.5 cpus -> unlimited"),
        ("limits.cpuset", None, "0-1", "processors changed: all -> 0-1"),
        ("limits.restart", None, "always", "restart policy changed: no -> always"),
        ("environment.A", None, "1", "environment.A changed: nothing -> 1"),
    ],
)
def test_one_change_is_told_in_words_with_both_values(
    field: str, old: str | None, new: str | None, words: str
) -> None:
    assert changes_text((Change(field=field, old=old, new=new),)) == words


def test_of_many_changes_the_first_are_named() -> None:
    changes = tuple(Change(field=each, old=None, new="1") for each in "abcde")
    assert changes_text(changes) == "a, b, c and 2 more changed"
