"""The same repository brought up by `docker compose` and by us, and compared from inside."""

from __future__ import annotations

import difflib
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from typing_extensions import override

from tests.mounts.looking import seen
from tests.mounts.trees import USER, Case, a_case
from tests.playground import Playground, engine

if TYPE_CHECKING:
    from collections.abc import Callable

_FOLDER = "environments/mounts"
_EXECUTABLE, _PLAIN = 0o755, 0o644


@dataclass(kw_only=True)
class Score:
    """
    How much was compared.

    Attributes:
        mounts: Places where a container has something of the repository.
        trees: Files and folders of the repositories that were mounted.
        entries: Lines of what processes saw and managed to do.
        differences: What was not equal.
    """

    mounts: int = 0
    trees: int = 0
    entries: int = 0
    differences: list[str] = field(default_factory=list)

    @override
    def __str__(self) -> str:
        return (
            f"{self.trees} trees at {self.mounts} places, {self.entries} lines compared:"
            f" {len(self.differences)} differ"
        )


def compare(top: Path, seeds: range, mounts: int, say: Callable[[str], None]) -> Score:
    """Compare the generated repositories of *seeds*."""
    score = Score()
    for seed in seeds:
        case = a_case(Random(seed), mounts)
        _compare(top / str(seed), case, score)
        say(f"seed {seed}: {score}")
    return score


def _compare(top: Path, case: Case, score: Score) -> None:
    theirs, ours = _theirs(top / "theirs", case), _ours(top / "ours", case)
    score.trees += len(case.trees)
    for service, targets in case.targets.items():
        score.mounts += len(targets)
        score.entries += len(theirs[service].splitlines())
        if theirs[service] != ours[service]:
            lines = difflib.unified_diff(
                theirs[service].splitlines(), ours[service].splitlines(), "compose", "sandbox", n=2
            )
            score.differences.append(f"{top.name} {service}:\n" + "\n".join(lines))


def _theirs(top: Path, case: Case) -> dict[str, str]:
    folder = _written(top, case)
    for path in case.owned:
        for each in (folder / path, *(folder / path).rglob("*")):
            os.chown(each, *USER, follow_symlinks=False)
    name = f"mounts-{os.getpid()}"
    binary = Path(sys.executable).with_name("docker-compose")
    compose = [str(binary), "--project-name", name, "--file", str(folder / "compose.yaml")]
    try:
        _run(*compose, "up", "--detach", "--quiet-pull")
        return {
            service: seen(f"{name}-{service}-1", targets)
            for service, targets in case.targets.items()
        }
    finally:
        _run(*compose, "down", "--volumes", "--timeout", "0")


def _ours(top: Path, case: Case) -> dict[str, str]:
    playground = Playground(folder=top)
    try:
        _written(top, case)
        playground.git("add", "--all")
        playground.git("commit", "--quiet", "--message", "Mount")
        playground.sandbox("sync", "mounts")
        return {
            service: seen(playground.container(service)["Id"], targets)
            for service, targets in case.targets.items()
        }
    finally:
        playground.clean_up()
        with engine() as client:
            left = client.volumes(filters={"label": f"dev.sandbox.instance={playground.instance}"})
        assert not left["Volumes"], left


def _written(top: Path, case: Case) -> Path:
    """Write the repository as a checkout with the usual mask does."""
    folder = top / _FOLDER
    folder.mkdir(parents=True)
    (folder / "compose.yaml").write_text(case.text)
    for path, tree in case.trees.items():
        for below, (content, executable) in tree.files.items():
            place = folder / path / below if below else folder / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
            place.chmod(_EXECUTABLE if executable else _PLAIN)
        for below, leads in tree.links.items():
            place = folder / path / below
            place.parent.mkdir(parents=True, exist_ok=True)
            place.symlink_to(leads)
    return folder


def _run(*command: str) -> None:
    finished = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert not finished.returncode, finished.stderr
