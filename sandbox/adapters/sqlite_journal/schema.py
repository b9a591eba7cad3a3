"""The tables of the journal, and connections to a file that has them."""

from __future__ import annotations

import sqlite3
from typing import Final

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
    """
CREATE TABLE IF NOT EXISTS made (
    tag TEXT PRIMARY KEY, kind TEXT NOT NULL, name TEXT NOT NULL, object_id TEXT NOT NULL
);
""",
    """
CREATE TABLE IF NOT EXISTS health (
    environment TEXT NOT NULL, service TEXT NOT NULL, record TEXT NOT NULL,
    PRIMARY KEY (environment, service)
);
""",
    """
CREATE TABLE IF NOT EXISTS creation (container_id TEXT PRIMARY KEY, creation TEXT NOT NULL);
""",
    """
CREATE TABLE IF NOT EXISTS syncing (environment TEXT PRIMARY KEY, syncing TEXT NOT NULL);
""",
    """
CREATE TABLE IF NOT EXISTS present (environment TEXT PRIMARY KEY, present TEXT NOT NULL);
""",
)
"""
From each version of the file to the next, the empty file first.

Two processes may run the same one, one after the other: each leaves alone what is there already.
"""
VERSION: Final = len(MIGRATIONS)


def connect(address: str) -> sqlite3.Connection:
    """Open a file, or what a ``file:`` address tells; usable from several threads."""
    return sqlite3.connect(
        address, uri=address.startswith("file:"), timeout=BUSY_TIMEOUT_S, check_same_thread=False
    )


def prepare(connection: sqlite3.Connection) -> sqlite3.Connection:
    """Bring a connection to our schema; `sqlite3.DatabaseError` when it holds something else."""
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        return migrated(connection)
    except BaseException:
        connection.close()
        raise


def migrated(connection: sqlite3.Connection) -> sqlite3.Connection:
    """Bring the tables of an older version to ours."""
    found = version(connection)
    if not 0 <= found <= VERSION:
        raise sqlite3.DatabaseError(f"it has version {found}, this sandbox knows {VERSION}")
    if found < VERSION:
        scripts = "".join(MIGRATIONS[found:])
        connection.executescript(
            f"BEGIN IMMEDIATE; {scripts} PRAGMA user_version = {VERSION}; COMMIT;"
        )
    return connection


def version(connection: sqlite3.Connection) -> int:
    """Give the version of the tables; 0 where there are none yet."""
    found: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return found
