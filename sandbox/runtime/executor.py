"""
Walk the steps of a plan, several at once where they do not wait for each other.

Decides nothing: which step follows which is in the plan. Writes intent before each step, and its
outcome after it.
"""

from __future__ import annotations

import queue
import threading
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from sandbox.errors import CancelledError, ImplausibleError, SandboxError
from sandbox.model.action import AnalyseTraffic
from sandbox.model.event import Event, EventKind
from sandbox.model.ingress import IngressConfig
from sandbox.model.record import Outcome, StepRecord
from sandbox.runtime.perform import Performer
from sandbox.runtime.traffic import Traffic

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sandbox.model.plan import Plan, Step
    from sandbox.model.verdict import Verdict
    from sandbox.planning.admission import Judge
    from sandbox.runtime.workspace import Workspace

STEPS_AT_ONCE = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class StepResult:
    """
    How one step ended.

    Attributes:
        began_at: Seconds since the epoch.
        error: ``None`` when it went well.
        verdict: Of a step that analysed traffic, its last one.
    """

    step: Step
    began_at: float
    seconds: float
    error: SandboxError | None = None
    verdict: Verdict | None = None


@dataclass(slots=True, kw_only=True)
class Execution:
    """
    One walk over one plan.

    Attributes:
        judge: Asked before each step, whatever the plan says.
        emit: Told about each step as it begins and ends.
        stop: When it says so, nothing new begins, and what only waits is ended.
    """

    workspace: Workspace
    plan: Plan
    judge: Judge
    emit: Callable[[Event], None]
    stop: Callable[[], bool]
    results: dict[str, StepResult] = field(default_factory=dict[str, StepResult])

    def run(self) -> tuple[StepResult, ...]:
        """Execute all steps that can be; give those that were, in the order in which they ended."""
        performer = Performer(
            workspace=self.workspace,
            plan=self.plan,
            judge=self.judge,
            emit=self.emit,
            stop=self.stop,
            traffic=Traffic(
                workspace=self.workspace,
                stop=self.stop,
                config=self.plan.ingress or IngressConfig(),
            ),
        )
        ended: queue.SimpleQueue[StepResult] = queue.SimpleQueue()
        waiting = {step.id: step for step in self.plan.steps}
        running = 0
        while True:
            for step in self._next_steps(waiting, STEPS_AT_ONCE - running):
                del waiting[step.id]
                running += 1
                self._begin(step, performer, ended)
            if not running:
                return tuple(self.results.values())
            result = ended.get()
            running -= 1
            self.results[result.step.id] = result

    def _next_steps(self, waiting: dict[str, Step], room: int) -> list[Step]:
        if self.stop() or self._is_plan_of_a_lie():
            return []
        return [step for step in waiting.values() if self._may_begin(step, waiting)][:room]

    def _is_plan_of_a_lie(self) -> bool:
        """Tell whether the engine contradicted what the plan was made from."""
        return any(isinstance(each.error, ImplausibleError) for each in self.results.values())

    def _may_begin(self, step: Step, waiting: dict[str, Step]) -> bool:
        return all(self._ended_well(step_id) for step_id in step.depends_on) and all(
            step_id in self.results or self._never_begins(step_id, waiting)
            for step_id in step.after
        )

    def _ended_well(self, step_id: str) -> bool:
        result = self.results.get(step_id)
        return result is not None and result.error is None

    def _never_begins(self, step_id: str, waiting: dict[str, Step]) -> bool:
        step = waiting.get(step_id)
        return step is not None and any(
            self._never_begins(before, waiting)
            or (before in self.results and not self._ended_well(before))
            for before in step.depends_on
        )

    def _begin(
        self, step: Step, performer: Performer, ended: queue.SimpleQueue[StepResult]
    ) -> None:
        # Daemon threads: a controller that must end does not wait for a slow engine call.
        threading.Thread(
            target=lambda: ended.put(self._walk(step, performer)), name=step.id, daemon=True
        ).start()

    def _walk(self, step: Step, performer: Performer) -> StepResult:
        clock = self.workspace.clock
        began_at = clock.now()
        number = self.workspace.journal.begin_step(self.plan.environment, step.id, began_at)
        self._tell(step, EventKind.STEP_BEGAN, step.reason)
        began = clock.monotonic()
        error: SandboxError | None = None
        try:
            replace(performer, step_id=step.id).perform(step)
        except SandboxError as failure:
            error = failure
        except Exception as bug:  # noqa: BLE001 - a bug in one step must end that step, not hang the walk
            error = SandboxError(f"{step.id}: {type(bug).__name__}: {bug}")
        seconds = clock.monotonic() - began
        self.workspace.journal.end_step(number, _outcome(error), clock.now())
        kind = EventKind.STEP_FAILED if error else EventKind.STEP_ENDED
        self._tell(step, kind, error.message if error else step.reason, seconds)
        analysed = isinstance(step.action, AnalyseTraffic)
        verdict = performer.traffic.verdicts.get(step.service_name) if analysed else None
        return StepResult(
            step=step, began_at=began_at, seconds=seconds, error=error, verdict=verdict
        )

    def _tell(
        self, step: Step, kind: EventKind, message: str, seconds: float | None = None
    ) -> None:
        self.emit(
            Event(
                at=self.workspace.clock.now(),
                environment=self.plan.environment,
                kind=kind,
                message=message,
                revision=self.plan.revision,
                service_name=step.service_name,
                step_id=step.id,
                seconds=seconds,
            )
        )


def step_records(results: Sequence[StepResult]) -> tuple[StepRecord, ...]:
    """Give what the journal keeps of *results*."""
    return tuple(
        StepRecord(
            step_id=result.step.id,
            reason=result.step.reason,
            outcome=_outcome(result.error),
            seconds=result.seconds,
            message=result.error.message if result.error else "",
            began_at=result.began_at,
            changes=result.step.changes,
            verdict=result.verdict,
        )
        for result in results
    )


def _outcome(error: SandboxError | None) -> Outcome:
    if error is None:
        return Outcome.SUCCEEDED
    return Outcome.ABORTED if isinstance(error, CancelledError) else Outcome.FAILED
