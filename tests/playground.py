"""
A small real repository, the real command line on it, and the real engine below: for scenarios.

Each playground is an instance of its own, so that scenarios can run side by side; what it made on
the engine is removed at its end, whatever happened.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import docker
import docker.errors

from sandbox.adapters.file_lock import PROCESS, FileLock
from tests.forked import run_sandbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

INSTANCE_LABEL = "dev.sandbox.instance"
SERVICE_LABEL = "dev.sandbox.service"
ENVIRONMENT_LABEL = "dev.sandbox.environment"
SPEC_LABEL = "dev.sandbox.spec"
WAIT_S = 90.0
QUIET_PORTS = range(10_000, 20_000)
"""Below what the kernel gives to connections, and below what an ingress chooses by itself."""

SMALL = """\
name: play-{environment}
x-sandbox: {{rollout: {{deadline: 30s}}}}
services:
  db:
    image: debian:trixie-slim
    command: [sh, -c, "touch /data/ready; exec sleep 1d"]
    stop_signal: SIGKILL
    mem_limit: 64m
    volumes: [data:/data]
    networks: [back]
    healthcheck: {{test: [CMD, test, -e, /data/ready], interval: 5s}}
  prepare:
    image: debian:trixie-slim
    command: [sh, -c, "echo prepared >> /data/prepared"]
    volumes: [data:/data]
    networks: [back]
    depends_on: {{db: {{condition: service_healthy}}}}
  web:
    image: debian:trixie-slim
    command: [sh, -c, "touch /tmp/ready; exec sleep 1d"]
    stop_signal: SIGKILL
    environment: {{GREETING: "{greeting}"}}
    mem_limit: 64m
    networks: [back, front]
    healthcheck: {{test: [CMD, test, -e, /tmp/ready], interval: 5s}}
    depends_on:
      db: {{condition: service_healthy}}
      prepare: {{condition: service_completed_successfully}}
volumes: {{data: {{}}}}
networks: {{back: {{}}, front: {{}}}}
"""


def small(environment: str = "staging", *, greeting: str = "hello") -> str:
    """Give the text of an environment with a volume, a job, two networks and a dependency chain."""
    return SMALL.format(environment=environment, greeting=greeting)


def free_port() -> int:
    """
    Give a port of loopback that nobody holds now, and that no connection is given by itself.
    """
    while True:
        number = secrets.choice(QUIET_PORTS)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", number))
            return number


def until(condition: Callable[[], Any], what: str, *, seconds: float = WAIT_S) -> Any:
    """Return the first true value of *condition*; fail and name *what* when none comes in time."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < deadline, f"waited {seconds:g} s for: {what}"
        time.sleep(0.05)


@dataclass(kw_only=True)
class Finished:
    """A call of the command line that ended."""

    status: int
    stdout: str
    stderr: str

    @property
    def json(self) -> Any:
        """What it printed, as a document."""
        return json.loads(self.stdout)


@dataclass(kw_only=True)
class Playground:
    """A repository with environments, and what to do with it."""

    folder: Path
    environ: dict[str, str] = field(default_factory=dict)
    controllers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.git("init", "--quiet", "--initial-branch=main")

    # Git, as a user does it
    def git(self, *arguments: str) -> str:
        """Run Git in the repository as somebody, and give what it prints."""
        identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
        return subprocess.run(
            ["git", *identity, "-C", str(self.folder), *arguments],
            check=True,
            capture_output=True,
            text=True,
        ).stdout.strip()

    def commit(self, files: Mapping[str, str | None], message: str = "Change") -> str:
        """Write *files* (``None`` deletes), commit them, and give the commit's id."""
        for path, text in files.items():
            place = self.folder / path
            if text is None:
                place.unlink()
                continue
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text)
        self.git("add", "--all", "--", *files)
        self.git("commit", "--quiet", "--message", message)
        return self.git("rev-parse", "HEAD")

    def commit_environment(self, text: str, environment: str = "staging", **message: str) -> str:
        """Commit *text* as the Compose file of *environment*."""
        return self.commit({f"environments/{environment}/compose.yaml": text}, **message)

    # the command line, as a user calls it
    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start the command line; the caller ends it."""
        return subprocess.Popen(
            [sys.executable, "-m", "sandbox", "--repo", str(self.folder), *arguments],
            env={**os.environ, "PYTHONFAULTHANDLER": "1", **self.environ},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def run(self, arguments: Sequence[str], seconds: float) -> subprocess.CompletedProcess[str]:
        """Run the command line to its end, which must come within *seconds*."""
        words = ["--repo", str(self.folder), *arguments]
        return run_sandbox(words, {**os.environ, **self.environ}, seconds)

    def sandbox(self, *arguments: str, status: int | None = 0, seconds: float = 120.0) -> Finished:
        """Run the command line; *status* is the exit status it must have, ``None`` for any."""
        try:
            ended = self.run(arguments, seconds)
        except subprocess.TimeoutExpired as late:
            print(late.stdout, late.stderr)
            raise
        finished = Finished(status=ended.returncode, stdout=ended.stdout, stderr=ended.stderr)
        assert status is None or finished.status == status, (
            f"sandbox {' '.join(arguments)} ended with {finished.status}, not {status}\n"
            f"{finished.stdout}\n{finished.stderr}"
        )
        return finished

    def start_controller(self, *environments: str) -> subprocess.Popen[bytes]:
        """Run a controller in front, until the playground ends or `end_controller` is called."""
        process = self.start("up", "--foreground", *environments)
        self.controllers.append(process)
        return process

    def end_controller(self, process: subprocess.Popen[bytes], how: int = signal.SIGTERM) -> int:
        """Send a signal to a controller of ours, wait, and give its exit status."""
        if process.poll() is None:
            process.send_signal(how)
        try:
            process.communicate(timeout=30.0)
        except subprocess.TimeoutExpired:
            # Its fault handler tells where each thread is.
            process.send_signal(signal.SIGABRT)
            print(process.communicate()[1].decode())
            raise
        return process.returncode

    def controller(self) -> int:
        """Process id of the controller that runs, in front or in the background; 0 for none."""
        holder = FileLock(str(self.folder / ".git" / "sandbox")).holder()
        found = PROCESS.search(holder or "")
        return int(found[1]) if found else 0

    def status(self, environment: str = "staging") -> Any:
        """Give the status document of one environment."""
        document = self.sandbox("status", environment, "--output", "json", status=None).json
        return document["environments"][0]

    def wait_healthy(self, environment: str = "staging", *, revision: str = "") -> None:
        """Wait until *environment* is in sync (with *revision*) and healthy."""
        at = ("--revision", revision) if revision else ()
        self.sandbox("wait", environment, "--healthy", "--timeout", f"{WAIT_S:g}", *at)

    def taken_back(self, revision: str, environment: str = "staging") -> Any:
        """The status once *revision* is given up and the sync back is over; else nothing."""
        syncs = self.sandbox("history", environment, "--output", "json").json["history"]
        if syncs[0]["trigger"] != "rollback" or syncs[1]["revision"] != revision:
            return None
        status = self.status(environment)
        return status if status["revision"] == revision else None

    # the engine, as a stranger sees it
    @property
    def instance(self) -> str:
        """Id that all our objects carry."""

        return hashlib.sha256(str((self.folder / ".git").resolve()).encode()).hexdigest()[:12]

    def containers(
        self, service: str | None = None, environment: str | None = None
    ) -> list[dict[str, Any]]:
        """Inspect our containers, sorted by name."""
        labels = [f"{INSTANCE_LABEL}={self.instance}"]
        labels += [f"{SERVICE_LABEL}={service}"] if service else []
        labels += [f"{ENVIRONMENT_LABEL}={environment}"] if environment else []
        with engine() as client:
            found = client.containers(all=True, filters={"label": labels})
            inspected: list[dict[str, Any]] = []
            for item in found:
                with suppress(docker.errors.NotFound):  # gone since it was listed
                    inspected.append(client.inspect_container(item["Id"]))
        return sorted(inspected, key=lambda item: item["Name"])

    def container(self, service: str, environment: str | None = None) -> dict[str, Any]:
        """Inspect the only container of *service*."""
        (only,) = self.containers(service, environment)
        return only

    def networks(self) -> list[dict[str, Any]]:
        """Our networks, sorted by name."""
        with engine() as client:
            found = client.networks(filters={"label": f"{INSTANCE_LABEL}={self.instance}"})
        return sorted(found, key=lambda item: item["Name"])

    def volumes(self) -> list[dict[str, Any]]:
        """Our volumes, sorted by name."""
        with engine() as client:
            found = client.volumes(filters={"label": f"{INSTANCE_LABEL}={self.instance}"})
        return sorted(found["Volumes"] or [], key=lambda item: item["Name"])

    def clean_up(self) -> None:
        """End our controllers and remove everything of ours from the engine."""
        # What does not stop in time is removed by force below.
        with suppress(subprocess.TimeoutExpired):
            self.sandbox("down", "--volumes", status=None, seconds=60.0)
        # One that is left alive would heal what is removed below.
        if controller := self.controller():
            with suppress(ProcessLookupError):
                os.kill(controller, signal.SIGKILL)
        for process in self.controllers:
            if process.poll() is None:
                process.kill()
            process.communicate()
        with engine() as client:
            for container in self.containers():
                with suppress(docker.errors.NotFound):
                    client.remove_container(container["Id"], force=True, v=True)
            for network in self.networks():
                client.remove_network(network["Id"])
            for volume in self.volumes():
                client.remove_volume(volume["Name"])


class engine:  # noqa: N801 - reads as a word: `with engine() as client`
    """A plain client of the engine under test, closed at the end."""

    def __enter__(self) -> docker.APIClient:
        self.client = docker.APIClient(
            base_url=os.environ.get("DOCKER_HOST") or None, version="auto", timeout=60
        )
        return self.client

    def __exit__(self, *_: object) -> None:
        self.client.close()


def playground(folder: Path) -> Iterator[Playground]:
    """Give a playground in *folder*, and clean up after it; for fixtures."""
    ground = Playground(folder=folder)
    try:
        yield ground
    finally:
        ground.clean_up()
