"""
The command line in a process of its own that loads nothing: forked from one that has loaded it all.

Loading takes longer than most commands run, and the tests run thousands of them. How the program
starts by itself is seen where a controller is started, and in tests/pages and tests/cli
(test_process.py, test_loading.py, test_interrupts.py).
"""

from __future__ import annotations

import atexit
import faulthandler
import gc
import json
import os
import pkgutil
import select
import signal
import socket
import subprocess
import sys
import tempfile
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sandbox
import sandbox.__main__ as entry

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

QUESTION_MAX_BYTES = 1 << 18


def run_sandbox(
    words: Sequence[str], environ: Mapping[str, str], seconds: float
) -> subprocess.CompletedProcess[str]:
    """
    Run the command line with *words*, as `subprocess.run` does.

    Raises:
        subprocess.TimeoutExpired: It did not end within *seconds*, and was killed.
    """
    question = {"words": [*words], "environ": {**environ}, "folder": str(Path.cwd())}
    with (
        tempfile.TemporaryFile("w+") as stdout,
        tempfile.TemporaryFile("w+") as stderr,
        _socket() as connection,
    ):
        connection.connect(_address())
        files = [stdout.fileno(), stderr.fileno()]
        socket.send_fds(connection, [json.dumps(question).encode()], files)
        process_id = int.from_bytes(connection.recv(4))
        connection.settimeout(seconds)
        try:
            status = int.from_bytes(connection.recv(2), signed=True)
        except TimeoutError:
            os.kill(process_id, signal.SIGKILL)
            status = None
        texts = [file.read() for file in (stdout, stderr) if file.seek(0) == 0]
    if status is None:
        raise subprocess.TimeoutExpired([*words], seconds, *texts)
    return subprocess.CompletedProcess([*words], status, *texts)


@cache
def _address() -> str:
    """
    Where the process that has loaded the program listens; it ends with this one.
    """
    folder = tempfile.TemporaryDirectory(prefix="forked-")
    atexit.register(folder.cleanup)
    address = f"{folder.name}/socket"
    command = [sys.executable, "-m", "tests.forked", address]
    # Ctrl-C at a terminal ends the tests; their clean-up still runs commands.
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
    )
    atexit.register(process.communicate)
    assert process.stdout is not None
    assert process.stdout.readline(), "the program cannot be loaded"
    return address


def _socket() -> socket.socket:
    """
    One that keeps messages apart.
    """
    return socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)


def _serve(address: str) -> None:
    """
    Load the program, then run it for each who asks, until the standard input ends.
    """
    for module in pkgutil.walk_packages(sandbox.__path__, "sandbox."):
        import_module(module.name)
    gc.freeze()
    with _socket() as listener:
        listener.bind(address)
        listener.listen()
        print("ready", flush=True)
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        while listener in select.select([listener, sys.stdin], [], [])[0]:
            connection, _ = listener.accept()
            if os.fork() == 0:
                listener.close()
                _keep(connection)
                return
            connection.close()


def _keep(connection: socket.socket) -> None:
    """
    Run the program as *connection* says, and tell how it ended.
    """
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    question, files, _, _ = socket.recv_fds(connection, QUESTION_MAX_BYTES, 2)
    process_id = os.fork()
    if process_id == 0:
        connection.close()
        _become(json.loads(question), files)
    connection.send(process_id.to_bytes(4))
    _, ended = os.waitpid(process_id, 0)
    connection.send(os.waitstatus_to_exitcode(ended).to_bytes(2, signed=True))
    connection.close()


def _become(question: dict[str, Any], files: list[int]) -> None:
    """
    Be the program that has just been started.
    """
    os.environ.clear()
    os.environ.update(question["environ"])
    os.chdir(question["folder"])
    nothing = os.open(os.devnull, os.O_RDONLY)
    for number, file in enumerate([nothing, *files]):
        os.dup2(file, number)
        os.close(file)
    # Those that there were hold what this process has not said.
    sys.stdin, sys.stdout, sys.stderr = open(0), open(1, "w"), open(2, "w")  # noqa: SIM115
    faulthandler.enable()
    sys.argv = [entry.__file__, *question["words"]]
    entry.main()


if __name__ == "__main__":
    _serve(sys.argv[1])
