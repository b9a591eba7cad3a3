"""
Install packages of Debian and its children.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.adapters.host.narration import run_narrated
from sandbox.errors import SetupError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

LISTS = Path("/var/lib/apt/lists")
APPARMOR = Path("/sys/module/apparmor/parameters/enabled")
UPDATE_TIMEOUT_S = 180.0
INSTALL_TIMEOUT_S = 600.0

# Nothing may ask a question, and another apt that runs is waited for rather than failed on.
QUIET = {
    "DEBIAN_FRONTEND": "noninteractive",
    "NEEDRESTART_SUSPEND": "1",
    "LC_ALL": "C.UTF-8",
}
OPTIONS = ("-o", "DPkg::Lock::Timeout=120", "-o", "Dpkg::Options::=--force-confold")


def install(
    packages: Sequence[str],
    purpose: str,
    *,
    environment: Mapping[str, str],
    say: Callable[[str], None],
) -> None:
    """
    Install *packages*; package lists are fetched when there are none, or when theirs are too old.

    Raises:
        SetupError: They could not be installed; with the last lines of ``apt-get``.
    """
    quiet = {**environment, **QUIET}
    wanted = [*packages, *_also(packages)]
    what = f"installing {' '.join(wanted)} ({purpose})"
    command = ("apt-get", "install", "-y", "--no-install-recommends", *OPTIONS, *wanted)

    def update() -> None:
        run_narrated(
            say,
            "fetching the package lists",
            ("apt-get", "update"),
            environment=quiet,
            timeout_s=UPDATE_TIMEOUT_S,
        )

    def attempt() -> None:
        run_narrated(say, what, command, environment=quiet, timeout_s=INSTALL_TIMEOUT_S)

    if not any(LISTS.glob("*_Packages*")):
        update()
        attempt()
        return
    try:
        attempt()
    except SetupError:
        # Old lists name files that the mirror has no more.
        update()
        attempt()


def _also(packages: Sequence[str]) -> tuple[str, ...]:
    """
    Where the kernel enforces AppArmor the engine cannot start a container without its parser.
    """
    try:
        enforced = APPARMOR.read_text().startswith("Y")
    except OSError:
        enforced = False
    return ("apparmor",) if enforced and "docker.io" in packages else ()
