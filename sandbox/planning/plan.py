"""
The whole story: from what the commit says and what the engine said to what to do about it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from sandbox.model.action import (
    AnalyseTraffic,
    AwaitContainer,
    ConfigureIngress,
    DrainContainer,
    Pause,
    ShiftTraffic,
    StartContainer,
    StopContainer,
    WatchContainer,
)
from sandbox.model.plan import HoldReason, Plan
from sandbox.planning.admission import (
    admitted_networks,
    admitted_volumes,
    judge_of,
    waiver_file_holds,
)
from sandbox.planning.diff import job_names, leftovers, present_containers
from sandbox.planning.farewell import emptying_steps, with_farewells
from sandbox.planning.gates import Gates, judge_gates, with_gates
from sandbox.planning.images import image_step_ids, image_steps
from sandbox.planning.ingress_service import with_ingress
from sandbox.planning.labels import SERVICE
from sandbox.planning.order import sort_steps
from sandbox.planning.place_volumes import keep_steps, keep_waits
from sandbox.planning.plan_containers import slot_steps
from sandbox.planning.plan_contents import (
    carrier_names,
    fill_step_ids,
    fill_steps,
    settle_steps,
    stale_steps,
)
from sandbox.planning.plan_networks import (
    absent_networks,
    judge_networks,
    network_steps,
    renewed_names,
    undeclared_networks,
)
from sandbox.planning.plan_prune import (
    detaching_steps,
    orphan_holds,
    prune_networks,
    prune_steps,
)
from sandbox.planning.plan_repairs import aside_steps, name_blockers, rename_holds
from sandbox.planning.plan_traffic import after_creates, configure_steps, with_courses
from sandbox.planning.plan_volumes import VolumeVerdict, judge_volumes, volume_steps
from sandbox.planning.routes import routes
from sandbox.planning.settle import held_leftovers, kept_orphans, may_prune, service_holds, settle
from sandbox.planning.slot import Scene
from sandbox.planning.subnet_claims import hand_over_subnets
from sandbox.planning.traffic import meant_traffic
from sandbox.planning.wire import container_labels_by_id, wire

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sandbox.model.desired import DesiredState
    from sandbox.model.observed import ObservedContainer, ObservedState
    from sandbox.model.plan import Hold, Step, SyncPolicy
    from sandbox.planning.admission import Judge
    from sandbox.planning.plan_networks import NetworkVerdict
    from sandbox.planning.slot import Slot
    from sandbox.planning.traffic import Traffic

_WAITS: Final = (AnalyseTraffic, AwaitContainer, DrainContainer, Pause, WatchContainer)
_PASSING: Final = (HoldReason.BACK_OFF, HoldReason.DEPENDENCY_HELD)
_OF_A_ROLLOUT: Final = (*_WAITS, ConfigureIngress, ShiftTraffic, StartContainer, StopContainer)


def plan_sync(desired: DesiredState, observed: ObservedState, policy: SyncPolicy) -> Plan:
    """
    Compute the steps that turn *observed* into *desired*.

    Total and deterministic: equal arguments give equal plans, step ids included. An empty *desired*
    that does not allow itself to be empty gives an empty plan.

    Args:
        desired: One environment at one revision, as committed.
        observed: One snapshot of the same environment; may be stale.
        policy: What may be removed, and what has to wait.

    Returns:
        Steps in an order that respects their waits, and what is held back. See `is_in_sync`.

    Source:
        Compose Specification, "depends_on".
    """
    plan = Plan(environment=desired.environment, revision=desired.revision, release=desired.release)
    if not desired.services and not desired.settings.sync.allow_empty:
        return plan
    judge = judge_of(desired, observed, policy)
    networks = hand_over_subnets(
        admitted_networks(judge, judge_networks(judge.desired, observed, policy)),
        observed,
        prune=policy.prune and desired.settings.sync.prune,
    )
    volumes = admitted_volumes(judge, judge_volumes(desired, observed))
    scene, slots, networks = settle(_scene(judge, observed, policy, networks, volumes), networks)
    traffic = meant_traffic(
        desired,
        observed,
        rollback=policy.rollback,
        subnets={each.name: (each.subnet,) for each in networks if each.subnet and not each.hold},
    )
    gates = judge_gates(scene)
    steps, holds = _steps(scene, slots, networks, volumes, traffic, gates=gates)
    if any(hold.reason is HoldReason.IMAGE_BROKEN for hold in (*holds, *gates.holds)):
        steps = _without_stops(steps)
    steps, holds = with_gates(gates, steps, holds)
    return replace(
        plan,
        steps=sort_steps(steps),
        holds=tuple(sorted(holds, key=lambda hold: (hold.target, hold.reason, hold.message))),
        ingress=traffic.config if scene.routed else None,
    )


def is_in_sync(plan: Plan) -> bool:
    """
    Tell whether nothing differs; to wait for what already runs is no difference.
    """
    return not plan.holds and not differences(plan)


def lasting_holds(plan: Plan) -> tuple[Hold, ...]:
    """
    Holds that no waiting ends: somebody has to act. What only follows from others is left out.
    """
    return tuple(hold for hold in plan.holds if hold.reason not in _PASSING)


def differences(plan: Plan) -> tuple[Step, ...]:
    """
    The steps that change something.
    """
    return tuple(step for step in plan.steps if not isinstance(step.action, _WAITS))


def _without_stops(steps: Sequence[Step]) -> list[Step]:
    """
    Leave out every stop, and what waits for one: stops wait for all images, one cannot be had.

    Where something would be stopped, nothing is started beside it, and the requests stay.
    """
    stopped = {step.service_name for step in steps if isinstance(step.action, StopContainer)}
    out = {
        step.id
        for step in steps
        if isinstance(step.action, _OF_A_ROLLOUT) and step.service_name in stopped
    }
    while more := {step.id for step in steps if step.id not in out and out & {*step.depends_on}}:
        out |= more
    return [
        replace(step, after=tuple(each for each in step.after if each not in out))
        for step in steps
        if step.id not in out
    ]


def _scene(
    judge: Judge,
    observed: ObservedState,
    policy: SyncPolicy,
    networks: Sequence[NetworkVerdict],
    volumes: Sequence[VolumeVerdict],
) -> Scene:
    committed = judge.committed
    absent = absent_networks(networks)
    absent |= {f"volume {each.name}": each.absence for each in volumes if each.absence}
    return Scene(
        desired=with_ingress(
            committed,
            observed,
            denied=[each for each in judge.published if judge.of_port(each)],
            absent=[each.network.key for each in networks if each.absence],
        ),
        committed=committed,
        observed=observed,
        policy=policy,
        jobs=job_names(committed),
        renewed=renewed_names(networks),
        absent=absent,
        routed=frozenset(route.service_name for route in routes(committed)),
        blocked=tuple(each for each in judge.published if each.given is None),
    )


def _without_gates(scene: Scene) -> tuple[ObservedContainer, ...]:
    gates = {gate.name for gate in scene.desired.gates}
    present = present_containers(scene.observed)
    return tuple(each for each in present if each.labels.get(SERVICE) not in gates)


def _steps(
    scene: Scene,
    slots: Sequence[Slot],
    networks: Sequence[NetworkVerdict],
    volumes: Sequence[VolumeVerdict],
    traffic: Traffic,
    *,
    gates: Gates,
) -> tuple[list[Step], list[Hold]]:
    desired, observed = scene.desired, scene.observed
    runs = {spec.name for spec in gates.specs}
    active = [slot for slot in slots if not slot.hold]
    orphans = kept_orphans(scene)
    staying = (*orphans, *held_leftovers(scene, slots))
    needed = {slot.spec.service.image for slot in active if slot.creates}
    needed |= {spec.service.image for spec in gates.specs}
    images = list(image_steps(desired, observed, needed))
    fills = fill_steps(scene, active, gates.specs, image_step_ids(images))
    runs |= carrier_names(fills)
    # What an interrupted run of a gate left makes way for the next one.
    going = [each for each in leftovers(scene) if each not in staying and each.name not in runs]
    labels = container_labels_by_id(slots, (*going, *staying))
    blockers = name_blockers(scene, slots)

    asides = list(aside_steps(scene, blockers, labels))
    made_volumes = list(volume_steps(desired, observed, volumes))
    keeps = keep_steps(observed, _without_gates(scene))
    wiring = wire(
        scene,
        active,
        going,
        labels=labels,
        images=images,
        networks=networks,
        volumes=volumes,
        asides={name: f"rename {labels[each.id]} aside" for name, each in blockers.items()},
    )
    wiring = replace(
        wiring,
        makers={**wiring.makers, **fill_step_ids(fills)},
        keepers={each.id: keep_waits(each, keeps) for each in present_containers(observed)},
    )
    active.sort(key=lambda slot: (wiring.ranks[slot.service.name], slot.replica))
    configure = [*configure_steps(wiring, traffic), *emptying_steps(wiring, traffic, going)]
    wiring = with_courses(wiring, going, traffic, configure)
    containers = [*configure, *(step for slot in active for step in slot_steps(wiring, slot))]
    containers += [step for course in wiring.courses.values() for step in course.steps]
    declared = frozenset(service.name for service in desired.services)
    containers += prune_steps(wiring, going, declared)
    removals, network_holds = prune_networks(
        scene, undeclared_networks(observed, networks), containers, prune=may_prune(scene)
    )
    renewals = list(
        network_steps(
            desired,
            observed,
            networks,
            {
                each.name: detaching_steps(observed, each.present, containers)
                for each in networks
                if each.present
            },
            removals,
        )
    )
    holds = [each.hold for each in networks if each.hold]
    holds += [each.hold for each in volumes if each.hold]
    holds += [*service_holds(scene, slots), *rename_holds(scene, slots), *network_holds]
    holds += [*orphan_holds(orphans, labels), *waiver_file_holds(scene.policy)]
    removals += settle_steps(scene, fills, containers)
    if may_prune(scene):
        removals += stale_steps(scene, containers)
    steps = [
        *images,
        *renewals,
        *made_volumes,
        *keeps.values(),
        *fills,
        *asides,
        *containers,
        *removals,
    ]
    told = tuple(step.id for step in configure)
    return after_creates(with_farewells(wiring, steps, told), active), holds
