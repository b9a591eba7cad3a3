from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sandbox.adapters.git_repository import GitRepository, open_repository
from tests.repositories import DiskRepository

Open = Callable[[Path], GitRepository]


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
