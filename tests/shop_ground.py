"""
The shipped shop in a repository of its own, as `sandbox init` makes it, and its visitors.
"""

from __future__ import annotations

import re
import secrets
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import docker.errors
import httpx
from typing_extensions import override

from tests.playground import Playground, engine, free_port, until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ENVIRONMENTS = ("staging", "production")
BASE = "environments/base/compose.yaml"
STAGING = "environments/staging/compose.yaml"
PINNED = "environments/production/.env"
THEME = "demo_shop/app/shop/theme.py"
ANSWER_S = 10.0


@dataclass(kw_only=True)
class ShopGround(Playground):
    """
    A shop on ports of its own; the ports are its third commit.

    Attributes:
        gates: Staging has its gates; elsewhere they would only cost every test its seconds.
        ports: Where each environment is published on loopback.
        made: Ids of images that only this ground can have made.
    """

    gates: bool = False
    ports: dict[str, int] = field(default_factory=dict[str, int])
    made: set[str] = field(default_factory=set[str])

    @override
    def __post_init__(self) -> None:
        self.sandbox("init")
        self.ports = {name: free_port() for name in ENVIRONMENTS}
        files = {f"environments/{name}/.env": self._with_port(name) for name in ENVIRONMENTS}
        if not self.gates:
            files[STAGING] = without_gates(self.read(STAGING))
        self.commit(files, "Choose free ports")

    def read(self, path: str) -> str:
        """Give the text of a file of the work tree."""
        return (self.folder / path).read_text()

    def headline(self) -> str:
        """Give a headline that no run has used, so that its image has to be built."""
        return f"Tea for {secrets.token_hex(4)}"

    def write_headline(self, headline: str) -> None:
        """Edit what the front page says, and commit nothing."""
        text = re.sub(r'(?m)^HEADLINE = ".*"$', f'HEADLINE = "{headline}"', self.read(THEME))
        assert headline in text
        (self.folder / THEME).write_text(text)

    def commit_headline(self, headline: str) -> str:
        """Commit what the front page says, and give the commit's id."""
        self.write_headline(headline)
        self.git("commit", "--quiet", "--message", f"Say: {headline}", "--", THEME)
        return self.git("rev-parse", "HEAD")

    def serve_headline(self, headline: str) -> str:
        """Commit it, wait until staging runs it, and give the commit's id."""
        revision = self.commit_headline(headline)
        self.wait_healthy(revision=revision)
        self.made.add(self.image("web", "staging"))
        return revision

    def image(self, service: str, environment: str) -> str:
        """Give the id of the image that the only container of *service* was created from."""
        return str(self.container(service, environment)["Image"])

    def running(self, environment: str) -> dict[str, str]:
        """Give the container's id by service."""
        found = self.containers(environment=environment)
        named = {item["Config"]["Labels"]["dev.sandbox.service"]: item["Id"] for item in found}
        assert len(named) == len(found)
        return named

    def visitor(self, environment: str) -> httpx.Client:
        """Give a browser with cookies of its own; the caller closes it."""
        return httpx.Client(
            base_url=f"http://127.0.0.1:{self.ports[environment]}",
            follow_redirects=True,
            timeout=ANSWER_S,
            trust_env=False,
        )

    def page(self, environment: str, path: str = "/") -> str:
        """Get one page, as somebody who never was here."""
        with self.visitor(environment) as visitor:
            return visitor.get(path).raise_for_status().text

    def answer(self, environment: str, path: str) -> Any:
        """Get one document."""
        with self.visitor(environment) as visitor:
            return visitor.get(path).raise_for_status().json()

    def until_ready(self, environment: str) -> None:
        """Wait until its own readiness probe answers well."""

        def ready() -> bool:
            with suppress(httpx.HTTPError):
                return bool(self.answer(environment, "/readyz")["status"] == "ready")
            return False

        until(ready, f"{environment} to be ready")

    @override
    def clean_up(self) -> None:
        super().clean_up()
        with engine() as client:
            for image in self.made:
                with suppress(docker.errors.APIError):
                    client.remove_image(image, force=True)

    def _with_port(self, environment: str) -> str:
        text = self.read(f"environments/{environment}/.env")
        return re.sub(r"(?m)^WEB_PORT=.*$", f"WEB_PORT={self.ports[environment]}", text)


def without_gates(text: str) -> str:
    """Leave out the services that are checks of the others."""
    kept, found = re.subn(r"(?ms)^  # What a commit has to pass.*?(?=^networks:)", "", text)
    assert found == 1
    return kept


def shop_ground(folder: Path, *, gates: bool = False) -> Iterator[ShopGround]:
    """Give a shop in *folder*, and clean up after it; for fixtures."""
    ground = ShopGround(folder=folder, gates=gates)
    try:
        yield ground
    finally:
        ground.clean_up()
