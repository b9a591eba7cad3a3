"""
A Git repository in memory: commits of environments, and branches that people move.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from typing_extensions import override

from sandbox.errors import ConflictError, MovedError, SourceError
from sandbox.ports import CommitInfo, Head, TreeEntry
from tests.simulation.baton import EPOCH, Baton
from tests.simulation.calls import OF_GIT, Calls, FaultKind
from tests.simulation.models import (
    BRANCHES,
    SETTINGS,
    CommitModel,
    settings_of,
    source_of,
)

INSTANCE = "c0ffee123456"
MOVED_S = 0.5
"""After so long a person puts a branch back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    id: str
    parent: str
    at: float
    files: Mapping[str, bytes]
    branch: str


class SimulatedRepository:
    """
    `sandbox.ports.Repository` as far as a controller uses it, and commands that set a release.

    Attributes:
        on_commit: Told what an environment is to be after each commit.
        on_move: Told the same after a branch was moved to a commit that was there.
        before_commit: Told what one of our own commands is about to write into a ``.env``.
        has_secrets: A commit holds a secret.
    """

    instance = INSTANCE
    name = "shop"
    state_folder = "/simulated/sandbox"

    def __init__(self, baton: Baton, calls: Calls) -> None:
        self.on_commit: Callable[[str, CommitModel], None] = lambda *_: None
        self.on_move: Callable[[str, CommitModel], None] = lambda *_: None
        self.before_commit: Callable[[bytes], None] = lambda _: None
        self.has_secrets = False
        self._baton = baton
        self._calls = calls
        self._commits: dict[str, Commit] = {}
        self._branches: dict[str, str] = {}
        self._read: dict[tuple[str, str], str] = {}
        self._models: dict[bytes, CommitModel] = {}
        self._notes: dict[str, str] = {}

    # what people do, and what the oracle asks

    def read_last(self, environment: str) -> CommitModel | None:
        """What the worker of *environment* has read last of its branch."""
        commit = self._read.get((environment, BRANCHES.get(environment, "")))
        return self.model_at(environment, commit) if commit else None

    def model_at(self, environment: str, commit: str) -> CommitModel:
        """What *commit* says of *environment*, with the programs of the release that it runs."""
        files = self._commits[commit].files
        model = self._models[files[path_of(environment)]]
        release = self.release_at(environment, commit) if model.promoted else ""
        if not model.built:
            return model
        services = (
            each.with_program(self.program_at(release or commit, each.name)) if each.built else each
            for each in model.services
        )
        return replace(model, services=tuple(services))

    def release_at(self, environment: str, commit: str) -> str:
        """What the ``.env`` of *environment* pins in *commit*; empty where it pins nothing."""
        text = self._commits[commit].files.get(env_of(environment), b"").decode()
        return pinned_by(text)

    def commit(self, environment: str, model: CommitModel, *, force: bool = False) -> str:
        """Commit on the branch of *environment*; with *force* on nothing that was there before."""
        branch = BRANCHES[environment]
        parent = "" if force else self._branches.get(branch, "")
        before = self._commits[self._branches[branch]].files if branch in self._branches else {}
        made = self._add(branch, parent, {**before, **self._files(environment, model)})
        self.on_commit(environment, self.model_at(environment, made))
        return made

    def begin(self, models: Mapping[str, CommitModel]) -> None:
        files: dict[str, bytes] = {}
        for name in reversed(list(models)):
            files |= self._files(name, models[name])
        for environment, branch in BRANCHES.items():
            self._add(branch, "", files)
            if models[environment].promoted:
                pin = f"RELEASE={self._branches['main']}\n".encode()
                self._add(branch, self._branches[branch], {**files, env_of(environment): pin})
        for name in models:
            self.on_commit(name, self.model_at(name, self.head_of(name)))

    def program_at(self, commit: str, name: str) -> str:
        """What is built of the source of a service in *commit*."""
        return _program(self._commits[commit].files, name)

    def committed_at(self, commit: str) -> float:
        return self._commits[commit].at

    def notes(self) -> Iterable[str]:
        return self._notes.values()

    def head_of(self, environment: str) -> str:
        return self._branches[BRANCHES[environment]]

    def parent_of(self, commit: str) -> str:
        return self._commits[commit].parent

    def commits_of(self, branch: str) -> list[str]:
        """Commits that *branch* was ever at, oldest first."""
        return [each.id for each in self._commits.values() if each.branch == branch]

    def _files(self, environment: str, model: CommitModel) -> dict[str, bytes]:
        text = model.text(environment).encode()
        self._models[text] = model
        self.has_secrets = self.has_secrets or any(each.secret for each in model.services)
        sources = {f"{source_of(each.name)}/Dockerfile": each.program for each in model.built}
        folders = {each.name: settings_of(each.setting) for each in model.services if each.mount}
        return {
            path_of(environment): text,
            **{path: program.encode() for path, program in sources.items()},
            **{
                f"environments/{environment}/{name}{SETTINGS}": content
                for name, content in folders.items()
            },
        }

    def _add(self, branch: str, parent: str, files: Mapping[str, bytes]) -> str:
        digest = hashlib.sha1(f"{len(self._commits)} {parent} {sorted(files.items())}".encode())
        made = Commit(
            id=digest.hexdigest(), parent=parent, at=self._baton.now, files=files, branch=branch
        )
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
        if self._calls.take(FaultKind.GIT_FAILS, method="refs"):
            raise SourceError("cannot read the branches")
        return dict(self._branches)

    def resolve(self, revision: str) -> str | None:
        name = revision.removeprefix("refs/heads/")
        if name in self._commits:
            return name
        self._calls.read("repository", "resolve", name)
        commit = self._branches.get(name)
        self._read[self._baton.current.environment, name] = commit or ""
        self._go_wrong(name)
        return commit

    def _go_wrong(self, branch: str) -> None:
        """Fail, or have a person take the last commit back for a moment."""
        match self._calls.take(*OF_GIT, method="resolve"):
            case FaultKind.GIT_FAILS:
                raise SourceError(f"cannot read {branch}")
            case FaultKind.BRANCH_MOVED:
                head = self._branches.get(branch, "")
                parent = self._commits[head].parent if head else ""
                if parent:
                    self._move(branch, head, parent)
                    self._baton.at(MOVED_S, lambda: self._move(branch, parent, head))
            case _:
                pass

    def _move(self, branch: str, here: str, there: str) -> None:
        if self._branches[branch] == here:
            self._branches[branch] = there
            environment = next(name for name, own in BRANCHES.items() if own == branch)
            self.on_move(environment, self.model_at(environment, there))

    def commit_info(self, commit: str) -> CommitInfo:
        return CommitInfo(
            id=commit, author="Ada", committed_at=EPOCH + self._commits[commit].at, subject="change"
        )

    def read_file(self, commit: str, path: str) -> bytes | None:
        if self._calls.take(FaultKind.GIT_FAILS, method="read_file"):
            raise SourceError(f"cannot read {path}")
        return self._commits[commit].files.get(path)

    def list_files(self, commit: str, folder: str, *, enter: bool = True) -> tuple[TreeEntry, ...]:
        return tuple(
            TreeEntry(path=path, mode="100644", object_id=hashlib.sha1(content).hexdigest())
            for path, content in sorted(self._commits[commit].files.items())
            if path.startswith(f"{folder}/")
        )

    def tree_id(self, commit: str, folder: str) -> str | None:
        found = self.list_files(commit, folder)
        text = " ".join(f"{each.path} {each.object_id}" for each in found)
        return hashlib.sha1(text.encode()).hexdigest() if found else None

    def archive(self, commit: str, folder: str) -> bytes:
        self._calls.read("repository", "archive", commit[:12])
        return self._commits[commit].files[f"{folder}/Dockerfile"]

    def last_change(self, commit: str, folders: Sequence[str]) -> str:
        return self.history(commit, folders, limit=1)[0].id

    def history(
        self, commit: str, folders: Sequence[str] = (), *, limit: int
    ) -> tuple[CommitInfo, ...]:
        found = (each for each in self._chain(commit) if self._changes(each, folders))
        return tuple(self.commit_info(each) for each in islice(found, limit))

    def is_ancestor(self, ancestor: str, commit: str) -> bool:
        return ancestor in self._chain(commit)

    def _chain(self, commit: str) -> Iterator[str]:
        while commit:
            yield commit
            commit = self._commits[commit].parent

    def _changes(self, commit: str, folders: Sequence[str]) -> bool:
        parent = self._commits[commit].parent
        return (
            not folders
            or not parent
            or self._below(commit, folders) != self._below(parent, folders)
        )

    def _below(self, commit: str, folders: Sequence[str]) -> dict[str, bytes]:
        return {
            path: content
            for path, content in self._commits[commit].files.items()
            if any(path == folder or path.startswith(f"{folder}/") for folder in folders)
        }

    def moved_at(self, branch: str) -> float | None:
        return EPOCH + self._commits[self._branches[branch]].at

    def head(self) -> Head:
        return Head(branch="main", commit=self._branches["main"])

    def is_shallow(self) -> bool:
        return False

    def remote_branches(self, branch: str) -> tuple[str, ...]:
        return ()

    def ignored_edits(self, commit: str, folders: Sequence[str]) -> tuple[str, ...]:
        return ()

    def read_note(self, commit: str) -> str:
        return self._notes.get(commit, "")

    def append_note(self, commit: str, line: str) -> None:
        with self._calls.change("repository", "append_note", commit[:12]):
            self._notes[commit] = f"{self._notes.get(commit, '')}{line}\n"

    def commit_conflict(
        self, *, branch: str, path: str, content: bytes, parent: str
    ) -> ConflictError | None:
        return None

    def commit_file(
        self, *, branch: str, path: str, content: bytes, message: str, parent: str
    ) -> str:
        with self._calls.change("repository", "commit_file", branch):
            if self._branches[branch] != parent:
                raise MovedError(f"{branch} moved while {path} was changed")
            self.before_commit(content)
            made = self._add(branch, parent, {**self._commits[parent].files, path: content})
            environment = next(name for name, own in BRANCHES.items() if own == branch)
            self.on_commit(environment, self.model_at(environment, made))
            return made


def _program(files: Mapping[str, bytes], name: str) -> str:
    return files[f"{source_of(name)}/Dockerfile"].decode()


def pinned_by(text: str) -> str:
    """Read a ``.env`` of one line at most."""
    return text.partition("RELEASE=")[2].strip()


def path_of(environment: str) -> str:
    return f"environments/{environment}/compose.yaml"


def env_of(environment: str) -> str:
    return f"environments/{environment}/.env"
