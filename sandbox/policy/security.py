"""Capabilities and the options of the kernel's security modules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sandbox.policy.fault import Fault, entries

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

DEFAULT_CAPABILITIES: Final = frozenset(
    {
        "AUDIT_WRITE",
        "CHOWN",
        "DAC_OVERRIDE",
        "FOWNER",
        "FSETID",
        "KILL",
        "MKNOD",
        "NET_BIND_SERVICE",
        "NET_RAW",
        "SETFCAP",
        "SETGID",
        "SETPCAP",
        "SETUID",
        "SYS_CHROOT",
    }
)
"""What the engine gives every container. Source: moby ``oci/caps/defaults.go``."""

_HARMLESS: Final = frozenset(
    {
        "no-new-privileges",
        "no-new-privileges=true",
        "no-new-privileges=false",  # what is so without it
        "seccomp=builtin",
        "apparmor=docker-default",
    }
)


CUSTOM_SECCOMP: Final = "seccomp=custom"
"""Stands for every profile of one's own."""


def security_faults(host: Mapping[str, object]) -> Iterator[Fault]:
    """Judge ``CapAdd``, ``SecurityOpt`` and the paths that are hidden without it."""
    for text in entries(host.get("CapAdd")):
        name = capability_name(str(text))
        if name not in DEFAULT_CAPABILITIES:
            yield Fault(key="cap_add", value=name, what=f"the capability {name}")
    for text in entries(host.get("SecurityOpt")):
        yield from _option_faults(str(text))
    for field in ("MaskedPaths", "ReadonlyPaths"):
        # An empty list is a choice as well: it hides nothing.
        if host.get(field) is not None:
            what = "the parts of /proc and /sys that a container must not touch, laid open"
            yield Fault(key="security_opt", value="systempaths=unconfined", what=what)
            return


def capability_name(text: str) -> str:
    """Write a capability as the kernel's manual does, without its prefix."""
    return text.upper().removeprefix("CAP_")


def security_option(text: str) -> str:
    """Write an option with an equals sign, where a colon is allowed, too."""
    name, sign, rest = text.partition("=") if "=" in text else text.partition(":")
    return f"{name}={rest}" if sign else name


def _option_faults(text: str) -> Iterator[Fault]:
    option = security_option(text)
    if option in _HARMLESS:
        return
    if option.startswith("seccomp=") and option != "seccomp=unconfined":
        # A profile of one's own can allow everything; its text is too long to repeat.
        option = CUSTOM_SECCOMP
    yield Fault(key="security_opt", value=option, what=f"the security option {option}")
