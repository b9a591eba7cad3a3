"""
Get the base image: from a registry when one answers within seconds, else from Debian's packages.
"""

from __future__ import annotations

import socket
import tempfile
import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.adapters.host import engine_api
from sandbox.adapters.host.narration import narrate, run_narrated

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sandbox.adapters.host.engine_api import EngineAddress
    from sandbox.model.diagnosis import BuildBaseImage, PullImage

REGISTRY = ("registry-1.docker.io", 443)
REGISTRY_LOOK_S = 3.0
BUILD_TIMEOUT_S = 300.0
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")

# What debian-slim leaves out, and what makes every later apt-get in it quick and quiet.
SLIM = (
    "path-exclude=/usr/share/doc/*",
    "path-include=/usr/share/doc/*/copyright",
    "path-exclude=/usr/share/groff/*",
    "path-exclude=/usr/share/info/*",
    "path-exclude=/usr/share/linda/*",
    "path-exclude=/usr/share/lintian/*",
    "path-exclude=/usr/share/locale/*",
    "path-exclude=/usr/share/man/*",
    "force-unsafe-io",
)
APT = ('Acquire::Languages "none"',)
# Images built on it shall not carry what they installed a second time. Said at the end, because the
# builder itself keeps its downloads until it has unpacked them.
TIDY = 'echo \'APT::Keep-Downloaded-Packages "false";\' >"$1/etc/apt/apt.conf.d/keep-no-downloads"'


def pull(repair: PullImage, address: EngineAddress, say: Callable[[str], None]) -> None:
    """
    Pull the image; that no registry answers is said, and no failure.
    """
    with narrate(say, f"pulling {repair.reference}") as progress:
        if repair.look_first and not _registry_answers():
            progress.note(f"{REGISTRY[0]} cannot be reached")
            pulled = False
        else:
            pulled = engine_api.pull(address, repair.reference, progress)
    if not pulled:
        say(f"  not pulled: {progress.last_line}")


def build(
    repair: BuildBaseImage,
    address: EngineAddress,
    *,
    environment: Mapping[str, str],
    say: Callable[[str], None],
) -> None:
    """
    Build the smallest Debian from packages and import it.

    Raises:
        SetupError: A package could not be fetched, or the engine refused; with the last lines.
    """
    with tempfile.TemporaryDirectory(prefix="sandbox-base-image-") as folder:
        tar = Path(folder) / "root.tar"
        run_narrated(
            say,
            f"building {repair.reference} from packages",
            _command(repair.suite, tar),
            environment=environment,
            timeout_s=BUILD_TIMEOUT_S,
        )
        size_mib = tar.stat().st_size >> 20
        with narrate(say, f"importing {repair.reference} ({size_mib} MiB)"):
            engine_api.import_image(address, tar, repair.reference)


def _command(suite: str, tar: Path) -> tuple[str, ...]:
    """
    Without a mirror it takes the sources that Debian's own image has.
    """
    return (
        "mmdebstrap",
        "--variant=minbase",
        *(f"--dpkgopt={option}" for option in SLIM),
        *(f"--aptopt={option}" for option in APT),
        f"--customize-hook={TIDY}",
        f"--keyring={KEYRING}",
        suite,
        str(tar),
    )


def _registry_answers() -> bool:
    """
    Whether the registry takes a connection. Resolving a name has no deadline, so a thread has it.
    """
    found = threading.Event()

    def connect() -> None:
        with suppress(OSError), socket.create_connection(REGISTRY, timeout=REGISTRY_LOOK_S):
            found.set()

    looker = threading.Thread(target=connect, name="registry", daemon=True)
    looker.start()
    looker.join(REGISTRY_LOOK_S)
    return found.is_set()
