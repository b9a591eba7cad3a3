"""
The fingerprint of what a container is created from: a flat mapping of field to text, and its hash.

A field is in the mapping only when it differs from its default, so that a field which a later
version adds does not change the fingerprint of anything that runs. Sets are sorted, orders that
mean something are kept. Revision, release, place, replicas, ``pull_policy`` and ``depends_on``
are not in it.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Final

from sandbox.model.container_file import FileKind
from sandbox.model.service import CommittedMount, HostMount, VolumeMount
from sandbox.planning.field_texts import (
    group_fields,
    named,
    number,
    ordered,
    quoted,
    unordered,
    words,
)
from sandbox.planning.payload_host import capabilities

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from sandbox.model.container_file import ContainerFile
    from sandbox.model.desired import AddressPool, Network, Volume
    from sandbox.model.service import Attachment, Build, Mount, Port, Service

SCHEMA: Final = "2"


def service_fields(
    service: Service,
    *,
    network_names: Mapping[str, str],
    volume_names: Mapping[str, str],
    followed: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """
    Say field by field what a container of *service* is created from.

    Args:
        service: As committed.
        network_names: Name on the engine by key.
        volume_names: Name on the engine by key.
        followed: Spec hash of each service whose namespaces or mounts it shares, by name.

    Returns:
        Text by dotted path, sorted; values in clear, so mask them before they are shown or kept.
    """
    fields: dict[str, str | None] = dict(_program_fields(service))
    fields.update(_network_fields(service, network_names))
    fields.update(_storage_fields(service, volume_names))
    fields.update(_limit_fields(service))
    fields.update(_surrounding_fields(service))
    fields.update(named("follows", followed or {}))
    fields.update(_watch_fields(service))
    return _present(fields)


def digest(fields: Mapping[str, str]) -> str:
    """
    Hash *fields* together with the version of this schema: 64 hex digits.
    """
    text = json.dumps({"schema": SCHEMA, "fields": dict(fields)}, sort_keys=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def network_digest(network: Network) -> str:
    """
    Hash the definition of a network; its subnet only counts when the file fixes it.
    """
    return digest(network_fields(network))


def network_fields(network: Network) -> dict[str, str]:
    """
    Say field by field what a network is created from.
    """
    fields = {
        "driver": network.driver,
        "internal": "true" if network.internal else None,
        "attachable": "true" if network.attachable else None,
        "enable_ipv4": _flag(network.enable_ipv4),
        "enable_ipv6": _flag(network.enable_ipv6),
        "ipam.driver": network.ipam_driver or None,
        "ipam.config": ordered(_pool_text(pool) for pool in network.pools),
        **named("ipam.options", network.ipam_options),
        **named("driver_opts", network.driver_opts),
        **named("labels", network.labels),
    }
    return _present(fields)


def volume_digest(volume: Volume) -> str:
    """
    Hash the definition of a volume.
    """
    return digest(volume_fields(volume))


def volume_fields(volume: Volume) -> dict[str, str]:
    """
    Say field by field what a volume is created from.
    """
    fields = {
        "driver": volume.driver,
        **named("driver_opts", volume.driver_opts),
        **named("labels", volume.labels),
    }
    return _present(fields)


def build_fields(build: Build) -> dict[str, str]:
    """
    Say field by field what an image is built from; the folder's name does not count, its tree does.
    """
    fields = {
        "context_id": build.context_id,
        "dockerfile": build.dockerfile,
        "dockerfile_inline": build.dockerfile_inline or None,
        "target": build.target or None,
        **named("args", build.args),
        **named("labels", build.labels),
        "tags": unordered(build.tags),
        "cache_from": unordered(build.cache_from),
        "network": build.network or None,
        "extra_hosts": unordered(build.extra_hosts),
        "shm_size_bytes": str(build.shm_size_bytes) if build.shm_size_bytes else None,
        "platform": build.platform or None,
        "pull": "true" if build.pull else None,
        "no_cache": "true" if build.no_cache else None,
    }
    return _present(fields)


def file_text(file: ContainerFile) -> str:
    """
    Write what a file is without its content.
    """
    content = hashlib.sha256(file.content).hexdigest()
    kind = "" if file.kind is FileKind.FILE else f"{file.kind} "
    return f"{kind}sha256:{content} mode={file.mode:04o} owner={file.uid}:{file.gid}"


def port_text(port: Port) -> str:
    """
    Write one published port the way Compose's short syntax does.
    """
    host = str(port.published) if port.published else ""
    if port.published_end > port.published:
        host = f"{port.published}-{port.published_end}"
    address = f"[{port.host_ip}]" if ":" in port.host_ip else port.host_ip
    return f"{address}:{host}:{port.target}/{port.protocol}"


def _program_fields(service: Service) -> Iterator[tuple[str, str | None]]:
    yield "image", service.image
    yield "platform", service.platform or None
    yield "container_name", service.container_name or None
    yield "command", words(service.command)
    yield "entrypoint", words(service.entrypoint)
    yield from named("environment", service.environment).items()
    yield "unset_environment", unordered(service.unset_environment)
    yield "user", service.user or None
    yield "working_dir", service.working_dir or None
    yield "init", _flag(service.init)
    yield "tty", _flag(service.tty or None)
    yield "stdin_open", _flag(service.stdin_open or None)
    yield "hostname", service.hostname or None
    yield "domainname", service.domainname or None
    yield "stop_signal", service.stop_signal or None
    if service.stop_grace_period_s != 10.0:  # noqa: PLR2004 -- the default of the Compose Specification
        yield "stop_grace_period_s", number(service.stop_grace_period_s)


def _network_fields(
    service: Service, network_names: Mapping[str, str]
) -> Iterator[tuple[str, str | None]]:
    yield "ports", unordered(port_text(port) for port in service.ports)
    yield "expose", unordered(service.expose)
    yield "extra_hosts", unordered(service.extra_hosts)
    yield "external_links", unordered(service.external_links)
    yield "mac_address", service.mac_address or None
    attached = [each.network for each in service.attachments]
    if attached != sorted(attached):  # The first one is the main network.
        yield "networks", ordered(network_names.get(key, key) for key in attached)
    for attachment in service.attachments:
        name = network_names.get(attachment.network, attachment.network)
        yield f"networks.{name}", _attachment_text(attachment)


def _storage_fields(
    service: Service, volume_names: Mapping[str, str]
) -> Iterator[tuple[str, str | None]]:
    single = {mount.target for mount in service.mounts if not _is_folder(mount)}
    for mount in service.mounts:
        yield f"volumes.{mount.target}", _mount_text(mount, volume_names)
        for file in mount.files if isinstance(mount, CommittedMount) else ():
            # A single file that is mounted over one of a folder has the same target.
            hidden_by = "" if mount.target == file.target or file.target not in single else " below"
            yield f"files.{file.target}{hidden_by}", file_text(file)
    for each in service.volumes_from:
        source = each.service_name or f"container {each.container_name}"
        yield f"volumes_from.{source}", "ro" if each.read_only else "rw"
    for file in service.files:
        yield f"files.{file.target}", file_text(file)
    yield "read_only", "true" if service.read_only else None


def _limit_fields(service: Service) -> Iterator[tuple[str, str | None]]:
    yield from group_fields("limits", service.limits)
    for ulimit in service.ulimits:
        yield f"ulimits.{ulimit.name}", f"{ulimit.soft}:{ulimit.hard}"
    yield "privileged", _flag(service.privileged or None)
    yield "group_add", unordered(service.group_add)
    yield "runtime", service.runtime or None
    added, dropped = capabilities(service.cap_add, service.cap_drop)
    yield "cap_add", unordered(added)
    yield "cap_drop", unordered(dropped)
    yield "security_opt", unordered(service.security_opt)


def _surrounding_fields(service: Service) -> Iterator[tuple[str, str | None]]:
    yield from group_fields("namespaces", service.namespaces)
    yield from group_fields("tuning", service.tuning)
    yield from group_fields("devices", service.devices)
    yield from group_fields("resolver", service.resolver, in_order=True)
    yield from group_fields("hooks", service.hooks, in_order=True)
    yield from named("sysctls", service.sysctls).items()
    yield from named("annotations", service.annotations).items()


def _watch_fields(service: Service) -> Iterator[tuple[str, str | None]]:
    check = service.healthcheck
    if check is not None:
        yield "healthcheck.test", words(check.test or None)
        yield "healthcheck.interval_s", number(check.interval_s)
        yield "healthcheck.timeout_s", number(check.timeout_s)
        yield "healthcheck.start_period_s", number(check.start_period_s)
        yield "healthcheck.start_interval_s", number(check.start_interval_s)
        yield "healthcheck.retries", None if check.retries is None else str(check.retries)
    if service.logging is not None:
        yield "logging.driver", service.logging.driver or None
        yield from named("logging.options", service.logging.options).items()
    yield from named("labels", service.labels).items()


def _present(fields: Mapping[str, str | None]) -> dict[str, str]:
    # An empty text is a value: an empty variable is not an absent one.
    return {name: text for name, text in sorted(fields.items()) if text is not None}


def _flag(value: bool | None) -> str | None:  # noqa: FBT001 - the value itself
    return None if value is None else str(value).lower()


def _attachment_text(attachment: Attachment) -> str:
    texts = {
        "aliases": _joined(attachment.aliases),
        "gw_priority": str(attachment.gw_priority or ""),
        "ipv4": attachment.ipv4_address and quoted(attachment.ipv4_address),
        "ipv6": attachment.ipv6_address and quoted(attachment.ipv6_address),
        "link_local": _joined(attachment.link_local_ips),
        "mac": attachment.mac_address and quoted(attachment.mac_address),
        "unnamed": "" if attachment.named else "true",
        **_options("driver_opts", attachment.driver_opts),
    }
    return " ".join(f"{name}={text}" for name, text in texts.items() if text) or "attached"


def _joined(texts: Iterable[str]) -> str:
    return ",".join(sorted(map(quoted, texts)))


def _options(path: str, options: Mapping[str, str]) -> dict[str, str]:
    return {f"{path}.{quoted(name)}": quoted(text) for name, text in sorted(options.items())}


def _pool_text(pool: AddressPool) -> str:
    places = {"subnet": pool.subnet, "ip_range": pool.ip_range, "gateway": pool.gateway}
    texts = {
        **{name: quoted(text) for name, text in places.items() if text},
        **_options("reserved", pool.reserved),
    }
    return " ".join(f"{name}={text}" for name, text in texts.items())


def _mount_text(mount: Mount, volume_names: Mapping[str, str]) -> str:
    options = (mount.read_only and ":ro") or ""
    if isinstance(mount, VolumeMount):
        options += (mount.no_copy and ":nocopy") or ""
        options += f":subpath={quoted(mount.subpath, colon=False)}" if mount.subpath else ""
        if not mount.volume:
            return f"without a name{options}"
        return quoted(volume_names.get(mount.volume, mount.volume), colon=False) + options
    if isinstance(mount, CommittedMount):
        kind = "folder" if mount.folder else "file"
        volume = quoted(volume_names.get(mount.volume, mount.volume), colon=False)
        # Where it comes from counts only for what is kept under that name.
        kept = f" in {volume} owner={mount.uid}:{mount.gid}" if mount.volume else ""
        return f"{kind} of the commit{kept}{options}"
    if isinstance(mount, HostMount):
        texts = {
            "propagation": mount.propagation,
            "selinux": mount.selinux,
            "recursive": mount.recursive,
        }
        options += ":create" * mount.create
        options += "".join(
            f":{name}={quoted(text, colon=False)}" for name, text in texts.items() if text
        )
        return f"host {quoted(mount.source, colon=False)}{options}"
    size = f" size={mount.size_bytes}" if mount.size_bytes else ""
    mode = f" mode={mount.mode:04o}" if mount.mode else ""
    kind = "tmpfs" if mount.listed else "memory"
    return f"{kind}{size}{mode}{options} {mount.options}".rstrip()


def _is_folder(mount: Mount) -> bool:
    return isinstance(mount, CommittedMount) and mount.folder
