"""
Look at this machine, and repair it.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import assert_never

from sandbox.adapters.host import base_image, daemon, engine_api, listeners, packages
from sandbox.adapters.host.engine_api import EngineAddress
from sandbox.model.diagnosis import (
    BuildBaseImage,
    Facts,
    InstallPackages,
    PortFacts,
    PullImage,
    Repair,
    StartDaemon,
    StartService,
)

INOTIFY = Path("/proc/sys/fs/inotify")
SYSTEMD = Path("/run/systemd/system")
GIT_TIMEOUT_S = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalHost:
    """
    This machine.

    Args:
        environment: The process's own; programs that are run get it.
        base_image: Name with tag of the image that everything is built from.
        ports: Ports of loopback to look at, and who is to use each.
        committer: Gives the name and the address that Git commits with; empty where none is set.
        say: Gets a line for people, at least once a second while something takes long.
    """

    environment: Mapping[str, str]
    base_image: str
    ports: Mapping[int, tuple[str, ...]]
    committer: Callable[[], tuple[str, str]]
    say: Callable[[str], None]

    def diagnose(self) -> Facts:
        """
        Look at everything that matters, within seconds; changes nothing.
        """
        view = engine_api.look(self._address, self.base_image)
        name, family = _distribution()
        folder = _disk_folder(view.facts.root_folder)
        version = self._git_version()
        name_of_author, address = self.committer() if version else ("", "")
        return Facts(
            distribution=name,
            debian_like=bool(family & {"debian", "ubuntu"}) and bool(shutil.which("apt-get")),
            root=os.geteuid() == 0,
            systemd=SYSTEMD.is_dir(),
            daemon_installed=shutil.which("dockerd") is not None,
            engine=view.facts,
            base_image=self.base_image,
            base_image_present=view.image_present,
            builder_installed=shutil.which("mmdebstrap") is not None
            and base_image.KEYRING.exists(),
            git_version=version,
            git_name=name_of_author,
            git_email=address,
            disk_folder=str(folder),
            disk_free_bytes=shutil.disk_usage(folder).free,
            inotify_watches=_inotify("max_user_watches"),
            inotify_instances=_inotify("max_user_instances"),
            ports=tuple(_port(number, users, view.ports) for number, users in self.ports.items()),
        )

    def perform(self, repair: Repair) -> None:
        """
        Do one repair.

        Raises:
            SetupError: It failed; the message holds the last lines of what failed.
            EngineUnreachableError: The engine was started and does not answer.
        """
        match repair:
            case InstallPackages():
                packages.install(
                    repair.packages, repair.purpose, environment=self.environment, say=self.say
                )
            case StartService():
                daemon.start_service(
                    repair.unit, self._answers, environment=self.environment, say=self.say
                )
            case StartDaemon():
                daemon.start_daemon(self._answers, environment=self.environment, say=self.say)
            case PullImage():
                base_image.pull(repair, self._address, self.say)
            case BuildBaseImage():
                base_image.build(repair, self._address, environment=self.environment, say=self.say)
            case _:
                assert_never(repair)

    @property
    def _address(self) -> EngineAddress:
        return EngineAddress(environment=self.environment)

    def _answers(self) -> bool:
        return engine_api.answers(self._address)

    def _git_version(self) -> str:
        try:
            answer = subprocess.run(
                ("git", "--version"),
                check=True,
                capture_output=True,
                text=True,
                timeout=GIT_TIMEOUT_S,
                env=dict(self.environment),
            )
        except (OSError, subprocess.SubprocessError):
            return ""
        found = re.search(r"\d+(\.\d+)+", answer.stdout)
        return found.group() if found else ""


def _distribution() -> tuple[str, frozenset[str]]:
    """
    Name for people, and the ids of the distribution and its parents.
    """
    try:
        release = platform.freedesktop_os_release()
    except OSError:
        return platform.system(), frozenset()
    family = {release.get("ID", ""), *release.get("ID_LIKE", "").split()}
    return release.get("PRETTY_NAME", ""), frozenset(family)


def _disk_folder(root_folder: str) -> Path:
    """
    The engine's folder when it is on this machine and we may see it, else the top.
    """
    folder = Path(root_folder or "/")
    try:
        return folder if folder.is_dir() else Path("/")
    except OSError:
        return Path("/")


def _inotify(name: str) -> int | None:
    try:
        return int((INOTIFY / name).read_text())
    except (OSError, ValueError):
        return None


def _port(
    number: int, users: tuple[str, ...], published: Mapping[int, tuple[str, bool]]
) -> PortFacts:
    holder, ours = published.get(number, ("", False))
    if not holder and not listeners.is_free(number):
        holder = listeners.holder(number)
    return PortFacts(number=number, holder=holder, ours=ours, users=users)
