"""A repository with one small web service: seconds matter where the shop is not the point."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.playground import Playground, free_port

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ENVIRONMENT = "staging"
SERVICE = "web"
HEADER = "X-Release"
COMPOSE_FILE = f"environments/{ENVIRONMENT}/compose.yaml"
VARIABLES = f"environments/{ENVIRONMENT}/.env"
APP = Path(__file__).with_name("app")
FAULTS = ("ERRORS", "DELAY_S", "POST", "START")
BODY = '{"tea": "green"}'
READY = {"test": ["CMD", "test", "-e", "/tmp/ready"], "interval": "1s"}


def app_files() -> dict[str, str]:
    """The source of the service and of its caller."""
    return {
        f"app/{file.name}": file.read_text() for file in sorted(APP.iterdir()) if file.is_file()
    }


def variables(generation: str, port: int, **faults: object) -> str:
    """Give the ``.env`` of a release: *faults* are upper-case settings of the service."""
    known: dict[str, object] = dict.fromkeys(FAULTS, "") | {
        name.upper(): value for name, value in faults.items()
    }
    assert set(known) == set(FAULTS), known
    pairs = {"GENERATION": generation, "WEB_PORT": port, **known}
    return "".join(f"{name}={value}\n" for name, value in pairs.items())


def web_service() -> dict[str, Any]:
    """The service as the Compose file says it."""
    return {
        "build": {"context": "../../app"},
        "environment": {name: f"${{{name}:-}}" for name in ("GENERATION", *FAULTS)},
        "ports": ["127.0.0.1:${WEB_PORT:?}:8080"],
        "stop_grace_period": "5s",
        "mem_limit": "64m",
        "healthcheck": READY,
    }


def compose_file(
    *,
    web: Mapping[str, Any] | None = None,
    services: Mapping[str, Any] | None = None,
    deadline: str = "30s",
) -> str:
    """
    Give the Compose file (JSON is YAML): *web* adds to its service, *services* to its services.
    """
    document = {
        "name": f"roll-{ENVIRONMENT}",
        "x-sandbox": {"rollout": {"deadline": deadline}},
        "services": {SERVICE: {**web_service(), **(web or {})}, **(services or {})},
    }
    return json.dumps(document, indent=2) + "\n"


def caller() -> dict[str, Any]:
    """A service that calls `web` all the time."""
    return {
        "build": {"context": "../../app"},
        "command": ["python3", "-u", "caller.py"],
        "stop_signal": "SIGKILL",
        "depends_on": {SERVICE: {"condition": "service_healthy"}},
    }


def requests(url: str) -> list[str]:
    """Reads and writes below *url*, and one of nine that takes half a second."""
    each = (f"{url}/", f"POST {url}/ {BODY}")
    return [*each * 4, f"{url}/?s=0.5"]


@dataclass(kw_only=True)
class SmallGround(Playground):
    """
    A playground with the small service.

    Attributes:
        port: Where it is published.
        edge: Where the edge of this repository listens.
    """

    port: int = 0
    edge: int = 0

    def begin(self, generation: str = "v1", *, delay_s: float = 0.0, **file: Any) -> str:
        """Make the repository's first commit; *file* as in `compose_file`."""
        self.port, self.edge = free_port(), free_port()
        self.environ["SANDBOX_EDGE_PORT"] = str(self.edge)
        first = {**app_files(), COMPOSE_FILE: compose_file(**file)}
        text = variables(generation, self.port, delay_s=delay_s)
        return self.commit({**first, VARIABLES: text}, "Begin")

    def release(self, generation: str, **faults: object) -> str:
        """Commit another release, with or without *faults*."""
        return self.commit({VARIABLES: variables(generation, self.port, **faults)}, generation)

    @property
    def published(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def named(self) -> str:
        """The environment's address at the edge."""
        return f"http://{ENVIRONMENT}.localhost:{self.edge}"

    def targets(self) -> list[str]:
        """What to ask, through both addresses in turn."""
        return [text for url in (self.published, self.named) for text in requests(url)]


def small_ground(folder: Path) -> Iterator[SmallGround]:
    """Give a playground in *folder*, and clean up after it; for fixtures."""
    ground = SmallGround(folder=folder)
    try:
        yield ground
    finally:
        ground.clean_up()
