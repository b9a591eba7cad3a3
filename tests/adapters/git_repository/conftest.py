from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sandbox.adapters.git_repository import (
    GitRepository,
    locks,
    open_repository,
    ref_change,
)
from tests.repositories import DiskRepository

Open = Callable[[Path], GitRepository]


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locks, "GIT_S", 0.2)
    monkeypatch.setattr(ref_change, "GIT_S", 0.2)


@pytest.fixture
def disk(tmp_path: Path) -> DiskRepository:
    return DiskRepository.make(tmp_path / "shop")


@pytest.fixture
def opened() -> Iterator[Open]:
    """Open repositories that are closed again when the test ends."""
    found: list[GitRepository] = []

    def open_one(folder: Path) -> GitRepository:
        found.append(open_repository(str(folder)))
        return found[-1]

    yield open_one
    for repository in found:
        repository.close()
