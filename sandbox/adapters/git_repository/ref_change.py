"""Move a branch in two steps: lock it where it is expected, then move it or let it be."""

from __future__ import annotations

import os
import select
from contextlib import suppress
from subprocess import Popen, TimeoutExpired
from typing import Final, Self

from sandbox.adapters.git_repository.locks import GIT_S, wait_until
from sandbox.adapters.git_repository.program import GitProgram
from sandbox.errors import ConflictError, MovedError, SourceError

RUN_AGAIN: Final = "run the command again"
ANSWER_S: Final = 60.0


class RefChange:
    """
    ``git update-ref`` that waits between "prepare" and "commit"; it changes nothing if we die.

    Prepared, nobody else moves the branch, nor ``HEAD`` of this work tree if it names the branch.

    Args:
        branch: Name without ``refs/heads/``.
        commit: Where it goes.
        parent: Where it must be; all zeros for a branch that does not exist.
    """

    def __init__(self, program: GitProgram, *, branch: str, commit: str, parent: str) -> None:
        self._program = program
        self._branch = branch
        self._update = f"update refs/heads/{branch}\0{commit}\0{parent}\0"
        self._process: Popen[bytes] | None = None

    def __enter__(self) -> Self:
        """
        Lock it.

        Raises:
            MovedError: It is not at the parent.
            ConflictError: Another command has held it for 5 s.
        """
        complaint = ""

        def prepared() -> bool:
            nonlocal complaint
            complaint = self._prepare()
            return "File exists" not in complaint

        if not wait_until(prepared, GIT_S):
            raise ConflictError(
                f"another Git command holds {self._branch}: {complaint}",
                remedy="wait for it; if none runs, remove the lock file that the message names",
            )
        if "but expected" in complaint:
            raise MovedError(f"{self._branch} has moved meanwhile", remedy=RUN_AGAIN)
        if complaint:
            raise SourceError(f"{self._branch} cannot be moved: {complaint}")
        return self

    def commit(self) -> None:
        """Move it."""
        if not self._say("commit\0", "commit: ok"):
            raise SourceError(f"{self._branch} cannot be moved: {self._end()}")
        self._end()

    def __exit__(self, *_: object) -> None:
        """Let it be unless it was moved."""
        self._end()

    def _prepare(self) -> str:
        """Lock it; an empty text when that went well, else what Git says, on one line."""
        self._process = self._program.start(
            "update-ref", "-m", "commit by sandbox", "--stdin", "-z"
        )
        if self._say("start\0", "start: ok") and self._say(
            f"{self._update}prepare\0", "prepare: ok"
        ):
            return ""
        return self._end() or "git update-ref ended without a word"

    def _say(self, words: str, expected: str) -> bool:
        assert self._process
        assert self._process.stdin
        assert self._process.stdout
        try:
            self._process.stdin.write(os.fsencode(words))
            self._process.stdin.flush()
        except OSError:
            return False
        if not select.select([self._process.stdout], [], [], ANSWER_S)[0]:
            return False
        return self._process.stdout.readline().decode().strip() == expected

    def _end(self) -> str:
        """Close it; what is not committed by now is given up. Gives its complaint on one line."""
        process, self._process = self._process, None
        if process is None:
            return ""
        with process:
            try:
                with suppress(BrokenPipeError):
                    _, stderr = process.communicate(timeout=ANSWER_S)
                    lines = stderr.decode(errors="replace").strip().splitlines()
                    return lines[0].removeprefix("fatal: ") if lines else ""
            except TimeoutExpired:
                process.kill()
        return ""
