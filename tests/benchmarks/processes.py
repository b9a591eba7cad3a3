"""Whole processes of the command line beside `docker compose ls`: how long a person waits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.benchmarks.race import Contest
from tests.benchmarks.shop import ENVIRONMENT, SERVICE

if TYPE_CHECKING:
    from tests.benchmarks.compose_side import ComposeSide
    from tests.benchmarks.race import Attempt
    from tests.benchmarks.sandbox_side import SandboxSide

LS = "docker compose ls"
ALONE = (("--version",), ("--help",))
LOOKING = (
    ("status",),
    ("history",),
    ("why", ENVIRONMENT, SERVICE),
    ("open", ENVIRONMENT),
    ("logs", ENVIRONMENT, SERVICE, "--tail", "5"),
)
"""What a controller carries out."""


def with_controller(ours: SandboxSide, theirs: ComposeSide, *, times: int) -> Contest:
    """What is asked most, while a controller runs."""
    attempts = {f"sandbox {words[0]}": _attempt(ours, *words) for words in (*ALONE, *LOOKING)}
    attempts["completion of ENV"] = lambda _: ours.complete("sandbox status ").wall_s
    return _contest("processes, with a controller", attempts, theirs, times)


def without_controller(ours: SandboxSide, theirs: ComposeSide, *, times: int) -> Contest:
    """What a process does by itself; the controller has to be ended before."""
    file = str(ours.folder / "environments" / ENVIRONMENT / "compose.yaml")
    attempts = {
        "sandbox status": _attempt(ours, "status"),
        "sandbox config --file": _attempt(ours, "config", "--file", file),
    }
    return _contest("processes, without a controller", attempts, theirs, times)


def _attempt(ours: SandboxSide, *words: str) -> Attempt:
    return lambda _: ours.command(*words).wall_s


def _contest(name: str, attempts: dict[str, Attempt], theirs: ComposeSide, times: int) -> Contest:
    attempts[LS] = lambda _: theirs.list_projects().wall_s
    return Contest(name=name, pairs=times, attempts=attempts, theirs=LS)
