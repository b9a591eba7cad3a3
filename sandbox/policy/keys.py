"""The keys that can be denied, as people write them in a Compose file, and why they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sandbox.model.waiver import Subject
from sandbox.policy.host_paths import normal
from sandbox.policy.security import CUSTOM_SECCOMP, capability_name, security_option

if TYPE_CHECKING:
    from collections.abc import Mapping

_FOREIGN: Final = "it reaches containers or data of other projects on this machine"
_KERNEL: Final = "it changes the kernel's rules for more than its own processes"
_PROTECTION: Final = "it takes away a protection that keeps a container from its host"
_HARDWARE: Final = "it hands over hardware of the host"
_LOCALHOST: Final = "every machine that reaches this one can connect to it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """
    One key that can be denied.

    Attributes:
        why: What is wrong with it, as the end of a sentence.
        aliases: Other keys that end in the same field of the engine's API.
    """

    why: str
    aliases: tuple[str, ...] = ()


_PARTS: Final = frozenset({"external_links", "volumes_from"})

SERVICE: Final[Mapping[str, Key]] = {
    "annotations": Key(why="the runtime acts on annotations with the rights of the host"),
    "build.cgroup_parent": Key(why=_KERNEL),
    "build.entitlements": Key(why=_PROTECTION),
    "build.network": Key(
        why="a build step is then on the network of the host or of another project"
    ),
    "build.privileged": Key(why=_PROTECTION),
    "build.security_opt": Key(why=_PROTECTION),
    "cap_add": Key(why="it is more than what the engine gives every container"),
    "cgroup": Key(why="it shows the control groups of the host"),
    "cgroup_parent": Key(why="it leaves the limits that the engine keeps containers in"),
    "credential_spec": Key(why="it uses an identity of the host"),
    "device_cgroup_rules": Key(why=_HARDWARE),
    "devices": Key(why=_HARDWARE),
    "external_links": Key(why=_FOREIGN, aliases=("links",)),
    "gpus": Key(why=_HARDWARE, aliases=("deploy.resources.reservations.devices",)),
    "ipc": Key(why="it shares memory with the host or with containers of other projects"),
    "isolation": Key(why="it chooses how a container is kept from its host"),
    "logging": Key(why="the engine opens it on the host, with its own rights"),
    "network_mode": Key(why="it shares the network of the host or of another project"),
    "networks": Key(why=_FOREIGN),
    "networks.driver_opts": Key(why=_KERNEL),
    "oom_kill_disable": Key(why="out of memory, the host then ends something else"),
    "oom_score_adj": Key(why="out of memory, the host then ends something else first"),
    "pid": Key(why="it sees and signals processes of the host or of other projects"),
    "ports": Key(why=_LOCALHOST),
    "post_start": Key(why="the hook runs with every right over the host"),
    "pre_stop": Key(why="the hook runs with every right over the host"),
    "privileged": Key(why="root in the container is then root on the host"),
    "runtime": Key(why="it chooses the program that keeps a container from its host"),
    "security_opt": Key(why=_PROTECTION),
    "storage_opt": Key(why="it sets options of the engine's own storage"),
    "sysctls": Key(why=_KERNEL),
    "userns_mode": Key(why="it leaves the user namespace that the engine keeps containers in"),
    "uts": Key(why="it can rename the host"),
    "volumes": Key(why="it reads and writes files of the host, or data of other projects"),
    "volumes_from": Key(why=_FOREIGN),
}

NETWORK: Final[Mapping[str, Key]] = {
    "driver": Key(why="it puts containers on a network of the host"),
    "driver_opts": Key(why="it changes interfaces or addresses of the host"),
    "external": Key(why=_FOREIGN),
    "ipam": Key(why="a program of the host chooses the addresses"),
}

VOLUME: Final[Mapping[str, Key]] = {
    "driver": Key(why="a program of the host decides what is in it"),
    "driver_opts": Key(why="it mounts something of the host, or of another machine"),
    "external": Key(why=_FOREIGN),
}

KEYS: Final[Mapping[Subject, Mapping[str, Key]]] = {
    Subject.SERVICE: SERVICE,
    Subject.NETWORK: NETWORK,
    Subject.VOLUME: VOLUME,
}


def canonical_key(subject: Subject, key: str) -> str:
    """Give the key of `KEYS` that *key* is a spelling of; empty when there is none."""
    table = KEYS[subject]
    if key in table:
        return key
    return next((name for name, each in table.items() if key in each.aliases), "")


def canonical_value(key: str, value: str) -> str:
    """Write *value*, as a person wrote it for *key*, in the one form that faults have."""
    match key:
        case "cap_add":
            return capability_name(value)
        case "security_opt":
            return security_option(value)
        case _:
            return normal(value)


def is_written_as(key: str, value: str, written: str) -> bool:
    """Tell whether *written* is how a file says *value* of *key*."""
    if key in _PARTS:  # container:name:ro, name:alias
        return value in written.split(":")
    found = canonical_value(key, written)
    if key == "security_opt" and value == CUSTOM_SECCOMP:
        return found.startswith("seccomp=")
    return found == value


def spellings(subject: Subject, key: str) -> tuple[str, ...]:
    """Give *key* and its aliases."""
    known = KEYS[subject].get(key)
    return (key, *known.aliases) if known else (key,)
