"""
People who type our commands, each in a process of its own, beside the controller.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Final

from sandbox.errors import SandboxError
from sandbox.runtime import suspension
from sandbox.runtime.control import ControllerControl, read_statuses
from sandbox.runtime.promoter import commit_proposal, look_and_commit
from sandbox.runtime.proposal import (
    propose_pin,
    propose_promotion,
    propose_rollback,
    propose_unpin,
)
from tests.simulation.asks import Ask, AskKind
from tests.simulation.baton import Process, Task
from tests.simulation.models import BRANCHES
from tests.simulation.repository import pinned_by

if TYPE_CHECKING:
    from sandbox.model.promotion import Proposal
    from sandbox.runtime.workspace import Workspace
    from tests.simulation.world import World

SUSPENDED_S: Final = 20.0
NO_COMMIT: Final = "no commit"
AGAIN_S: Final = 0.01
OF_CONTROLLER: Final = frozenset(
    {AskKind.SYNC, AskKind.RERUN, AskKind.UP, AskKind.DOWN, AskKind.DOWN_VOLUMES}
)
IDEMPOTENT: Final = frozenset({AskKind.PROMOTE, AskKind.PIN, AskKind.UNPIN, AskKind.ROLLBACK_TO})


class People:
    """Those of one world; what they are told goes to its log."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._processes: list[Process] = []
        self._tasks: list[Task] = []
        self._kinds: dict[int, AskKind] = {}
        world.repository.before_commit = self._before_commit

    def ask(self, ask: Ask) -> None:
        """Begin to do it; what a controller does for somebody ends with the controller."""
        world = self._world
        if ask.kind in OF_CONTROLLER:
            if world.controller is not None and not world.process.killed:
                task = world.baton.start(world.process, "control", partial(self._carry, ask))
                task.environment = ask.environment
                self._tasks.append(task)
            return
        process = Process(f"person {len(self._processes) + 1}")
        self._processes.append(process)
        world.baton.start(process, process.name, partial(self._carry, ask))

    @property
    def busy(self) -> list[str]:
        """Names of those who are not done."""
        names = [process.name for process in self._processes if process.tasks]
        return [*names, *(task.name for task in self._tasks if task.alive)]

    def ask_all(self, kind: AskKind) -> None:
        for environment in BRANCHES:
            self.ask(Ask(environment=environment, kind=kind))

    def _carry(self, ask: Ask) -> None:
        world = self._world
        before: tuple[str, str] | None = None
        for number in range(2 if ask.twice else 1):
            # Two events of one moment could not be told from one.
            world.baton.sleep(AGAIN_S * number)
            is_done = False
            try:
                told, is_done = self._done(ask), True
            except SandboxError as error:
                told = f"{type(error).__name__} {error.message.splitlines()[0]}"
            except Exception as bug:  # noqa: BLE001 - no command may end so
                world.oracle.say("program", f"{ask.kind}: {type(bug).__name__}: {bug}")
                return
            world.baton.log.append(
                f"{world.baton.now:.3f} person: {ask.kind} {ask.environment}: {told}"
            )
            main, head = map(world.repository.head_of, ("staging", "production"))
            # Another commit, or a branch that was moved, in between makes it another question.
            again = before == (main, world.repository.parent_of(head))
            if is_done and again and ask.kind in IDEMPOTENT and not told.endswith(NO_COMMIT):
                world.oracle.say("L12", f"{ask.kind} of {ask.environment} again made a commit")
            before = (main, head) if is_done else None

    def _done(self, ask: Ask) -> str:
        if ask.kind in OF_CONTROLLER:
            self._world.oracle.by_hand[ask.environment] += 1
            try:
                return self._have_done(ask)
            finally:
                self._world.oracle.by_hand[ask.environment] -= 1
        workspace = self._world.workspace_of_person()
        match ask.kind:
            case AskKind.SUSPEND:
                for_s = SUSPENDED_S if ask.rank % 2 else None
                suspension.suspend(workspace, ask.environment, reason="holiday", for_s=for_s)
                return "done"
            case AskKind.RESUME:
                return "done" if suspension.resume(workspace, ask.environment) else "was not"
            case AskKind.STATUS:
                statuses = read_statuses(workspace, (), reconciled=tuple(BRANCHES))
                return ", ".join(f"{one.name} {one.sync} {one.health}" for one in statuses)
            case _:
                return self._set_release(workspace, ask)

    def _have_done(self, ask: Ask) -> str:
        controller = self._world.controller
        assert controller is not None, "it is asked where one runs"
        control = ControllerControl(controller)
        match ask.kind:
            case AskKind.UP:
                control.up((ask.environment,))
                return "done"
            case AskKind.DOWN | AskKind.DOWN_VOLUMES:
                return self._take_down(control, ask)
            case _:
                self._world.promotions.asked[ask.environment] += 1
                self._world.oracle.asked_again(ask.environment)
                rerun = ask.kind is AskKind.RERUN
                record = control.sync(ask.environment, lambda _: None, rerun=rerun)
                return str(record.outcome)

    def _take_down(self, control: ControllerControl, ask: Ask) -> str:
        oracle, volumes = self._world.oracle, ask.kind is AskKind.DOWN_VOLUMES
        oracle.going_down.add(ask.environment)
        try:
            record = control.down(ask.environment, volumes=volumes, on_event=lambda _: None)
        finally:
            oracle.going_down.discard(ask.environment)
            if volumes:
                oracle.taken_down(ask.environment)
        return str(record.outcome)

    def _set_release(self, workspace: Workspace, ask: Ask) -> str:
        """Do it as the command line does."""
        self._kinds[self._world.baton.current.number] = ask.kind
        reason = "we know" if ask.kind is AskKind.FORCE else ""
        done = look_and_commit(
            self._propose(workspace, ask),
            lambda proposal: commit_proposal(workspace, proposal, reason=reason),
        )
        return f"release {done.release[:7]} by {done.commit[:7] or NO_COMMIT}"

    def _propose(self, workspace: Workspace, ask: Ask) -> Callable[[], Proposal]:
        """Find out what it takes; a release that is named is one of staging's commits."""
        releases = self._world.repository.commits_of(BRANCHES["staging"])
        release = releases[-1 - ask.rank % len(releases)]
        match ask.kind:
            case AskKind.PROMOTE | AskKind.FORCE:
                return partial(propose_promotion, workspace, ask.environment)
            case AskKind.PIN:
                return partial(propose_pin, workspace, ask.environment, release)
            case AskKind.UNPIN:
                return partial(propose_unpin, workspace, ask.environment)
            case AskKind.ROLLBACK:
                return partial(propose_rollback, workspace, ask.environment)
            case _:
                return partial(propose_rollback, workspace, ask.environment, release)

    def _before_commit(self, content: bytes) -> None:
        task = self._world.baton.current
        release = pinned_by(content.decode())
        self._world.promotions.sets_release(task, self._kinds[task.number], release)
