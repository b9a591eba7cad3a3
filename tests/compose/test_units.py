import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.compose.units import duration_s, nano_cpus, size_bytes


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("10s", 10.0),
        ("1m30s", 90.0),
        ("2h", 7200.0),
        ("500ms", 0.5),
        ("1.5s", 1.5),
        ("100us", 0.0001),
        ("1d", 86400.0),
        ("1w", 604800.0),
        ("0", 0.0),
        ("0s", 0.0),
        ("", None),
        ("10", None),
        ("10 s", None),
        ("-5s", None),
        ("s", None),
        ("1y", None),
        ("1e3s", None),
        ("99999999999h", None),
        ("1" * 5000 + "s", None),
    ],
)
def test_durations_are_read_in_seconds(written: str, seconds: float | None) -> None:
    assert duration_s(written) == seconds


@pytest.mark.parametrize(
    ("written", "size"),
    [
        ("0", 0),
        ("1024", 1024),
        ("512b", 512),
        ("512k", 524288),
        ("64m", 67108864),
        ("64M", 67108864),
        ("64mb", 67108864),
        ("64MiB", 67108864),
        ("1.5g", 1610612736),
        ("1 g", 1073741824),
        ("", None),
        ("-1", None),
        ("1e3", None),
        ("12q", None),
        ("m", None),
        ("99999999999p", None),
    ],
)
def test_sizes_are_read_in_bytes(written: str, size: int | None) -> None:
    assert size_bytes(written) == size


@pytest.mark.parametrize(
    ("written", "nano"),
    [
        ("1", 1_000_000_000),
        ("0.5", 500_000_000),
        (".25", 250_000_000),
        ("0.000000001", 1),
        ("0", 0),
        ("-1", None),
        ("a", None),
        ("inf", None),
        ("nan", None),
        ("1e30", None),
        ("", None),
    ],
)
def test_processors_are_read_in_billionths(written: str, nano: int | None) -> None:
    assert nano_cpus(written) == nano


@given(st.text(alphabet=st.sampled_from("0123456789.eE+-_ nusmhdwkgtpib∞µ٣")))
def test_any_text_is_a_quantity_or_none(written: str) -> None:
    for read in (duration_s, size_bytes, nano_cpus):
        found = read(written)
        assert found is None or found >= 0


@given(st.integers(0, 10**6), st.integers(0, 59), st.integers(0, 59))
def test_a_duration_is_the_sum_of_its_parts(hours: int, minutes: int, seconds: int) -> None:
    assert duration_s(f"{hours}h{minutes}m{seconds}s") == hours * 3600 + minutes * 60 + seconds
