"""
Warnings of files, as people see them.
"""

from sandbox.render.warnings import warning_lines

BASE = "environments/base/compose.yaml:4: the variable TAG is not set"
OWN = "environments/staging/compose.yaml:9: the image nginx has no tag"


def test_a_warning_of_a_shared_file_is_told_once_for_all_environments() -> None:
    found = warning_lines({"production": (BASE,), "staging": (BASE, OWN)})

    assert found == [f"warning: {BASE}", f"warning: {OWN} [staging]"]


def test_with_one_environment_nothing_is_said_of_it() -> None:
    assert warning_lines({"staging": (OWN,)}) == [f"warning: {OWN}"]


def test_what_does_not_fit_is_counted() -> None:
    found = warning_lines({"staging": tuple(f"f:{n}: w" for n in range(5))}, most=2)

    assert found == ["warning: f:0: w", "warning: f:1: w", "warning: ... and 3 more: sandbox plan"]


def test_no_escape_code_of_a_file_reaches_the_terminal() -> None:
    assert "\x1b" not in warning_lines({"staging": ("f:1: \x1b[31m",)})[0]
