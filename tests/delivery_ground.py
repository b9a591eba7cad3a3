"""Staging and production of one small web service on the real engine: for scenarios of delivery."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.playground import Playground, free_port
from tests.rollouts.small_app import app_files, web_service

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PINNED = "environments/production/.env"
SOURCE = "app/server.py"


def compose_file(environment: str, port: int) -> str:
    """Give the Compose file of *environment*; production is pinned, and promotes from staging."""
    settings = {"promote_from": "staging", "release": "${RELEASE:-}"}
    web = {
        **web_service(),
        "ports": [f"127.0.0.1:{port}:8080"],
        "environment": {"GENERATION": "${SANDBOX_RELEASE}"},
    }
    document = {
        "name": f"small-{environment}",
        "x-sandbox": settings if environment == "production" else {},
        "services": {"web": web},
    }
    return json.dumps(document, indent=2) + "\n"


@dataclass(kw_only=True)
class DeliveryGround(Playground):
    """
    A playground with both environments; a release names itself in each answer.

    Attributes:
        ports: Where each environment is published.
    """

    ports: dict[str, int]

    def begin(self) -> str:
        """Commit everything, production pinned to the first release; give that one's id."""
        self.environ["SANDBOX_EDGE_PORT"] = "off"
        files = {
            f"environments/{name}/compose.yaml": compose_file(name, port)
            for name, port in self.ports.items()
        }
        first = self.commit({**app_files(), **files, PINNED: "RELEASE=\n"}, "Begin")
        self.commit({PINNED: f"RELEASE={first}\n"}, "Pin production")
        return first

    def release(self, text: str) -> str:
        """Commit another release: the program with *text* at its end."""
        return self.commit({SOURCE: f"{app_files()[SOURCE]}\n{text}\n"}, f"Add {text}")

    def url(self, environment: str) -> str:
        """Where *environment* answers."""
        return f"http://127.0.0.1:{self.ports[environment]}"

    def image(self, environment: str) -> str:
        """Id of the image that its only container was made from."""
        return str(self.container("web", environment)["Image"])


def delivery_ground(folder: Path) -> Iterator[DeliveryGround]:
    """Give one in *folder*, and clean up after it; for fixtures."""
    ports = {name: free_port() for name in ("staging", "production")}
    ground = DeliveryGround(folder=folder, ports=ports)
    try:
        yield ground
    finally:
        ground.clean_up()
