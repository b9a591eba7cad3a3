"""Find the release to go back to, and what going back does not undo."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from sandbox.model.promotion import Candidate, Migration
from sandbox.model.record import Outcome

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from sandbox.model.record import SyncRecord

IRREVERSIBLE: Final = re.compile(rb"(?im)^[ \t]*(?:--|#)[ \t]*irreversible\b")


def last_good(
    records: Iterable[SyncRecord], *, wanted: str, refused: Collection[str]
) -> Candidate | None:
    """
    Find the last release that went well, other than the one that is *wanted* now.

    What was taken back before is taken last: after A, B, C and back to B, one more step back is A.

    Args:
        records: Of one environment, newest first.
        refused: Commits in quarantine: neither revisions nor releases to go back to.
    """
    good = [
        record
        for record in records
        if record.outcome is Outcome.SUCCEEDED
        and record.release
        and not {record.revision, record.release} & set(refused)
    ]
    steps = _steps_forward(record.release for record in reversed(good))
    for release in (*reversed(steps), *(record.release for record in good)):
        if release != wanted:
            number = next(record.id for record in good if record.release == release)
            return Candidate(release=release, origin=f"sync {number} went well with it")
    return None


def _steps_forward(releases: Iterable[str]) -> list[str]:
    """Give *releases*, oldest first, each once, without those that were taken back since."""
    steps: list[str] = []
    for release in releases:
        if release in steps:
            del steps[steps.index(release) + 1 :]
        else:
            steps.append(release)
    return steps


def last_other(
    releases: Iterable[tuple[str, str]], *, wanted: str, refused: Collection[str]
) -> Candidate | None:
    """
    Find the newest release that the history of the files tells, other than the one *wanted* now.

    Git knows what was asked for, not whether it went well.

    Args:
        releases: Commit and the release that it asks for, newest first.
        refused: As for `last_good`.
    """
    for commit, release in releases:
        if release and release != wanted and not {commit, release} & set(refused):
            return Candidate(release=release, origin=f"commit {commit[:7]} asked for it")
    return None


def staying_migrations(
    applied: Mapping[str, bytes], known: Collection[str]
) -> tuple[Migration, ...]:
    """
    Give the migrations that stay applied when the release that *applied* them is taken back.

    Args:
        applied: Content by path, of the release that is taken back.
        known: Paths of the migrations of the release that comes back.
    """
    return tuple(
        Migration(path=path, irreversible=bool(IRREVERSIBLE.search(content)))
        for path, content in sorted(applied.items())
        if path not in known
    )
