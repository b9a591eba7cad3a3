"""Whether old and new container of a service may be there at once, and what a rollout asks."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from sandbox.model.ingress import RouteMode
from sandbox.model.rollout import Order
from sandbox.model.service import CommittedMount, Service, VolumeMount

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sandbox.compose.service import Draft
    from sandbox.model.service import Port

_TCP = "tcp"


def binds_itself(service: Service, port: Port) -> bool:
    """Is *port* bound by the container itself, not by the ingress?"""
    return bool(
        port.protocol != _TCP or service.route is RouteMode.DIRECT or service.namespaces.network
    )


def only_one(service: Service, bound: Iterable[Port] | None = None) -> str:
    """
    Say why there can be one container of a place of *service* only; empty when two can be.

    Args:
        bound: Ports that the container binds itself; by default what the file says of it.
    """
    if service.container_name:
        return f"only one container can be called {service.container_name}"
    own = bound if bound is not None else filter(partial(binds_itself, service), service.ports)
    for port in own:
        if port.published and port.published_end <= port.published:
            return f"only one container can bind the host port {port.published}/{port.protocol}"
    addresses = [service.mac_address]
    for each in service.attachments:
        addresses += [each.ipv4_address, each.ipv6_address, each.mac_address]
    fixed = next(filter(None, addresses), "")
    return f"only one container can have the address {fixed}" if fixed else ""


def written_volumes(service: Service) -> tuple[str, ...]:
    """
    Give the keys of the named volumes that *service* writes to.

    A folder of the commit that may be written is one; a single file is not where data is kept.
    """
    written = (
        mount.volume
        for mount in service.mounts
        if (isinstance(mount, VolumeMount) or (isinstance(mount, CommittedMount) and mount.folder))
        and not mount.read_only
    )
    return tuple(filter(None, written))


def shared(service: Service) -> str:
    """
    Say what old and new container of *service* would both use; empty when there is nothing.

    Two may, if the file says so: a named volume that is written, a device of the host.
    """
    for volume in written_volumes(service):
        return f"write the volume {volume}"
    for device in service.devices.mapped:
        return f"use the device {device.source}"
    return ""


def moved_volume(service: Service) -> str:
    """
    Give the target of the first anonymous volume of *service*; empty when there is none.

    It moves from container to container, and two never write it.
    """
    mounts = (mount for mount in service.mounts if isinstance(mount, VolumeMount))
    return next((mount.target for mount in mounts if not mount.volume), "")


def check_rollouts(drafts: Mapping[str, Draft]) -> None:
    """Report rollouts that could not be carried out."""
    for draft in drafts.values():
        _check_order(draft)
        _check_canary(draft)


def _check_order(draft: Draft) -> None:
    service = draft.service
    if service.rollout.update.order is not Order.START_FIRST:
        return
    place, mark = draft.place.at("deploy", "update_config", "order"), draft.rollout_marks["order"]
    reason, both = only_one(service), shared(service)
    if reason:
        place.problem(
            mark,
            f"start-first has two containers for a while: {reason}",
            "remove that, or say stop-first",
        )
    elif target := moved_volume(service):
        place.warn(
            mark,
            f"it goes stop-first: the anonymous volume at {target} moves to the new container; "
            "give it a name if two may write it",
        )
    elif both:
        place.warn(mark, f"for a while two containers {both}")


def _check_canary(draft: Draft) -> None:
    service = draft.service
    if not service.rollout.steps:
        return
    place, mark = draft.place.at("x-sandbox", "rollout", "steps"), draft.rollout_marks["steps"]
    order, both = service.rollout.update.order, shared(service)
    if order is Order.STOP_FIRST:
        place.problem(
            mark,
            "a canary runs beside the old containers, and the order is stop-first",
            "remove the steps, or the order",
        )
    elif reason := only_one(service):
        place.problem(mark, f"a canary runs beside the old container: {reason}", "remove one")
    elif target := moved_volume(service):
        place.problem(
            mark,
            "a canary runs beside the old container, and the anonymous volume at "
            f"{target} can be in one of them only",
            "remove the steps, or give the volume a name",
        )
    elif both and order is None:
        place.problem(
            mark,
            f"a canary runs beside the old container, and both {both}",
            "remove the steps, or say `deploy.update_config.order: start-first` if they may",
        )
    if not _may_be_routed(service):
        place.problem(
            mark,
            "a canary gets a share of the requests, and none go through the ingress here",
            "publish a TCP port, or say `route: http` and `expose` one; or remove the steps",
        )


def _may_be_routed(service: Service) -> bool:
    if service.route is RouteMode.DIRECT or service.namespaces.network:
        return False
    exposed = service.route is not None and any(
        each.partition("/")[2] in {"", _TCP} for each in service.expose
    )
    return exposed or any(port.protocol == _TCP for port in service.ports)
