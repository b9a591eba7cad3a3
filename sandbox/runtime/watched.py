"""Which files and folders an environment is made from."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from sandbox.errors import SandboxError
from sandbox.override import override
from sandbox.runtime.source import ENVIRONMENTS, CommitSource, load_from

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.model.desired import DesiredState
    from sandbox.ports import Repository


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """
    What of a repository bears on one environment.

    Attributes:
        files: Its folder, and every file elsewhere that was read for it.
        contexts: Folders that its images are built from.
    """

    files: tuple[str, ...]
    contexts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _NotedSource(CommitSource):
    """A commit that notes which of its files are read."""

    noted: set[str] = field(default_factory=set[str])

    @override
    def read_file(self, path: str) -> bytes | None:
        """Content at the revision."""
        self.noted.add(path)
        return CommitSource.read_file(self, path)


@lru_cache(maxsize=128)
def watched(repository: Repository, environment: str, commit: str) -> Watched:
    """
    Tell what bears on *environment* at *commit*; of files that are wrong, what was read.

    A commit never changes, so the answer is kept.
    """
    own = f"{ENVIRONMENTS}/{environment}"
    source = _NotedSource(repository=repository, revision=commit)
    contexts: set[str] = set()
    try:
        desired = load_from(source, environment)
        contexts.update(_contexts(desired))
    except SandboxError:
        pass
    elsewhere = {path for path in source.noted if not path.startswith(f"{own}/")}
    return Watched(files=(own, *sorted(elsewhere)), contexts=tuple(sorted(contexts)))


def _contexts(desired: DesiredState) -> Iterator[str]:
    for service in (*desired.services, *desired.gates):
        if service.build is not None:
            yield service.build.context
