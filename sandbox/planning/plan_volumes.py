"""
Volumes: created when they are missing, and otherwise never touched by a sync.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sandbox.model.action import CreateVolume
from sandbox.model.ownership import Kind
from sandbox.model.plan import Hold, HoldReason, Step
from sandbox.planning.fingerprint import volume_digest
from sandbox.planning.labels import SPEC, is_owned, resource_key, volume_labels
from sandbox.planning.names import volume_name
from sandbox.planning.plan_networks import absence

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sandbox.model.desired import DesiredState, Volume
    from sandbox.model.observed import ObservedState


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumeVerdict:
    """
    What is done about one declared volume.

    Attributes:
        name: On the engine.
        absent: It does not exist.
        hold: Why it is left as it is.
    """

    volume: Volume
    name: str
    absent: bool = False
    hold: Hold | None = None

    @property
    def absence(self) -> str:
        """
        Why nobody can mount it, or may; empty when all can.
        """
        if self.hold is None or not (self.absent or self.hold.reason is HoldReason.POLICY):
            return ""
        return absence(self.target, self.hold)

    @property
    def target(self) -> str:
        """
        What people call it.
        """
        return f"volume {self.volume.key}"


def judge_volumes(desired: DesiredState, observed: ObservedState) -> tuple[VolumeVerdict, ...]:
    """
    Decide about every declared volume, sorted by key.
    """
    ordered = sorted(desired.volumes, key=lambda each: each.key)
    return tuple(_judge(volume, observed) for volume in ordered)


def volume_steps(
    desired: DesiredState, observed: ObservedState, verdicts: Sequence[VolumeVerdict]
) -> Iterator[Step]:
    """
    Create what is missing.
    """
    for verdict in verdicts:
        if verdict.absent and not verdict.hold:
            volume = verdict.volume
            yield Step(
                id=f"create {verdict.target}",
                action=CreateVolume(
                    name=verdict.name,
                    driver=volume.driver,
                    driver_opts=volume.driver_opts,
                    labels=volume_labels(
                        observed.owner,
                        volume.key,
                        volume.labels,
                        spec_hash=volume_digest(volume),
                        revision=desired.revision,
                        release=desired.release,
                    ),
                ),
                target=verdict.target,
                reason="is declared and does not exist",
            )


def _judge(volume: Volume, observed: ObservedState) -> VolumeVerdict:
    name = volume_name(observed.owner, volume)
    foreign = name in observed.foreign_names.get("volume", frozenset())
    ours = [
        each
        for each in observed.volumes
        if each.name == name and is_owned(each.labels, observed.owner)
    ]
    if volume.external:
        missing = not foreign and not ours
        hold = _hold(volume, HoldReason.EXTERNAL_MISSING, name) if missing else None
        return VolumeVerdict(volume=volume, name=name, absent=missing, hold=hold)
    if ours:
        changed = ours[0].labels.get(SPEC, "") != volume_digest(volume)
        hold = _hold(volume, HoldReason.VOLUME_CHANGED, name) if changed else None
        return VolumeVerdict(volume=volume, name=name, hold=hold)
    if foreign and is_unproven(volume, name, observed):
        return VolumeVerdict(volume=volume, name=name)
    hold = _hold(volume, HoldReason.NAME_TAKEN, name) if foreign else None
    return VolumeVerdict(volume=volume, name=name, absent=True, hold=hold)


def is_unproven(volume: Volume, name: str, observed: ObservedState) -> bool:
    """
    Tell whether the volume *name* is just like ours but for its tag.

    An earlier version may have made it: its data is used, and never deleted.
    """
    return any(
        (claim.kind, claim.name) == (Kind.VOLUME, name)
        and claim.labels.get(SPEC) == volume_digest(volume)
        and resource_key(claim.labels) == volume.key
        for claim in observed.claims
    )


def _hold(volume: Volume, reason: HoldReason, name: str) -> Hold:
    messages = {
        HoldReason.EXTERNAL_MISSING: f"external volume {name} does not exist; create it: "
        f"docker volume create {name}",
        HoldReason.NAME_TAKEN: f"a volume named {name} exists and is not ours; "
        "declare it external or give ours another name",
        HoldReason.VOLUME_CHANGED: f"the definition of {name} changed, and a volume with data is "
        "never replaced; give the new one another name",
    }
    return Hold(target=f"volume {volume.key}", reason=reason, message=messages[reason])
