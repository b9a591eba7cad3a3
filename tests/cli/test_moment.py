"""
Moments as people write them.
"""

from datetime import UTC, datetime

import pytest

from sandbox.cli.moment import parse_moment

NOW = datetime(2026, 11, 23, 15, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("14:05", "2026-11-23T14:05:00+00:00"),
        ("14:05:09", "2026-11-23T14:05:09+00:00"),
        ("15:01", "2026-11-22T15:01:00+00:00"),
        ("2026-11-20 9:05", None),
        ("2026-11-20 09:05", "2026-11-20T09:05:00+00:00"),
        ("2026-11-20T09:05:00+02:00", "2026-11-20T07:05:00+00:00"),
        ("2026-11-20", "2026-11-20T00:00:00+00:00"),
        (" 10m ago ", "2026-11-23T14:50:30+00:00"),
        ("1h", "2026-11-23T14:00:30+00:00"),
        ("25:00", None),
        ("yesterday", None),
        ("ago", None),
        ("", None),
    ],
)
def test_a_moment_is_read_as_it_is_meant(text: str, meant: str | None) -> None:
    expected = datetime.fromisoformat(meant).timestamp() if meant else None
    assert parse_moment(text, NOW.timestamp(), UTC) == expected
