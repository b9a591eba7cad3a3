"""The file under the journal: opened late, mended by starting anew, never fatal."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Generator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from threading import RLock
from typing import Any, Final
from urllib.parse import quote

BUSY_TIMEOUT_S: Final = 5.0

MIGRATIONS: Final = (
    """
CREATE TABLE IF NOT EXISTS sync (
    id INTEGER PRIMARY KEY AUTOINCREMENT, environment TEXT NOT NULL, record TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS sync_by_environment ON sync (environment, id);
CREATE TABLE IF NOT EXISTS event (id INTEGER PRIMARY KEY AUTOINCREMENT, event TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS step (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    environment TEXT NOT NULL, step_id TEXT NOT NULL,
    began_at REAL NOT NULL, ended_at REAL, outcome TEXT
);
CREATE TABLE IF NOT EXISTS ready (container_id TEXT PRIMARY KEY, started_at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS suspension (environment TEXT PRIMARY KEY, suspension TEXT NOT NULL);
""",
    """
CREATE TABLE IF NOT EXISTS quarantine (environment TEXT PRIMARY KEY, quarantine TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS job_done (
    environment TEXT NOT NULL, spec_hash TEXT NOT NULL, UNIQUE (environment, spec_hash)
);
CREATE TABLE IF NOT EXISTS routed (
    container_id TEXT PRIMARY KEY, started_at REAL NOT NULL, config_hash TEXT NOT NULL
);
""",
    """
CREATE TABLE IF NOT EXISTS gate (
    id INTEGER PRIMARY KEY AUTOINCREMENT, environment TEXT NOT NULL, result TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS gate_by_environment ON gate (environment, id);
""",
)
"""
From each version of the file to the next, the empty file first.

Two processes may run the same one, one after the other: each leaves alone what is there already.
"""
VERSION: Final = len(MIGRATIONS)

Row = tuple[Any, ...]
log = logging.getLogger(__name__)


class JournalFile:
    """
    Runs statements on one SQLite file; safe to use from several threads.

    Args:
        file: Made by the first write, for this user only; so is its folder.
        warn: Told once, in a sentence, when history is lost or cannot be kept.
    """

    def __init__(self, file: Path, warn: Callable[[str], None] = log.warning) -> None:
        self._file = file
        self._warn = warn
        self._warned = False
        self._lock = RLock()
        self._writer: sqlite3.Connection | None = None

    def write(self, *statements: tuple[str, Sequence[object]]) -> int:
        """Run them in one transaction; the number of the row that the first one inserted."""
        with self._lock:
            for recover in (self._begin_anew, self._go_on_in_memory):
                try:
                    return self._run(statements)
                except (sqlite3.Error, OSError) as error:
                    recover(error)
            return self._run(statements)

    def read(self, query: str, values: Sequence[object] = ()) -> list[Row]:
        """All rows; none without a file, or with one that cannot be read."""
        with self._lock:
            try:
                with self._reader() as connection:
                    return connection.execute(query, values).fetchall() if connection else []
            except sqlite3.Error as error:
                self._tell(f"the journal {self._file} cannot be read ({error})")
                return []

    def close(self) -> None:
        """Give the file back; writing again would open it again."""
        with self._lock:
            writer, self._writer = self._writer, None
            if writer is not None:
                with suppress(sqlite3.Error):
                    writer.close()

    def _run(self, statements: Sequence[tuple[str, Sequence[object]]]) -> int:
        if self._writer is None:
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            # Made before SQLite does, so that nobody else can read it at any time.
            self._file.touch(mode=0o600, exist_ok=True)
            self._writer = _prepare(_connect(str(self._file)))
        with self._writer as connection:
            numbers = [connection.execute(*statement).lastrowid for statement in statements]
        return numbers[0] or 0

    def _begin_anew(self, error: Exception) -> None:
        """Set a damaged file aside, or one of another version; else remember without a file."""
        self.close()
        # Its subclasses tell of disks, locks and rights; it tells of what is in the file.
        if type(error) is not sqlite3.DatabaseError:
            self._go_on_in_memory(error)
            return
        aside = self._free_name()
        with suppress(OSError):  # the next try ends in memory
            self._file.rename(aside)
            for suffix in ("-wal", "-shm"):
                self._file.with_name(self._file.name + suffix).unlink(missing_ok=True)
            self._tell(f"the journal cannot be used ({error}); it was set aside as {aside}")

    def _free_name(self) -> Path:
        number = 1
        while (aside := self._file.with_name(f"{self._file.name}.corrupt-{number}")).exists():
            number += 1
        return aside

    def _go_on_in_memory(self, error: Exception) -> None:
        """The work matters more than its history."""
        self.close()
        self._writer = _prepare(_connect(":memory:"))
        self._tell(f"history is not kept: {self._file} cannot be written ({error})")

    def _tell(self, message: str) -> None:
        if not self._warned:
            self._warned = True
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
            with closing(_connect(address)) as connection:
                version = _version(connection)
                if version == VERSION:
                    yield connection
                elif 0 < version < VERSION:
                    # Nobody has written since the older version did, and reading must not.
                    with closing(_connect(":memory:")) as copy:
                        connection.backup(copy)
                        yield _migrated(copy)
                else:
                    yield None


def _connect(address: str) -> sqlite3.Connection:
    return sqlite3.connect(
        address, uri=address.startswith("file:"), timeout=BUSY_TIMEOUT_S, check_same_thread=False
    )


def _prepare(connection: sqlite3.Connection) -> sqlite3.Connection:
    """Bring a connection to our schema; `sqlite3.DatabaseError` when it holds something else."""
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        return _migrated(connection)
    except BaseException:
        connection.close()
        raise


def _migrated(connection: sqlite3.Connection) -> sqlite3.Connection:
    version = _version(connection)
    if not 0 <= version <= VERSION:
        raise sqlite3.DatabaseError(f"it has version {version}, this sandbox knows {VERSION}")
    if version < VERSION:
        scripts = "".join(MIGRATIONS[version:])
        connection.executescript(
            f"BEGIN IMMEDIATE; {scripts} PRAGMA user_version = {VERSION}; COMMIT;"
        )
    return connection


def _version(connection: sqlite3.Connection) -> int:
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return version
