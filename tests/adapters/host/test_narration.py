import time

import pytest

from sandbox.adapters.host.narration import narrate, run_narrated
from sandbox.errors import SetupError

ENVIRONMENT = {"PATH": "/usr/bin:/bin"}


def run(*command: str, timeout_s: float = 20.0) -> list[str]:
    said: list[str] = []
    run_narrated(said.append, "trying", command, environment=ENVIRONMENT, timeout_s=timeout_s)
    return said


def test_what_is_done_is_said_at_once() -> None:
    said: list[str] = []

    with narrate(said.append, "importing"):
        assert said == ["importing"]


@pytest.mark.slow
def test_a_silent_program_is_told_of_every_second() -> None:
    said = run("sh", "-c", "echo step one; sleep 2.2")

    assert said[0] == "trying"
    assert len(said[1:]) == 2
    assert all("step one" in line for line in said[1:])


def test_a_failure_shows_the_last_lines_and_the_command() -> None:
    with pytest.raises(SetupError) as caught:
        run("sh", "-c", "seq 1 100; echo E: no such package; exit 100")

    assert "E: no such package" in caught.value.message
    assert "ended with 100" in caught.value.message
    assert "\n  1\n" not in caught.value.message
    assert caught.value.remedy.startswith("run it by hand: sh -c")


def test_a_missing_program_is_a_failure_in_a_line() -> None:
    with pytest.raises(SetupError, match="No such file or directory"):
        run("no-such-program")


def test_a_program_that_hangs_is_ended_with_its_children_at_its_deadline() -> None:
    began = time.monotonic()

    with pytest.raises(SetupError, match=r"took longer than 1 s"):
        run("sh", "-c", "sleep 30 | cat", timeout_s=1.0)

    assert time.monotonic() - began < 10


def test_escape_codes_of_a_program_do_not_reach_the_terminal() -> None:
    with pytest.raises(SetupError) as caught:
        run("sh", "-c", r"printf '\033[31mred\033[0m\n'; exit 1")

    assert "\x1b" not in caught.value.message
    assert "red" in caught.value.message
