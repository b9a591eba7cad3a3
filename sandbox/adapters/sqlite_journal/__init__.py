"""
History in one SQLite file, which may be lost at any time: nothing that happens to it is fatal.

A damaged file, or one of a newer `sandbox`, is set aside; while nothing can be written this process
remembers by itself, and writes it later. Reading makes no file: not the journal, and not SQLite's
own files beside it.
"""

from __future__ import annotations

from sandbox.adapters.sqlite_journal.journal import SqliteJournal

__all__ = ["SqliteJournal"]
