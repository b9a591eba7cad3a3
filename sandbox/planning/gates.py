"""
Checks of a revision: what each of them sees, which have to run, and what waits for them.

One that runs *before* comes ahead of every step that touches a container or moves a request; only
what such a step needs anyway, images and what is attached to, is made before it. One that runs
*after* follows all that brings the revision up. Not passed means: nothing follows.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from sandbox.model.action import (
    BuildImage,
    CreateNetwork,
    CreateVolume,
    FillVolume,
    PullImage,
    RemoveContainer,
    RemoveNetwork,
    RemoveVolume,
    RunGate,
)
from sandbox.model.gate import GatePhase, GateVerdict
from sandbox.model.plan import Hold, HoldReason, Step
from sandbox.planning.rerun import fix_or_rerun
from sandbox.planning.settle import hold_start
from sandbox.planning.slot import Need, Slot
from sandbox.planning.spec import container_spec

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sandbox.model.action import ContainerSpec
    from sandbox.model.desired import DesiredState
    from sandbox.model.gate import Gate
    from sandbox.model.observed import Owner
    from sandbox.planning.slot import Scene

_MADE: Final = (BuildImage, PullImage, CreateNetwork, CreateVolume, FillVolume)
_REMOVALS: Final = (RemoveContainer, RemoveNetwork, RemoveVolume)
_REASONS: Final = {
    GatePhase.BEFORE: "it has to pass before anything changes",
    GatePhase.AFTER: "it has to pass against the new containers",
}


def gate_inputs(desired: DesiredState, owner: Owner) -> Mapping[str, str]:
    """
    Digest by gate of everything that it can see; equal ones need no second run.

    A gate that runs before sees itself; one that runs after sees all services besides.

    Args:
        desired: As committed: what follows from the state of a machine, such as the ingress and
            its ports, is nothing that a commit is judged by.
        owner: Whose environment it is.
    """
    if not desired.gates:
        return {}
    services = {
        service.name: container_spec(owner, desired, service, 1).spec_hash
        for service in desired.services
    }
    inputs: dict[str, str] = {}
    for service in desired.gates:
        assert service.gate, "a gate says when it runs"
        seen = {
            "gate": service.name,
            "phase": service.gate.phase,
            "deadline_s": service.gate.deadline_s,
            "spec": container_spec(owner, desired, service, 1).spec_hash,
            "services": services if service.gate.phase is GatePhase.AFTER else {},
        }
        text = json.dumps(seen, sort_keys=True)
        inputs[service.name] = hashlib.sha256(text.encode("ascii")).hexdigest()
    return inputs


@dataclass(frozen=True, slots=True, kw_only=True)
class Gates:
    """
    The gates that a plan has something to say about.

    Attributes:
        before, after: A step for each one that has to run, without what it waits for.
        holds: Why one has to and cannot, or failed and is not run again.
        closed: Nothing may change, for one of those was to run before.
    """

    before: tuple[Step, ...] = ()
    after: tuple[Step, ...] = ()
    holds: tuple[Hold, ...] = ()
    closed: bool = False

    @property
    def specs(self) -> tuple[ContainerSpec, ...]:
        """
        What their containers are created from.
        """
        found = (step.action for step in (*self.before, *self.after))
        return tuple(action.spec for action in found if isinstance(action, RunGate))


def gate_target(gate: str) -> str:
    """
    What people call a gate.
    """
    return f"gate {gate}"


def judge_gates(scene: Scene) -> Gates:
    """
    Say which gates have to run: those that have not passed for what the commit says.

    On the way back none has to: what is gone back to went well.
    """
    if scene.policy.rollback:
        return Gates()
    inputs = gate_inputs(scene.committed, scene.observed.owner)
    steps: dict[GatePhase, list[Step]] = {phase: [] for phase in GatePhase}
    holds: list[Hold] = []
    closed = False
    for service in scene.committed.gates:
        verdict = None if scene.policy.rerun_gates else scene.policy.gates.get(inputs[service.name])
        if service.gate is None or verdict is GateVerdict.PASSED:
            continue
        spec = container_spec(scene.observed.owner, scene.desired, service, 1)
        hold = _failed(scene, spec) if verdict else _cannot_start(scene, spec)
        if hold:
            holds.append(hold)
            closed = closed or service.gate.phase is GatePhase.BEFORE
        else:
            steps[service.gate.phase].append(_step(spec, service.gate, inputs[service.name]))
    return Gates(
        before=tuple(steps[GatePhase.BEFORE]),
        after=tuple(steps[GatePhase.AFTER]),
        holds=tuple(holds),
        closed=closed,
    )


def with_gates(
    gates: Gates, steps: Sequence[Step], holds: Sequence[Hold]
) -> tuple[list[Step], list[Hold]]:
    """
    Put *gates* where they belong between the *steps* of a plan, and its *holds*.
    """
    if gates.closed:
        return [], [*holds, *gates.holds]
    made = _made(gates, steps)
    before = [replace(step, depends_on=tuple(sorted(made))) for step in gates.before]
    opened = {step.id for step in before}
    behind = [
        step if step.id in made else replace(step, depends_on=_sorted(opened, step.depends_on))
        for step in steps
    ]
    blocking = next((hold for hold in holds if hold.service_name), None)
    if blocking:
        waiting = [_waiting(step, blocking) for step in gates.after]
        return [*before, *behind], [*holds, *gates.holds, *waiting]
    up = {step.id for step in (*before, *behind) if not isinstance(step.action, _REMOVALS)}
    after = [replace(step, depends_on=_sorted(up)) for step in gates.after]
    return [*before, *behind, *after], [*holds, *gates.holds]


def _made(gates: Gates, steps: Sequence[Step]) -> set[str]:
    """
    Ids of the steps that make what a gate needs, and wait for nothing else.

    New files for a volume that containers write to are seen by what runs: only a gate that mounts
    it has them made before it.
    """
    actions = (step.action for step in gates.before)
    specs = (action.spec for action in actions if isinstance(action, RunGate))
    mounted = {name for spec in specs for name in spec.volume_names.values()}
    makers = [
        step
        for step in steps
        if isinstance(step.action, _MADE)
        and not (
            isinstance(step.action, FillVolume)
            and step.action.renews
            and step.action.name not in mounted
        )
    ]
    made = {step.id for step in makers if not step.depends_on}
    return made | {step.id for step in makers if made.issuperset(step.depends_on)}


def _step(spec: ContainerSpec, gate: Gate, inputs: str) -> Step:
    target = gate_target(spec.service.name)
    return Step(
        id=target,
        action=RunGate(
            spec=spec,
            gate=spec.service.name,
            phase=gate.phase,
            deadline_s=gate.deadline_s,
            inputs=inputs,
        ),
        target=target,
        reason=_REASONS[gate.phase],
        service_name=spec.service.name,
    )


def _failed(scene: Scene, spec: ContainerSpec) -> Hold:
    name = spec.service.name
    return Hold(
        target=gate_target(name),
        reason=HoldReason.GATE_FAILED,
        message="it failed for what is committed, and is not run again by itself; "
        + fix_or_rerun(scene.desired.environment),
        service_name=name,
    )


def _cannot_start(scene: Scene, spec: ContainerSpec) -> Hold | None:
    service = spec.service
    slot = Slot(service=service, replica=1, spec=spec, job=True, need=Need.CREATE)
    hold = hold_start(scene, slot)
    return replace(hold, target=gate_target(service.name)) if hold else None


def _waiting(step: Step, blocking: Hold) -> Hold:
    return Hold(
        target=step.target,
        reason=HoldReason.DEPENDENCY_HELD,
        message=f"waits for {blocking.target}, which is held",
        service_name=step.service_name,
    )


def _sorted(*ids: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({each for some in ids for each in some}))
