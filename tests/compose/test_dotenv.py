import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.compose.dotenv import parse_dotenv, parse_raw
from sandbox.compose.template import Variables

OUTSIDE = {"OUT": "outside"}


@pytest.mark.parametrize(
    ("written", "values"),
    [
        ("A=1", {"A": "1"}),
        ("A=1\r\nB=2\r\n", {"A": "1", "B": "2"}),
        ("\ufeffA=1", {"A": "1"}),
        ("A: 1", {"A": "1"}),
        ("export A=1", {"A": "1"}),
        ("  A = 1  ", {"A": "1"}),
        ("A=", {"A": ""}),
        ("A=\nB=2", {"A": "", "B": "2"}),
        ("# comment\n\nA=1 # comment\n", {"A": "1"}),
        ("A=a#b", {"A": "a#b"}),
        ("A=a=b:c", {"A": "a=b:c"}),
        ("A='$OUT #1'", {"A": "$OUT #1"}),
        ("A='it\\'s'", {"A": "it's"}),
        ("A='two\nlines'\nB=2", {"A": "two\nlines", "B": "2"}),
        ('A="two\nlines" # comment\nB=2', {"A": "two\nlines", "B": "2"}),
        ('A="a\\tb\\nc\\"d"', {"A": 'a\tb\nc"d'}),
        ('A="\\$OUT $OUT"', {"A": "$OUT outside"}),
        ("A=$OUT-${NOPE:-d}", {"A": "outside-d"}),
        ("A=1\nB=$A$A", {"A": "1", "B": "11"}),
        ("A=1\nA=2", {"A": "2"}),
        ("OUT=inside\nB=$OUT", {"OUT": "inside", "B": "outside"}),
        ("OUT\nNOPE\n", {"OUT": "outside"}),
        ("A.b-c[0]=1", {"A.b-c[0]": "1"}),
        ("A=1\n=2\n", {"A": "1", "": "2"}),
        ("export \nA=1\n", {"A": "1"}),
        ("", {}),
    ],
)
def test_each_form_of_line_is_read(written: str, values: dict[str, str]) -> None:
    found = parse_dotenv(written, Variables(OUTSIDE))

    assert (found.values, found.faults) == (values, [])


@pytest.mark.parametrize(
    ("written", "fault"),
    [
        ("A=1\nB C=2\n", (2, "this is not `NAME=value`")),
        ("A=1\n?=2\n", (2, "this is not `NAME=value`")),
        ("A=1\n\nB='open\nC=3\n", (3, "the value begins with ' and never ends with it")),
        ('A="open', (1, 'the value begins with " and never ends with it')),
        ("A=1\nB=${C:?no}\n", (2, "the variable C is required but not set: no")),
    ],
)
def test_each_fault_is_told_with_its_line(written: str, fault: tuple[int, str]) -> None:
    assert parse_dotenv(written, Variables(OUTSIDE)).faults == [fault]


def test_values_see_the_outside_then_earlier_lines_then_earlier_files() -> None:
    earlier = {"OUT": "e", "A": "e", "B": "e"}

    found = parse_dotenv("A=own\nX=$OUT-$A-$B", Variables(OUTSIDE), earlier)

    assert found.values == {"A": "own", "X": "outside-own-e"}


def test_reading_goes_on_after_a_faulty_line() -> None:
    found = parse_dotenv("A=1\n%\nB=2\n?\n", Variables({}))

    assert found.values == {"A": "1", "B": "2"}
    assert [line for line, _ in found.faults] == [2, 4]


def test_variables_that_read_as_empty_are_named_with_their_line() -> None:
    assert parse_dotenv("A=1\nB=$C", Variables({})).unset == [(2, "C")]


def test_the_raw_format_takes_everything_literally() -> None:
    found = parse_raw("# comment\nA='$OUT' # x\nB=\nOUT\nNOPE\n", Variables(OUTSIDE))

    assert found.values == {"A": "'$OUT' # x", "B": "", "OUT": "outside"}


@given(st.text(alphabet=st.sampled_from("AB=:'\"\\$#{} \n\t-export")))
def test_any_text_is_read(written: str) -> None:
    found = parse_dotenv(written, Variables({}))

    assert all(isinstance(value, str) for value in found.values.values())


@pytest.mark.slow
@given(
    st.dictionaries(
        st.from_regex(r"[A-Z_][A-Z0-9_]*", fullmatch=True),
        st.text(alphabet=st.characters(exclude_characters="'\\\r", exclude_categories=["Cs"])),
    )
)
def test_values_in_single_quotes_come_back_as_they_were(values: dict[str, str]) -> None:
    written = "".join(f"{name}='{value}'\n" for name, value in values.items())

    assert parse_dotenv(written, Variables({})).values == values


@pytest.mark.timeout(60)
def test_a_file_full_of_open_quotes_is_read_at_once() -> None:
    found = parse_dotenv("A='\nB=\"\n" * 50_000, Variables({}))

    assert len(found.values) + len(found.faults) > 0
