"""
Tell what to change in a running HAProxy so that it has the servers that it should have.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sandbox.planning.haproxy import server_settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from sandbox.model.ingress import IngressConfig, Server


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningServer:
    """
    One server as a worker has it.

    Attributes:
        in_use: Not taken out of use, such as one that is about to be removed.
    """

    backend: str
    name: str
    address: str
    port: int
    weight: int
    in_use: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerChanges:
    """
    What to say to a worker, in this order.

    Attributes:
        commands: Of its command line. What is to serve more comes before what is to serve less:
            at no time is there nobody.
        removals: ``<backend>/<server>`` that are out of use then; one that still has connections
            refuses, and may.
    """

    commands: tuple[str, ...] = ()
    removals: tuple[str, ...] = ()


def server_changes(running: Iterable[RunningServer], config: IngressConfig) -> ServerChanges:
    """
    Compare what runs with *config*, whose backends it has.

    Depends on nothing else: what an earlier attempt left half done is finished by the next.
    """
    present = {(each.backend, each.name): each for each in running}
    wanted = {
        (backend.name, server.name): server
        for backend in config.backends
        for server in backend.servers
    }
    surplus = [present[key] for key in sorted(present.keys() - wanted.keys())]
    return ServerChanges(
        commands=(
            *_more(present, wanted),
            *(
                f"set server {backend}/{name} weight {server.weight}"
                for (backend, name), server in sorted(wanted.items(), key=lambda item: item[0])
                if (now := present.get((backend, name))) and now.weight > server.weight
            ),
            *(
                f"set server {each.backend}/{each.name} state maint"
                for each in surplus
                if each.in_use
            ),
        ),
        removals=tuple(f"{each.backend}/{each.name}" for each in surplus),
    )


def _more(
    present: Mapping[tuple[str, str], RunningServer], wanted: Mapping[tuple[str, str], Server]
) -> Iterator[str]:
    for (backend, name), server in sorted(wanted.items(), key=lambda item: item[0]):
        path = f"{backend}/{name}"
        now = present.get((backend, name))
        if now is None:
            yield f"add server {path} {server_settings(server)}"
            yield f"enable server {path}"
            continue
        if (now.address, now.port) != (server.address, server.port):
            yield f"set server {path} addr {server.address} port {server.port}"
        if now.weight < server.weight:
            yield f"set server {path} weight {server.weight}"
        if not now.in_use:
            yield f"enable server {path}"
