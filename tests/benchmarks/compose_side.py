"""Their side: the binary of `docker compose` on the shipped files, as their own user calls it."""

from __future__ import annotations

import shutil
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.benchmarks import shop
from tests.benchmarks.measure import CannotMeasureError, run
from tests.playground import engine

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.benchmarks.measure import Ran


def find_compose() -> Path:
    """The binary that `.ci/compose` put beside this Python."""
    binary = Path(sys.executable).with_name("docker-compose")
    if binary.is_file():
        return binary
    raise CannotMeasureError("docker-compose is not there; call: make bench")


@dataclass(kw_only=True)
class ComposeSide:
    """
    One project of `docker compose`.

    Attributes:
        folder: A copy of the files, of its own.
        port: Where its shop answers.
    """

    binary: Path
    folder: Path
    project: str
    port: int

    def prepare(self, source: Path) -> None:
        """Copy the files of *source* and make the images."""
        for name in ("environments", "demo_shop"):
            shutil.copytree(source / name, self.folder / name)
        self._compose("build", "--quiet")

    def no_op(self) -> float:
        """Bring up what is up."""
        return self._up().wall_s

    def configure(self, value: str) -> float:
        """Change one variable of `web`, until its new value is served."""
        self._write(shop.configured(self.folder, value))
        return self._until_served("/version", value)

    def rewrite(self, headline: str) -> float:
        """Change one line of the source, until it is served; the image is built meanwhile."""
        self._write(shop.rewritten(self.folder, headline))
        return self._until_served("/", headline, "--build")

    def cold_start(self) -> float:
        """Bring up what is not there at all, images apart, until it is served."""
        self.down()
        return self._until_served("/readyz", "ready")

    def list_projects(self) -> Ran:
        """List the projects of the engine, as a whole process: the yardstick of the others."""
        return run([str(self.binary), "ls"], folder=self.folder)

    def down(self) -> None:
        """Remove all that the project has, images apart."""
        self._compose("down", "--volumes", "--timeout", "3")

    def clean_up(self) -> None:
        """Remove all that the project has, its images too; nothing when nothing was prepared."""
        if not (self.folder / "environments").is_dir():
            return
        self.down()
        with engine() as client:
            for image in client.images():
                for name in image["RepoTags"] or ():
                    if name.startswith(f"{self.project}-"):
                        client.remove_image(name)

    def _until_served(self, path: str, expected: str, *options: str) -> float:
        began = time.monotonic()
        self._up(*options)
        shop.await_answer(self.port, path, expected)
        return time.monotonic() - began

    def _write(self, files: Mapping[str, str]) -> None:
        for path, text in files.items():
            (self.folder / path).write_text(text)

    def _up(self, *options: str) -> Ran:
        return self._compose("up", "-d", *options, "--wait")

    def _compose(self, *arguments: str) -> Ran:
        file = f"environments/{shop.ENVIRONMENT}/compose.yaml"
        # Both sides use the engine's own builder and its cache: the race is not about builders.
        environ = {"WEB_PORT": str(self.port), "DOCKER_BUILDKIT": "0"}
        command = [str(self.binary), "-p", self.project, "-f", file, *arguments]
        return run(command, environ=environ, folder=self.folder)
