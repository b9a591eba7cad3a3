"""
The fingerprint of what a container is created from: a flat mapping of field to text, and its hash.

A field is in the mapping only when it differs from its default, so that a field which a later
version adds does not change the fingerprint of anything that runs. Sets are sorted, orders that
mean something are kept. Revision, release, place, replicas and ``depends_on`` are not in it.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING, Final

from sandbox.model.service import VolumeMount

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from sandbox.model.desired import Network, Volume
    from sandbox.model.service import (
        Attachment,
        Build,
        ContainerFile,
        Port,
        Service,
        TmpfsMount,
    )

SCHEMA: Final = "1"
_SECRET_NAME = re.compile(r"PASS|SECRET|TOKEN|KEY|CREDENTIAL|AUTH|DSN|PRIVATE|SALT", re.IGNORECASE)
_SECRET_VALUE = re.compile(r"://[^/\s@]*:[^/\s@]+@|-----BEGIN")


def service_fields(
    service: Service,
    *,
    network_names: Mapping[str, str],
    volume_names: Mapping[str, str],
) -> dict[str, str]:
    """
    Say field by field what a container of *service* is created from.

    Args:
        service: As committed.
        network_names: Name on the engine by key.
        volume_names: Name on the engine by key.

    Returns:
        Text by dotted path, sorted; values in clear, so mask them before they are shown or kept.
    """
    fields: dict[str, str | None] = dict(_program_fields(service))
    fields.update(_network_fields(service, network_names))
    fields.update(_storage_fields(service, volume_names))
    fields.update(_limit_fields(service))
    fields.update(_watch_fields(service))
    return _present(fields)


def digest(fields: Mapping[str, str]) -> str:
    """
    Hash *fields* together with the version of this schema: 64 hex digits.
    """
    text = json.dumps({"schema": SCHEMA, "fields": dict(fields)}, sort_keys=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def mask(fields: Mapping[str, str], secret_fields: frozenset[str] = frozenset()) -> dict[str, str]:
    """
    Hide what looks like a secret: equal values stay equal, nothing can be read.

    Args:
        fields: Fingerprint in clear.
        secret_fields: Fields that are secret whatever they are called.
    """
    return {
        name: hidden(text) if name in secret_fields or looks_secret(name, text) else text
        for name, text in fields.items()
    }


def hidden(text: str) -> str:
    """
    Stand-in for a secret.
    """
    return f"hidden:{_short_hash(text)}"


def looks_secret(name: str, text: str) -> bool:
    """
    Tell whether a field should not be shown, by its last name or by what it holds.
    """
    head, _, rest = name.partition(".")
    named = head in {"environment", "labels", "args"} or name.startswith("logging.options.")
    return bool(named and _SECRET_NAME.search(rest)) or bool(_SECRET_VALUE.search(text))


def secret_fields(service: Service) -> frozenset[str]:
    """
    Fields of *service* that hold something declared as a secret.
    """
    return frozenset(f"files.{file.target}" for file in service.files if file.secret)


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
        "subnet": network.subnet or None,
        **_named("driver_opts", network.driver_opts),
        **_named("labels", network.labels),
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
        **_named("driver_opts", volume.driver_opts),
        **_named("labels", volume.labels),
    }
    return _present(fields)


def build_fields(build: Build) -> dict[str, str]:
    """
    Say field by field what an image is built from; the folder's name does not count, its tree does.
    """
    fields = {
        "context_id": build.context_id,
        "dockerfile": build.dockerfile,
        "target": build.target or None,
        **_named("args", build.args),
    }
    return _present(fields)


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
    yield "command", _words(service.command)
    yield "entrypoint", _words(service.entrypoint)
    yield from _named("environment", service.environment).items()
    yield "user", service.user or None
    yield "working_dir", service.working_dir or None
    yield "init", None if service.init is None else str(service.init).lower()
    yield "hostname", service.hostname or None
    yield "stop_signal", service.stop_signal or None
    if service.stop_grace_period_s != 10.0:  # noqa: PLR2004 -- the default of the Compose Specification
        yield "stop_grace_period_s", _number(service.stop_grace_period_s)


def _network_fields(
    service: Service, network_names: Mapping[str, str]
) -> Iterator[tuple[str, str | None]]:
    yield "ports", _set(port_text(port) for port in service.ports)
    yield "expose", _set(service.expose)
    yield "extra_hosts", _set(service.extra_hosts)
    for attachment in service.attachments:
        name = network_names.get(attachment.network, attachment.network)
        yield f"networks.{name}", _attachment_text(attachment)


def _storage_fields(
    service: Service, volume_names: Mapping[str, str]
) -> Iterator[tuple[str, str | None]]:
    for mount in service.mounts:
        yield f"volumes.{mount.target}", _mount_text(mount, volume_names)
    for file in service.files:
        yield f"files.{file.target}", _file_text(file)
    yield "read_only", "true" if service.read_only else None


def _limit_fields(service: Service) -> Iterator[tuple[str, str | None]]:
    limits = service.limits
    yield "limits.memory_bytes", str(limits.memory_bytes) if limits.memory_bytes else None
    yield "limits.nano_cpus", str(limits.nano_cpus) if limits.nano_cpus else None
    yield "limits.pids", str(limits.pids) if limits.pids else None
    yield "limits.restart", None if limits.restart == "no" else limits.restart
    for ulimit in service.ulimits:
        yield f"ulimits.{ulimit.name}", f"{ulimit.soft}:{ulimit.hard}"
    yield "cap_add", _set(service.cap_add)
    yield "cap_drop", _set(service.cap_drop)
    yield "security_opt", _set(service.security_opt)


def _watch_fields(service: Service) -> Iterator[tuple[str, str | None]]:
    check = service.healthcheck
    if check is not None:
        yield "healthcheck.test", _words(check.test or None)
        yield "healthcheck.interval_s", _number(check.interval_s)
        yield "healthcheck.timeout_s", _number(check.timeout_s)
        yield "healthcheck.start_period_s", _number(check.start_period_s)
        yield "healthcheck.retries", None if check.retries is None else str(check.retries)
    if service.logging is not None:
        yield "logging.driver", service.logging.driver or None
        yield from _named("logging.options", service.logging.options).items()
    yield from _named("labels", service.labels).items()


def _present(fields: Mapping[str, str | None]) -> dict[str, str]:
    # An empty text is a value: an empty variable is not an absent one.
    return {name: text for name, text in sorted(fields.items()) if text is not None}


def _named(path: str, values: Mapping[str, str]) -> dict[str, str]:
    return {f"{path}.{name}": text for name, text in values.items()}


def _set(words: Iterable[str]) -> str | None:
    return ", ".join(sorted(words)) or None


def _words(words: tuple[str, ...] | None) -> str | None:
    return None if words is None else json.dumps(list(words))


def _number(value: float | None) -> str | None:
    return None if value is None else f"{value:g}"


def _attachment_text(attachment: Attachment) -> str:
    parts = [f"aliases={','.join(sorted(attachment.aliases))}"] if attachment.aliases else []
    if attachment.ipv4_address:
        parts.append(f"ipv4={attachment.ipv4_address}")
    return " ".join(parts) or "attached"


def _mount_text(mount: VolumeMount | TmpfsMount, volume_names: Mapping[str, str]) -> str:
    if isinstance(mount, VolumeMount):
        options = (mount.read_only and ":ro") or ""
        options += (mount.no_copy and ":nocopy") or ""
        return volume_names.get(mount.volume, mount.volume) + options
    size = f" size={mount.size_bytes}" if mount.size_bytes else ""
    mode = f" mode={mount.mode:04o}" if mount.mode else ""
    return f"tmpfs{size}{mode} {mount.options}".rstrip()


def _file_text(file: ContainerFile) -> str:
    content = hashlib.sha256(file.content).hexdigest()
    return f"sha256:{content} mode={file.mode:04o} owner={file.uid}:{file.gid}"


def _short_hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]
