"""
Variables of this machine: a controller keeps those that it was started with.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULTS: Final[Mapping[str, str]] = {
    "DOCKER_HOST": "the local socket",
    "SANDBOX_EDGE_PORT": "8080",
    "SANDBOX_SUBNET_POOL": "10.213.0.0/16",
}
"""Every variable that says how environments are run, and what holds where it is not set."""
_EDGE_OFF: Final = frozenset({"0", "off"})


def settings_of(environment: Mapping[str, str]) -> dict[str, str]:
    """
    Give those variables of *environment* that are set, by name.
    """
    found = {name: environment.get(name, "").strip() for name in DEFAULTS}
    return {name: text for name, text in found.items() if text}


def unheeded_notes(mine: Mapping[str, str], running: Mapping[str, str]) -> tuple[str, ...]:
    """
    Say which variables of *mine* the controller does not know: it was started with *running*.

    ::

        SANDBOX_EDGE_PORT=9000 has no effect: the controller that runs was started with 8080 and
        keeps it; to change it: sandbox stop && SANDBOX_EDGE_PORT=9000 sandbox up
    """
    return tuple(
        f"{name}={text} has no effect: the controller that runs was started with"
        f" {running.get(name) or DEFAULTS[name]} and keeps it;"
        f" to change it: sandbox stop && {name}={text} sandbox up"
        for name, text in sorted(mine.items())
        if _meaning(name, text) != _meaning(name, running.get(name, ""))
    )


def _meaning(name: str, text: str) -> str:
    said = text.lower() if name == "SANDBOX_EDGE_PORT" else text
    return "off" if name == "SANDBOX_EDGE_PORT" and said in _EDGE_OFF else said or DEFAULTS[name]
