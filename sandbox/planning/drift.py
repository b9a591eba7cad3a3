"""
What was changed by hand on a container that has the declared spec, in plain words.

Everything here is what the engine really runs: the fingerprint in the label knows nothing of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sandbox.model.observed import ContainerState
from sandbox.model.plan import Change
from sandbox.model.service import CommittedMount, VolumeMount
from sandbox.planning.contents import content_key
from sandbox.planning.names import INGRESS
from sandbox.planning.slot import is_live
from sandbox.words import count

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.model.action import ContainerSpec, Endpoint
    from sandbox.model.observed import ObservedContainer
    from sandbox.model.service import Limits, Mount
    from sandbox.planning.slot import Scene

# The engine's own networks: always there, never ours, and where a container without any is put.
_PREDEFINED: Final = frozenset({"bridge", "host", "none"})


def hard_drift(
    scene: Scene, spec: ContainerSpec, container: ObservedContainer
) -> tuple[str, tuple[Change, ...]]:
    """
    Say why *container* cannot stay although its spec is right.

    Returns:
        A reason with the fields that differ; an empty reason when it can stay.
    """
    if container.state is ContainerState.DEAD:
        return "the engine could not remove it and left it dead", ()
    image_id = scene.observed.images.get(spec.service.image, container.image_id)
    if image_id != container.image_id:
        change = Change(field="image_id", old=short_id(container.image_id), new=short_id(image_id))
        return f"{spec.service.image} is another image now: {change.old} -> {change.new}", (change,)
    changes = tuple(_limit_changes(spec, container))
    if changes:
        words = "; ".join(
            f"{field_words(each.field)} changed by hand: {_told(each)}" for each in changes
        )
        return words, changes
    changes = tuple(_volume_changes(spec, container))
    if changes:
        words = "; ".join(
            f"{each.field} is not mounted as declared: {_told(each)}" for each in changes
        )
        return words, changes
    stale = _stale_networks(scene, container)
    if stale:
        return f"network {stale[0]} was removed by hand", ()
    nameless = _nameless_networks(spec, container)
    if nameless:
        return f"it needs more names on network {nameless[0]}", ()
    renewed = sorted(scene.renewed & set(container.networks))
    if renewed:
        return f"network {renewed[0]} is created again", ()
    return "", ()


def missing_endpoints(
    scene: Scene, spec: ContainerSpec, container: ObservedContainer
) -> Iterator[Endpoint]:
    """
    Networks that *container* should be attached to and is not, or not under all its names.
    """
    for endpoint in spec.endpoints:
        aliases = container.networks.get(endpoint.network_name)
        if f"network {endpoint.network_name}" in scene.absent:
            continue
        if aliases is None or not set(endpoint.aliases) <= set(aliases):
            yield endpoint


def foreign_endpoints(spec: ContainerSpec, container: ObservedContainer) -> Iterator[str]:
    """
    Names of networks that *container* is attached to and should not be, sorted.
    """
    declared = {endpoint.network_name for endpoint in spec.endpoints}
    for name in sorted(set(container.networks) - declared):
        if declared or name not in _PREDEFINED:
            yield name


def _nameless_networks(spec: ContainerSpec, container: ObservedContainer) -> list[str]:
    """
    Networks of an ingress that lack names there: to give them, it would have to leave meanwhile.
    """
    if spec.service.name != INGRESS:
        return []
    return [
        each.network_name
        for each in spec.endpoints
        if not set(each.aliases) <= set(container.networks.get(each.network_name, each.aliases))
    ]


def stop_words(container: ObservedContainer) -> str:
    """
    Say how *container* came to stand still.
    """
    if container.state is ContainerState.CREATED:
        if container.error:
            return f"its last start failed: {container.error}"
        return "was created and never started"
    words = f"exited with code {container.exit_code}"
    if container.oom_killed:
        words += " (out of memory)"
    if container.error:
        words += f": {container.error}"
    return words


def short_id(image_id: str) -> str:
    """
    First twelve digits of an image id.
    """
    return image_id.removeprefix("sha256:")[:12]


def field_words(field: str) -> str:
    """
    What people call a field of a container.
    """
    return _WORDS.get(field, field)


def value_words(field: str, text: str | None) -> str:
    """
    Write the value of a field of a container for people; ``None`` is nothing.
    """
    if text is None:
        return _ABSENT.get(field, "unlimited" if field in _WORDS else "nothing")
    if field.endswith("_bytes") and text.isdecimal():
        return bytes_text(int(text))
    if field == "limits.nano_cpus" and text.isdecimal():
        return _cpus_text(int(text))
    return text


def bytes_text(size_bytes: int) -> str:
    """
    Write a limit for people; 0 is ``unlimited``.
    """
    if not size_bytes:
        return "unlimited"
    for unit, power in (("GiB", 30), ("MiB", 20), ("KiB", 10)):
        if size_bytes % (1 << power) == 0:
            return f"{size_bytes >> power} {unit}"
    return count(size_bytes, "byte")


_WORDS: Final = {
    "limits.memory_bytes": "memory limit",
    "limits.nano_cpus": "processor limit",
    "limits.pids": "process limit",
    "limits.memory_reservation_bytes": "memory reservation",
    "limits.memory_swap_bytes": "swap limit",
    "limits.cpu_shares": "processor weight",
    "limits.cpu_quota_us": "processor quota",
    "limits.cpu_period_us": "processor period",
    "limits.cpuset": "processors",
    "limits.restart": "restart policy",
}


# Limits whose absence leaves no freedom, but the engine's choice.
_ABSENT: Final = {
    "limits.cpu_shares": "the engine's choice",
    "limits.cpu_period_us": "the engine's choice",
    "limits.cpuset": "all",
    "limits.restart": "no",
}


def _limit_changes(spec: ContainerSpec, container: ObservedContainer) -> Iterator[Change]:
    """
    Limits that are neither as declared nor as this engine made them when it created *container*.
    """
    made = limit_texts(container.creation.limits) if container.creation else {}
    for change in limit_changes(container.limits, spec.service.limits):
        if change.old != made.get(change.field):
            yield change


def limit_changes(has: Limits, should: Limits) -> Iterator[Change]:
    """
    Name the limits that differ.
    """
    has_texts = limit_texts(has)
    for field, text in limit_texts(should).items():
        if has_texts[field] != text:
            yield Change(field=field, old=has_texts[field], new=text)


def limit_texts(limits: Limits) -> dict[str, str]:
    """
    Every limit by field, as text for people.
    """
    # What the engine makes of a memory limit by itself is not observed.
    implied = limits.memory_swap_bytes == 2 * limits.memory_bytes
    return {
        "limits.memory_bytes": bytes_text(limits.memory_bytes),
        "limits.nano_cpus": _cpus_text(limits.nano_cpus),
        "limits.pids": str(limits.pids or "unlimited"),
        "limits.memory_reservation_bytes": bytes_text(limits.memory_reservation_bytes),
        "limits.memory_swap_bytes": bytes_text(0 if implied else limits.memory_swap_bytes),
        "limits.cpu_shares": str(limits.cpu_shares or ""),
        "limits.cpu_quota_us": str(limits.cpu_quota_us or ""),
        "limits.cpu_period_us": str(limits.cpu_period_us or ""),
        "limits.cpuset": limits.cpuset,
        "limits.restart": limits.restart,
    }


def _volume_changes(spec: ContainerSpec, container: ObservedContainer) -> Iterator[Change]:
    for mount in spec.service.mounts:
        key = _volume_key(mount)
        if key:
            should = spec.volume_names.get(key, key)
            has = container.volumes.get(mount.target)
            if has != should:
                yield Change(field=f"volumes.{mount.target}", old=has, new=should)


def _volume_key(mount: Mount) -> str:
    if isinstance(mount, CommittedMount):
        return content_key(mount)
    return mount.volume if isinstance(mount, VolumeMount) else ""


def _stale_networks(scene: Scene, container: ObservedContainer) -> list[str]:
    """
    Networks that a container which stands still remembers by an id that no longer exists.
    """
    if is_live(container):
        return []
    known = {network.name for network in scene.observed.networks} | _PREDEFINED
    known |= scene.observed.foreign_names.get("network", frozenset())
    return sorted(set(container.networks) - known)


def _cpus_text(nano_cpus: int) -> str:
    return f"{nano_cpus / 1e9:g} cpus" if nano_cpus else "unlimited"


def _told(change: Change) -> str:
    # Drift is told as it happened: what was declared, then what somebody made of it.
    new, old = (value_words(change.field, each or None) for each in (change.new, change.old))
    return f"{new} -> {old}"
