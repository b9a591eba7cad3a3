"""
What a machine needs to run the sandbox: the facts found, the verdicts on them, the repairs.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class CheckStatus(StrEnum):
    """Verdict on one thing: good, good enough, or in the way."""

    PASS = "pass"  # noqa: S105 - a verdict, not a password
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """
    One verdict.

    Args:
        name: Short and stable, such as ``engine`` or ``port 8081``.
        status: The verdict.
        detail: What was found, for people.
        remedy: The command that mends it; empty when there is nothing to mend.
    """

    name: str
    status: CheckStatus
    detail: str
    remedy: str = ""


class Reach(StrEnum):
    """How far one gets with an engine's endpoint."""

    ANSWERS = "answers"
    ABSENT = "absent"
    DENIED = "denied"
    SILENT = "silent"


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineFacts:
    """
    The engine that would be used.

    Args:
        endpoint: Such as ``unix:///var/run/docker.sock``.
        chosen: ``DOCKER_HOST`` names it, so it is somebody else's to mend.
        reach: How far one gets.
        failure: What the attempt said, when it does not answer.
        version: Of the engine; empty when it does not answer.
        api_version: Newest API that the engine speaks, such as ``1.41``.
        root_folder: Where it keeps images, on its machine.
        registry_known: It is configured with a proxy or a mirror, so that our own look at the
            registry's host says nothing about what it can pull.
    """

    endpoint: str
    chosen: bool
    reach: Reach
    failure: str = ""
    version: str = ""
    api_version: str = ""
    root_folder: str = ""
    registry_known: bool = False


EDGE = "the edge"
"""Stands among the users of a port for what leads to all environments by name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PortFacts:
    """
    One port of loopback.

    Args:
        holder: Who has it now; empty when it is free.
        ours: A sandbox has it.
        users: Environments that publish it, as committed, or `EDGE`.
    """

    number: int
    holder: str = ""
    ours: bool = False
    users: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """
    One look at the machine.

    Args:
        distribution: For people, such as ``Debian GNU/Linux 13 (trixie)``.
        debian_like: It is Debian, Ubuntu or a child of them, with ``apt-get``.
        root: We may install packages and start daemons.
        systemd: An init system runs that can start a service.
        daemon_installed: There is a ``dockerd`` program.
        engine: The engine that would be used.
        base_image: Name of the image that everything is built from.
        base_image_present: The engine has it; ``False`` when the engine does not answer.
        builder_installed: There is an ``mmdebstrap`` program.
        git_version: Such as ``2.47.3``; empty when there is no Git.
        git_name, git_email: In whose name Git commits here; empty where nobody said so.
        disk_folder: Where free space was measured.
        disk_free_bytes: Free for us there.
        inotify_watches: Most watches of one user; ``None`` when the kernel does not say.
        inotify_instances: Most watching programs of one user; ``None`` likewise.
        ports: Those that this repository uses; outside of one, those of the shipped environments.
    """

    distribution: str
    debian_like: bool
    root: bool
    systemd: bool
    daemon_installed: bool
    engine: EngineFacts
    base_image: str
    base_image_present: bool
    builder_installed: bool
    git_version: str
    git_name: str
    git_email: str
    disk_folder: str
    disk_free_bytes: int
    inotify_watches: int | None
    inotify_instances: int | None
    ports: tuple[PortFacts, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class InstallPackages:
    """Install *packages* of the distribution, *purpose* for people."""

    packages: tuple[str, ...]
    purpose: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StartService:
    """Start the service *unit* with the init system."""

    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StartDaemon:
    """Start the engine's daemon itself, detached: no init system does it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PullImage:
    """
    Pull *reference*, if a registry answers within seconds; none answering is no failure.

    Args:
        reference: Name with tag.
        look_first: Find out by ourselves whether the registry's host can be reached at all.
    """

    reference: str
    look_first: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildBaseImage:
    """Build a minimal Debian of *suite* from packages and import it as *reference*."""

    reference: str
    suite: str


Repair = InstallPackages | StartService | StartDaemon | PullImage | BuildBaseImage


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """
    Nothing that we may do would help.

    Args:
        message: What is wrong, in a line.
        remedy: What a person can do about it, a command where possible.
        engine: It is the engine that cannot be had.
    """

    message: str
    remedy: str
    engine: bool
