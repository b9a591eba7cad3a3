"""
Pure functions of the program, with their last answers kept.

Most looks see what the last one saw, and most commits hold files that one before held. That equal
arguments give equal answers is shown elsewhere, by the properties of plans and of the loader.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final, cast

import sandbox.compose.document
import sandbox.compose.files
import sandbox.runtime.source
import sandbox.runtime.sync
import sandbox.runtime.whereabouts
from sandbox.compose.committed import FOLDER
from sandbox.compose.document import parse_documents
from sandbox.compose.findings import Findings
from sandbox.compose.load import find_environments, load_environment
from sandbox.compose.source import CommittedSource, TreeFile
from sandbox.compose.tags import Document
from sandbox.model.desired import DesiredState
from sandbox.secrecy.harvest import secrets_of
from tests.simulation.models import source_of
from tests.simulation.repository import pinned_by

KEPT: Final = 8
FILES_MAX: Final = 4096
TEXTS_MAX: Final = 64
NAMES: Final = ("plan_sync", "judge_of")

File = tuple[str, bytes | None]
Files = tuple[File, ...]


@contextmanager
def remembered_plans() -> Iterator[None]:
    """Have looks keep their last plans in the block."""
    module = sandbox.runtime.sync
    with _replaced({(module, name): _remembered(getattr(module, name)) for name in NAMES}):
        yield


@contextmanager
def remembered_files() -> Iterator[None]:
    """Have loaders keep what came of the files of an environment, whatever commit they are of."""
    source, whereabouts = sandbox.runtime.source, sandbox.runtime.whereabouts
    document, files = sandbox.compose.document, sandbox.compose.files
    with _replaced(
        {
            (source, "load_environment"): _load_environment,
            (source, "secrets_of"): _secrets_of,
            (whereabouts, "find_environments"): _find_environments,
            (document, "parse_documents"): _parse_documents,
            (files, "parse_documents"): _parse_documents,
        }
    ):
        yield


@contextmanager
def _replaced(made: dict[tuple[Any, str], Callable[..., Any]]) -> Iterator[None]:
    before = {(module, name): getattr(module, name) for module, name in made}
    for (module, name), function in made.items():
        setattr(module, name, function)
    try:
        yield
    finally:
        for (module, name), function in before.items():
            setattr(module, name, function)


def _remembered(function: Callable[..., Any]) -> Callable[..., Any]:
    kept: deque[tuple[tuple[Any, ...], Any]] = deque(maxlen=KEPT)

    def call(desired: Any, observed: Any, policy: Any) -> Any:
        for (same, seen, so), answer in kept:
            if same is desired and so == policy and seen == observed:
                return answer
        answer = function(desired, observed, policy)
        kept.append(((desired, observed, policy), answer))
        return answer

    return call


_loaded: dict[tuple[str, Files], DesiredState] = {}
_secrets: dict[int, tuple[DesiredState, frozenset[str]]] = {}


def _load_environment(
    environment: str, source: CommittedSource, *, default_application: str
) -> DesiredState:
    """Load it; of a commit of the simulation nothing but its id differs with the same files."""
    files = _files(source, f"{FOLDER}/{environment}")
    release = source.revision
    if any(b"build:" in (content or b"") for _, content in files):
        pinned = source.read_file(f"{FOLDER}/{environment}/.env") or b""
        folder = source_of("web")
        release = source.resolve_release(pinned_by(pinned.decode()), (folder,))
        files += ((folder, (source.context_id(release, folder) or "").encode()),)
    key = environment, files
    if key not in _loaded:
        _drop_too_many(_loaded)
        _loaded[key] = load_environment(
            environment, source, default_application=default_application
        )
    return replace(_loaded[key], revision=source.revision, release=release)


def _find_environments(source: CommittedSource) -> tuple[str, ...]:
    """Find them; whether a file declares one hangs on that file alone."""
    return tuple(sorted(name for file in _files(source, FOLDER) for name in _declared(file)))


@lru_cache(maxsize=FILES_MAX)
def _declared(file: File) -> tuple[str, ...]:
    return find_environments(cast("CommittedSource", _OneFile(file)))


@dataclass(frozen=True)
class _OneFile:
    """A commit with one file, as far as environments are found in it."""

    file: File

    def list_files(self, _: str) -> tuple[TreeFile, ...]:
        return (TreeFile(path=self.file[0], executable=False),)

    def read_file(self, _: str) -> bytes | None:
        return self.file[1]


def _parse_documents(content: bytes, file: str, findings: Findings) -> tuple[Document, ...]:
    """Parse it; a text is read to find its environment, and to load it."""
    documents, own = _parsed(content, file)
    findings.include(own)
    return documents


@lru_cache(maxsize=TEXTS_MAX)
def _parsed(content: bytes, file: str) -> tuple[tuple[Document, ...], Findings]:
    own = Findings(file)
    return parse_documents(content, file, own), own


def _secrets_of(desired: DesiredState) -> frozenset[str]:
    """Give its secrets; the id of a commit, by which else those differ, is none."""
    key = id(desired.services)
    if key not in _secrets:
        _drop_too_many(_secrets)
        _secrets[key] = desired, secrets_of(desired)
    return _secrets[key][1]


def _files(source: CommittedSource, folder: str) -> Files:
    return tuple((each.path, source.read_file(each.path)) for each in source.list_files(folder))


def _drop_too_many(kept: dict[Any, Any]) -> None:
    if len(kept) >= FILES_MAX:
        kept.clear()
