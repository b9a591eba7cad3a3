"""
A Git repository in memory: commits of environments, and branches that people move.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from typing_extensions import override

from sandbox.ports import CommitInfo, Head, TreeEntry
from tests.simulation.baton import EPOCH, Baton
from tests.simulation.calls import Calls
from tests.simulation.models import BRANCHES, CommitModel

INSTANCE = "c0ffee123456"


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    id: str
    parent: str
    at: float
    files: Mapping[str, bytes]


class SimulatedRepository:
    """`sandbox.ports.Repository` as far as a controller uses it."""

    instance = INSTANCE
    name = "shop"
    state_folder = "/simulated/sandbox"

    def __init__(self, baton: Baton, calls: Calls) -> None:
        self._baton = baton
        self._calls = calls
        self._commits: dict[str, Commit] = {}
        self._branches: dict[str, str] = {}
        self._read: dict[tuple[str, str], str] = {}
        self._models: dict[bytes, CommitModel] = {}

    # what people do

    def read_last(self, environment: str) -> CommitModel | None:
        """What the worker of *environment* has read last of its branch."""
        commit = self._read.get((environment, BRANCHES.get(environment, "")))
        return self.model_of(environment, commit) if commit else None

    def model_of(self, environment: str, commit: str) -> CommitModel:
        return self._models[self._commits[commit].files[path_of(environment)]]

    def commit(self, environment: str, model: CommitModel, *, force: bool = False) -> str:
        """Commit on the branch of *environment*; with *force* on nothing that was there before."""
        branch = BRANCHES[environment]
        parent = "" if force else self._branches.get(branch, "")
        before = self._commits[self._branches[branch]].files if branch in self._branches else {}
        files = {**before, path_of(environment): self._file(environment, model)}
        return self._add(branch, parent, files)

    def begin(self, models: Mapping[str, CommitModel]) -> None:
        files = {path_of(name): self._file(name, model) for name, model in models.items()}
        for branch in BRANCHES.values():
            self._add(branch, "", files)

    def head_of(self, environment: str) -> str:
        return self._branches[BRANCHES[environment]]

    def _file(self, environment: str, model: CommitModel) -> bytes:
        text = model.text(environment).encode()
        self._models[text] = model
        return text

    def _add(self, branch: str, parent: str, files: Mapping[str, bytes]) -> str:
        digest = hashlib.sha1(f"{len(self._commits)} {parent} {sorted(files.items())}".encode())
        made = Commit(id=digest.hexdigest(), parent=parent, at=self._baton.now, files=files)
        self._commits[made.id] = made
        self._branches[branch] = made.id
        return made.id

    # the port

    @override
    def __hash__(self) -> int:
        return id(self)

    def is_there(self) -> bool:
        return True

    def remove_left_locks(self) -> None:
        pass

    def refs(self) -> Mapping[str, str]:
        self._calls.read("repository", "refs")
        return dict(self._branches)

    def resolve(self, revision: str) -> str | None:
        name = revision.removeprefix("refs/heads/")
        if name in self._commits:
            return name
        self._calls.read("repository", "resolve", name)
        commit = self._branches.get(name)
        self._read[self._baton.current.environment, name] = commit or ""
        return commit

    def commit_info(self, commit: str) -> CommitInfo:
        return CommitInfo(
            id=commit, author="Ada", committed_at=EPOCH + self._commits[commit].at, subject="change"
        )

    def read_file(self, commit: str, path: str) -> bytes | None:
        return self._commits[commit].files.get(path)

    def list_files(self, commit: str, folder: str, *, enter: bool = True) -> tuple[TreeEntry, ...]:
        return tuple(
            TreeEntry(path=path, mode="100644", object_id=hashlib.sha1(content).hexdigest())
            for path, content in sorted(self._commits[commit].files.items())
            if path.startswith(f"{folder}/")
        )

    def last_change(self, commit: str, folders: Sequence[str]) -> str:
        return commit

    def moved_at(self, branch: str) -> float | None:
        return EPOCH + self._commits[self._branches[branch]].at

    def head(self) -> Head:
        return Head(branch="main", commit=self._branches["main"])

    def is_shallow(self) -> bool:
        return False

    def remote_branches(self, branch: str) -> tuple[str, ...]:
        return ()

    def read_note(self, commit: str) -> str:
        return ""


def path_of(environment: str) -> str:
    return f"environments/{environment}/compose.yaml"
