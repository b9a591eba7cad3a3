"""
PURE: a `ContainerSpec` as the body of ``POST /containers/create``.
"""

from __future__ import annotations

import math
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from sandbox.model.service import TmpfsMount, VolumeMount
from sandbox.planning import labels

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sandbox.adapters.docker_engine.api import Json
    from sandbox.model.action import ContainerSpec, Endpoint
    from sandbox.model.service import Healthcheck, Limits, Port, Service

_NANOSECONDS = 1_000_000_000


def container_payload(spec: ContainerSpec, endpoints: Sequence[Endpoint]) -> Json:
    """
    Give the body of the create call.

    Args:
        spec: What is asked for.
        endpoints: Those of its networks that are attached by the create itself: all of them from
            API 1.44 on, only the first before.

    Returns:
        Only what the spec asks for; what is left out the engine takes from the image or its own
        defaults.
    """
    service = spec.service
    payload: Json = {
        "Image": service.image,
        "Labels": dict(spec.labels),
        "Env": [f"{name}={value}" for name, value in service.environment.items()],
        "ExposedPorts": {port: {} for port in _exposed(service)},
        "StopTimeout": math.ceil(service.stop_grace_period_s),
        "HostConfig": _host_config(spec),
        "NetworkingConfig": {
            "EndpointsConfig": {
                endpoint.network_name: endpoint_payload(endpoint) for endpoint in endpoints
            }
        },
    }
    if service.command is not None:
        payload["Cmd"] = list(service.command)
    if service.entrypoint is not None:
        # The engine takes an empty list for "as the image says", and one empty text for "none".
        payload["Entrypoint"] = list(service.entrypoint) or [""]
    if service.healthcheck is not None:
        payload["Healthcheck"] = _healthcheck(service.healthcheck)
    texts = {
        "User": service.user,
        "WorkingDir": service.working_dir,
        "Hostname": service.hostname,
        "StopSignal": service.stop_signal,
    }
    return payload | {key: text for key, text in texts.items() if text}


def endpoint_payload(endpoint: Endpoint) -> Json:
    """Give one network of a container as the engine takes it."""
    payload: Json = {"Aliases": list(endpoint.aliases)}
    if endpoint.ipv4_address:
        payload["IPAMConfig"] = {"IPv4Address": endpoint.ipv4_address}
    return payload


def writable_folders(service: Service) -> tuple[str, ...]:
    """
    Folders that need an anonymous volume, so that files can be copied into a read-only container.

    The engine refuses to copy into a read-only root, but not into a volume; the volume starts with
    what the image has in that folder.
    """
    if not service.read_only:
        return ()
    folders = {str(PurePosixPath(file.target).parent) for file in service.files}
    return tuple(sorted(folder for folder in folders if not mount_above(service, folder)))


def mount_above(service: Service, path: str) -> str:
    """Target of the volume that *path* lies in; empty when it lies in none."""
    above = {path, *map(str, PurePosixPath(path).parents)}
    targets = [mount.target for mount in service.mounts if isinstance(mount, VolumeMount)]
    return max((target for target in targets if target.rstrip("/") in above), default="", key=len)


def _host_config(spec: ContainerSpec) -> Json:
    service = spec.service
    config: Json = {
        "NetworkMode": spec.endpoints[0].network_name if spec.endpoints else "none",
        "PortBindings": _port_bindings(service.ports),
        "Mounts": list(_mounts(spec)),
        "Tmpfs": {
            mount.target: _tmpfs_options(mount)
            for mount in service.mounts
            if isinstance(mount, TmpfsMount)
        },
        "ReadonlyRootfs": service.read_only,
        "CapAdd": list(service.cap_add),
        "CapDrop": list(service.cap_drop),
        "SecurityOpt": list(service.security_opt),
        "ExtraHosts": [_extra_host(text) for text in service.extra_hosts],
        "Ulimits": [
            {"Name": limit.name, "Soft": limit.soft, "Hard": limit.hard}
            for limit in service.ulimits
        ],
        **_limits(service.limits),
    }
    if service.init is not None:
        config["Init"] = service.init
    if service.logging is not None:
        config["LogConfig"] = {
            "Type": service.logging.driver,
            "Config": dict(service.logging.options),
        }
    return config


def _limits(limits: Limits) -> Json:
    config: Json = {}
    if limits.memory_bytes:
        config["Memory"] = limits.memory_bytes
    if limits.nano_cpus:
        config["NanoCpus"] = limits.nano_cpus
    if limits.pids:
        config["PidsLimit"] = limits.pids
    name, _, tries = limits.restart.partition(":")
    if name != "no":
        config["RestartPolicy"] = {"Name": name, "MaximumRetryCount": int(tries or 0)}
    return config


def _mounts(spec: ContainerSpec) -> Iterator[Json]:
    for mount in spec.service.mounts:
        if isinstance(mount, VolumeMount):
            yield {
                "Type": "volume",
                "Source": spec.volume_names[mount.volume],
                "Target": mount.target,
                "ReadOnly": mount.read_only,
                # The engine makes a volume that is not there: that one has to be ours as well.
                "VolumeOptions": {"NoCopy": mount.no_copy, "Labels": _owner_labels(spec)},
            }
    for folder in writable_folders(spec.service):
        yield {"Type": "volume", "Target": folder}


def _owner_labels(spec: ContainerSpec) -> dict[str, str]:
    keys = (labels.INSTANCE, labels.APP, labels.ENVIRONMENT)
    return {key: spec.labels[key] for key in keys if key in spec.labels}


def _tmpfs_options(mount: TmpfsMount) -> str:
    options = [mount.options] if mount.options else []
    if mount.size_bytes:
        options.append(f"size={mount.size_bytes}")
    if mount.mode:
        options.append(f"mode={mount.mode:o}")
    return ",".join(options)


def _port_bindings(ports: Sequence[Port]) -> Json:
    bindings: dict[str, list[Json]] = {}
    for port in ports:
        published = str(port.published) if port.published else ""
        if port.published_end > port.published > 0:
            published = f"{port.published}-{port.published_end}"
        bindings.setdefault(f"{port.target}/{port.protocol}", []).append(
            {"HostIp": port.host_ip, "HostPort": published}
        )
    return bindings


def _exposed(service: Service) -> list[str]:
    exposed = [f"{port.target}/{port.protocol}" for port in service.ports]
    for text in service.expose:
        ports, _, protocol = text.partition("/")
        first, _, last = ports.partition("-")
        exposed += [
            f"{number}/{protocol or 'tcp'}" for number in range(int(first), int(last or first) + 1)
        ]
    return exposed


def _extra_host(text: str) -> str:
    """Compose takes ``name=address`` as well; the engine wants a colon."""
    name, equals, address = text.partition("=")
    return f"{name}:{address}" if equals else text


def _healthcheck(healthcheck: Healthcheck) -> Json:
    payload: Json = {}
    if healthcheck.test:
        payload["Test"] = list(healthcheck.test)
    times = {
        "Interval": healthcheck.interval_s,
        "Timeout": healthcheck.timeout_s,
        "StartPeriod": healthcheck.start_period_s,
    }
    payload |= {key: round(time * _NANOSECONDS) for key, time in times.items() if time is not None}
    if healthcheck.retries is not None:
        payload["Retries"] = healthcheck.retries
    return payload
