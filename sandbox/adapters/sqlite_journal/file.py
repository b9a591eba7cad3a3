"""The file under the journal: opened late, mended by starting anew, never fatal."""

from __future__ import annotations

import logging
import os
import sqlite3
import sys
import time
from collections import deque
from collections.abc import Callable, Generator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from threading import RLock
from typing import Any, Final, NamedTuple
from urllib.parse import quote

from sandbox.adapters.sqlite_journal.schema import VERSION, connect, migrated, prepare, version
from sandbox.words import count

RETRY_S: Final = 10.0
"""Between two tries to write to a file that did not take it."""
PENDING_MAX: Final = 20_000
"""Changes that wait for the file; of more the oldest are lost."""
MAGIC: Final = b"SQLite format 3\0"


Row = tuple[Any, ...]
Transaction = Sequence[tuple[str, Sequence[object]]]
log = logging.getLogger(__name__)


class FileState(NamedTuple):
    """
    What tells that an open file is still the one that was opened.

    Attributes:
        identity: Device and inode; empty when there is no file.
        log: Of the log beside it (``-wal``), as *identity*.
    """

    identity: tuple[int, ...] = ()
    log: tuple[int, ...] = ()
    size: int = 0
    is_database: bool = True


_NOTHING: Final = FileState()


class JournalFile:
    """
    Runs statements on one SQLite file; safe to use from several threads.

    A process has at most one of them for a file, and opens that file in no other way: to close any
    descriptor of it drops the locks of SQLite (POSIX), and another process then removes its log.

    Args:
        file: Made by the first write, for this user only; so is its folder.
        warn: Told in a sentence when history is lost or cannot be written, once each time.
        monotonic: Seconds that never go back.

    Attributes:
        trouble: Why what is written is only in memory now; empty while the file takes it.
    """

    def __init__(
        self,
        file: Path,
        warn: Callable[[str], None] = log.warning,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._file = file
        self._warn = warn
        self._monotonic = monotonic
        self._told = ""
        self._lock = RLock()
        self._writer: sqlite3.Connection | None = None
        self._header: int | None = None
        self._opened = _NOTHING
        self._pending: deque[Transaction] = deque(maxlen=PENDING_MAX)
        self._retry_at = 0.0
        self.trouble = ""

    def write(self, *statements: tuple[str, Sequence[object]]) -> int:
        """Run them in one transaction; the number of the row that the first one inserted."""
        with self._lock:
            self._look_at_file()
            for recover in (self._begin_anew, self._go_on_in_memory):
                if self.trouble:
                    break
                try:
                    return self._run(statements)
                except (sqlite3.Error, OSError) as error:
                    recover(error)
            self._pending.append(statements)
            return self._run(statements)

    def read(self, query: str, values: Sequence[object] = ()) -> list[Row]:
        """All rows; none without a file, or with one that cannot be read."""
        with self._lock:
            self._look_at_file()
            try:
                with self._reader() as connection:
                    return connection.execute(query, values).fetchall() if connection else []
            except sqlite3.Error as error:
                if self._writer is not None and not self.trouble and _is_damage(error):
                    self._abandon()
                    self._set_aside(error)
                else:
                    self._tell(f"the journal {self._file} cannot be read ({error})")
                return []

    def close(self) -> None:
        """Give the file back; writing again would open it again."""
        with self._lock:
            self._retry_at = 0.0
            self._look_at_file()
            self._close()

    def _close(self) -> None:
        writer, self._writer = self._writer, None
        if writer is not None:
            with suppress(sqlite3.Error):
                writer.close()
        self._let_go()

    def _let_go(self) -> None:
        """Close the held descriptor; only after SQLite has closed the file."""
        header, self._header = self._header, None
        if header is not None:
            os.close(header)

    def _run(self, statements: Transaction) -> int:
        if self._writer is None:
            self._writer = self._open()
        with self._writer as connection:
            numbers = [connection.execute(*statement).lastrowid for statement in statements]
        return numbers[0] or 0

    def _open(self) -> sqlite3.Connection:
        self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Made before SQLite does, so that nobody else can read it at any time.
        self._file.touch(mode=0o600, exist_ok=True)
        self._header = os.open(self._file, os.O_RDONLY | os.O_CLOEXEC)
        opened = prepare(connect(str(self._file)))
        self._opened = self._state() or _NOTHING
        return opened

    def _state(self) -> FileState | None:
        """Look at the file through the descriptor that is held; ``None`` when nobody can tell."""
        log_file = _identity(self._file.with_name(f"{self._file.name}-wal"))
        try:
            found = self._file.stat()
            start = MAGIC if self._header is None else os.pread(self._header, len(MAGIC), 0)
        except FileNotFoundError:
            return FileState(log=log_file)
        except OSError:
            return None
        return FileState((found.st_dev, found.st_ino), log_file, found.st_size, start == MAGIC)

    def _look_at_file(self) -> None:
        """Notice what SQLite does not: an open file that was deleted, replaced or cut."""
        if self.trouble:
            if self._monotonic() >= self._retry_at:
                self._return_to_file()
            return
        state = self._state() if self._writer is not None else None
        if self._writer is None or state is None:
            return
        if state.identity != self._opened.identity:
            self._abandon()
            if state.log == self._opened.log:
                self._remove_logs()  # SQLite would take it for that of the new file
            what = "was replaced" if state.identity else "was deleted; a new one is begun"
            self._tell(f"the journal {self._file} {what}")
        elif state.size < self._opened.size or not state.is_database:
            self._abandon()
            self._set_aside(sqlite3.DatabaseError("it was cut or overwritten"))
        else:
            self._opened = state

    def _begin_anew(self, error: Exception) -> None:
        """Set a damaged file aside, or one of another version; else remember without a file."""
        if _is_damage(error):
            self._abandon()
            self._set_aside(error)
        else:
            self._go_on_in_memory(error)

    def _abandon(self) -> None:
        """Close without touching what has the name of the file now."""
        if self._writer is not None and sys.version_info >= (3, 12):
            self._writer.setconfig(sqlite3.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE)
        self._close()

    def _set_aside(self, error: Exception) -> None:
        aside = self._free_name()
        with suppress(OSError):  # the next try ends in memory
            self._file.rename(aside)
            self._remove_logs()
            self._tell(f"the journal cannot be used ({error}); it was set aside as {aside}")

    def _remove_logs(self) -> None:
        for suffix in ("-wal", "-shm"):
            with suppress(OSError):
                self._file.with_name(self._file.name + suffix).unlink()

    def _go_on_in_memory(self, error: Exception) -> None:
        """The work matters more than its history, which waits for the file to take it again."""
        if self.trouble:
            return
        memory = self._copy() or connect(":memory:")
        self._close()
        self._writer = prepare(memory)
        self._retry_at = self._monotonic() + RETRY_S
        self.trouble = (
            f"history is only in memory: {self._file} cannot be written ({error});"
            " it is tried again"
        )
        self._tell(self.trouble)

    def _copy(self) -> sqlite3.Connection | None:
        """What was written before, in memory, so that it can still be asked for."""
        copy = connect(":memory:")
        try:
            with self._reader() as connection:
                if connection is not None:
                    connection.backup(copy)
        except sqlite3.Error:
            copy.close()
            return None
        return copy

    def _return_to_file(self) -> None:
        """Write what waits; the file may not take it yet."""
        self._retry_at = self._monotonic() + RETRY_S
        opened: sqlite3.Connection | None = None
        try:
            opened = self._open()
            with opened:
                for statements in self._pending:
                    for statement in statements:
                        opened.execute(*statement)
        except (sqlite3.Error, OSError) as error:
            if opened is not None:
                with suppress(sqlite3.Error):
                    opened.close()
            self._let_go()
            if _is_damage(error):
                self._set_aside(error)
            return
        memory, self._writer, self.trouble = self._writer, opened, ""
        if memory is not None:
            memory.close()
        changes = count(len(self._pending), "change")
        self._tell(f"history is written again: {changes} kept in memory went to {self._file}")
        self._pending.clear()

    def _free_name(self) -> Path:
        number = 1
        while (aside := self._file.with_name(f"{self._file.name}.corrupt-{number}")).exists():
            number += 1
        return aside

    def _tell(self, message: str) -> None:
        if message != self._told:
            self._told = message
            self._warn(message)

    @contextmanager
    def _reader(self) -> Generator[sqlite3.Connection | None]:
        """The connection that writes, else one that leaves no trace; ``None`` without a file."""
        if self._writer is not None:
            yield self._writer
        elif not self._file.is_file():
            yield None
        else:
            # While nobody has it open there is no log beside it, and SQLite would make one.
            logged = self._file.with_name(self._file.name + "-wal").exists()
            address = f"file:{quote(str(self._file))}?mode=ro{'' if logged else '&immutable=1'}"
            with closing(connect(address)) as connection:
                found = version(connection)
                if found == VERSION:
                    yield connection
                elif 0 < found < VERSION:
                    # Nobody has written since the older version did, and reading must not.
                    with closing(connect(":memory:")) as copy:
                        connection.backup(copy)
                        yield migrated(copy)
                else:
                    yield None


def _is_damage(error: Exception) -> bool:
    """Tell errors about what is in the file from those of disks, locks and rights (subclasses)."""
    return type(error) is sqlite3.DatabaseError


def _identity(file: Path) -> tuple[int, ...]:
    try:
        found = file.stat()
    except OSError:
        return ()
    return found.st_dev, found.st_ino
