"""
What one stage of a pipeline does: the same planner and executor as a sync, asked once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, assert_never

from sandbox.delivery.pipeline import untested_images
from sandbox.delivery.proof import gate_inputs
from sandbox.delivery.stage_plan import gate_plan, image_plan
from sandbox.errors import CancelledError, EngineError, GateError, HeldError, StartFailedError
from sandbox.model.action import BuildImage, RunGate
from sandbox.model.gate import GatePhase, GateVerdict
from sandbox.model.pipeline import Stage, StageKind
from sandbox.model.record import Outcome, Trigger
from sandbox.planning.plan import plan_sync
from sandbox.runtime.desired import load_unpinned
from sandbox.runtime.edge import Edge
from sandbox.runtime.executor import Execution
from sandbox.runtime.meter import Meter
from sandbox.runtime.sync import SyncRequest, carry_out, look
from sandbox.runtime.under_way import under_way
from sandbox.runtime.wanted import policy_of
from sandbox.words import count

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sandbox.model.desired import DesiredState
    from sandbox.model.event import Event
    from sandbox.model.plan import Plan, SyncPolicy
    from sandbox.model.record import SyncRecord
    from sandbox.runtime.sync import Look
    from sandbox.runtime.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class StageWork:
    """
    Performs stages for one revision; whoever asks holds the lock.

    Attributes:
        emit: Told what happens.
        stop: When it says so, a stage ends early and safely.
    """

    workspace: Workspace
    revision: str
    emit: Callable[[Event], None]
    stop: Callable[[], bool]

    def perform(self, stage: Stage, deployed: Sequence[str]) -> str:
        """
        Perform *stage*, which is no `StageKind.APPROVE`.

        Args:
            stage: Of the pipeline.
            deployed: Environments that earlier stages brought to the revision.

        Returns:
            What there is to know although all is well; may be empty.

        Raises:
            SandboxError: Why it did not succeed.
        """
        match stage.kind:
            case StageKind.BUILD:
                return _built([self._build(name) for name in stage.environments])
            case StageKind.TEST:
                return self._gates(stage.environments[0], GatePhase.BEFORE)
            case StageKind.VERIFY:
                return self._gates(stage.environments[0], GatePhase.AFTER)
            case StageKind.DEPLOY:
                return self._deploy(self._desired(stage.environments[0]))
            case StageKind.RELEASE:
                return self._release(self._desired(stage.environments[0]), deployed)
            case StageKind.APPROVE:
                raise AssertionError("a person approves, not a program")
            case _:
                assert_never(stage.kind)

    def _desired(self, environment: str) -> DesiredState:
        return load_unpinned(self.workspace.repository, environment, self.revision)

    def _build(self, environment: str) -> int:
        seen = self._look(self._desired(environment))
        plan = image_plan(seen.plan)
        self._walk(seen, plan)
        return sum(isinstance(step.action, BuildImage) for step in plan.steps)

    def _gates(self, environment: str, phase: GatePhase) -> str:
        desired = self._desired(environment)
        policy = self._policy(desired)
        seen = self._look(desired)
        inputs = gate_inputs(desired, seen.observed.owner)
        plan = gate_plan(seen.plan, desired, phase, inputs, policy.gates)
        try:
            self._walk(seen, plan)
        except GateError as error:
            remedy = "deliver a commit that passes it, or run it again with --resume"
            raise GateError(error.message, remedy=remedy, log=error.log) from None
        ran = [step.action.gate for step in plan.steps if isinstance(step.action, RunGate)]
        known = [
            each.name
            for each in desired.gates
            if each.gate and each.gate.phase is phase and each.name not in ran
        ]
        parts = [f"passed: {', '.join(ran)}"] if ran else []
        parts += [f"passed before for the same inputs: {', '.join(known)}"] if known else []
        return "; ".join(parts)

    def _policy(self, desired: DesiredState) -> SyncPolicy:
        """What a plan may do; a gate that failed is run again, for a person asked."""
        policy = policy_of(
            self.workspace, desired, None, replace(self.workspace.policy, retry_jobs=True)
        )
        passed = {
            inputs: verdict
            for inputs, verdict in policy.gates.items()
            if verdict is GateVerdict.PASSED
        }
        return replace(policy, gates=passed)

    def _look(self, desired: DesiredState) -> Look:
        policy = self._policy(desired)
        seen = look(self.workspace, desired.environment, policy, pushed=desired)
        # A look of the loop holds what a gate said no to before; here it is asked again.
        return replace(seen, plan=plan_sync(desired, seen.observed, policy))

    def _walk(self, seen: Look, plan: Plan) -> None:
        """Execute *plan*, a part of that of *seen*."""
        with under_way(self.workspace, plan, self.emit) as emit:
            results = Execution(
                workspace=self.workspace, plan=plan, judge=seen.judge, emit=emit, stop=self.stop
            ).run()
        errors = [result.error for result in results if result.error is not None]
        for error in errors:
            if not isinstance(error, CancelledError):
                raise error
        if errors or len(results) < len(plan.steps):
            raise CancelledError("ended by a person")

    def _release(self, desired: DesiredState, deployed: Sequence[str]) -> str:
        untested = untested_images(desired, [self._desired(name) for name in deployed])
        if untested:
            message = f"{desired.environment} would run what no stage deployed before: "
            raise HeldError(
                message + ", ".join(untested),
                remedy="build it from the same source, arguments and target everywhere",
            )
        unbuilt = [
            step.target
            for step in self._look(desired).plan.steps
            if isinstance(step.action, BuildImage)
        ]
        if unbuilt:
            message = f"what was tested is not on this machine any more: {', '.join(unbuilt)}"
            raise HeldError(message, remedy=f"begin anew: sandbox pipeline run {self.revision[:7]}")
        return self._deploy(desired)

    def _deploy(self, desired: DesiredState) -> str:
        # Gates are stages of their own here.
        pushed = replace(desired, gates=())
        workspace = self.workspace
        request = SyncRequest(
            environment=desired.environment,
            trigger=Trigger.PIPELINE,
            policy=self._policy(desired),
            emit=self.emit,
            stop=self.stop,
            meter=Meter(
                ingress=workspace.ingress, journal=workspace.journal, clock=workspace.clock
            ),
            pushed=pushed,
        )
        edge = Edge(workspace, self.emit)
        edge.make_room(pushed)
        record = carry_out(workspace, request, self._look(pushed))
        edge.refresh()
        _require_success(record)
        return "" if record.steps else "nothing to do"


def _require_success(record: SyncRecord) -> None:
    """Raise why a sync did not succeed."""
    name, message = record.environment, record.message or record.outcome.value
    match record.outcome:
        case Outcome.SUCCEEDED:
            return
        case Outcome.ABORTED:
            raise CancelledError("ended by a person")
        case Outcome.ERRORED:
            raise EngineError(f"{name}: {message}", temporary=True)
        case _:
            raise StartFailedError(
                f"{name}: {message}",
                remedy="a pipeline does not roll back: commit a fix, then: sandbox pipeline run",
                log=record.log,
            )


def _built(counts: Sequence[int]) -> str:
    total = sum(counts)
    if not total:
        return "every image is there already"
    return f"{count(total, 'image')} built"
