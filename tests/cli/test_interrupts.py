"""
Ctrl-C at any moment: one line, status 130, no traceback.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import pytest

from sandbox.cli import interrupts

if TYPE_CHECKING:
    from collections.abc import Mapping

STEP_S = 0.02
LAST_S = 2.0
BEGIN = """
import os, signal, sys, time
from sandbox.cli.interrupts import interruptible, leave_at_once
leave_at_once()
def ctrl_c():
    os.kill(os.getpid(), signal.SIGINT)
"""


def run(
    program: str, *, folder: Path, environment: Mapping[str, str] = MappingProxyType({})
) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join([*sys.path, str(folder)])
    return subprocess.run(
        [sys.executable, "-c", BEGIN + program],
        cwd=folder,
        env={**os.environ, **environment, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_outside_of_the_work_the_process_ends_at_once(tmp_path: Path) -> None:
    ended = run("try:\n ctrl_c()\n time.sleep(5)\nfinally:\n print('never')\n", folder=tmp_path)
    assert (ended.returncode, ended.stdout, ended.stderr) == (130, "", "interrupted\n")


def test_the_first_lines_of_the_program_end_it_in_the_same_way() -> None:
    handler = signal.getsignal(signal.SIGINT)
    from sandbox import __main__ as program_begins  # noqa: PLC0415 - it installs its own handler

    signal.signal(signal.SIGINT, handler)
    said: list[object] = []

    def write(number: int, line: bytes) -> int:
        said.append((number, line))
        return len(line)

    for leave in (program_begins._leave, interrupts._leave):
        leave(2, None, write=write, leave=said.append)
    assert said == [(2, b"interrupted\n"), 130] * 2


def test_the_work_is_interrupted_by_an_exception(tmp_path: Path) -> None:
    program = """
def work():
    try:
        ctrl_c()
        time.sleep(5)
    finally:
        print("put right")
try:
    interruptible(work)
except KeyboardInterrupt:
    print("interrupted")
"""
    ended = run(program, folder=tmp_path)
    assert (ended.returncode, ended.stdout) == (0, "put right\ninterrupted\n")
    assert ended.stderr == ""


def test_no_thread_is_waited_for_once_the_work_was_interrupted(
    repository: Path, no_engine: dict[str, str]
) -> None:
    program = """
import threading
beginning = threading.Event()
threading.Thread(target=beginning.wait).start()
import sandbox.runtime.wait as waiting
waiting.wait_for = lambda *_, **__: ctrl_c() or time.sleep(5)
sys.argv = ["sandbox", "wait", "staging"]
from sandbox.__main__ import main
main()
"""
    ended = run(program, folder=repository, environment=no_engine)
    assert (ended.returncode, ended.stdout, ended.stderr) == (130, "", "interrupted\n")


def test_otherwise_the_end_waits_for_threads_and_does_what_was_asked_for(tmp_path: Path) -> None:
    program = """
import atexit, threading
from sandbox.cli.interrupts import leave
atexit.register(print, "at the end", flush=True)
if sys.argv[1:] == ["thread"]:
    threading.Thread(target=lambda: time.sleep(0.2) or print("thread")).start()
sys.stdout.write("kept back, ")
leave(4)
"""
    for words, said in (
        ([], "kept back, at the end\n"),
        (["thread"], "kept back, thread\nat the end\n"),
    ):
        ended = run(f"import sys; sys.argv[1:] = {words}\n{program}", folder=tmp_path)
        assert (ended.returncode, ended.stdout, ended.stderr) == (4, said, "")


def test_an_import_is_not_interrupted_and_what_follows_is(tmp_path: Path) -> None:
    (tmp_path / "late_module.py").write_text(
        "import __main__, time\n__main__.ctrl_c()\ntime.sleep(0.1)\nprint('loaded')\n"
    )
    program = """
def work():
    import late_module
    time.sleep(5)
    print("never")
try:
    interruptible(work)
except KeyboardInterrupt:
    print("interrupted")
"""
    ended = run(program, folder=tmp_path)
    assert (ended.stdout, ended.stderr) == ("loaded\ninterrupted\n", "")


def test_an_interrupt_of_the_last_import_is_not_lost_and_kills_nobody(tmp_path: Path) -> None:
    (tmp_path / "late_module.py").write_text("import __main__\n__main__.ctrl_c()\n")
    program = """
def work():
    import late_module
interruptible(work)
"""
    ended = run(program, folder=tmp_path)
    assert (ended.returncode, ended.stdout, ended.stderr) == (130, "", "interrupted\n")


def test_an_interrupt_that_hits_a_destructor_is_not_lost(tmp_path: Path) -> None:
    program = """
class Closing:
    def __del__(self):
        ctrl_c()
        time.sleep(0.01)
def work():
    Closing()
    time.sleep(5)
    print("never")
try:
    interruptible(work)
except KeyboardInterrupt:
    print("interrupted")
"""
    ended = run(program, folder=tmp_path)
    assert (ended.stdout, ended.stderr) == ("interrupted\n", "")


def test_other_errors_of_a_destructor_are_printed_as_ever(tmp_path: Path) -> None:
    program = """
class Closing:
    def __del__(self):
        raise RuntimeError("broken")
interruptible(Closing)
"""
    assert "RuntimeError: broken" in run(program, folder=tmp_path).stderr


def test_at_the_very_end_of_the_process_there_is_no_traceback(tmp_path: Path) -> None:
    # What `sys` holds is destroyed after the names of all modules.
    program = """
class Last:
    def __del__(self, kill=os.kill, pid=os.getpid(), number=signal.SIGINT, wait=time.sleep):
        kill(pid, number)
        wait(0.01)
sys.last_of_all = Last()
"""
    ended = run(program, folder=tmp_path)
    assert "Traceback" not in ended.stderr
    assert "Exception ignored" not in ended.stderr
    assert ended.returncode in {130, -signal.SIGINT}


COMMANDS = (
    *(["--version"], ["--help"], ["status", "--help"], ["nonsense"]),
    *(["status"], ["plan"], ["history"], ["why", "staging", "web"], ["open", "staging"]),
    *(["config", "staging"], ["config", "--file", "environments/staging/compose.yaml"]),
    *(["diff", "staging", "production"], ["logs", "staging"], ["exec", "staging", "web", "ls"]),
    *(["sync", "staging"], ["up"], ["down"], ["wait", "staging"], ["watch"], ["doctor"]),
    *(["promote", "production", "--dry-run"], ["rollback", "production", "--dry-run"]),
    *(["pipeline", "list"], ["hook", "install"], ["notify", "test"]),
)


STRIDE = 40


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_no_moment_of_a_command_shows_a_traceback(
    repository: Path, no_engine: dict[str, str], words: list[str]
) -> None:
    shown: list[tuple[float, int, str]] = []
    # All moments of all commands are `make interrupts`; here each command has moments of its own.
    stride = 1 if os.environ.get("EVERY_MOMENT") else STRIDE
    for step in range(COMMANDS.index(words) % stride, round(LAST_S / STEP_S), stride):
        status, said = interrupted(words, step * STEP_S, repository, no_engine)
        # One line at most, unless the command has ended by itself with its own words.
        told = said.count("interrupted\n")
        killed = status < 0 and status != -signal.SIGINT
        if "Traceback" in said or killed or told > 1 or (status == 130 and told != 1):
            shown.append((step * STEP_S, status, said))
    assert shown == []


def test_nothing_is_read_from_a_file_before_ctrl_c_is_taken_care_of() -> None:
    command = [sys.executable, "-X", "importtime", "-m", "sandbox", "--version"]
    shown = subprocess.run(command, check=True, capture_output=True, text=True).stderr
    loaded = [line.rpartition("|")[2].strip() for line in shown.splitlines()]
    first = loaded[loaded.index("sandbox") + 1 : loaded.index("sandbox.cli")]
    assert first
    assert set(first) <= set(sys.builtin_module_names)


def interrupted(
    words: list[str], after_s: float, folder: Path, environment: dict[str, str]
) -> tuple[int, str]:
    """Status of a process that gets Ctrl-C, and what it said, unless it was not yet ours."""
    process = subprocess.Popen(
        [sys.executable, "-X", "faulthandler", "-m", "sandbox", *words],
        cwd=folder,
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    time.sleep(after_s)
    process.send_signal(signal.SIGINT)
    try:
        _, said = process.communicate(timeout=60)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGABRT)  # it says where each of its threads is
        pytest.fail(f"{words} did not end: {process.communicate()[1]}")
    return (-signal.SIGINT, "") if _is_of_python(said) else (process.returncode, said)


def _is_of_python(said: str) -> bool:
    """
    Tell whether Python itself was interrupted, before it had run one line of the program.

    Nothing of a program can change what it says then, or while its first line runs.
    """
    lines = re.findall(r'^  File "([^"]+)", line (\d+)', said, re.MULTILINE)
    ours = [(Path(file), int(line)) for file, line in lines if f"{os.sep}sandbox{os.sep}" in file]
    return "Traceback" in said and all(
        file.name == "__main__.py" and line <= _first_lines(file) for file, line in ours
    )


@cache
def _first_lines(program: Path) -> int:
    """Number of the line from which on Ctrl-C is taken care of."""
    lines = program.read_text().splitlines()
    return next(at for at, line in enumerate(lines, 1) if "signal.SIG_DFL)" in line)
