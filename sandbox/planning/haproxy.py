"""
Write what an ingress is meant to do as the configuration of HAProxy 3.0.
"""

from __future__ import annotations

import hashlib
import math
import re
from functools import lru_cache
from typing import TYPE_CHECKING

from sandbox.errors import IngressError
from sandbox.model.ingress import RouteMode
from sandbox.planning.same import Same

if TYPE_CHECKING:
    from sandbox.model.ingress import Backend, IngressConfig, Listener, Server

SOCKET = "/run/ingress/worker.sock"
"""Where the worker answers, inside the container."""
HTTP_LISTENER = "http-"
"""How the names of listeners for HTTP begin."""
TABLE = "latencies"
"""Stick table of the milliseconds to the first byte; key: ``<backend>/<server>/<ms>``."""
KEEP_ALIVE_S = 5
"""
Seconds that the connection of a client may idle, about what servers of applications allow: a change
that follows a reload may have to wait for it.
"""
_KEEP_ALIVE_TOLD_S = 3
"""What clients are told of it, so that none asks on a connection that is just being closed."""
HASH_VARIABLE = "proc.config_hash"
STRUCTURE_VARIABLE = "proc.structure_hash"
"""Variables of the process: what it was told, so that it can say what it does."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}")
_HOST = re.compile(r"\.?[a-z0-9]([a-z0-9._-]{0,252})")
_HOSTS_SHOWN = 50
_UNKNOWN = "No service has this name here"
_BLOCK = re.compile(r"[0-9a-f.:]{2,39}/\d{1,3}")
_ADDRESS = re.compile(r"\d{1,3}(\.\d{1,3}){3}")
_HASH_DIGITS = 16
_PORTS = range(1, 2**16)
_WEIGHTS = range(257)
_WORDS_MAX = 32


def render(config: IngressConfig) -> str:
    """
    Write *config* as the text of a configuration file, its own hash included.

    Raises:
        IngressError: A name, a host or an address would not be one in the file.
    """
    head, *rest = _sections(config)
    head += f"\n    set-var {HASH_VARIABLE} str({config_hash(config)})"
    return _joined([head, *rest])


def config_hash(config: IngressConfig) -> str:
    """
    Give the hash of the text of *config*, servers and weights included; 16 hex digits.

    It is the beginning of the SHA-256 of the file without the line that holds it, so that the
    container can tell by itself whether the file was touched.
    """
    return _config_hash(Same(config))


@lru_cache(maxsize=64)  # a plan asks for it several times
def _config_hash(config: Same[IngressConfig]) -> str:
    return _hash(_joined(_sections(config.value)))


def structure_hash(config: IngressConfig) -> str:
    """Give the hash of all that cannot be changed in a running worker: all but the servers."""
    return _hash(_joined([_global(""), *_structure(config, servers=False)]))


def _joined(sections: list[str]) -> str:
    return "\n\n".join(sections) + "\n"


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:_HASH_DIGITS]


def _sections(config: IngressConfig) -> list[str]:
    return [_global(structure_hash(config)), *_structure(config, servers=True)]


def _structure(config: IngressConfig, *, servers: bool) -> list[str]:
    _check(config)
    return [
        _defaults(config),
        _tables(),
        *(
            _http_listener(each, config) if each.mode is RouteMode.HTTP else _tcp_listener(each)
            for each in config.listeners
        ),
        *(_known_names(each) for each in config.listeners if each.hosts and not each.backend),
        *(_backend(each, servers=servers) for each in config.backends),
    ]


def _global(structure: str) -> str:
    return f"""\
# Written by sandbox: changed only by a commit, and put right when changed otherwise.
global
    # One small process: no log, no account of its own, nothing to reach it but these sockets.
    maxconn 8192
    nbthread 2
    stats socket {SOCKET} mode 600 level admin
    stats timeout 1h
    # A worker that was replaced ends with its last connection, and after this at the latest.
    hard-stop-after 1h
    # What runs tells what it is.
    set-var {STRUCTURE_VARIABLE} str({structure})"""


def _defaults(config: IngressConfig) -> str:
    response_ms = _milliseconds(config.max_response_s)
    return f"""\
defaults
    timeout connect 1s
    timeout queue 5s
    timeout http-request {_milliseconds(config.max_request_s)}ms
    timeout http-keep-alive {KEEP_ALIVE_S}s
    timeout server {response_ms}ms
    # Longer than the server's: a client that only listens is not the one to blame for silence.
    timeout client {response_ms + 10_000}ms
    timeout client-fin 30s
    timeout tunnel 24h
    # Only what cannot have reached a server is tried again, the second time on another one.
    retries 3
    retry-on conn-failure
    option redispatch 1
    option clitcpka
    option srvtcpka
    http-error status 503 {_text("503 No server is ready. Try again.")} hdr Retry-After 1
    http-error status 413 {_text("413 The body of this request is too large.")}"""


def _tables() -> str:
    return f"""\
# How many responses began after so many milliseconds. A worker lives long: what was not met for
# an hour goes, and the oldest go when there are too many.
backend {TABLE}
    mode http
    stick-table type string len 280 size 50k expire 1h store http_req_cnt

backend unrouted
    mode http
    http-request return status 404 {_text(f"404 {_UNKNOWN}.")}"""


def _text(line: str) -> str:
    return f'content-type text/plain string "{line}\\n"'


def _http_listener(listener: Listener, config: IngressConfig) -> str:
    # A name of its own comes before the names below another, and those before the ones above.
    names = sorted(
        listener.hosts.items(), key=lambda each: (each[0].startswith("."), -len(each[0]), each)
    )
    rules = "".join(
        f"\n    use_backend {backend} if {{ var(txn.host) -m {_match(host)} {host} }}"
        for host, backend in names
    )
    origin = "# Only our own edge comes here: it said who asks." if listener.trusted else _ORIGIN
    return f"""\
frontend {HTTP_LISTENER}{listener.port}
    mode http
    bind :{listener.port}{_gate(listener)}
    option http-no-delay
    # Clients keep their connection over a reload until they are answered once more.
    option idle-close-on-response
    http-after-response set-header Keep-Alive timeout={_KEEP_ALIVE_TOLD_S}
    http-request set-var(txn.host) req.hdr(host),host_only,lower
    # A body without a length cannot be measured before it was passed on.
    http-request deny deny_status 413 if {{ req.body_size gt {config.max_body_bytes} }}
    # Cleartext HTTP/2 would be a tunnel past all of this.
    http-request del-header Upgrade if {{ req.hdr(Upgrade) -m sub -i h2c }}
    {origin}{rules}
    default_backend {listener.backend or _unrouted(listener)}"""


def _gate(listener: Listener) -> str:
    """Refuse whoever must not come in; a line holds so many words only."""
    groups = (
        listener.refused[first : first + _WORDS_MAX]
        for first in range(0, len(listener.refused), _WORDS_MAX)
    )
    lines = (f"tcp-request connection reject if {{ src {' '.join(each)} }}" for each in groups)
    return "".join(f"\n    {line}" for line in lines)


def _match(host: str) -> str:
    return "end" if host.startswith(".") else "str"


def _unrouted(listener: Listener) -> str:
    return f"unrouted.{listener.port}" if listener.hosts else "unrouted"


def _known_names(listener: Listener) -> str:
    """Tell who asked for an unknown name which there are: a browser with links, others as text."""
    hosts = sorted(listener.hosts, key=lambda host: (host.lstrip("."), host[0] == "."))
    more = len(hosts) - _HOSTS_SHOWN
    rest = [f"and {more} more"] if more > 0 else []
    names = [f"*{host}" if host.startswith(".") else host for host in hosts[:_HOSTS_SHOWN]]
    shown = "".join(f"  {name}\\n" for name in [*names, *rest])
    text = f"404 {_UNKNOWN}. There are:\\n{shown}"
    items = "".join(f"<li>{_linked(name)}" for name in names) + "".join(
        f"<li>{each}" for each in rest
    )
    page = (
        "<!doctype html><html lang='en'><meta charset='utf-8'>"
        "<meta name='viewport' content='width=device-width'>"
        f"<title>404 {_UNKNOWN}</title><body style='font: 18px sans-serif; margin: 2em'>"
        f"<h1>{_UNKNOWN}</h1><p>There are:<ul>{items}</ul>"
    )
    return f"""\
backend {_unrouted(listener)}
    mode http
    # Links lead to the port that the browser came to.
    http-request set-var(txn.page_port) req.hdr(host),port_only
    http-request set-var(txn.page_port) int(80) if {{ var(txn.page_port) -m int 0 }}
    http-request return status 404 content-type text/html lf-string "{page}" \
if {{ req.hdr(Accept) -m sub text/html }}
    http-request return status 404 content-type text/plain string "{text}\""""


def _linked(name: str) -> str:
    """Write a host name as a link; `_check` lets no sign into one that HTML or HAProxy reads."""
    if name.startswith("*"):
        return name
    return f"<a href='http://{name}:%[var(txn.page_port)]/'>{name}</a>"


_ORIGIN = """\
# Who asks is ours to say.
    http-request del-header X-Forwarded- -m beg
    http-request del-header X-Real-IP
    http-request del-header Forwarded
    http-request set-var(txn.port) req.hdr(host),port_only
    http-request set-var(txn.port) int(80) if { var(txn.port) -m int 0 }
    http-request set-header X-Forwarded-For %[src]
    http-request set-header X-Forwarded-Proto http
    http-request set-header X-Forwarded-Host %[req.hdr(host)]
    http-request set-header X-Forwarded-Port %[var(txn.port)]
    http-request set-header Forwarded for=%[src];proto=http"""


def _tcp_listener(listener: Listener) -> str:
    return f"""\
frontend tcp-{listener.port}
    mode tcp
    bind :{listener.port}{_gate(listener)}
    default_backend {listener.backend}"""


def _backend(backend: Backend, *, servers: bool) -> str:
    lines = "".join(
        f"\n    server {each.name} {server_settings(each)}" for each in backend.servers if servers
    )
    if backend.mode is RouteMode.TCP:
        return f"backend {backend.name}\n    mode tcp\n    balance leastconn{lines}"
    return f"""\
backend {backend.name}
    mode http
    balance roundrobin
    option http-no-delay
    http-response set-var-fmt(txn.latency) "%[be_name]/%[srv_name]/%[res.timer.hdr]"
    http-response track-sc0 var(txn.latency) table {TABLE}{lines}"""


def server_settings(server: Server) -> str:
    """
    Give what follows the name of a server, in the file and on the command line alike.

    Connections that idle go soon: a request that meets a server which is just closing one is lost,
    and many close theirs after 5 s.
    """
    return f"{server.address}:{server.port} weight {server.weight} pool-purge-delay 1s"


def _milliseconds(seconds: float) -> int:
    return max(1, math.ceil(seconds * 1000))


def _check(config: IngressConfig) -> None:
    """Refuse what would be more than a name, a host or an address in the file."""
    for listener in config.listeners:
        _expect(listener.port in _PORTS, "port", listener.port)
        if listener.mode is RouteMode.TCP or listener.backend:
            _expect(_NAME.fullmatch(listener.backend), "backend", listener.backend)
        for block in listener.refused:
            _expect(_BLOCK.fullmatch(block), "network", block)
        for host, name in listener.hosts.items():
            _expect(_HOST.fullmatch(host), "host name", host)
            _expect(_NAME.fullmatch(name), "backend", name)
    for backend in config.backends:
        _expect(_NAME.fullmatch(backend.name), "backend", backend.name)
        _expect(backend.mode is not RouteMode.DIRECT, "mode of a backend", backend.mode)
        for server in backend.servers:
            _expect(_NAME.fullmatch(server.name), "server", server.name)
            _expect(_ADDRESS.fullmatch(server.address), "address", server.address)
            _expect(server.port in _PORTS, "port", server.port)
            _expect(server.weight in _WEIGHTS, "weight", server.weight)


def _expect(holds: object, what: str, said: object) -> None:
    if not holds:
        raise IngressError(f"the ingress cannot be told of {what} {str(said)[:80]!r}")
