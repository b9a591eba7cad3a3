"""
Where pages are carried out: an empty home, the installed program, and one shell for each page.
"""

from __future__ import annotations

import os
import queue
import re
import secrets
import signal
import subprocess
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Self

from tests.pages.printed import fits
from tests.playground import INSTANCE_LABEL, engine, free_port, until

if TYPE_CHECKING:
    from collections.abc import Sequence

PORTS = ("8080", "8081", "8082", "8083", "8084", "9080")
"""Ports that pages name; each stands for a free one, for tests run side by side."""

_PUBLISHED = re.compile(
    rf"(?:(?<=localhost:)|(?<=127\.0\.0\.1:)|(?<==)|(?<=port ))(?:{'|'.join(PORTS)})\b"
)
_KEPT = ("DOCKER_HOST", "LANG", "TZ")
_GIT = "[user]\n\tname = Ada\n\temail = ada@example.org\n[init]\n\tdefaultBranch = main\n"
COMMAND_S = 120.0
ASKED_S = 0.5
"""From a connection to the controller until it has read what is asked."""

UP_S = 400.0


def free_ports() -> dict[str, str]:
    """
    Choose a free port for each that pages name.
    """
    return {port: str(free_port()) for port in PORTS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """
    A command that ended: its lines, stdout and stderr as they came, and its exit status.
    """

    lines: tuple[str, ...]
    status: int


@dataclass(kw_only=True)
class Stage:
    """
    One machine's worth of a user.

    Attributes:
        top: An empty folder of this stage.
        programs: The folder with the program `sandbox`.
        ports: Number that stands in pages, to the number that is used.
        extra: Variables besides.
    """

    top: Path
    programs: Path
    ports: dict[str, str] = field(default_factory=free_ports)
    extra: dict[str, str] = field(default_factory=dict[str, str])

    def __post_init__(self) -> None:
        self.home.mkdir(parents=True, exist_ok=True)
        self.home.joinpath(".gitconfig").write_text(_GIT)

    @property
    def home(self) -> Path:
        """The home folder, where the state of `sandbox` is kept too."""
        return self.top / "home"

    @property
    def environ(self) -> dict[str, str]:
        """All variables that commands get."""
        return {
            "PATH": f"{self.programs}:/usr/local/bin:/usr/bin:/bin",
            "HOME": str(self.home),
            "GIT_CONFIG_NOSYSTEM": "1",
            "PYTHONUNBUFFERED": "1",  # a terminal shows both streams in the order of writing
            "SANDBOX_EDGE_PORT": self.ports.get("8080", "8080"),
            **{name: os.environ[name] for name in _KEPT if name in os.environ},
            **self.extra,
        }

    def typed(self, text: str) -> str:
        """Give *text* of a page with the ports that are used here."""
        return _PUBLISHED.sub(lambda found: self.ports.get(found[0], found[0]), text)

    def shown(self, line: str) -> str:
        """Give a printed line with the ports and the folders that pages name."""
        for port, used in self.ports.items():
            line = re.sub(rf"\b{used}\b", port, line)
        return line.replace(str(self.top), "/home/ada")

    def make_shop(self, *, up: bool) -> Path:
        """Make the shop of `sandbox init`; *up*: bring it up too."""
        folder = self.top / "shop"
        with Shell(self, self.top) as shell:
            steps = ("sandbox init shop", "cd shop")
            for command in (*steps, *(("sandbox up",) if up else ())):
                ended = shell.run(command, seconds=UP_S)
                assert ended.status == 0, "\n".join((command, *ended.lines))
        return folder

    def clean_up(self) -> None:
        """End the controllers of all repositories here, and remove what they made on the engine."""
        for git in self.top.glob("*/.git"):
            with suppress(subprocess.TimeoutExpired):
                subprocess.run(
                    ["sandbox", "--repo", git.parent, "down", "--volumes"],
                    executable=self.programs / "sandbox",
                    env=self.environ,
                    check=False,
                    capture_output=True,
                    timeout=60.0,
                )
        for known in self.home.glob(".local/state/sandbox/instances/*.json"):
            _remove_all_of(known.stem)


def _remove_all_of(instance: str) -> None:
    """
    Remove every container, network and volume with the label of *instance*.
    """
    label = {"label": f"{INSTANCE_LABEL}={instance}"}
    with engine() as client:
        for container in client.containers(all=True, filters=label):
            client.remove_container(container["Id"], force=True, v=True)
        for network in client.networks(filters=label):
            client.remove_network(network["Id"])
        for volume in client.volumes(filters=label)["Volumes"] or []:
            client.remove_volume(volume["Name"])


class Shell:
    """
    One shell, in which the commands of a page follow one another as they do for its reader.
    """

    def __init__(self, stage: Stage, folder: Path) -> None:
        self._stage = stage
        self._mark = f"end-{secrets.token_hex(8)}"
        self._process = subprocess.Popen(
            ["bash", "--norc", "--noprofile"],
            cwd=folder,
            env=stage.environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self._lines = _read(self._process)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        # What a page left in the background holds the output open.
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.communicate()

    def run(self, command: str, *, seconds: float = COMMAND_S) -> Ended:
        """
        Run *command* as it stands in a page; fail when it does not end in time.
        """
        assert self._process.stdin is not None
        typed = self._stage.typed(command)
        # The status of the command before is there for `echo $?`.
        self._process.stdin.write(
            f"(exit ${{_last:-0}}); {{ {typed}\n}} </dev/null; _last=$?; "
            f"printf '\\n{self._mark} %s %s\\n' $_last \"$PWD\"\n"
        )
        self._process.stdin.flush()
        found: list[str] = []
        deadline = time.monotonic() + seconds
        while True:
            try:
                line = self._lines.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                text = "\n".join(found)
                raise AssertionError(f"not done after {seconds:g} s: {command}\n{text}") from None
            if line is None:
                raise AssertionError(f"the shell ended in: {command}\n" + "\n".join(found))
            if line.startswith(self._mark):
                break
            found.append(self._stage.shown(line))
        if found and not found[-1]:
            found.pop()  # the line break before the mark
        return Ended(lines=tuple(found), status=int(line.split()[1]))


class Beside:
    """
    A command in another terminal, such as `sandbox watch`, and what it has printed until now.
    """

    def __init__(self, stage: Stage, folder: Path, command: str) -> None:
        self._stage = stage
        self._process = subprocess.Popen(
            ["bash", "--norc", "--noprofile", "-c", f"exec {stage.typed(command)}"],
            cwd=folder,
            env=stage.environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._queue = _read(self._process)
        self._follows = command.startswith("sandbox ")
        self.lines: list[str] = []

    def until_it_follows(self) -> None:
        """
        Wait until it is connected to the controller, for it prints nothing by itself.
        """
        if not self._follows:
            return
        until(lambda: _is_connected(self._process), "a connection to the controller")
        time.sleep(ASKED_S)

    def until_it_shows(self, shown: Sequence[str], *, seconds: float = 90.0) -> bool:
        """
        Wait until the lines so far are what a page shows, and tell whether that came true.
        """
        deadline = time.monotonic() + seconds
        while not fits(shown, self.lines):
            try:
                line = self._queue.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                return False
            if line is None:
                return False
            self.lines.append(self._stage.shown(line))
        return True

    def end(self) -> None:
        """
        End it.
        """
        self._process.kill()
        self._process.communicate()


def _is_connected(process: subprocess.Popen[str]) -> bool:
    """
    Tell whether *process* holds a socket; one that has ended needs none.
    """
    with suppress(OSError):
        for descriptor in Path(f"/proc/{process.pid}/fd").iterdir():
            if str(descriptor.readlink()).startswith("socket:"):
                return True
    return process.poll() is not None


def _read(process: subprocess.Popen[str]) -> queue.SimpleQueue[str | None]:
    """
    Give the lines of *process* as they come, and ``None`` behind the last.
    """
    lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()

    def copy() -> None:
        assert process.stdout is not None
        with suppress(ValueError):  # closed meanwhile
            for line in process.stdout:
                lines.put(line.rstrip("\n"))
        lines.put(None)

    threading.Thread(target=copy, daemon=True).start()
    return lines
