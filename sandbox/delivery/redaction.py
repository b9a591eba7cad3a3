"""Take secrets out of what a program printed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sandbox.planning.fingerprint import looks_secret

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sandbox.model.service import Service

SHORTEST: Final = 4
"""Shorter ones are words of any text, and no secret."""
STAND_IN: Final = "***"


def redacted(lines: Iterable[str], service: Service) -> tuple[str, ...]:
    """Replace in *lines* whatever *service* was given as a secret."""
    words = {
        text
        for name, text in service.environment.items()
        if looks_secret(f"environment.{name}", text)
    }
    for file in service.files:
        if file.secret:
            words |= set(file.content.decode(errors="replace").split())
    # The longest first: one may hold another.
    found = sorted((word for word in words if len(word) >= SHORTEST), key=len, reverse=True)
    return tuple(_without(line, found) for line in lines)


def _without(line: str, words: Iterable[str]) -> str:
    for word in words:
        line = line.replace(word, STAND_IN)
    return line
