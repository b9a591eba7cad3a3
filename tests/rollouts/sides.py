"""
The two sides: `sandbox` that follows commits, and `docker compose up -d` on the same files.
"""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import docker.errors

from tests.benchmarks.compose_side import find_compose
from tests.benchmarks.measure import run
from tests.benchmarks.shop import set_variable
from tests.playground import Playground, engine, free_port
from tests.rollouts import small_app
from tests.shop_ground import ShopGround

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

ENVIRONMENT = "staging"
COMPOSE_FILE = f"environments/{ENVIRONMENT}/compose.yaml"
VARIABLES = f"environments/{ENVIRONMENT}/.env"


class Side(Protocol):
    """
    One who rolls out.

    Attributes:
        folder: Where the files are.
        urls: Where the application answers.
    """

    folder: Path
    urls: tuple[str, ...]

    def prepare(self) -> None:
        """Bring the application up, images built."""
        ...

    def roll(self, files: Mapping[str, str]) -> None:
        """Change *files*, and return when that is reported done."""
        ...

    def clean_up(self) -> None:
        """Remove what was made."""
        ...


@dataclass(kw_only=True)
class Ours:
    """A repository with a controller that follows its commits."""

    folder: Path
    ground: Playground
    urls: tuple[str, ...]

    def prepare(self) -> None:
        self.ground.sandbox("up", ENVIRONMENT, seconds=600.0)

    def roll(self, files: Mapping[str, str]) -> None:
        revision = self.ground.commit(files)
        self.ground.wait_healthy(ENVIRONMENT, revision=revision)

    def clean_up(self) -> None:
        self.ground.clean_up()


@dataclass(kw_only=True)
class Theirs:
    """A copy of the files, which `docker compose up -d` is called on."""

    folder: Path
    project: str
    urls: tuple[str, ...]

    def prepare(self) -> None:
        self._compose("build", "--quiet")
        self._compose("up", "-d", "--wait")

    def roll(self, files: Mapping[str, str]) -> None:
        _write(self.folder, files)
        self._compose("up", "-d", "--wait")

    def clean_up(self) -> None:
        self._compose("down", "--volumes", "--timeout", "3")
        with engine() as client:
            for image in client.images():
                for name in image["RepoTags"] or ():
                    if name.startswith(f"{self.project}-"):
                        with suppress(docker.errors.APIError):  # somebody else runs it
                            client.remove_image(name)

    def _compose(self, *arguments: str) -> None:
        command = [str(find_compose()), "-p", self.project, "-f", COMPOSE_FILE, *arguments]
        run(command, environ={"DOCKER_BUILDKIT": "0"}, folder=self.folder)


def small_sides(folder: Path) -> tuple[Ours, Theirs]:
    """Give both sides of the small service in *folder*."""
    ground = small_app.SmallGround(folder=folder / "ours")
    ground.begin()
    ours = Ours(folder=ground.folder, ground=ground, urls=(ground.published, ground.named))
    return ours, _theirs(folder, ours)


def shop_sides(folder: Path) -> tuple[Ours, Theirs]:
    """Give both sides of the shop in *folder*."""
    ground = ShopGround(folder=folder / "ours")
    edge = free_port()
    ground.environ["SANDBOX_EDGE_PORT"] = str(edge)
    urls = (
        f"http://127.0.0.1:{ground.ports[ENVIRONMENT]}",
        f"http://{ENVIRONMENT}.localhost:{edge}",
    )
    ours = Ours(folder=ground.folder, ground=ground, urls=urls)
    return ours, _theirs(folder, ours)


def _theirs(folder: Path, ours: Ours) -> Theirs:
    """Copy what ours has committed, to be published elsewhere."""
    place, port = folder / "theirs", free_port()
    shutil.copytree(ours.folder, place, ignore=shutil.ignore_patterns(".git"))
    text = (place / VARIABLES).read_text()
    _write(place, {VARIABLES: set_variable(text, "WEB_PORT", str(port))})
    return Theirs(
        folder=place,
        project=f"rollouts-{os.getpid()}",
        urls=(f"http://127.0.0.1:{port}",),
    )


def _write(folder: Path, files: Mapping[str, str]) -> None:
    for path, text in files.items():
        (folder / path).write_text(text)
