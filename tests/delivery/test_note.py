import json
from dataclasses import replace

import pytest

from sandbox.delivery.note import note_line, results_of_note
from tests.builders import A_GATE_RESULT


def test_a_result_comes_back_from_its_line_as_it_was() -> None:
    line = note_line(A_GATE_RESULT)

    assert "\n" not in line
    assert json.loads(line)["schema"] == 1
    assert results_of_note(f"{line}\n{line}\n") == (A_GATE_RESULT, A_GATE_RESULT)


def test_a_note_holds_the_end_of_the_log_only() -> None:
    lines = tuple(f"{number} {'x' * 1000}" for number in range(100))
    (found,) = results_of_note(note_line(replace(A_GATE_RESULT, log=lines)))

    assert len(found.log) == 20
    assert found.log[-1].startswith("99 ")
    assert max(map(len, found.log)) == 200


@pytest.mark.parametrize(
    "line",
    [
        "",
        "looked at it, fine by me",
        "{",
        "[]",
        "null",
        "{}",
        "[" * 100_000,
        note_line(A_GATE_RESULT).replace('"schema":1', '"schema":2'),
        note_line(A_GATE_RESULT).replace('"failed"', '"maybe"'),
        note_line(A_GATE_RESULT).replace('"staging"', "7"),
        note_line(A_GATE_RESULT).replace("10.5", '"soon"'),
        note_line(A_GATE_RESULT).replace('["one"', "[1"),
        note_line(A_GATE_RESULT)[:-20],
    ],
)
def test_what_is_no_result_is_left_out(line: str) -> None:
    assert results_of_note(f"{line}\n{note_line(A_GATE_RESULT)}") == (A_GATE_RESULT,)


def test_fields_of_later_days_do_no_harm() -> None:
    line = json.dumps(json.loads(note_line(A_GATE_RESULT)) | {"later": 1})

    assert results_of_note(line) == (A_GATE_RESULT,)
