"""Look back: what was done, by whom, and what ran at a moment. Asks no engine, no controller."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from sandbox.compose.dotenv import parse_dotenv
from sandbox.compose.template import Variables
from sandbox.delivery.history import (
    change_of_health,
    deed_of,
    in_force,
    newest_first,
    past_deed,
    successor,
    unsynced,
)
from sandbox.delivery.pin import NAME
from sandbox.errors import NotFoundError, SandboxError, one_line
from sandbox.model.past import Decision, Fate, InForce
from sandbox.model.record import PastSync
from sandbox.runtime.desired import (
    attempted_commit,
    environment_names,
    know_secrets,
    load_at,
    subject_of,
)
from sandbox.runtime.source import ENVIRONMENTS
from sandbox.runtime.watched import Watched, watched
from sandbox.runtime.whereabouts import environments_at, no_such_environment

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sandbox.model.past import PastDeed
    from sandbox.model.record import SyncRecord
    from sandbox.ports import CommitInfo
    from sandbox.runtime.workspace import Workspace

ALL = 1_000
"""As many syncs of an environment as the journal keeps."""


def past_sync(workspace: Workspace, number: int, environment: str = "") -> PastSync:
    """
    Give the sync with that number.

    Raises:
        NotFoundError: There is none, none any more, or it was of another environment.
    """
    record = workspace.journal.sync(number)
    if record is None or environment not in {"", record.environment}:
        raise NotFoundError(
            f"{environment or 'the journal'} has no receipt {number}",
            remedy=f"see: sandbox history {environment}".rstrip(),
        )
    know_secrets(workspace)
    return PastSync(record=record, subject=subject_of(workspace.repository, record.revision))


def past_deeds(workspace: Workspace, environment: str = "", *, limit: int) -> tuple[PastDeed, ...]:
    """
    Give what was done to *environment* (to all when none is named), newest first, at most *limit*.

    Syncs come from the journal, commits that none is recorded of from Git. An environment that is
    gone has its history still.

    Raises:
        NotFoundError: Neither the journal nor Git knows *environment*.
    """
    know_secrets(workspace)
    found = [
        deed
        for name in _names(workspace, environment)
        for deed in Chronicle(workspace=workspace, environment=name).deeds(limit)
    ]
    return newest_first(found)[:limit]


def ran_at(workspace: Workspace, at: float, environment: str = "") -> tuple[InForce, ...]:
    """
    Say what *environment* (each when none is named) ran at a moment, and who decided it.

    Args:
        at: Seconds since the epoch.

    Raises:
        NotFoundError: Neither the journal nor Git knows *environment*.
    """
    know_secrets(workspace)
    names = _names(workspace, environment)
    return tuple(Chronicle(workspace=workspace, environment=name).at(at) for name in names)


def _names(workspace: Workspace, environment: str) -> tuple[str, ...]:
    recorded = {each.environment for each in workspace.journal.syncs(environment, limit=ALL)}
    try:
        known = environment_names(workspace.repository)
    except SandboxError:
        if not recorded:
            raise
        known = ()
    if not environment:
        return tuple(sorted({*known, *recorded}))
    if environment not in {*known, *recorded}:
        raise no_such_environment(workspace.repository, environment, known)
    return (environment,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chronicle:
    """The past of one environment; a commit is looked at once."""

    workspace: Workspace
    environment: str
    _decisions: dict[str, Decision | None] = field(default_factory=dict[str, "Decision | None"])
    _absences: dict[str, Fate | None] = field(default_factory=dict[str, "Fate | None"])

    def deeds(self, limit: int) -> tuple[PastDeed, ...]:
        """The newest *limit*, newest first."""
        records = self.workspace.journal.syncs(self.environment, limit=ALL)
        syncs = [past_deed(each, self.decision(each.revision)) for each in records[:limit]]
        # What is older than the last sync that is shown is not shown either.
        since = min(each.at for each in syncs) if len(syncs) == limit else 0.0
        commits = [each for each in self._commits(limit) if each.committed_at >= since]
        events = self.workspace.journal.health_events(self.environment, limit=limit)
        health = [change_of_health(each) for each in events if each.at >= since]
        return newest_first([*syncs, *health, *self._unsynced(commits, records)])[:limit]

    def at(self, at: float) -> InForce:
        """What ran then, and who decided it."""
        records = self.workspace.journal.syncs(self.environment, limit=ALL)
        sync, attempt = in_force(records, at)
        if sync is not None:
            decision = self.decided(sync.revision)
        else:
            commits = (each for each in self._commits(ALL) if each.committed_at <= at)
            newest = next((each for each in commits if not self._absence(each.id)), None)
            decision = self.decision(newest.id) if newest else None
        return InForce(
            environment=self.environment,
            at=at,
            sync=past_deed(sync, self.decision(sync.revision)) if sync else None,
            decision=decision,
            source=self._source(sync.release if sync else "", decision),
            attempt=past_deed(attempt, self.decision(attempt.revision)) if attempt else None,
        )

    def decided(self, revision: str) -> Decision | None:
        """The newest commit up to *revision* that changed what the environment is made from."""
        if not revision:
            return None
        try:
            paths = self._paths(revision)
            return self.decision(self.workspace.repository.last_change(revision, paths))
        except SandboxError:
            return None

    def decision(self, commit: str) -> Decision | None:
        """What *commit* means to the environment; ``None`` when it is gone."""
        if commit not in self._decisions:
            self._decisions[commit] = self._decision(commit)
        return self._decisions[commit]

    def _decision(self, commit: str) -> Decision | None:
        repository = self.workspace.repository
        if not commit:
            return None
        try:
            info, *before = repository.history(commit, limit=2)
            release = self._pinned(commit)
            previous = self._pinned(before[0].id) if before else release
            goes_back = bool(release and previous and repository.is_ancestor(release, previous))
        except SandboxError:
            return None
        deed = deed_of(previous, release, goes_back=goes_back, promotes=self._promotes(commit))
        return Decision(
            commit=info.id,
            author=info.author,
            at=info.committed_at,
            subject=info.subject,
            deed=deed,
            release=release,
            previous=previous,
        )

    def _pinned(self, commit: str) -> str:
        path = f"{ENVIRONMENTS}/{self.environment}/.env"
        text = self.workspace.repository.read_file(commit, path) or b""
        return parse_dotenv(text.decode(errors="replace"), Variables({})).values.get(NAME, "")

    def _promotes(self, commit: str) -> bool:
        try:
            desired = load_at(self.workspace.repository, self.environment, commit)
        except SandboxError:
            return False
        return bool(desired.settings.promote_from)

    def _paths(self, commit: str) -> tuple[str, ...]:
        """Sources count where no release is pinned: elsewhere a commit has to move that first."""
        seen = self._watched(commit)
        return seen.files if self._pinned(commit) else (*seen.files, *seen.contexts)

    def _watched(self, commit: str) -> Watched:
        return watched(self.workspace.repository, self.environment, commit)

    def _commits(self, limit: int) -> Iterator[CommitInfo]:
        """Commits that bear on the environment, newest first."""
        repository = self.workspace.repository
        head = attempted_commit(repository, self.environment)
        if not head:
            return
        seen = self._watched(head)
        own = {each.id for each in repository.history(head, seen.files, limit=limit)}
        for each in repository.history(head, (*seen.files, *seen.contexts), limit=2 * limit):
            if each.id in own or not self._pinned(each.id):
                yield each

    def _unsynced(
        self, commits: Sequence[CommitInfo], records: Sequence[SyncRecord]
    ) -> Iterator[PastDeed]:
        synced = {record.revision for record in records}
        for commit in commits:
            decision = None if commit.id in synced else self.decision(commit.id)
            if decision is not None:
                yield unsynced(
                    self.environment,
                    decision,
                    successor=successor(decision, records, partial(self._is_in, commit.id)),
                    problem=self._problem(commit.id),
                    began=records[-1].started_at if records else None,
                    absent=self._absence(commit.id),
                )

    def _is_in(self, commit: str, revision: str) -> bool:
        try:
            return self.workspace.repository.is_ancestor(commit, revision)
        except SandboxError:
            return False

    def _absence(self, commit: str) -> Fate | None:
        """Say of a commit without the environment whether it is older; ``None`` of one with it."""
        if commit not in self._absences:
            self._absences[commit] = None if self._is_declared(commit) else self._fate(commit)
        return self._absences[commit]

    def _fate(self, commit: str) -> Fate:
        file = f"{ENVIRONMENTS}/{self.environment}/compose.yaml"
        older = self.workspace.repository.history(commit, (file,), limit=ALL)
        return Fate.REMOVED if any(self._is_declared(each.id) for each in older) else Fate.NOT_YET

    def _is_declared(self, commit: str) -> bool:
        try:
            return self.environment in environments_at(self.workspace.repository, commit)
        except SandboxError:
            return True  # its problem is told

    def _problem(self, commit: str) -> str:
        try:
            load_at(self.workspace.repository, self.environment, commit)
        except SandboxError as error:
            return one_line(error)
        return ""

    def _source(self, release: str, decision: Decision | None) -> Decision | None:
        """The commit that changed the sources of the images last, up to *release*."""
        if decision is None:
            return None
        contexts = self._watched(decision.commit).contexts
        release = release or decision.release or decision.commit
        try:
            changed = self.workspace.repository.last_change(release, contexts) if contexts else ""
        except SandboxError:
            return None
        return self.decision(changed)
