"""How far a pinned environment is behind the one that it promotes from, or behind its branch."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from sandbox.errors import SandboxError
from sandbox.model.pin import BEHIND_MAX, Pin
from sandbox.model.record import Outcome
from sandbox.runtime.desired import load_unpinned, subject_of
from sandbox.runtime.wanted import load_wanted

if TYPE_CHECKING:
    from sandbox.model.desired import DesiredState
    from sandbox.ports import Repository
    from sandbox.runtime.workspace import Workspace


def read_pin(workspace: Workspace, desired: DesiredState) -> Pin | None:
    """Look at what *desired* is pinned to; ``None`` when its branch tells the release."""
    settings, repository = desired.settings, workspace.repository
    if not settings.release:
        return None
    pin = Pin(
        release=desired.release,
        subject=subject_of(repository, desired.release),
        source=settings.promote_from or settings.track,
        promoted=bool(settings.promote_from),
    )
    try:
        source = _source(workspace, desired)
        behind = _behind(repository, desired.release, source.release, build_contexts(source))
    except SandboxError:
        return pin
    return Pin(
        release=pin.release,
        subject=pin.subject,
        source=pin.source,
        promoted=pin.promoted,
        newest=source.release,
        newest_subject=subject_of(repository, source.release),
        behind=behind,
        proven=pin.promoted and _is_proven(workspace, source),
    )


def build_contexts(desired: DesiredState) -> tuple[str, ...]:
    """Folders that the images of *desired* are built from, sorted."""
    services = (*desired.services, *desired.gates)
    return tuple(sorted({service.build.context for service in services if service.build}))


def _source(workspace: Workspace, desired: DesiredState) -> DesiredState:
    """Load whose release a promotion would copy; without one, what the branch says by itself."""
    if desired.settings.promote_from:
        return load_wanted(workspace, desired.settings.promote_from).tracked
    return load_unpinned(workspace.repository, desired.environment, desired.revision)


def _is_proven(workspace: Workspace, source: DesiredState) -> bool:
    records = workspace.journal.syncs(source.environment, limit=1)
    return all(
        each.outcome is Outcome.SUCCEEDED and each.release == source.release for each in records
    )


@lru_cache(maxsize=128)
def _behind(repository: Repository, release: str, newest: str, folders: tuple[str, ...]) -> int:
    """Count the commits of *newest* that *release* lacks; commits never change, so it is kept."""
    if release == newest:
        return 0
    chain = [each.id for each in repository.history(newest, folders, limit=BEHIND_MAX)]
    if release in chain:
        return chain.index(release)
    # Along first parents, whatever is older than one that it holds is held too.
    first, end = 0, len(chain)
    while first < end:
        middle = (first + end) // 2
        if repository.is_ancestor(chain[middle], release):
            end = middle
        else:
            first = middle + 1
    return first
