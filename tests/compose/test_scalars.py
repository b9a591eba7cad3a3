import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.compose.node import NOWHERE, Date, Scalar, integer, text
from sandbox.compose.scalars import plain_value


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("yes", "yes"),
        ("no", "no"),
        ("on", "on"),
        ("off", "off"),
        ("22:22", "22:22"),
        ("1.2.3.4", "1.2.3.4"),
        ("true", True),
        ("FALSE", False),
        ("tRue", "tRue"),
        ("", None),
        ("~", None),
        ("null", None),
        ("0", 0),
        ("-7", -7),
        ("+7", 7),
        ("010", 8),
        ("0o10", 8),
        ("0x1F", 31),
        ("-0x1F", -31),
        ("0b101", 5),
        ("1_000", 1000),
        ("08", 8.0),
        ("1.50", 1.5),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("-", "-"),
        (".", "."),
        ("0x", "0x"),
        ("18446744073709551616", 18446744073709551616.0),
        ("2026-11-23", Date(text="2026-11-23")),
        ("2026-11-23T10:00:00Z", Date(text="2026-11-23T10:00:00Z")),
    ],
)
def test_plain_scalars_are_read_as_compose_reads_them(written: str, value: object) -> None:
    found = plain_value(written)

    assert (found, type(found)) == (value, type(value))


@given(st.text())
def test_any_plain_text_has_a_value(written: str) -> None:
    value = plain_value(written)

    assert value is None or isinstance(value, str | int | float | bool | Date)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (True, "true"),
        (False, "false"),
        (8, "8"),
        (1.5, "1.5"),
        (1000.0, "1000"),
        (1e6, "1e+06"),
        (123456789.5, "1.234567895e+08"),
        (0.00001, "1e-05"),
        (0.0001, "0.0001"),
        (0.0, "0"),
        (float("inf"), "+Inf"),
        (float("-inf"), "-Inf"),
        (float("nan"), "NaN"),
        (None, ""),
        (Date(text="2026-11-23"), "2026-11-23"),
    ],
)
def test_values_are_written_as_go_writes_them(
    value: float | str | Date | None, written: str
) -> None:
    assert text(Scalar(value=value, mark=NOWHERE)) == written


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_written_float_is_the_same_float(value: float) -> None:
    assert float(text(Scalar(value=value, mark=NOWHERE))) == value


@pytest.mark.parametrize(
    ("value", "number"),
    [(3, 3), ("3", 3), (3.0, 3), (3.5, None), ("three", None), (True, None), (None, None)],
)
def test_whole_numbers_are_read_from_numbers_and_digits(
    value: float | str | None, number: int | None
) -> None:
    assert integer(Scalar(value=value, mark=NOWHERE)) == number
