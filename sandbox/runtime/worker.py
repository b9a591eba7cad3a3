"""
Keep one environment at what its branch says, for as long as the controller runs.

Events only wake it; it then looks at the state. Losing every event costs at most `LOOK_S`.
"""

from __future__ import annotations

import queue
import threading
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from sandbox.errors import EngineError, EngineUnreachableError, SandboxError, one_line
from sandbox.model.event import Event, EventKind
from sandbox.model.record import Outcome, SyncRecord, Trigger
from sandbox.planning.backoff import WINDOW_S
from sandbox.planning.routes import INGRESS
from sandbox.runtime.desired import attempted_commit
from sandbox.runtime.down import take_down
from sandbox.runtime.experience import CHANGES, FAILURES, Experience
from sandbox.runtime.health_watch import HealthWatch
from sandbox.runtime.meter import Meter
from sandbox.runtime.suspension import active_suspension, is_over
from sandbox.runtime.sync import Look, SyncRequest, carry_out, look
from sandbox.runtime.sync_events import quarantined
from sandbox.runtime.wanted import load_wanted, put_into_quarantine

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.model.desired import DesiredState
    from sandbox.model.plan import SyncPolicy
    from sandbox.model.status import Suspension
    from sandbox.runtime.edge import Edge
    from sandbox.runtime.heads import Heads
    from sandbox.runtime.workspace import Workspace

LOOK_S = 30.0
SHORTEST_PAUSE_S = 0.2
TURN_S = 0.2
"""Who waits for a turn sees after so long that it need not wait any more."""
SUSPENDED_LOOK_S = 1.0
"""A suspension ends by the clock or in the journal, by another process: nothing wakes for that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """
    What a person asked for.

    Attributes:
        answer: Gets the record or the error, once.
        volumes: For a `down`, whether volumes go too.
        last: It is a `down`: a sync under way is ended for it, and nothing follows it.
        rerun: For a sync, whether every gate runs again.
    """

    emit: Callable[[Event], None]
    answer: queue.SimpleQueue[SyncRecord | SandboxError] = field(default_factory=queue.SimpleQueue)
    volumes: bool = False
    last: bool = False
    rerun: bool = False


class Worker:
    """
    One environment's loop.

    Args:
        emit: Told what happens.
        heads: Where the branches point, to end a sync that a newer commit supersedes.
        edge: Leads to the environment by its name.
        turn: Held while it runs: what others do with the environment is done before or after.
    """

    def __init__(
        self,
        workspace: Workspace,
        environment: str,
        heads: Heads,
        edge: Edge,
        emit: Callable[[Event], None],
        *,
        turn: threading.Lock | None = None,
    ) -> None:
        self.environment = environment
        self._turn = turn or threading.Lock()
        self._workspace = workspace
        self._heads = heads
        self._edge = edge
        self._tell_controller = emit
        self._wake = threading.Event()
        self._stopping = False
        self._errands: queue.SimpleQueue[Errand] = queue.SimpleQueue()
        self._asked: list[Errand] = []
        self._attempted = ""
        self._experience = Experience(clock=workspace.clock)
        self._experience.recall(
            workspace.journal.steps_since(environment, workspace.clock.now() - WINDOW_S)
        )
        self._meter = Meter(
            ingress=workspace.ingress, journal=workspace.journal, clock=workspace.clock
        )
        self._health = HealthWatch(workspace, environment)
        self._told = ("", "")
        self._unreachable = False
        self._suspension: Suspension | None = None
        self._brake_s = 0.0
        self.brake = ""
        """Why a repair waits now; empty when none does."""

    def wake(self) -> None:
        """Look soon."""
        self._wake.set()

    def stop(self) -> None:
        """End `run` soon; a sync under way is ended safely."""
        self._stopping = True
        self._wake.set()

    def send(self, errand: Errand) -> None:
        """Do *errand* next; until then, whoever asked is told of what goes before."""
        self._asked.append(errand)
        self._errands.put(errand)
        if errand.last:
            self._stopping = True
        self._wake.set()

    def run(self) -> None:
        """Look, reconcile, wait; until `stop`."""
        while not self._turn.acquire(timeout=TURN_S):
            if self._stopping and self._errands.empty():
                return
        try:
            self._run()
        finally:
            self._turn.release()

    def _run(self) -> None:
        while not self._stopping:
            self._wake.clear()
            pause_s = self._cycle()
            if not self._stopping:
                self._wake.wait(max(pause_s, SHORTEST_PAUSE_S))
        self._run_errands()

    def _cycle(self) -> float:
        try:
            self._run_errands()
            if self._is_suspended():
                return SUSPENDED_LOOK_S
            self._reconcile()
        except EngineUnreachableError as error:
            self._lost_engine(error)
            return self._experience.fail()
        except SandboxError as error:
            self._tell_once(EventKind.INVALID, error)
            return self._experience.fail() if isinstance(error, EngineError) else LOOK_S
        except Exception as bug:  # noqa: BLE001 - a bug in one look must not end the loop
            self._tell_once(EventKind.HELD, SandboxError(f"{type(bug).__name__}: {bug}"))
            return self._experience.fail()
        return self._pause_s()

    def _is_suspended(self) -> bool:
        """Look for a suspension, and tell of one that ended by the clock alone."""
        before, self._suspension = (
            self._suspension,
            active_suspension(self._workspace, self.environment),
        )
        if before and not self._suspension and is_over(self._workspace, before):
            self._tell(EventKind.RESUMED, "reconciled again: the time of its suspension is over")
        return self._suspension is not None

    def _reconcile(self) -> None:
        seen = look(self._workspace, self.environment, self._policy())
        if not seen.plan.steps:
            self.brake = ""
        self._found_engine()
        trigger = self._trigger(seen)
        if trigger is None:
            self._edge.saw(seen.observed)
            self._meter.look(seen.observed)
            self._watch_health(seen)
            return
        if self._is_suspended():  # while it looked
            return
        if trigger in CHANGES:
            self._experience.begin_change()
            self._health.forget({step.service_name for step in seen.plan.steps})
        self._attempted = seen.desired.revision
        self._tell_begin(seen, trigger)
        self._carry_out(seen, self._request(seen, trigger))

    def _carry_out(self, seen: Look, request: SyncRequest) -> SyncRecord:
        self._edge.make_room(seen.desired)
        record = carry_out(self._workspace, request, seen)
        self._edge.wake()
        self._learn(seen, request.trigger, record)
        return record

    def _trigger(self, seen: Look) -> Trigger | None:
        """Why to act on what was seen now; ``None`` when there is no reason or no leave to."""
        sync = seen.desired.settings.sync
        if seen.desired.revision != self._attempted:
            if seen.quarantine is not None:
                return Trigger.ROLLBACK
            return Trigger.COMMIT if sync.auto else None
        if not seen.plan.steps or self._experience.wait_s():
            return None
        if self._is_braked(seen):
            return None
        if self._experience.failures:
            return Trigger.RETRY
        return Trigger.DRIFT if sync.self_heal else None

    def _is_braked(self, seen: Look) -> bool:
        """Look whether the drift came back after repairs, and tell of it once each time."""
        before = self.brake
        self._brake_s, reason = self._experience.brake(seen.plan)
        self.brake = reason if self._brake_s else ""
        if self.brake and self.brake != before:
            self._tell(EventKind.DEGRADED, self.brake, seen.desired.revision)
        return bool(self.brake)

    def _request(self, seen: Look, trigger: Trigger) -> SyncRequest:
        return SyncRequest(
            environment=self.environment,
            trigger=trigger,
            policy=self._policy(),
            emit=self._emit,
            stop=lambda: self._stopping or self._is_superseded(seen.desired),
            meter=self._meter,
        )

    def _is_superseded(self, desired: DesiredState) -> bool:
        """A newer commit asks for something else; one that is of no use supersedes nothing."""
        branch, commit = desired.settings.track, desired.revision
        if not self._heads.moved(branch, commit):
            return False
        try:
            newer = load_wanted(self._workspace, self.environment).desired
        except SandboxError:
            return False
        return replace(newer, revision=commit) != desired

    def _learn(self, seen: Look, trigger: Trigger, record: SyncRecord) -> None:
        """Remember what bears on the next look, and look soon if this was not the end of it."""
        self._told = ("", "")
        self._experience.learn(seen.plan, trigger, record)
        self._health.learn(seen.plan, record)
        if record.outcome is Outcome.ABORTED:
            self._attempted = ""
        if record.outcome is Outcome.ABORTED or record.outcome in FAILURES:
            self._wake.set()
        if trigger is Trigger.DRIFT and seen.quarantine is None:
            self._give_up_crashing(seen)

    def _give_up_crashing(self, seen: Look) -> None:
        """Go back from a new revision whose containers end by themselves, again and again."""
        self._give_up(seen, self._experience.crash_loop(seen))

    def _watch_health(self, seen: Look) -> None:
        """Tell how what runs does, and give a revision up as soon as its file says so."""
        for event in self._health.look(seen):
            self._emit(event)
        if seen.quarantine is None and seen.desired.settings.rollout.rollback:
            self._give_up(seen, self._health.beyond_cure())

    def _give_up(self, seen: Look, reason: str) -> None:
        quarantine = put_into_quarantine(self._workspace, seen.desired, reason) if reason else None
        if quarantine is not None:
            self._emit(quarantined(quarantine))
            self._wake.set()

    def _policy(self) -> SyncPolicy:
        return self._health.policy(self._experience.policy(self._workspace.policy))

    def _pause_s(self) -> float:
        waits = [LOOK_S, *self._policy().backing_off.values()]
        waits += [self._brake_s] if self.brake else []
        # What failed and came right by itself waits for nothing any more.
        retry_s = self._experience.wait_s()
        return min([*waits, retry_s] if retry_s else waits)

    def _run_errands(self) -> None:
        while not self._errands.empty():
            errand = self._errands.get()
            result: SyncRecord | SandboxError
            try:
                result = self._run_errand(errand)
            except SandboxError as error:
                result = error
            except Exception as bug:  # noqa: BLE001 - whoever waits for the answer must get one
                result = SandboxError(f"{type(bug).__name__}: {bug}")
            self._asked.remove(errand)
            errand.answer.put(result)

    def _run_errand(self, errand: Errand) -> SyncRecord:
        if errand.last:
            with self._edge.without(self.environment):
                return take_down(
                    self._workspace, self.environment, volumes=errand.volumes, emit=self._emit
                )
        self._experience.forget()
        self._workspace.journal.release_quarantine(self.environment)
        policy = replace(self._policy(), retry_jobs=True, rerun_gates=errand.rerun)
        seen = look(self._workspace, self.environment, policy)
        self._attempted = seen.desired.revision
        request = replace(self._request(seen, Trigger.PERSON), policy=policy)
        return self._carry_out(seen, request)

    def _emit(self, event: Event) -> None:
        """Tell the controller, and everyone who waits for an errand."""
        self._tell_controller(event)
        for errand in tuple(self._asked):
            errand.emit(event)

    def _tell_begin(self, seen: Look, trigger: Trigger) -> None:
        steps = seen.plan.steps
        if trigger is Trigger.COMMIT:
            commit = self._workspace.repository.commit_info(seen.desired.revision)
            self._tell(EventKind.SEEN, f"{commit.id[:7]} {commit.subject}", commit.id)
        elif trigger is Trigger.DRIFT and steps:
            # What the ingress has to be told mostly follows from what happened to somebody else.
            first = next((step for step in steps if step.service_name != INGRESS), steps[0])
            reason = f"{first.target}: {first.reason}"
            self._tell(EventKind.DRIFT, reason, seen.desired.revision)

    def _tell_once(self, kind: EventKind, error: SandboxError) -> None:
        """Tell of what stays wrong once; of a new commit that is wrong in the same way again."""
        revision = attempted_commit(self._workspace.repository, self.environment)
        if (revision, error.message) != self._told:
            self._told = (revision, error.message)
            self._tell(kind, one_line(error), revision)

    def _lost_engine(self, error: EngineUnreachableError) -> None:
        if not self._unreachable:
            self._unreachable = True
            self._tell(EventKind.UNREACHABLE, error.message)

    def _found_engine(self) -> None:
        if self._unreachable:
            self._unreachable = False
            self._experience.failures = 0
            self._tell(EventKind.RECOVERED, "the engine answers again")

    def _tell(self, kind: EventKind, message: str, revision: str = "") -> None:
        self._emit(
            Event(
                at=self._workspace.clock.now(),
                environment=self.environment,
                kind=kind,
                message=message,
                revision=revision,
            )
        )
