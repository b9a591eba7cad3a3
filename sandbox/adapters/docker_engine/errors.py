"""
docker-py's exceptions become ours: unreachable, temporary or permanent, in the engine's own words.
"""

from __future__ import annotations

import re

from docker.errors import APIError, DockerException
from requests.exceptions import ConnectionError as BrokenConnectionError
from requests.exceptions import RequestException, Timeout
from urllib3.exceptions import HTTPError, ReadTimeoutError

from sandbox.errors import EngineError, EngineUnreachableError, StaleError

TRANSPORT_ERRORS = (RequestException, HTTPError, OSError)
"""The connection failed, or broke, or the answer was not complete."""

LIBRARY_ERRORS = (APIError, DockerException, RequestException, HTTPError, OSError)
"""Everything that a call through docker-py raises for a reason outside this process."""

SERVER_ERROR = 500
NOT_FOUND = 404
CONFLICT = 409

_PORT_TAKEN = re.compile(
    r"Bind for (?P<bound>\S+) failed: port is already allocated"
    r"|listen (?:tcp|udp)[46]? (?P<listened>\S+): bind: address already in use"
)
_POOL_TEXTS = (
    "Pool overlaps with other one",
    "non-overlapping IPv4 address pool",
    "all predefined address pools have been fully subnetted",
)
_TEMPORARY_TEXTS = (
    *_POOL_TEXTS,
    "is marked for removal",
    "removal of container",
    "has active endpoints",
    "volume is in use",
)


def status_of(error: BaseException | None) -> int:
    """HTTP status of the engine's answer behind an error, translated or not; 0 without one."""
    if isinstance(error, EngineError):
        return status_of(error.__cause__)
    return (error.status_code or 0) if isinstance(error, APIError) else 0


def words_of(error: BaseException) -> str:
    """What the engine said, or else what the library said, on one line."""
    said = error.explanation if isinstance(error, APIError) else None
    if not said and isinstance(error, OSError):
        said = error.strerror
    return " ".join(str(said or error).split())


def is_transport(error: Exception) -> bool:
    """Tell whether the connection is to be thrown away: no complete answer came through it."""
    return not isinstance(error, APIError) and isinstance(error, TRANSPORT_ERRORS)


def is_timeout(error: BaseException | None) -> bool:
    """Tell whether the engine was silent for too long, before its answer or in the midst of it."""
    if isinstance(error, BrokenConnectionError) and error.args:
        return isinstance(error.args[0], ReadTimeoutError)
    return isinstance(error, Timeout | ReadTimeoutError)


def port_taken(words: str) -> str:
    """Give ``address:port`` out of the engine's words when a port was taken, else an empty text."""
    found = _PORT_TAKEN.search(words)
    return (found["bound"] or found["listened"]) if found else ""


def failed_start(words: str) -> str:
    """Shorten what the engine keeps of a failed start; the same failure gives the same text."""
    taken = port_taken(words)
    return f"port {taken} of this machine is taken" if taken else " ".join(words.split())


def translate(error: Exception, doing: str, address: str) -> EngineError:
    """
    Make an `EngineError` of what docker-py raised.

    Args:
        error: One of `LIBRARY_ERRORS`.
        doing: What was being done, to begin the message with: ``create container x``.
        address: Of the engine.
    """
    words = words_of(error)
    if is_transport(error):
        return EngineUnreachableError(f"cannot {doing}: no engine answers at {address}: {words}")
    if taken := port_taken(words):
        return EngineError(
            f"cannot {doing}: port {taken} of this machine is taken",
            remedy=f"stop what listens on {taken}, or publish another port",
            temporary=True,
        )
    if any(text in words for text in _POOL_TEXTS):
        return EngineError(
            f"cannot {doing}: {words}",
            remedy="remove unused networks: docker network ls, then docker network rm NAME",
            temporary=True,
        )
    status = status_of(error)
    temporary = status >= SERVER_ERROR or any(text in words for text in _TEMPORARY_TEXTS)
    if not temporary and status in {NOT_FOUND, CONFLICT}:
        # What is gone, or in another state than it was, says nothing against what was asked.
        return StaleError(f"cannot {doing}: {words}")
    return EngineError(f"cannot {doing}: {words}", temporary=temporary)
