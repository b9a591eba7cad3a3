"""
Exactly what the engine is sent to create something, as plain JSON: whoever judges this, judges it.

Only what is asked for is in it; what is left out the engine takes from the image or from its own
defaults.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from sandbox.model.service import CommittedMount, HostMount, TmpfsMount, VolumeMount
from sandbox.planning import labels
from sandbox.planning.contents import content_key, path_in_volume
from sandbox.planning.payload_host import Json, host_fields, restart_policy

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sandbox.model.action import ContainerSpec, CreateNetwork, CreateVolume, Endpoint
    from sandbox.model.desired import AddressPool
    from sandbox.model.service import Healthcheck, Mount, Port, Service

NANOSECONDS: Final = 1_000_000_000
_FOLLOWS: Final = "service:"


def container_payload(spec: ContainerSpec, endpoints: Sequence[Endpoint]) -> Json:
    """
    Give the body of ``POST /containers/create``.

    Args:
        spec: What is asked for.
        endpoints: Those of its networks that are attached by the create itself: all of them from
            API 1.44 on, only the first before.
    """
    service = spec.service
    payload: Json = {
        "Image": service.image,
        "Labels": dict(spec.labels),
        "Env": [
            *(f"{name}={value}" for name, value in service.environment.items()),
            *service.unset_environment,
        ],
        "ExposedPorts": {port: {} for port in _exposed(service)},
        "StopTimeout": math.ceil(service.stop_grace_period_s),
        "AttachStdout": True,
        "AttachStderr": True,
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
    settings: Json = {
        "User": service.user,
        "WorkingDir": service.working_dir,
        "Hostname": service.hostname,
        "Domainname": service.domainname,
        "MacAddress": service.mac_address,
        "StopSignal": service.stop_signal,
        "Tty": service.tty,
        "OpenStdin": service.stdin_open,
    }
    return payload | _given(settings)


def endpoint_payload(endpoint: Endpoint) -> Json:
    """Give one network of a container."""
    addresses: Json = {
        "IPv4Address": endpoint.ipv4_address,
        "IPv6Address": endpoint.ipv6_address,
        "LinkLocalIPs": list(endpoint.link_local_ips),
    }
    settings: Json = {
        "IPAMConfig": _given(addresses),
        "Links": list(endpoint.links),
        "MacAddress": endpoint.mac_address,
        "DriverOpts": dict(endpoint.driver_opts),
        "GwPriority": endpoint.gw_priority,
    }
    return {"Aliases": list(endpoint.aliases), **_given(settings)}


def network_payload(action: CreateNetwork) -> Json:
    """Give the body of ``POST /networks/create``."""
    network = action.network
    pools = [_pool(pool) for pool in network.pools]
    if action.subnet:
        first, *others = pools or [{}]
        pools = [{**first, "Subnet": action.subnet}, *others]
    payload: Json = {
        "Name": action.name,
        "Driver": network.driver,
        "CheckDuplicate": True,
        "Labels": dict(action.labels),
        "Internal": network.internal,
        "Attachable": network.attachable,
        "Options": dict(network.driver_opts),
    }
    if pools or network.ipam_driver or network.ipam_options:
        payload["IPAM"] = {
            "Driver": network.ipam_driver or "default",
            "Config": pools,
            "Options": dict(network.ipam_options) or None,
        }
    if network.enable_ipv4 is not None:
        payload["EnableIPv4"] = network.enable_ipv4
    if network.enable_ipv6 is not None:
        payload["EnableIPv6"] = network.enable_ipv6
    return payload


def volume_payload(action: CreateVolume) -> Json:
    """Give the body of ``POST /volumes/create``."""
    return {
        "Name": action.name,
        "Driver": action.driver,
        "DriverOpts": dict(action.driver_opts),
        "Labels": dict(action.labels),
    }


def _host_config(spec: ContainerSpec) -> Json:
    service = spec.service
    config: Json = {
        "NetworkMode": _network_mode(spec),
        "PortBindings": port_bindings(service.ports),
        "Binds": [_bind(mount) for mount in service.mounts if _is_bind(mount)],
        "Mounts": list(_mounts(spec)),
        "Tmpfs": {
            mount.target: _tmpfs_options(mount)
            for mount in service.mounts
            if isinstance(mount, TmpfsMount) and mount.listed
        },
        "VolumesFrom": _volumes_from(spec),
        "IpcMode": _followed(spec, service.namespaces.ipc),
        "PidMode": _followed(spec, service.namespaces.pid),
        "UTSMode": service.namespaces.uts,
        "UsernsMode": service.namespaces.user,
        "CgroupnsMode": service.namespaces.cgroup,
        "CgroupParent": service.namespaces.cgroup_parent,
        "RestartPolicy": restart_policy(service.limits.restart),
        **host_fields(service),
    }
    config = _given(config)
    if service.init is not None:
        config["Init"] = service.init
    if service.tuning.memory_swappiness is not None:
        config["MemorySwappiness"] = service.tuning.memory_swappiness
    return config


def _given(values: Json) -> Json:
    """Leave out what asks for nothing; the engine's defaults are the same."""
    return {name: value for name, value in values.items() if value}


def _network_mode(spec: ContainerSpec) -> str:
    mode = _followed(spec, spec.service.namespaces.network)
    return mode or (spec.endpoints[0].network_name if spec.endpoints else "none")


def _followed(spec: ContainerSpec, mode: str) -> str:
    """Name the container of the service whose namespace is shared; the engine makes it an id."""
    if not mode.startswith(_FOLLOWS):
        return mode
    return f"container:{spec.followed[mode.removeprefix(_FOLLOWS)]}"


def _volumes_from(spec: ContainerSpec) -> list[str]:
    return [
        (spec.followed[each.service_name] if each.service_name else each.container_name)
        + (":ro" if each.read_only else "")
        for each in spec.service.volumes_from
    ]


def _is_bind(mount: Mount) -> bool:
    """Tell whether *mount* needs the older form: only that makes folders, or labels files."""
    return isinstance(mount, HostMount) and (mount.create or bool(mount.selinux))


def _bind(mount: Mount) -> str:
    assert isinstance(mount, HostMount), "only paths of the host are bound"
    words = ["ro" if mount.read_only else "rw", mount.selinux, mount.propagation]
    return f"{mount.source}:{mount.target}:{','.join(word for word in words if word)}"


def _mounts(spec: ContainerSpec) -> Iterator[Json]:
    for mount in spec.service.mounts:
        if isinstance(mount, VolumeMount):
            yield _volume(spec, mount)
        elif isinstance(mount, CommittedMount):
            yield _committed(spec, mount)
        elif isinstance(mount, TmpfsMount):
            if not mount.listed:
                yield _memory(mount)
        elif not _is_bind(mount):
            yield _host_mount(mount)
    declared = {mount.target for mount in spec.service.mounts}
    for target in spec.anonymous_volumes.keys() - declared:
        yield _volume(spec, VolumeMount(volume="", target=target))


def _volume(spec: ContainerSpec, mount: VolumeMount) -> Json:
    options: Json = {"NoCopy": mount.no_copy}
    if mount.subpath:
        options["Subpath"] = mount.subpath
    payload: Json = {"Type": "volume", "Target": mount.target, "ReadOnly": mount.read_only}
    source = spec.volume_names.get(mount.volume) or spec.anonymous_volumes.get(mount.target)
    if source:
        payload["Source"] = source
        # The engine makes a volume that is not there: that one has to be ours as well.
        options["Labels"] = _owner_labels(spec, payload["Source"])
    return {**payload, "VolumeOptions": options}


def _committed(spec: ContainerSpec, mount: CommittedMount) -> Json:
    source = spec.volume_names[content_key(mount)]
    options: Json = {"NoCopy": True, "Labels": _owner_labels(spec, source)}
    if path := path_in_volume(mount):
        options["Subpath"] = path
    return {
        "Type": "volume",
        "Source": source,
        "Target": mount.target,
        "ReadOnly": mount.read_only,
        "VolumeOptions": options,
    }


def _memory(mount: TmpfsMount) -> Json:
    options = _given({"SizeBytes": mount.size_bytes, "Mode": mount.mode})
    return {
        "Type": "tmpfs",
        "Target": mount.target,
        "ReadOnly": mount.read_only,
        "TmpfsOptions": options,
    }


def _host_mount(mount: HostMount) -> Json:
    options: Json = {"Propagation": mount.propagation}
    if mount.recursive == "disabled":
        options["NonRecursive"] = True
    elif mount.recursive == "readonly":
        options["ReadOnlyForceRecursive"] = True
    elif mount.recursive == "writable":
        options["ReadOnlyNonRecursive"] = True
    return {
        "Type": "bind",
        "Source": mount.source,
        "Target": mount.target,
        "ReadOnly": mount.read_only,
        "BindOptions": _given(options),
    }


def _owner_labels(spec: ContainerSpec, volume: str) -> dict[str, str]:
    found = labels.implied_volume_labels(spec.labels)
    tag = spec.volume_tags.get(volume)
    return {**found, labels.TAG: tag} if tag else found


def _tmpfs_options(mount: TmpfsMount) -> str:
    options = [mount.options] if mount.options else []
    if mount.size_bytes:
        options.append(f"size={mount.size_bytes}")
    if mount.mode:
        options.append(f"mode={mount.mode:o}")
    return ",".join(options)


def port_bindings(ports: Sequence[Port]) -> Json:
    """Give the ports of the host that are bound, by port of the container."""
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


def _healthcheck(healthcheck: Healthcheck) -> Json:
    payload: Json = {}
    if healthcheck.test:
        payload["Test"] = list(healthcheck.test)
    times = {
        "Interval": healthcheck.interval_s,
        "Timeout": healthcheck.timeout_s,
        "StartPeriod": healthcheck.start_period_s,
        "StartInterval": healthcheck.start_interval_s,
    }
    payload |= {key: round(time * NANOSECONDS) for key, time in times.items() if time is not None}
    if healthcheck.retries is not None:
        payload["Retries"] = healthcheck.retries
    return payload


def _pool(pool: AddressPool) -> Json:
    return _given(
        {
            "Subnet": pool.subnet,
            "IPRange": pool.ip_range,
            "Gateway": pool.gateway,
            "AuxiliaryAddresses": dict(pool.reserved),
        }
    )
