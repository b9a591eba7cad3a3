"""The composition root: settings in, wired runtime out. The only importer of adapters."""

from __future__ import annotations

import faulthandler
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

from sandbox.adapters import control_client, control_server
from sandbox.adapters.controller_log import ControllerLog
from sandbox.adapters.disk_source import load_from_disk as load_from_disk  # noqa: PLC0414 - for the command line
from sandbox.adapters.file_lock import FileLock, deaf, is_controller
from sandbox.adapters.file_watcher import RefWatcher
from sandbox.adapters.git_repository import (
    GitRepository,
    configured_identity,
    create_repository,
    find_place,
)
from sandbox.adapters.haproxy import HaproxyIngress
from sandbox.adapters.identity_files import IdentityFiles, Registrations, machine_folder
from sandbox.adapters.pipeline_files import PipelineFiles
from sandbox.adapters.sqlite_journal import SqliteJournal
from sandbox.adapters.system_clock import SystemClock
from sandbox.adapters.template import template_files
from sandbox.adapters.waivers import load_waivers
from sandbox.adapters.webhook import HttpWebhooks
from sandbox.errors import DeadlineError, SetupError, SourceError
from sandbox.model.plan import SyncPolicy
from sandbox.planning.doctor import BASE_IMAGE, SHIPPED_PORTS
from sandbox.planning.edge_port import read_edge_port
from sandbox.runtime.claiming_lock import ClaimingLock
from sandbox.runtime.control import ControllerControl, LocalControl
from sandbox.runtime.controller import Controller
from sandbox.runtime.desired import environment_names
from sandbox.runtime.estate import Estate, Here
from sandbox.runtime.initialise import initial_commits
from sandbox.runtime.owned_engine import OwnedEngine
from sandbox.runtime.used_ports import used_ports
from sandbox.runtime.workspace import Workspace
from sandbox.secrecy.vault import hidden

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import AbstractContextManager
    from types import FrameType

    from sandbox.adapters.docker_engine import DockerEngine
    from sandbox.adapters.docker_engine.conversation import Conversation
    from sandbox.adapters.host import LocalHost
    from sandbox.adapters.wire import Json
    from sandbox.model.event import Event
    from sandbox.model.observed import TakenPort
    from sandbox.ports import Control, Engine

START_S = 20.0
RETURN_S = 3.0
END_SIGNALS = (signal.SIGTERM, signal.SIGINT)
END_S = 9.5
"""A controller that was told to end is gone after so long, whatever hangs."""
LOG_TAIL_BYTES = 2000


class _LateEngine:
    """
    The engine, made when it is first used.

    Importing docker takes longer than asking a running controller, who then uses the engine.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._engine: DockerEngine | None = None

    def __getattr__(self, name: str) -> object:
        return getattr(self._made(), name)

    def converse(
        self, container_id: str, command: Sequence[str], silence_s: float
    ) -> AbstractContextManager[Conversation]:
        """Start *command* inside a container, and talk with it."""
        return self._made().converse(container_id, command, silence_s)

    def close(self) -> None:
        """Close what was made."""
        if self._engine is not None:
            self._engine.close()

    def _made(self) -> DockerEngine:
        with self._lock:
            if self._engine is None:
                from sandbox.adapters.docker_engine import DockerEngine  # noqa: PLC0415 - see above

                self._engine = DockerEngine()
            return self._engine


def open_workspace(repo: str | None = None, *, timeout_s: float | None = None) -> Workspace:
    """
    Wire the repository around *repo* (the current folder when ``None``) to the local engine.

    Opening changes nothing and does not contact the engine.

    Args:
        timeout_s: How long a controller that says nothing is waited for; as usual when ``None``.

    Raises:
        SourceError: There is no repository.
        UsageError: A variable of this process says what makes no sense.
    """
    edge_port = read_edge_port(os.environ.get("SANDBOX_EDGE_PORT", ""))
    place = find_place("." if repo is None else repo)
    identity = IdentityFiles(place.common_dir, machine_folder(os.environ))
    repository = GitRepository(place, instance=identity.instance)
    engine = _LateEngine()
    journal = SqliteJournal(repository.state_folder)
    clock = SystemClock()

    def release_all() -> None:
        journal.close()
        engine.close()
        repository.close()

    return Workspace(
        repository=repository,
        engine=OwnedEngine(cast("Engine", engine), journal=journal, identity=identity, clock=clock),
        ingress=HaproxyIngress(engine.converse),
        journal=journal,
        runs=PipelineFiles(repository.state_folder),
        webhooks=HttpWebhooks(repository.state_folder),
        lock=ClaimingLock(
            FileLock(repository.state_folder, command=hidden(" ".join(["sandbox", *sys.argv[1:]]))),
            identity,
        ),
        clock=clock,
        feed=RefWatcher(repository.place.common_dir),
        policy=_policy(),
        taken_ports=_taken_ports,
        waivers=partial(load_waivers, Path(repository.state_folder, "policy.yaml")),
        choose_control=partial(_choose_control, control_client.Patience(timeout_s)),
        release_all=release_all,
        edge_port=edge_port,
    )


def open_estate(repo: str | None = None) -> Estate:
    """
    Wire what `doctor` looks at: the engine, every repository of this user, and the one here if any.
    """
    machine = machine_folder(os.environ)
    engine = _LateEngine()
    here: Here | None = None
    journal: SqliteJournal | None = None
    with suppress(SourceError):
        place = find_place("." if repo is None else repo)
        identity = IdentityFiles(place.common_dir, machine)
        journal = SqliteJournal(place.state_folder)
        here = Here(
            identity=identity,
            ledger=journal,
            lock=FileLock(place.state_folder, command="sandbox doctor"),
        )

    def release_all() -> None:
        if journal is not None:
            journal.close()
        engine.close()

    return Estate(
        engine=cast("Engine", engine),
        registry=Registrations(machine),
        clock=SystemClock(),
        here=here,
        release_all=release_all,
    )


def open_host(repo: str | None, say: Callable[[str], None]) -> LocalHost:
    """
    Look at this machine, for the repository around *repo* if there is one; *say* as `LocalHost`.

    Raises:
        UsageError: A variable of this process says what makes no sense.
    """
    from sandbox.adapters.host import LocalHost  # noqa: PLC0415 - it imports docker, see _LateEngine

    folder = "." if repo is None else repo
    try:
        with open_workspace(folder) as workspace:
            ports = used_ports(workspace)
    except SourceError:
        ports = SHIPPED_PORTS
    return LocalHost(
        environment=os.environ,
        base_image=BASE_IMAGE,
        ports=ports,
        committer=partial(configured_identity, folder),
        say=say,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Initialised:
    """A new repository: its folder, its commits (oldest first), its environments."""

    folder: str
    commits: tuple[str, ...]
    environments: tuple[str, ...]


def initialise(folder: str) -> Initialised:
    """
    Make a new repository from the shipped template.

    Raises:
        SourceError: *folder* is not empty; nothing in it was changed.
    """
    commits = create_repository(folder, initial_commits(template_files()))
    with open_workspace(folder) as workspace:
        names = environment_names(workspace.repository)
    return Initialised(folder=folder, commits=tuple(commits), environments=names)


def run_controller(
    repo: str | None,
    environments: Sequence[str],
    on_event: Callable[[Event], None],
    answer: Callable[[Workspace, Mapping[str, Json], Callable[[str, str], None]], int | None],
) -> None:
    """
    Reconcile *environments* (all when none is named) here, until SIGTERM, SIGINT or `down`.

    A second signal ends it at once.

    Args:
        answer: Carries out commands of other processes, as `control_server.serve` says.

    Raises:
        LockedError: Another process does already.
    """
    with open_workspace(repo) as workspace, workspace.lock.hold():
        log = ControllerLog(workspace.repository.state_folder)

        def tell(event: Event) -> None:
            # A full disk takes no line of the log; the journal has the event, and tells of itself.
            with suppress(OSError):
                on_event(event)
            log.rotate()

        controller = Controller(workspace, tell)

        def end(_number: int, _frame: FrameType | None) -> None:
            # First of all: a signal that comes while this one is handled is the second one.
            for number in END_SIGNALS:
                signal.signal(number, signal.SIG_DFL)
            # Whatever hangs then is told to the log; what is cut is resumed by the next run.
            faulthandler.dump_traceback_later(END_S, exit=True, file=_open_log(workspace))
            controller.stop()

        for number in END_SIGNALS:
            signal.signal(number, end)
        control = ControllerControl(controller)

        def choose_control(_: Workspace) -> Control:
            return control

        here = replace(workspace, choose_control=choose_control)
        top = os.path.realpath(find_place("." if repo is None else repo).top or os.devnull)

        def answer_here(
            question: Mapping[str, Json], say: Callable[[str, str], None]
        ) -> int | None:
            # Another work tree of the repository is another place to look from.
            return answer(here, question, say) if question.get("top") == top else None

        with control_server.serve(
            control, _socket(workspace), workspace.lock.still_held, answer_here
        ):
            controller.run(environments)


def start_controller(
    repo: str | None, environments: Sequence[str], *, timeout_s: float | None = None
) -> None:
    """
    Have a background controller look after *environments* (all when none is named).

    One that runs already is asked; otherwise one is started, and waited for until it answers.

    Raises:
        SetupError: It ended at once; the message shows its last lines.
        DeadlineError: It did not answer in time.
    """
    patience = control_client.Patience(timeout_s)
    with open_workspace(repo) as workspace:
        running = _running(patience, workspace)
        if running is not None:
            running.up(environments)
            return
        state = Path(workspace.repository.state_folder)
        process = _spawn(repo, environments, state)
        log = ControllerLog(str(state)).file
        _wait_for_answer(workspace, process, log, patience.of(START_S))


def _open_log(workspace: Workspace) -> int:
    path = ControllerLog(workspace.repository.state_folder).file
    return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)


def _spawn(repo: str | None, environments: Sequence[str], state: Path) -> subprocess.Popen[bytes]:
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    command = [sys.executable, "-m", "sandbox", "--repo", str(Path(repo or ".").resolve())]
    with ControllerLog(str(state)).file.open("ab") as log:
        return subprocess.Popen(
            [*command, "up", "--foreground", *environments],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            start_new_session=True,
        )


def _wait_for_answer(
    workspace: Workspace, process: subprocess.Popen[bytes], log: Path, limit_s: float
) -> None:
    deadline = time.monotonic() + limit_s
    while control_client.connect(_socket(workspace)) is None:
        if process.poll() is not None:
            tail = log.read_bytes()[-LOG_TAIL_BYTES:].decode(errors="replace").strip()
            message = f"the controller ended at once with status {process.returncode}:\n{tail}"
            raise SetupError(message, remedy="try it in front: sandbox up --foreground")
        if time.monotonic() > deadline:
            message = f"the controller does not answer after {limit_s:g} s"
            raise DeadlineError(message, remedy=f"read {log}")
        workspace.clock.sleep(0.02)


def _choose_control(patience: control_client.Patience, workspace: Workspace) -> Control:
    return _running(patience, workspace) or LocalControl(workspace)


def _running(
    patience: control_client.Patience, workspace: Workspace
) -> control_client.RemoteControl | None:
    """
    The controller that runs; ``None`` when none does.

    Who holds the lock tells, not the socket: one that was deleted comes back.

    Raises:
        LockedError: One runs, and its socket does not come back.
    """
    deadline = time.monotonic() + patience.of(RETURN_S)
    while True:
        control = control_client.connect(_socket(workspace), patience)
        holder = None if control else workspace.lock.holder()
        if holder is None or not is_controller(holder):
            return control
        if time.monotonic() > deadline:
            raise deaf(holder, _socket(workspace))
        workspace.clock.sleep(0.05)


def _socket(workspace: Workspace) -> str:
    return str(Path(workspace.repository.state_folder, "control.sock"))


def _taken_ports(port: int) -> tuple[TakenPort, ...]:
    if os.environ.get("DOCKER_HOST", "").startswith(("tcp:", "ssh:")):
        return ()  # its ports are those of another machine
    from sandbox.adapters.host.listeners import taken  # noqa: PLC0415 - see _LateEngine

    return taken(port)


def _policy() -> SyncPolicy:
    pool = os.environ.get("SANDBOX_SUBNET_POOL")
    return SyncPolicy(subnet_pool=pool) if pool else SyncPolicy()
