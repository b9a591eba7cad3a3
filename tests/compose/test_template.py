import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.compose.template import NESTING_MAX, Variables, substitute

KNOWN = {"SET": "value", "EMPTY": "", "B2": "two"}


@pytest.mark.parametrize(
    ("written", "result"),
    [
        ("plain", "plain"),
        ("$SET", "value"),
        ("${SET}", "value"),
        ("a${SET}b$B2-c", "avalueb" + "two-c"),
        ("$UNSET", ""),
        ("${UNSET:-d}", "d"),
        ("${UNSET-d}", "d"),
        ("${EMPTY:-d}", "d"),
        ("${EMPTY-d}", ""),
        ("${SET:-d}", "value"),
        ("${SET:+other}", "other"),
        ("${EMPTY:+other}", ""),
        ("${EMPTY+other}", "other"),
        ("${UNSET+other}", ""),
        ("${SET:?needed}", "value"),
        ("${EMPTY?needed}", ""),
        ("${UNSET:-${ALSO:-deep}}", "deep"),
        ("${UNSET:-a ${SET} b}", "a value b"),
        ("${UNSET:-$SET}", "value"),
        ('${UNSET:-{"a": {}}}', '{"a": {}}'),
        ("${UNSET:-a}b}", "ab}"),
        ("${UNSET:-}", ""),
        ("${UNSET:-a:b-c?d}", "a:b-c?d"),
        ("$$", "$"),
        ("$$SET", "$SET"),
        ("$${SET}", "${SET}"),
        ("${UNSET:-$$}", "$"),
        ("$", "$"),
        ("$1 $- $ $.", "$1 $- $ $."),
        ("100$", "100$"),
        ("line\n${UNSET:-two\nlines}", "line\ntwo\nlines"),
        ("${SET:-${REQUIRED:?only evaluated when used}}", "value"),
    ],
)
def test_each_form_of_variable_is_replaced(written: str, result: str) -> None:
    found = substitute(written, Variables(KNOWN))

    assert (found.text, found.fault) == (result, "")


@pytest.mark.parametrize(
    ("written", "fault"),
    [
        ("${UNSET:?say why}", "the variable UNSET is required but not set: say why"),
        ("${EMPTY:?say why}", "the variable EMPTY is required but not set: say why"),
        ("${UNSET?}", "the variable UNSET is required but not set"),
        ("${UNSET:?set $SET}", "the variable UNSET is required but not set: set value"),
        ("${UNSET:-${ALSO?deep}}", "the variable ALSO is required but not set: deep"),
        ("${}", "${} is not a variable"),
        ("${1}", "${1} is not a variable"),
        ("${SET:=d}", "${SET:=d} is not a variable"),
        ("${SET/a/b}", "${SET/a/b} is not a variable"),
        ("${SET", "${SET is never closed with }"),
        ("${ SET }", "${ SET } is not a variable"),
    ],
)
def test_each_fault_is_told(written: str, fault: str) -> None:
    assert substitute(written, Variables(KNOWN)).fault.startswith(fault)


def test_variables_that_read_as_empty_are_named() -> None:
    found = substitute("$A ${B} ${C:-c} ${D:+d} $SET", Variables(KNOWN))

    assert found.unset == ["A", "B"]


def test_the_names_that_were_asked_for_are_remembered() -> None:
    variables = Variables(KNOWN)

    substitute("$A ${SET:-$B} $$C", variables)

    assert variables.used == {"A", "SET"}


def test_deep_nesting_is_a_fault_and_not_a_crash() -> None:
    fine = "${A:-" * NESTING_MAX + "x" + "}" * NESTING_MAX
    deep = "${A:-" * 5000 + "x" + "}" * 5000

    assert substitute(fine, Variables({})).text == "x"
    assert "nest deeper" in substitute(deep, Variables({})).fault


@pytest.mark.timeout(60)
def test_a_value_does_not_grow_without_bound() -> None:
    found = substitute("$BIG" * 1000, Variables({"BIG": "x" * 2**16}))

    assert found.fault == "the value grows beyond 1 MiB"


@given(st.text(alphabet=st.sampled_from("$${}:-+?AB1 \n")))
def test_any_text_gives_a_result_or_a_fault(written: str) -> None:
    found = substitute(written, Variables({"A": "1"}))

    assert isinstance(found.text, str)


@given(st.text(alphabet=st.characters(exclude_characters="$", exclude_categories=["Cs"])))
def test_text_without_a_dollar_stays_as_it_is(written: str) -> None:
    assert substitute(written, Variables({})).text == written


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_doubling_each_dollar_protects_any_text(written: str) -> None:
    assert substitute(written.replace("$", "$$"), Variables({})).text == written
