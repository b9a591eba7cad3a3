"""
Start the engine's daemon: by the init system where one runs, else by ourselves, detached.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.adapters.host.narration import narrate, run_narrated
from sandbox.errors import EngineUnreachableError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

START_TIMEOUT_S = 90.0
SERVICE_TIMEOUT_S = 120.0
POLL_S = 0.1
LOG_LINES = 12

# `setsid` in a background job replaces itself, so that $! is the daemon's own number; the shell
# ends at once and the daemon belongs to nobody.
DETACH = 'setsid "$@" </dev/null >>"$SANDBOX_LOG" 2>&1 & echo $! >"$SANDBOX_PID"'


@dataclass(frozen=True, slots=True, kw_only=True)
class DaemonFiles:
    """
    Where the daemon is and what it leaves.

    Args:
        command: The daemon.
        log: What it prints is appended here.
        pid: Number of the daemon that we started.
        own_pid: Where the daemon itself writes its number.
        containerd_pid: Where it writes the number of the containerd that it starts.
        containerd_socket: A containerd of the system's, used when the socket is there.
    """

    command: tuple[str, ...] = ("dockerd",)
    log: Path = Path("/var/log/sandbox-dockerd.log")
    pid: Path = Path("/run/sandbox-dockerd.pid")
    own_pid: Path = Path("/var/run/docker.pid")
    containerd_pid: Path = Path("/var/run/docker/containerd/containerd.pid")
    containerd_socket: Path = Path("/run/containerd/containerd.sock")


def start_service(
    unit: str,
    answers: Callable[[], bool],
    *,
    environment: Mapping[str, str],
    say: Callable[[str], None],
) -> None:
    """
    Start *unit* with systemd and wait until the engine answers.

    Raises:
        SetupError: systemd could not start it.
        EngineUnreachableError: It was started and does not answer.
    """
    run_narrated(
        say,
        f"starting the service {unit}",
        ("systemctl", "start", unit),
        environment=environment,
        timeout_s=SERVICE_TIMEOUT_S,
    )
    with narrate(say, "waiting until the engine answers"):
        if not _wait(answers, lambda: True):
            raise EngineUnreachableError(
                f"the service {unit} was started but does not answer",
                remedy=f"look at it: journalctl -u {unit} -n 50",
            )


def start_daemon(
    answers: Callable[[], bool],
    *,
    environment: Mapping[str, str],
    say: Callable[[str], None],
    files: DaemonFiles | None = None,
) -> None:
    """
    Start the daemon itself, detached, and wait until it answers.

    A daemon that is starting already is waited for; what a killed one left behind is cleared away
    when it would prevent the start.

    Raises:
        EngineUnreachableError: It ended, or does not answer in time; with its last lines.
    """
    files = files or DaemonFiles()
    name = Path(files.command[0]).name
    number = _running(files.own_pid, name)
    if number is None:
        _clear_leftovers(files, name)
        say(f"starting {name} (log: {files.log}, pid file: {files.pid})")
        _detach(files, environment)
        number = int(files.pid.read_text())
    daemon = number
    with narrate(say, f"waiting until {name} (pid {daemon}) answers"):
        if _wait(answers, lambda: _alive(daemon)):
            return
    state = "runs but does not answer" if _alive(daemon) else "ended"
    lines = "\n".join(f"  {line}" for line in _tail(files.log))
    raise EngineUnreachableError(
        f"{name} (pid {daemon}) {state}; the end of {files.log}:\n{lines}".rstrip(),
        remedy=(
            "read the log; in a container without privileges no engine can run: "
            "set DOCKER_HOST to one that runs elsewhere"
        ),
    )


def _wait(answers: Callable[[], bool], alive: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        if answers():
            return True
        if not alive():
            return False
        time.sleep(POLL_S)
    return False


def _detach(files: DaemonFiles, environment: Mapping[str, str]) -> None:
    command = (shutil.which(files.command[0]) or files.command[0], *files.command[1:])
    own = {"SANDBOX_LOG": str(files.log), "SANDBOX_PID": str(files.pid)}
    subprocess.run(
        ("/bin/sh", "-c", DETACH, "sh", *command),
        check=True,
        cwd="/",
        env={**environment, **own},
    )


def _clear_leftovers(files: DaemonFiles, name: str) -> None:
    """
    Remove what makes a daemon refuse or hang after another was killed.

    A pid file whose number now belongs to another program makes it refuse, or worse, end that
    program; the socket of a containerd that is gone makes it hang.
    """
    if _running(files.own_pid, name) is None:
        files.own_pid.unlink(missing_ok=True)
    if _running(files.containerd_pid, "containerd") is None:
        files.containerd_pid.unlink(missing_ok=True)
    if files.containerd_socket.is_socket() and not _accepts(files.containerd_socket):
        files.containerd_socket.unlink(missing_ok=True)


def _running(pid_file: Path, name: str) -> int | None:
    """
    Number in *pid_file*, when that process lives and is called *name*.
    """
    try:
        number = int(pid_file.read_text())
        comm = Path(f"/proc/{number}/comm").read_text().strip()
    except (OSError, ValueError):
        return None
    # The kernel keeps the first 15 bytes of a name.
    return number if comm == name[:15] and _alive(number) else None


def _alive(number: int) -> bool:
    """
    Whether the process runs; one that ended and was not waited for does not.
    """
    try:
        state = Path(f"/proc/{number}/stat").read_text(errors="replace").rpartition(")")[2]
    except OSError:
        return False
    return state.split()[0] not in {"Z", "X"}


def _accepts(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(os.fspath(path))
        except TimeoutError:
            return True
        except OSError:
            return False
    return True


def _tail(log: Path) -> list[str]:
    try:
        return log.read_text(errors="replace").splitlines()[-LOG_LINES:]
    except OSError:
        return ["(no log)"]
