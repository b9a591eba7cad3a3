"""Which steps of a plan belong to a stage that only builds, or only runs gates."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from sandbox.errors import HeldError
from sandbox.model.action import (
    AwaitContainer,
    BuildImage,
    CreateNetwork,
    CreateVolume,
    PullImage,
    RunGate,
    WatchContainer,
)
from sandbox.model.gate import GateVerdict

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sandbox.model.desired import DesiredState
    from sandbox.model.gate import GatePhase
    from sandbox.model.plan import Plan, Step

_HARMLESS: Final = (
    *(AwaitContainer, WatchContainer),
    *(BuildImage, CreateNetwork, CreateVolume, PullImage),
)
"""What may go before a gate without changing what runs."""


def image_plan(plan: Plan) -> Plan:
    """Keep the steps of *plan* that make images, and what they wait for."""
    return _only(plan, lambda step: isinstance(step.action, BuildImage | PullImage))


def gate_plan(
    plan: Plan,
    desired: DesiredState,
    phase: GatePhase,
    inputs: Mapping[str, str],
    passed: Mapping[str, GateVerdict],
) -> Plan:
    """
    Keep the gates of *phase* in *plan*, and what they wait for.

    Args:
        inputs: As in `GateResult`, by gate.
        passed: How gates with these inputs ended; one that passed is not in *plan*.

    Raises:
        HeldError: No gate is declared, one can neither be run nor has passed, or what runs is not
            what *plan* wants, so that a gate would judge something else.
    """
    declared = [each.name for each in desired.gates if each.gate and each.gate.phase is phase]
    if not declared:
        message = f"{desired.environment} has no gate that runs {phase.value} a sync"
        remedy = f"declare one (x-sandbox: {{gate: {phase.value}}}), or remove the stage"
        raise HeldError(message, remedy=remedy)
    found = _only(
        plan, lambda step: isinstance(step.action, RunGate) and step.action.phase is phase
    )
    _refuse_unproven(found, declared, inputs, passed)
    for step in found.steps:
        if not isinstance(step.action, (*_HARMLESS, RunGate)):
            message = (
                f"{desired.environment} is not what was deployed: {step.target}: {step.reason}"
            )
            raise HeldError(message, remedy="deploy again: sandbox pipeline run")
    return found


def _refuse_unproven(
    plan: Plan,
    declared: list[str],
    inputs: Mapping[str, str],
    passed: Mapping[str, GateVerdict],
) -> None:
    planned = {step.action.gate for step in plan.steps if isinstance(step.action, RunGate)}
    proven = {gate for gate in declared if passed.get(inputs[gate]) is GateVerdict.PASSED}
    for gate in declared:
        if gate not in planned | proven:
            reasons = [
                hold.message for hold in plan.holds if gate in {hold.service_name, hold.target}
            ]
            reasons = reasons or [hold.message for hold in plan.holds]
            raise HeldError(f"gate {gate} cannot be run: {'; '.join(reasons) or 'it is held'}")


def _only(plan: Plan, wanted: Callable[[Step], bool]) -> Plan:
    """Keep the steps that are *wanted* and all that those wait for, in their order."""
    known = {step.id: step for step in plan.steps}
    kept: set[str] = set()
    left = [step.id for step in plan.steps if wanted(step)]
    while left:
        step_id = left.pop()
        if step_id not in kept and step_id in known:
            kept.add(step_id)
            left += (*known[step_id].depends_on, *known[step_id].after)
    return replace(plan, steps=tuple(step for step in plan.steps if step.id in kept))
