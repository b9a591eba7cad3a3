"""
Have the controller of a repository carry out a command that only looks: it has loaded everything.

Loading takes far longer than answering, so this imports little, and sockets for a question only.
Whatever is unusual is declined here or there, and this process does it itself.
"""

from __future__ import annotations

import json
import os
import sys
from contextlib import ExitStack, suppress
from typing import IO, TYPE_CHECKING, Any, Protocol

from sandbox import __version__

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator, Mapping

    Say = Callable[[str, str], None]
    """Takes the name of a stream, and what is written to it."""

LOOKING = frozenset({"status", "ps", "history", "why", "open", "logs"})
"""Commands that change nothing and end by themselves."""
OTHERWISE = frozenset({"-h", "--help", "--debug", "-f", "--follow"})
"""With one of these a command is done by the process that was asked."""
COUNTING = ("SANDBOX_", "DOCKER_", "GIT_", "XDG_", "LC_", "LANG", "TZ", "HOME")
"""How the names of the variables begin that may change an answer."""
_VALUED = frozenset({"--repo", "--output", "--timeout"})
_PATH_LIMIT_BYTES = 100
_BEGIN_S = 2.0
_SOON_S = 0.3
_SILENCE_S = 15.0
_LOST = 1


class Stream(Protocol):
    """
    What words are written to.
    """

    def write(self, text: str, /) -> object:
        """
        Write *text*.
        """

    def flush(self) -> object:
        """
        Keep nothing back.
        """

    def isatty(self) -> bool:
        """
        Tell whether it is a terminal.
        """
        ...


def ask(
    words: list[str], *, stdout: IO[str] | None = None, stderr: IO[str] | None = None
) -> int | None:
    """
    Pass *words*, what follows the name of the program, to the controller, and print what it says.

    Args:
        stdout, stderr: Where it is printed; the streams of this process when ``None``.

    Returns:
        The exit status; ``None`` when this process has to do it.
    """
    streams = {"stdout": stdout or sys.stdout, "stderr": stderr or sys.stderr}
    command, repo = read(words)
    if not only_looks(words) or (command == "open" and is_desktop(streams["stdout"])):
        return None
    top, state_folder = _place(os.path.realpath(repo or "."))
    elsewhere = os.environ.keys() & {"GIT_DIR", "GIT_COMMON_DIR", "GIT_WORK_TREE"}
    if not state_folder or elsewhere:
        return None
    # With a limit, what is left of it is for the process itself.
    begin_s = _SOON_S if any(word.startswith("--timeout") for word in words) else _BEGIN_S
    try:
        with _connected(state_folder, begin_s) as connection:
            question = {
                "words": words,
                "top": top,
                "version": __version__,
                "environment": counting(os.environ),
                "streams": {name: _about(stream) for name, stream in streams.items()},
            }
            return _conversation(connection, json.dumps(question).encode(), streams)
    except OSError:
        return None


def counting(environment: Mapping[str, str]) -> dict[str, str]:
    """
    Those variables of *environment* that may change an answer.
    """
    return {name: text for name, text in environment.items() if name.startswith(COUNTING)}


def bear_every_sign() -> None:
    """
    Let a sign that the terminal's encoding does not know be no end of the program.
    """
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")


def is_colored(stream: Stream) -> bool:
    """
    Tell whether *stream* is a terminal where colours are wanted.
    """
    wanted = not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return wanted and stream.isatty()


def is_desktop(stream: Stream) -> bool:
    """
    Tell whether somebody sits in front of it: a terminal, and a display or macOS.
    """
    display = any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))
    return stream.isatty() and (display or sys.platform == "darwin")


def _about(stream: Stream) -> dict[str, bool]:
    return {"terminal": stream.isatty(), "colored": is_colored(stream)}


def only_looks(words: list[str]) -> bool:
    """
    Tell whether another process can carry out what *words* say.
    """
    return read(words)[0] in LOOKING and OTHERWISE.isdisjoint(words)


def read(words: list[str]) -> tuple[str, str]:
    """
    Name of the command, and the repository that is named; empty without.
    """
    command = repo = ""
    rest = iter(words)
    for word in rest:
        name, equals, value = word.partition("=")
        if name in _VALUED:
            value = value if equals else next(rest, "")
            repo = value if name == "--repo" else repo
        elif not command and not word.startswith("-"):
            command = word
    return command, repo


def _place(folder: str) -> tuple[str, str]:
    """
    Top of the work tree around *folder*, and where our state is; empty when it is not plain to see.
    """
    while True:
        inside = os.path.join(folder, ".git")
        if os.path.isdir(inside):
            return folder, os.path.join(inside, "sandbox")
        above = os.path.dirname(folder)
        if os.path.exists(inside) or above == folder:
            return "", ""
        folder = above


def _connected(state_folder: str, begin_s: float) -> socket.socket:
    """
    Reach who listens in *state_folder*, if it is this user; each answer comes within *begin_s*.
    """
    import socket
    import struct

    path = os.path.join(state_folder, "control.sock")
    with ExitStack() as stack:
        connection = stack.enter_context(socket.socket(socket.AF_UNIX))
        connection.settimeout(begin_s)
        if len(os.fsencode(path)) > _PATH_LIMIT_BYTES:
            # The kernel takes no longer one: it goes by way of its open folder.
            folder = os.open(state_folder, os.O_RDONLY | os.O_DIRECTORY)
            stack.callback(os.close, folder)
            path = f"/proc/self/fd/{folder}/control.sock"
        connection.connect(path)
        size = struct.calcsize("3i")
        peer = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size)
        if struct.unpack("3i", peer)[1] != os.getuid():
            raise OSError("another user listens there")
        kept = connection.dup()
    kept.settimeout(begin_s)
    return kept


def _conversation(
    connection: socket.socket, question: bytes, streams: Mapping[str, IO[str]]
) -> int | None:
    """
    Send *question* and print what comes back.
    """
    head = f"POST /v1/command HTTP/1.1\r\nContent-Length: {len(question)}\r\n\r\n"
    connection.sendall(head.encode() + question)
    with connection.makefile("rb") as answer:
        if b" 200 " not in answer.readline():
            return None
        while answer.readline().strip():
            pass
        connection.settimeout(_SILENCE_S)
        try:
            return _print(_lines(answer), streams)
        except BrokenPipeError:
            # The reader of our output has seen enough.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 0


def _print(lines: Iterator[dict[str, Any]], streams: Mapping[str, IO[str]]) -> int | None:
    """
    Print what *lines* say until one has the exit status; ``None`` when nothing was said.
    """
    printed = False
    bear_every_sign()
    for line in lines:
        if "status" in line:
            streams["stdout"].flush()
            return int(line["status"])
        for name, stream in streams.items():
            if name in line:
                printed = True
                stream.write(line[name])
    if not printed:
        return None
    streams["stderr"].write("the connection to the controller was lost; see: sandbox status\n")
    return _LOST


def _lines(answer: IO[bytes]) -> Iterator[dict[str, Any]]:
    with suppress(TimeoutError, ConnectionError, ValueError):
        while size := int(answer.readline() or b"0", 16):
            yield json.loads(answer.read(size + 2))
