import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.compose.units import duration_s, duration_text, nano_cpus, ram_bytes, size_bytes


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


@pytest.mark.parametrize(
    ("written", "printed"),
    [
        ("90s", "1m30s"),
        ("1.5h", "1h30m0s"),
        ("1d", "24h0m0s"),
        ("1w", "168h0m0s"),
        ("1h30m10s500ms", "1h30m10.5s"),
        ("1s1s", "2s"),
        (".5s", "500ms"),
        ("1.5us", "1.5µs"),
        ("1ns", "1ns"),
        ("0", "0s"),
        ("0s", "0s"),
        ("-5s", "-5s"),
        ("-0s", "0s"),
        ("+5s", "5s"),
        ("", None),
        ("-", None),
        ("10", None),
        ("5S", None),
        ("2m 5s", None),
        ("1y", None),
        ("99999999999h", None),
        ("1" * 5000 + "s", None),
    ],
)
def test_durations_are_printed_as_go_prints_them(written: str, printed: str | None) -> None:
    assert duration_text(written) == printed


@given(st.integers(min_value=1, max_value=2**63 - 1))
def test_a_printed_duration_is_printed_as_itself(nanoseconds: int) -> None:
    printed = duration_text(f"{nanoseconds}ns")

    assert printed is not None
    assert duration_text(printed) == printed


@pytest.mark.parametrize(
    ("written", "size"),
    [
        ("0", 0),
        ("1024", 1024),
        ("10b", 10),
        ("1k", 1024),
        ("512MiB", 536870912),
        ("0.5g", 536870912),
        (".5g", 536870912),
        ("10.5 MB", 11010048),
        ("1e3", 1000),
        ("1e3k", 1024000),
        ("1t", 1099511627776),
        ("", None),
        ("b", None),
        ("-1", None),
        ("1ib", None),
        ("1kk", None),
        ("1_0", None),
        ("1e9999", None),
        ("9" * 30, None),
    ],
)
def test_sizes_are_read_as_docker_reads_them(written: str, size: int | None) -> None:
    assert ram_bytes(written) == size
