"""What the engine's own processes use of the processor, as the kernel accounts for it."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.benchmarks.idle import cpu_s
from tests.benchmarks.measure import CannotMeasureError

if TYPE_CHECKING:
    from collections.abc import Mapping

DAEMONS: Final = ("dockerd", "containerd")
SHIM: Final = "containerd-shim"


def engine_seconds(since: Mapping[str, float] | None = None) -> dict[str, float]:
    """
    Processor seconds: of each daemon by its name, and of each shim by its container's id.

    Those of a shim include runc and every command that was started in its container and has ended,
    for the shim waits for all of them. What runs in the container all the time is not in it.

    Args:
        since: An earlier answer, which is taken off.

    Raises:
        CannotMeasureError: The engine does not run on this machine, or in sight of this process.
    """
    found = dict.fromkeys(DAEMONS, 0.0)
    for place in Path("/proc").iterdir():
        # Whatever ends while it is looked at was no part of an engine that is left in peace.
        with suppress(OSError, ValueError):
            process = int(place.name)
            words = (place / "cmdline").read_bytes().decode(errors="replace").split("\0")
            name = Path(words[0]).name
            if name.startswith(SHIM):
                name = words[words.index("-id") + 1]
            elif name not in DAEMONS:
                continue
            found[name] = found.get(name, 0.0) + cpu_s(process, children=True)
    if not any(found.values()):
        raise CannotMeasureError(f"no {' or '.join(DAEMONS)} runs on this machine")
    return {name: seconds - (since or {}).get(name, 0.0) for name, seconds in found.items()}
