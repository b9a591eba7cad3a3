"""A plan: the steps that turn the observed state into the desired one, and what is held back."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from sandbox.model.waiver import WaiverFile

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.model.action import Action
    from sandbox.model.gate import GateVerdict
    from sandbox.model.ingress import IngressConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """
    One field that differs.

    Attributes:
        field: Dotted path, such as ``environment.WEB_PORT`` or ``limits.memory_bytes``.
        old: As text for people, ``None`` when it was absent; never a secret.
        new: Likewise.
    """

    field: str
    old: str | None
    new: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """
    One action, what it waits for, and a reason for people.

    Attributes:
        id: Unique in its plan, equal for equal arguments, such as ``start web-1``.
        target: What it acts on, for people: ``web-1``, ``network default``, ``image web``.
        reason: Why; nothing branches on it.
        changes: The fields that differ, when that is the reason.
        depends_on: Ids of steps that must have ended well before this one begins.
        after: Ids of steps that must have ended, well or not, before this one begins: what a
            dependency with ``required: false`` is waited for with.
        service_name: Service that it belongs to; empty for networks, volumes and images.
    """

    id: str
    action: Action
    target: str
    reason: str
    changes: tuple[Change, ...] = ()
    depends_on: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    service_name: str = ""


class HoldReason(StrEnum):
    """Why something that differs is left as it is."""

    BACK_OFF = "back_off"
    JOB_FAILED = "job_failed"
    JOB_KILLED = "job_killed"
    IMAGE_BROKEN = "image_broken"
    NAME_TAKEN = "name_taken"
    PORT_TAKEN = "port_taken"
    ADDRESS_TAKEN = "address_taken"
    EXTERNAL_MISSING = "external_missing"
    VOLUME_CHANGED = "volume_changed"
    NETWORK_IN_USE = "network_in_use"
    SUBNETS_EXHAUSTED = "subnets_exhausted"
    PRUNE_OFF = "prune_off"
    ENGINE_TOO_OLD = "engine_too_old"
    POLICY = "policy"
    WAIVERS_INVALID = "waivers_invalid"
    GATE_FAILED = "gate_failed"
    DEPENDENCY_HELD = "dependency_held"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """
    Something that differs and is left as it is.

    Attributes:
        target: As in `Step`.
        message: What stands in the way and what to do, for people.
        service_name: Service that cannot be brought up because of it; empty when none is.
    """

    target: str
    reason: HoldReason
    message: str
    service_name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncPolicy:
    """
    What a plan may do.

    Attributes:
        prune: Remove what is no longer declared.
        backing_off: Seconds until a container may be started again, by target such as ``web-1``.
        ailing: Services that became unhealthy after their sync, with why their unhealthy containers
            are restarted now; empty when they are not yet.
        broken_images: Why the image cannot be built, by reference: it was tried, and the same
            content fails again.
        retry_jobs: A failed job may run again although its spec and revision are the same:
            a person asked for it. What failed to become ready is awaited again then, too.
        jobs_done: Spec hashes of jobs that ended well once; they need no container any more.
        gates: How gates with these inputs ended last, `PASSED` or `FAILED`; one that passed is not
            run again, one that failed neither unless *rerun_gates*.
        rerun_gates: Run every gate again: a person asked for it.
        unjudged: No sync of this revision has gone well yet: what no sync has seen ready
            is awaited.
        rollback: The way back is planned: ``rollback_config`` counts, and there is no canary.
        subnet_pool: CIDR block that networks are cut from.
        subnet_prefix: Length of the prefix of each.
        waiver_file: What is allowed on this machine although the policy denies it.
    """

    prune: bool = True
    backing_off: Mapping[str, float] = field(default_factory=dict[str, float])
    ailing: Mapping[str, str] = field(default_factory=dict[str, str])
    broken_images: Mapping[str, str] = field(default_factory=dict[str, str])
    retry_jobs: bool = False
    jobs_done: frozenset[str] = frozenset()
    gates: Mapping[str, GateVerdict] = field(default_factory=dict[str, "GateVerdict"])
    rerun_gates: bool = False
    unjudged: bool = False
    rollback: bool = False
    subnet_pool: str = "10.213.0.0/16"
    subnet_prefix: int = 26
    waiver_file: WaiverFile = field(default_factory=WaiverFile)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """
    Steps in an order that respects `Step.depends_on`.

    A plan without steps and holds means: in sync. Steps that only wait are no difference.

    Attributes:
        ingress: What the ingress is meant to do before the first step, and does unless that step
            is a `ConfigureIngress`; ``None`` when there is nothing to route.
    """

    environment: str
    revision: str
    release: str
    steps: tuple[Step, ...] = ()
    holds: tuple[Hold, ...] = ()
    ingress: IngressConfig | None = None
