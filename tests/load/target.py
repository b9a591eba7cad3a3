"""What is asked for, again and again."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """
    One request.

    Attributes:
        text: As it was written.
        address: Host and port to connect to.
        kept: Its bytes when the connection is to be used again.
        closing: Its bytes when it is the only one on its connection.
    """

    text: str
    address: tuple[str, int]
    kept: bytes
    closing: bytes


def parse(text: str) -> Target:
    """
    Read ``[METHOD ]URL[ BODY]``, such as ``POST http://127.0.0.1:8081/api {"a": 1}``.

    A name that ends with ``.localhost`` is this machine, whatever a resolver says (RFC 6761).
    """
    first, _, rest = text.partition(" ")
    method, words = (first, rest) if first.isupper() else ("GET", text)
    url, _, body = words.partition(" ")
    parts = urlsplit(url)
    if parts.scheme != "http" or not parts.hostname:
        message = f"{text!r} is no request: [METHOD ]http://HOST[:PORT]/PATH[ BODY]"
        raise ValueError(message)
    local = parts.hostname == "localhost" or parts.hostname.endswith(".localhost")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    lines = [f"{method} {path} HTTP/1.1", f"Host: {parts.netloc}", "User-Agent: load"]
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body.encode())}"]
    tail = f"\r\n\r\n{body}"
    return Target(
        text=text,
        address=(LOOPBACK if local else parts.hostname, parts.port or 80),
        kept=("\r\n".join(lines) + tail).encode(),
        closing=("\r\n".join([*lines, "Connection: close"]) + tail).encode(),
    )
