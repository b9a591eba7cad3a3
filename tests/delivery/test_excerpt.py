"""Of the log of a check that failed people first want the assertion."""

import pytest

from sandbox.delivery.excerpt import LENGTH_MAX, LINES_MAX, telling_lines

PYTEST = """\
.F..                                                                     [100%]
=================================== FAILURES ===================================
_________________________________ test_of_tea __________________________________

    def test_of_tea() -> None:
>       assert price("tea") == 4.2
E       AssertionError: assert 0 == 4.2
E        +  where 0 = price('tea')

tests/unit/test_tea.py:4: AssertionError
----------------------------- Captured stdout call -----------------------------
error: this line is noise
=========================== short test summary info ============================
FAILED tests/unit/test_tea.py::test_of_tea - AssertionError: assert 0 == 4.2
1 failed, 3 passed in 0.12s
"""
UNITTEST = """\
F
======================================================================
FAIL: test_of_tea (test_tea.Tea.test_of_tea)
----------------------------------------------------------------------
Traceback (most recent call last):
  File "/app/test_tea.py", line 6, in test_of_tea
    self.assertEqual(price("tea"), 4.2)
AssertionError: 0 != 4.2

----------------------------------------------------------------------
Ran 1 test in 0.001s

FAILED (failures=1)
"""
GO = """\
=== RUN   TestTea
    tea_test.go:9: price(tea) = 0, want 4.2
--- FAIL: TestTea (0.00s)
FAIL
exit status 1
FAIL\tshop/tea\t0.003s
"""
JEST = """\
FAIL ./tea.test.js
  ● tea has a price

    expect(received).toBe(expected) // Object.is equality

    Expected: 4.2
    Received: 0

Tests:       1 failed, 3 total
npm ERR! Test failed.  See above for more details.
"""
RUST = """\
running 1 test
test tea ... FAILED
thread 'tea' panicked at src/tea.rs:7:5:
assertion `left == right` failed
  left: 0
 right: 4.2
"""


@pytest.mark.parametrize(
    ("log", "telling"),
    [
        (
            PYTEST,
            (
                "E       AssertionError: assert 0 == 4.2",
                "E        +  where 0 = price('tea')",
                "tests/unit/test_tea.py:4: AssertionError",
            ),
        ),
        (UNITTEST, ("AssertionError: 0 != 4.2",)),
        (GO, ("    tea_test.go:9: price(tea) = 0, want 4.2", "--- FAIL: TestTea (0.00s)")),
        (
            RUST,
            (
                "thread 'tea' panicked at src/tea.rs:7:5:",
                "assertion `left == right` failed",
                "  left: 0",
                " right: 4.2",
            ),
        ),
        (
            "GET /\ncurl: (7) Failed to connect to web port 8080: Connection refused\n",
            ("curl: (7) Failed to connect to web port 8080: Connection refused",),
        ),
        (
            "FAILED tests/t.py::test_a - assert 0 == 1\n1 failed in 0.1s\n",
            ("FAILED tests/t.py::test_a - assert 0 == 1",),
        ),
        ("one\ntwo\nthree\n\n", ("two", "three")),
        ("3 failed\n", ("3 failed",)),
        ("", ()),
    ],
    ids=("pytest", "unittest", "go", "rust", "curl", "summary only", "plain", "one line", "empty"),
)
def test_the_lines_that_say_why_are_chosen(log: str, telling: tuple[str, ...]) -> None:
    found = telling_lines(log.splitlines())

    assert [line for line in found if line in telling] == list(telling)
    assert not [line for line in found if "noise" in line]


def test_what_is_expected_and_what_came_are_both_shown() -> None:
    found = telling_lines(JEST.splitlines())

    assert "    Expected: 4.2" in found
    assert "    Received: 0" in found
    assert not [line for line in found if "npm" in line or "1 failed" in line]


def test_an_endless_log_gives_few_short_lines() -> None:
    found = telling_lines([f"Error: {number} {'x' * 10_000}" for number in range(1000)])

    assert len(found) == LINES_MAX
    assert max(map(len, found)) == LENGTH_MAX + 1
