"""The composition root: settings in, wired runtime out. The only importer of adapters."""

from __future__ import annotations

import faulthandler
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

from sandbox.bootstrap.late import LateEngine, LateWebhooks, late_feed, late_ingress, late_runs
from sandbox.bootstrap.settings import edge_port_of, sync_policy, taken_ports, waivers_of
from sandbox.errors import DeadlineError, SandboxError, SetupError, SourceError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from types import FrameType

    from sandbox.adapters.control_client import Patience, RemoteControl
    from sandbox.adapters.host import LocalHost
    from sandbox.adapters.wire import Json
    from sandbox.model.event import Event
    from sandbox.ports import Control, Engine
    from sandbox.runtime.estate import Estate
    from sandbox.runtime.workspace import Workspace

START_S = 20.0
RETURN_S = 3.0
END_SIGNALS = (signal.SIGTERM, signal.SIGINT)
END_S = 9.5
"""A controller that was told to end is gone after so long, whatever hangs."""
LOG_TAIL_BYTES = 2000


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
    from sandbox.adapters.file_lock import FileLock
    from sandbox.adapters.git_repository import GitRepository, find_place
    from sandbox.adapters.identity_files import IdentityFiles, machine_folder
    from sandbox.adapters.sqlite_journal import SqliteJournal
    from sandbox.adapters.system_clock import SystemClock
    from sandbox.runtime.claiming_lock import ClaimingLock
    from sandbox.runtime.owned_engine import OwnedEngine
    from sandbox.runtime.workspace import Workspace
    from sandbox.secrecy.vault import hidden

    edge_port = edge_port_of()
    place = find_place("." if repo is None else repo)
    identity = IdentityFiles(place.common_dir, machine_folder(os.environ))
    repository = GitRepository(place, instance=identity.instance)
    state_folder = repository.state_folder
    engine = LateEngine()
    ingress = late_ingress(engine)
    journal = SqliteJournal(state_folder)
    clock = SystemClock()

    def release_all() -> None:
        journal.close()
        ingress.close()
        engine.close()
        repository.close()

    return Workspace(
        repository=repository,
        engine=OwnedEngine(cast("Engine", engine), journal=journal, identity=identity, clock=clock),
        ingress=ingress,
        journal=journal,
        runs=late_runs(state_folder),
        webhooks=LateWebhooks(state_folder),
        lock=ClaimingLock(
            FileLock(state_folder, command=hidden(" ".join(["sandbox", *sys.argv[1:]]))), identity
        ),
        clock=clock,
        feed=late_feed(place.common_dir),
        policy=sync_policy(),
        taken_ports=taken_ports,
        waivers=partial(waivers_of, Path(state_folder, "policy.yaml")),
        choose_control=partial(_choose_control, timeout_s),
        release_all=release_all,
        edge_port=edge_port,
    )


def open_estate(repo: str | None = None) -> Estate:
    """
    Wire what `doctor` looks at: the engine, every repository of this user, and the one here if any.
    """
    from sandbox.adapters.file_lock import FileLock
    from sandbox.adapters.git_repository import find_place
    from sandbox.adapters.identity_files import IdentityFiles, Registrations, machine_folder
    from sandbox.adapters.sqlite_journal import SqliteJournal
    from sandbox.adapters.system_clock import SystemClock
    from sandbox.runtime.estate import Estate, Here

    machine = machine_folder(os.environ)
    engine = LateEngine()
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
    from sandbox.adapters.git_repository import configured_identity
    from sandbox.adapters.host import LocalHost
    from sandbox.planning.doctor import BASE_IMAGE, SHIPPED_PORTS
    from sandbox.runtime.used_ports import used_ports

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
    from sandbox.adapters.git_repository import create_repository
    from sandbox.adapters.template import template_files
    from sandbox.runtime.desired import environment_names
    from sandbox.runtime.initialise import initial_commits

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
    from sandbox.adapters import control_server
    from sandbox.adapters.controller_log import ControllerLog
    from sandbox.adapters.git_repository import find_place
    from sandbox.runtime.control import ControllerControl
    from sandbox.runtime.controller import Controller

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
    from sandbox.adapters.control_client import Patience
    from sandbox.adapters.controller_log import ControllerLog

    patience = Patience(timeout_s)
    with open_workspace(repo) as workspace:
        running = _running(patience, workspace)
        if running is not None:
            running.up(environments)
            return
        state = Path(workspace.repository.state_folder)
        process = _spawn(repo, environments, state)
        log = ControllerLog(str(state)).file
        _wait_for_answer(workspace, process, log, patience.of(START_S))


def unheeded_settings(workspace: Workspace) -> tuple[str, ...]:
    """
    Say which variables of this process the controller that runs does not know.
    """
    from sandbox.planning.machine_settings import settings_of, unheeded_notes

    mine = settings_of(os.environ)
    if not mine:
        return ()
    from sandbox.adapters import control_client

    with suppress(SandboxError):  # a controller that does not answer is told where it is needed
        running = control_client.connect(_socket(workspace))
        settings = running.settings() if running else None
        return () if settings is None else unheeded_notes(mine, settings)
    return ()


def _open_log(workspace: Workspace) -> int:
    from sandbox.adapters.controller_log import ControllerLog

    path = ControllerLog(workspace.repository.state_folder).file
    return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)


def _spawn(repo: str | None, environments: Sequence[str], state: Path) -> subprocess.Popen[bytes]:
    from sandbox.adapters.controller_log import ControllerLog

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
    from sandbox.adapters import control_client

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


def _choose_control(timeout_s: float | None, workspace: Workspace) -> Control:
    from sandbox.adapters.control_client import Patience

    running = _running(Patience(timeout_s), workspace)
    if running is not None:
        return running
    from sandbox.runtime.control import LocalControl

    return LocalControl(workspace)


def _running(patience: Patience, workspace: Workspace) -> RemoteControl | None:
    """
    The controller that runs; ``None`` when none does.

    Who holds the lock tells, not the socket: one that was deleted comes back.

    Raises:
        LockedError: One runs, and its socket does not come back.
    """
    from sandbox.adapters import control_client
    from sandbox.adapters.file_lock import deaf, is_controller

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
