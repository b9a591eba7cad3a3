"""Compare what we send to a builder with what `docker build` sends."""

from __future__ import annotations

import io
import random
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sandbox.adapters.docker_engine.ignore import without_ignored
from sandbox.errors import ImageError
from tests.ignore.cases import Case, some_case
from tests.ignore.docker_client import DockerClient, docker_client


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """The files that each side sends for *case*; ``None``: it refuses the list."""

    case: Case
    ours: frozenset[str] | None
    theirs: frozenset[str] | None

    @property
    def is_equal(self) -> bool:
        return self.ours == self.theirs

    @property
    def is_telling(self) -> bool:
        """Is anything left out, and anything but what must be sent kept?"""
        needed = {".dockerignore", self.case.dockerfile}
        return self.theirs is not None and bool(
            self.theirs - needed and self.case.files - self.theirs
        )


def compared(cases: int, seed: int) -> Iterator[Outcome]:
    """Compare as many *cases*; equal seeds give equal cases."""
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder, docker_client(Path(folder)) as client:
        for _ in range(cases):
            yield compare(some_case(chance), client)


def compare(case: Case, client: DockerClient) -> Outcome:
    """Ask both sides."""
    with tempfile.TemporaryDirectory() as folder:
        case.write(Path(folder))
        theirs = client.files(Path(folder), case.dockerfile)
    return Outcome(
        case=case, ours=_ours(case), theirs=None if theirs is None else frozenset(theirs)
    )


def _ours(case: Case) -> frozenset[str] | None:
    try:
        sent = without_ignored(case.tar(), case.dockerfile)
    except ImageError:
        return None
    with tarfile.open(fileobj=io.BytesIO(sent)) as tar:
        return frozenset(tar.getnames())
