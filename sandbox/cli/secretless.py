"""
A stream that lets no secret through: tracebacks and warnings are written from anywhere.
"""

from __future__ import annotations

import io
import sys
from typing import IO, Any

from sandbox.cli.asking import bear_every_sign
from sandbox.override import override


def keep_secrets() -> None:
    """
    From now on stderr of this process shows no secret, and both streams take every sign.
    """
    bear_every_sign()
    sys.stderr = SecretlessStream(sys.stderr)


class SecretlessStream(io.TextIOBase):
    """
    Passes on to *stream* what is written, without secrets; bytes, written to `buffer`, as they are.
    """

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever it is there
        return getattr(self._stream, name)

    @override
    def write(self, text: str, /) -> int:
        """
        Write *text*.
        """
        from sandbox.secrecy.vault import hidden

        self._stream.write(hidden(text))
        return len(text)

    @override
    def flush(self) -> None:
        """
        Write what is kept back.
        """
        self._stream.flush()

    @override
    def isatty(self) -> bool:
        """
        Whether it is a terminal.
        """
        return self._stream.isatty()

    @override
    def fileno(self) -> int:
        """
        Its number in this process.
        """
        return self._stream.fileno()

    @override
    def writable(self) -> bool:
        """
        It is there to be written to.
        """
        return True
