import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from sandbox.adapters.host import daemon
from sandbox.adapters.host.daemon import DaemonFiles, start_daemon
from sandbox.errors import EngineUnreachableError

PROGRAM = Path(__file__).parents[2] / "fakes" / "daemon_program.py"

ENVIRONMENT = {"PATH": "/usr/bin:/bin"}


class Machine:
    """
    A place for a daemon of its own, which is ended with the test.
    """

    def __init__(self, folder: Path) -> None:
        self.said: list[str] = []
        self.socket = folder / "engine.sock"
        self.folder = folder
        # A name of its own, as the real daemon has: the tests run under Python's.
        self.program = folder / "fakedockerd"
        self.program.symlink_to(Path(sys.executable).resolve())

    def files(self, mode: str = "serve") -> DaemonFiles:
        own_pid = self.folder / "docker.pid"
        return DaemonFiles(
            command=(str(self.program), str(PROGRAM), mode, str(self.socket), str(own_pid)),
            log=self.folder / "daemon.log",
            pid=self.folder / "started.pid",
            own_pid=own_pid,
            containerd_pid=self.folder / "containerd.pid",
            containerd_socket=self.folder / "containerd.sock",
        )

    def answers(self) -> bool:
        with socket.socket(socket.AF_UNIX) as probe:
            try:
                probe.connect(str(self.socket))
            except OSError:
                return False
        return True

    def start(self, mode: str = "serve") -> None:
        start_daemon(
            self.answers, environment=ENVIRONMENT, say=self.said.append, files=self.files(mode)
        )

    def pids(self) -> set[int]:
        found = set()
        for name in ("started.pid", "docker.pid"):
            with suppress(OSError, ValueError):
                found.add(int((self.folder / name).read_text()))
        return found


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Machine]:
    monkeypatch.setattr(daemon, "START_TIMEOUT_S", 20.0)
    machine = Machine(tmp_path)
    yield machine
    for pid in machine.pids():
        with suppress(OSError):
            if str(PROGRAM).encode() in Path(f"/proc/{pid}/cmdline").read_bytes():
                os.kill(pid, signal.SIGKILL)


def test_a_daemon_is_started_detached_with_a_log_and_a_pid_file(machine: Machine) -> None:
    machine.start()

    files = machine.files()
    pid = int(files.pid.read_text())
    assert machine.answers()
    assert pid == int(files.own_pid.read_text())
    assert os.getsid(pid) != os.getsid(0)
    assert Path(f"/proc/{pid}/fd/0").readlink() == Path("/dev/null")
    assert files.log.read_text().startswith("level=info")
    assert any(str(files.log) in line for line in machine.said)


def test_what_a_killed_daemon_left_does_not_prevent_the_start(machine: Machine) -> None:
    files = machine.files()
    # The numbers were given to other programs since: here, to this very test.
    files.own_pid.write_text(str(os.getpid()))
    files.containerd_pid.write_text(str(os.getpid()))
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(files.containerd_socket))

    machine.start()

    assert machine.answers()
    assert not files.containerd_pid.exists()
    assert not files.containerd_socket.exists()


def test_a_containerd_that_answers_is_left_alone(machine: Machine) -> None:
    files = machine.files()
    with socket.socket(socket.AF_UNIX) as alive:
        alive.bind(str(files.containerd_socket))
        alive.listen()

        machine.start()

    assert files.containerd_socket.exists()


def test_a_daemon_that_ends_is_reported_at_once_with_its_last_lines(machine: Machine) -> None:
    began = time.monotonic()

    with pytest.raises(EngineUnreachableError) as caught:
        machine.start("fail")

    assert time.monotonic() - began < 10
    assert "ended" in caught.value.message
    assert "iptables not found" in caught.value.message
    assert "DOCKER_HOST" in caught.value.remedy


def test_a_daemon_that_never_answers_is_given_up_after_its_deadline(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(daemon, "START_TIMEOUT_S", 1.0)

    with pytest.raises(EngineUnreachableError, match="runs but does not answer"):
        machine.start("sleep")


def test_a_daemon_that_is_starting_already_is_waited_for_and_not_started_twice(
    machine: Machine,
) -> None:
    machine.start()
    first = machine.files().pid.read_text()
    files = machine.files()
    ready = threading.Event()
    threading.Timer(0.3, ready.set).start()

    start_daemon(ready.is_set, environment={}, say=machine.said.append, files=files)

    assert files.pid.read_text() == first
    assert files.log.read_text().count("starting") == 1
