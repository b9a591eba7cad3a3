"""
Two environments side by side: what they declare, field by field. Names of objects do not count.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.planning.field_label import field_changes, secret_fields
from sandbox.planning.field_texts import group_fields
from sandbox.planning.fingerprint import (
    build_fields,
    network_fields,
    service_fields,
    volume_fields,
)

if TYPE_CHECKING:
    from sandbox.model.desired import DesiredState, Network, Volume
    from sandbox.model.plan import Change
    from sandbox.model.service import Dependency, Service


def compare_desired(one: DesiredState, other: DesiredState) -> tuple[Change, ...]:
    """
    Name every field that differs, such as ``web.environment.HEADLINE``; secrets stay hidden.

    What only one of them declares is one change, not one for each of its fields.
    """
    before, after = _objects(one), _objects(other)
    left: dict[str, str] = {}
    right: dict[str, str] = {}
    for name in before.keys() | after.keys():
        if name in before and name in after:
            left.update({f"{name}.{field}": text for field, text in before[name].items()})
            right.update({f"{name}.{field}": text for field, text in after[name].items()})
        else:
            (left if name in before else right)[name] = "declared"
    services = (*one.services, *one.gates, *other.services, *other.gates)
    secret = {f"{each.name}.{field}" for each in services for field in secret_fields(each)}
    return field_changes(left, right, frozenset(secret))


def _objects(desired: DesiredState) -> dict[str, dict[str, str]]:
    services = (*desired.services, *desired.gates)
    objects = {service.name: _service_fields(service) for service in services}
    objects.update({f"networks.{each.key}": _network_fields(each) for each in desired.networks})
    objects.update({f"volumes.{each.key}": _volume_fields(each) for each in desired.volumes})
    objects["x-sandbox"] = _setting_fields(desired)
    return objects


def _service_fields(service: Service) -> dict[str, str]:
    fields = service_fields(service, network_names={}, volume_names={})
    fields["replicas"] = str(service.replicas)
    fields.update(_traffic_fields(service))
    for dependency in service.depends_on:
        fields[f"depends_on.{dependency.service_name}"] = _dependency_text(dependency)
    if service.build:
        fields["build.context"] = service.build.context
        fields.update({f"build.{key}": text for key, text in build_fields(service.build).items()})
    return fields


def _traffic_fields(service: Service) -> dict[str, str]:
    """Say what no container is made from: how requests reach it, and how it is rolled out."""
    spoken = {
        f"ports.{port.target}.app_protocol": port.app_protocol
        for port in service.ports
        if port.app_protocol
    }
    rollout = group_fields("rollout", service.rollout, in_order=True)
    route = {"route": service.route.value} if service.route else {}
    gate = dict(group_fields("gate", service.gate)) if service.gate else {}
    return {
        **spoken,
        **route,
        **{name: text for name, text in gate.items() if text},
        **{name: text for name, text in rollout if text is not None},
    }


def _network_fields(network: Network) -> dict[str, str]:
    fields = {**network_fields(network), "external": str(network.external).lower()}
    return {**fields, **({"name": network.name} if network.name else {})}


def _volume_fields(volume: Volume) -> dict[str, str]:
    fields = {**volume_fields(volume), "external": str(volume.external).lower()}
    return {**fields, **({"name": volume.name} if volume.name else {})}


def _setting_fields(desired: DesiredState) -> dict[str, str]:
    settings = desired.settings
    return {
        "track": settings.track,
        "release": desired.release,
        **({"promote_from": settings.promote_from} if settings.promote_from else {}),
        **({"promote_from.soak_s": f"{settings.soak_s:g}"} if settings.soak_s else {}),
        "sync.auto": str(settings.sync.auto).lower(),
        "sync.self_heal": str(settings.sync.self_heal).lower(),
        "sync.prune": str(settings.sync.prune).lower(),
        "sync.allow_empty": str(settings.sync.allow_empty).lower(),
        "rollout.deadline_s": f"{settings.rollout.deadline_s:g}",
        "rollout.rollback": str(settings.rollout.rollback).lower(),
        "health.restart_after_s": f"{settings.health.restart_after_s:g}",
        "health.rollback_after_s": f"{settings.health.rollback_after_s:g}",
    }


def _dependency_text(dependency: Dependency) -> str:
    words = [str(dependency.condition)]
    if not dependency.required:
        words.append("optional")
    if dependency.restart:
        words.append("restart")
    return " ".join(words)
