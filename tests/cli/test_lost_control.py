"""A controller whose socket does not answer: who holds the lock tells the truth."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sandbox import bootstrap
from sandbox.adapters.control_client import RemoteControl
from sandbox.adapters.control_server import serve
from sandbox.adapters.file_lock import FileLock
from sandbox.bootstrap import open_workspace
from sandbox.errors import LockedError
from sandbox.runtime.control import LocalControl
from tests.fakes.control import FakeControl
from tests.repositories import DiskRepository

if TYPE_CHECKING:
    from sandbox.runtime.workspace import Workspace


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.setattr(bootstrap, "RETURN_S", 0.5)
    disk = DiskRepository.make(tmp_path / "shop")
    disk.commit(file="1\n")
    return open_workspace(str(disk.top))


def test_a_controller_without_a_socket_is_told_and_how_to_end_it(workspace: Workspace) -> None:
    lock = FileLock(workspace.repository.state_folder, "sandbox up staging")
    with workspace, lock.hold(), pytest.raises(LockedError) as caught:
        workspace.control()

    assert "sandbox up staging (process " in caught.value.message
    assert "since 20" in caught.value.message
    assert "does not answer at " in caught.value.message
    assert ": kill " in caught.value.remedy


def test_a_socket_that_comes_back_is_waited_for(workspace: Workspace) -> None:
    state = workspace.repository.state_folder
    opened, ended = threading.Event(), threading.Event()

    def open_late() -> None:
        opened.wait(0.2)
        with serve(FakeControl(), str(Path(state, "control.sock"))):
            ended.wait(10)

    with workspace, FileLock(state, "sandbox up").hold():
        thread = threading.Thread(target=open_late)
        thread.start()
        try:
            assert isinstance(workspace.control(), RemoteControl)
        finally:
            ended.set()
            thread.join(10)


def test_whoever_else_holds_the_lock_is_no_controller(workspace: Workspace) -> None:
    with workspace, FileLock(workspace.repository.state_folder, "sandbox sync").hold():
        assert isinstance(workspace.control(), LocalControl)
