"""Objects of a repository, read through one ``git cat-file`` that stays open."""

from __future__ import annotations

import os
import re
import select
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from subprocess import Popen, TimeoutExpired
from threading import Lock
from typing import Final

from sandbox.adapters.git_repository.cache import KEPT_S, BoundedCache
from sandbox.adapters.git_repository.program import GitProgram
from sandbox.errors import SourceError

ANSWER_TIMEOUT_S: Final = 60.0
SIZE_MAX_BYTES: Final = 256 * 1024 * 1024
CACHED_BYTES: Final = 32 * 1024 * 1024
CACHED_EACH_BYTES: Final = 1024 * 1024
FULL_ID: Final = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
CHECK_REPOSITORY: Final = "check the repository: git fsck"


@dataclass(frozen=True, slots=True, kw_only=True)
class GitObject:
    """One object: full id, kind (``commit``, ``tree``, ``blob``, ``tag``) and raw content."""

    id: str
    kind: str
    content: bytes


class ObjectReader:
    """
    Reads objects by name; safe to use from several threads.

    Args:
        stores: Gives folders of objects where those are looked for that the repository lacks: of
            its submodules. Only full ids are, so they are what they are named by wherever they are.
    """

    def __init__(self, program: GitProgram, stores: Callable[[], tuple[str, ...]] = tuple) -> None:
        self._program = program
        self._stores = stores
        self._beside: tuple[tuple[str, ...], ObjectReader] | None = None
        self._lock = Lock()
        self._process: Popen[bytes] | None = None
        self._cache: BoundedCache[str, GitObject] = BoundedCache(
            CACHED_BYTES, lambda found: len(found.content) + 200, kept_s=KEPT_S
        )

    def read(self, name: str, kind: str) -> GitObject | None:
        """
        The object that *name* (any expression of ``git rev-parse``) stands for.

        Returns:
            ``None`` when there is none of that *kind*.

        Raises:
            SourceError: It is ambiguous, too large, or Git gives up.
        """
        with self._lock:
            found = self._cache.get(name)
            if found is None:
                found = self._ask(f"contents {name}")
                # What a name stands for moves; what an id stands for does not.
                if found and found.id == name and len(found.content) <= CACHED_EACH_BYTES:
                    self._cache.put(name, found)
            beside = self._reader_beside(name) if found is None else None
        if beside:
            return beside.read(name, kind)
        return found if found and found.kind == kind else None

    def need(self, object_id: str, kind: str) -> bytes:
        """Content of an object that another one names, so that it has to be there."""
        found = self.read(object_id, kind)
        if found is None:
            raise SourceError(
                f"the repository at {self._program.folder} lacks the {kind} {object_id}",
                remedy=CHECK_REPOSITORY,
            )
        return found.content

    def resolve(self, name: str) -> str | None:
        """Full id of what *name* stands for; ``None`` when there is nothing."""
        with self._lock:
            found = self._ask(f"info {name}")
        return found.id if found else None

    def close(self) -> None:
        """End the process; the next read would start another."""
        with self._lock:
            self._end()
            if self._beside:
                self._beside[1].close()

    def _reader_beside(self, name: str) -> ObjectReader | None:
        """Who reads from the stores there are now; ``None`` when there is none."""
        stores = self._stores() if FULL_ID.fullmatch(name) else ()
        if self._beside and self._beside[0] != stores:
            self._beside[1].close()
            self._beside = None
        if stores and self._beside is None:
            quoted = ('"' + each.replace("\\", "\\\\").replace('"', '\\"') + '"' for each in stores)
            variables = {"GIT_ALTERNATE_OBJECT_DIRECTORIES": ":".join(quoted)}
            program = self._program.within(self._program.folder, variables)
            self._beside = (stores, ObjectReader(program))
        return self._beside[1] if self._beside else None

    def _ask(self, request: str) -> GitObject | None:
        if "\n" in request or "\0" in request:
            return None
        try:
            return self._exchange(request)
        except (OSError, EOFError):
            # It was killed, or ended over a repository that was replaced under it: once more.
            self._end()
        try:
            return self._exchange(request)
        except (OSError, EOFError) as error:
            detail = (self._end().strip().splitlines() or ["it ended without a word"])[-1]
            raise SourceError(
                f"Git cannot read the repository at {self._program.folder}: {detail}",
                remedy=CHECK_REPOSITORY,
            ) from error

    def _exchange(self, request: str) -> GitObject | None:
        process = self._process or self._begin()
        assert process.stdin
        assert process.stdout
        process.stdin.write(os.fsencode(request) + b"\n")
        process.stdin.flush()
        if not select.select([process.stdout], [], [], ANSWER_TIMEOUT_S)[0]:
            self._end()
            raise SourceError(f"Git does not answer in {self._program.folder}")
        header = process.stdout.readline()
        if not header.endswith(b"\n"):
            raise EOFError
        self._drain_stderr(process)
        return self._body(process, request, header)

    def _body(self, process: Popen[bytes], request: str, header: bytes) -> GitObject | None:
        verb, _, name = request.partition(" ")
        if header.endswith(b" ambiguous\n"):
            raise SourceError(
                f"{name} is short for more than one commit", remedy="write more of it"
            )
        if header.endswith(b" missing\n"):
            return None
        object_id, kind, size = header.decode().split()
        if verb == "info":
            return GitObject(id=object_id, kind=kind, content=b"")
        if int(size) > SIZE_MAX_BYTES:
            self._end()
            raise SourceError(
                f"{kind} {object_id} has {int(size):,} bytes; the most that is read is "
                f"{SIZE_MAX_BYTES:,}"
            )
        assert process.stdout
        content = process.stdout.read(int(size) + 1)
        if len(content) <= int(size):
            raise EOFError
        return GitObject(id=object_id, kind=kind, content=content[:-1])

    def _begin(self) -> Popen[bytes]:
        self._process = self._program.start("cat-file", "--batch-command")
        assert self._process.stderr
        os.set_blocking(self._process.stderr.fileno(), False)
        return self._process

    @staticmethod
    def _drain_stderr(process: Popen[bytes]) -> bytes:
        """Read what Git grumbled, or a full pipe would stop it one day."""
        assert process.stderr
        with suppress(OSError, ValueError):
            return process.stderr.read() or b""
        return b""

    def _end(self) -> str:
        process, self._process = self._process, None
        if process is None:
            return ""
        words = self._drain_stderr(process)
        process.kill()
        with suppress(OSError):  # a request that it never read
            process.communicate()
        with suppress(TimeoutExpired):
            process.wait(timeout=ANSWER_TIMEOUT_S)
        return words.decode(errors="replace")
