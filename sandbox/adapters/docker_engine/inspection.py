"""
PURE: what the engine's inspect says of a container, as an `ObservedContainer`.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, cast

from sandbox.adapters.docker_engine.errors import failed_start
from sandbox.model.observed import ContainerState, EngineHealth, ObservedContainer
from sandbox.model.service import Limits
from sandbox.planning.field_label import given_fields
from sandbox.planning.field_texts import named, words

if TYPE_CHECKING:
    from sandbox.adapters.docker_engine.api import Json

_SHORT_ID = 12
_SHARED = "container:"
_DEFAULT_RETRIES = 3
_IN_VOLUME = re.compile(r"/volumes/([^/]+)/_data/")


def observed_container(inspected: Json) -> ObservedContainer:
    """Read one answer of ``GET /containers/{id}/json``."""
    state: Json = inspected["State"]
    container_state = ContainerState(state["Status"])
    health = _health(inspected)
    probed = bool(healthcheck_test(inspected))
    return ObservedContainer(
        id=inspected["Id"],
        name=inspected["Name"].removeprefix("/"),
        labels=dict(inspected["Config"].get("Labels") or {}),
        image_id=inspected["Image"],
        state=container_state,
        exit_code=state.get("ExitCode") or 0,
        oom_killed=bool(state.get("OOMKilled")),
        health=health,
        probed=probed,
        ready=(
            health is EngineHealth.HEALTHY
            or (not probed and container_state is ContainerState.RUNNING)
        ),
        created_at=epoch_s(inspected.get("Created") or ""),
        started_at=epoch_s(state.get("StartedAt") or ""),
        finished_at=epoch_s(state.get("FinishedAt") or ""),
        limits=_limits(inspected["HostConfig"]),
        networks=attached_networks(inspected),
        addresses=addresses(inspected),
        other_addresses=_other_addresses(inspected),
        devices=_devices(inspected),
        volumes=mounted_volumes(inspected),
        host_ports=_host_ports(inspected),
        error=failed_start(state.get("Error") or ""),
        given=_given(inspected),
    )


def healthcheck_test(inspected: Json) -> tuple[str, ...]:
    """Give the test of a container's healthcheck in the engine's form; empty when it has none."""
    healthcheck: Json = inspected["Config"].get("Healthcheck") or {}
    test = tuple(cast("list[str]", healthcheck.get("Test") or ()))
    return () if test[:1] == ("NONE",) else test


def attached_networks(inspected: Json) -> dict[str, tuple[str, ...]]:
    """
    Aliases by name of network, sorted, without the short id that the engine adds.

    The engine's network ``none`` is the absence of one.
    """
    short_id = inspected["Id"][:_SHORT_ID]
    networks: dict[str, Json] = inspected["NetworkSettings"].get("Networks") or {}
    return {
        name: tuple(sorted({*(endpoint.get("Aliases") or ())} - {short_id}))
        for name, endpoint in sorted(networks.items())
        if name != "none"
    }


def addresses(inspected: Json) -> dict[str, str]:
    """IPv4 address by name of network, sorted, where the container has one now."""
    networks: dict[str, Json] = inspected["NetworkSettings"].get("Networks") or {}
    return {
        name: endpoint["IPAddress"]
        for name, endpoint in sorted(networks.items())
        if endpoint.get("IPAddress")
    }


def _other_addresses(inspected: Json) -> dict[str, tuple[str, ...]]:
    networks: dict[str, Json] = inspected["NetworkSettings"].get("Networks") or {}
    found = {
        name: tuple(filter(None, (endpoint.get("GlobalIPv6Address"), endpoint.get("MacAddress"))))
        for name, endpoint in sorted(networks.items())
    }
    return {name: each for name, each in found.items() if each}


def _devices(inspected: Json) -> tuple[str, ...]:
    given: list[Json] = inspected["HostConfig"].get("Devices") or []
    return tuple(each["PathOnHost"] for each in given)


def mounted_volumes(inspected: Json) -> dict[str, str]:
    """
    Name of each volume that is mounted, by target.

    A single file of a volume is mounted by its path on the engine's machine; see `with_paths`.
    """
    mounts: list[Json] = inspected.get("Mounts") or []
    named = {
        mount["Destination"]: _name_of(mount) for mount in mounts if mount.get("Type") == "volume"
    }
    paths = {
        mount["Destination"]: _IN_VOLUME.search(mount.get("Source") or "")
        for mount in mounts
        if mount.get("Type") == "bind"
    }
    return {**named, **{target: found[1] for target, found in paths.items() if found}}


def namespace_owners(inspected: Json) -> frozenset[str]:
    """Ids, or names, of the containers whose namespaces a container shares."""
    host: Json = inspected["HostConfig"]
    modes: list[str] = [host.get(key) or "" for key in ("NetworkMode", "IpcMode", "PidMode")]
    return frozenset(mode.removeprefix(_SHARED) for mode in modes if mode.startswith(_SHARED))


def ended_before(inspected: Json) -> float:
    """When a container that runs had ended before; 0.0 when it never did, or does not run."""
    state: Json = inspected["State"]
    return epoch_s(state.get("FinishedAt") or "") if state.get("Running") else 0.0


def epoch_s(text: str) -> float:
    """Seconds since the epoch of the engine's time; 0.0 for its year 1, which means never."""
    if not text or text.startswith("0001-"):
        return 0.0
    return datetime.fromisoformat(text).timestamp()


def _given(inspected: Json) -> dict[str, str]:
    """Fields whose values are kept nowhere else, as `sandbox.planning.fingerprint` writes them."""
    config, host_config = inspected["Config"], inspected["HostConfig"]
    pairs = [text.partition("=") for text in config.get("Env") or ()]
    logging: Json = host_config.get("LogConfig") or {}
    found: dict[str, str | None] = {
        **named("environment", {name: text for name, _, text in pairs}),
        **named("labels", config.get("Labels") or {}),
        **named("annotations", host_config.get("Annotations") or {}),
        **named("logging.options", logging.get("Config") or {}),
        "command": words(tuple(config.get("Cmd") or ()) or None),
        "entrypoint": words(tuple(config.get("Entrypoint") or ()) or None),
        "healthcheck.test": words(healthcheck_test(inspected) or None),
    }
    return given_fields({name: text for name, text in found.items() if text is not None})


def _health(inspected: Json) -> EngineHealth:
    """
    What the engine's own probes proved.

    It also calls unhealthy what it stopped to probe, such as a paused container, and goes on to
    until the next probe; only enough failures in a row are a verdict.
    """
    health: Json = inspected["State"].get("Health") or {}
    verdict = EngineHealth(health.get("Status") or "none")
    if verdict is EngineHealth.UNHEALTHY:
        healthcheck: Json = inspected["Config"].get("Healthcheck") or {}
        retries = healthcheck.get("Retries") or _DEFAULT_RETRIES
        if (health.get("FailingStreak") or 0) < retries:
            return EngineHealth.STARTING
    return verdict


def _limits(host_config: Json) -> Limits:
    policy: Json = host_config.get("RestartPolicy") or {}
    restart = policy.get("Name") or "no"
    if restart == "on-failure" and (tries := policy.get("MaximumRetryCount")):
        restart = f"on-failure:{tries}"
    memory, swap = host_config.get("Memory") or 0, host_config.get("MemorySwap") or 0
    return Limits(
        memory_bytes=memory,
        nano_cpus=host_config.get("NanoCpus") or 0,
        # The engine takes -1 for unlimited as well.
        pids=max(host_config.get("PidsLimit") or 0, 0),
        memory_reservation_bytes=host_config.get("MemoryReservation") or 0,
        # Twice the memory is what the engine makes of a memory limit by itself.
        memory_swap_bytes=0 if swap == 2 * memory else swap,
        cpu_shares=host_config.get("CpuShares") or 0,
        cpu_quota_us=host_config.get("CpuQuota") or 0,
        cpu_period_us=host_config.get("CpuPeriod") or 0,
        cpuset=host_config.get("CpusetCpus") or "",
        restart=restart,
    )


def _name_of(volume: Json) -> str:
    name: str = volume.get("Name") or ""
    if not name:
        message = f"the volume at {volume['Destination']} has no name"
        raise ValueError(message)
    return name


def _host_ports(inspected: Json) -> tuple[tuple[str, int, str], ...]:
    bound: dict[str, list[Json] | None] = inspected["NetworkSettings"].get("Ports") or {}
    return tuple(
        sorted(
            (binding["HostIp"], int(binding["HostPort"]), port.rpartition("/")[2])
            for port, bindings in bound.items()
            for binding in bindings or ()
            if binding.get("HostPort")
        )
    )
