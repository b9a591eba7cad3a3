"""What the ingress of an environment is told, and what it tells: HAProxy's words, our types."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class RouteMode(StrEnum):
    """How requests reach a service."""

    HTTP = "http"
    """Through the ingress, request by request."""
    TCP = "tcp"
    """Through the ingress, connection by connection."""
    DIRECT = "direct"
    """Straight to the container, as plain Compose does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """
    One container behind a backend.

    Attributes:
        name: That of the container; unique in its backend.
        address: IPv4 address on a network that it shares with the ingress.
        weight: Share of the requests beside the others of the backend, 0 to 256; at 0 nothing new
            goes there, and what is under way ends in peace.
    """

    name: str
    address: str
    port: int
    weight: int = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Backend:
    """
    One port of one service.

    Attributes:
        name: ``<service>-<target port>``.
        port: That target port.
        servers: Sorted by name.
    """

    name: str
    service_name: str
    mode: RouteMode
    port: int = 0
    servers: tuple[Server, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """
    One port of the ingress container.

    Attributes:
        port: Inside the container; unique among listeners.
        backend: Name of the backend of what *hosts* does not name; empty: HTTP 404.
        hosts: Backend by lower-case host name of the request, without a port; HTTP only. One that
            begins with a dot stands for every name that ends with it, and any other name wins.
            Where *backend* is empty, the HTTP 404 lists these names.
        trusted: ``X-Forwarded-*`` of the request are kept: only our own edge can reach this port.
        refused: Addresses, in CIDR form, whose connections are refused.
    """

    port: int
    mode: RouteMode
    backend: str = ""
    hosts: Mapping[str, str] = field(default_factory=dict[str, str])
    trusted: bool = False
    refused: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class IngressConfig:
    """
    Everything that one ingress is meant to do.

    Attributes:
        listeners: Sorted by port.
        backends: Sorted by name.
        max_body_bytes: Of a request; a larger one is refused with 413.
        max_request_s: Seconds that a client may take to send the head of a request.
        max_response_s: Seconds that a service may stay silent.
    """

    listeners: tuple[Listener, ...] = ()
    backends: tuple[Backend, ...] = ()
    max_body_bytes: int = 64 * 2**20
    max_request_s: float = 10.0
    max_response_s: float = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerCounters:
    """
    What one server did since the ingress started; of one that is gone for an hour, maybe nothing.

    Attributes:
        backend: Name of the backend.
        server: Name of the server, of one that is gone too; empty for what no server got, such as
            a request that came when there was none.
        requests: Answered or failed; connections in TCP mode.
        failed: Of these, those that ended with 5xx, without a response, or refused.
        open: Requests (connections in TCP mode) under way now.
        latencies_ms: How many responses began after that many milliseconds; HTTP only.
    """

    backend: str
    server: str
    requests: int = 0
    failed: int = 0
    open: int = 0
    latencies_ms: Mapping[int, int] = field(default_factory=dict[int, int])


@dataclass(frozen=True, slots=True, kw_only=True)
class ServingServer:
    """
    A server that gets new requests now.

    Attributes:
        backend: Name of the backend.
        server: Name of the server, which is that of its container.
        weight: Share of the requests beside the others of the backend, 1 to 256.
    """

    backend: str
    server: str
    weight: int


@dataclass(frozen=True, slots=True, kw_only=True)
class IngressReport:
    """
    What a running ingress says of itself.

    Attributes:
        config_hash: Of the configuration that the running worker was given, servers and weights
            included; empty while it changes, and when a restart would bring another.
        servers: Sorted by backend and server.
    """

    config_hash: str = ""
    servers: tuple[ServerCounters, ...] = ()
