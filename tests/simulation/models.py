"""
What a commit of the simulation asks for, as the oracle understands it: no code of the planner.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

REGISTRY: Final = "registry.example"
BRANCHES: Final = {"staging": "main", "production": "production"}
EDGE: Final = "/edge"
"""What the objects of the edge carry as their environment."""
ENVIRONMENTS: Final = {**{name: name for name in BRANCHES}, "edge": EDGE}
"""Environment that a thread works for, by its name."""
DEADLINE_S: Final = 20
VOLUME: Final = "data"
JOB: Final = "migrate"


class Life(StrEnum):
    """What the program of an image does; the tag of the image says so."""

    GOOD = "good"
    SLOW = "slow"
    """Ready after some seconds."""
    CRASHES = "crashes"
    """Ends at once."""
    SICK = "sick"
    """Never passes its healthcheck."""
    MISSING = "missing"
    """The registry has no such image."""


GOOD_LIVES: Final = (Life.GOOD, Life.GOOD, Life.SLOW)
BAD_LIVES: Final = (Life.CRASHES, Life.SICK, Life.MISSING)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceModel:
    """
    One service.

    Attributes:
        setting: Value of a variable; another one asks for another container.
        routed: It publishes a port, so it is behind an ingress.
        stores: It writes a named volume.
        job: It runs to its end, once.
        after: Services that it depends on.
    """

    name: str
    version: int = 1
    life: Life = Life.GOOD
    setting: int = 0
    replicas: int = 1
    probed: bool = True
    routed: bool = False
    stores: bool = False
    job: bool = False
    after: tuple[str, ...] = ()

    @property
    def image(self) -> str:
        return f"{REGISTRY}/{self.name}:{self.version}-{'job' if self.job else self.life}"

    @property
    def text(self) -> str:
        """The service in the flow style of YAML."""
        parts = [f"image: {self.image}", f'environment: {{SETTING: "{self.setting}"}}']
        if self.replicas != 1:
            parts.append(f"deploy: {{replicas: {self.replicas}}}")
        if self.probed and not self.job:
            parts.append("healthcheck: {test: [CMD, check], interval: 5s}")
        if self.routed:
            parts.append("ports: [{target: 8080, app_protocol: http}]")
        if self.stores:
            parts.append(f"volumes: ['{VOLUME}:/data']")
        if self.after:
            parts.append(f"depends_on: {{{', '.join(map(_dependency, self.after))}}}")
        return f"{{{', '.join(parts)}}}"


def _dependency(name: str) -> str:
    condition = "service_completed_successfully" if name == JOB else "service_started"
    return f"{name}: {{condition: {condition}}}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitModel:
    """
    What the file of one environment says.

    Attributes:
        broken: The text is not a Compose file.
    """

    services: tuple[ServiceModel, ...] = ()
    broken: bool = False

    @property
    def is_good(self) -> bool:
        return not self.broken and all(each.life not in BAD_LIVES for each in self.services)

    @property
    def comes_up(self) -> bool:
        """It is seen ready once, whatever becomes of it then."""
        never = {Life.SICK, Life.MISSING}
        return not self.broken and not any(each.life in never for each in self.services)

    def text(self, environment: str) -> str:
        if self.broken:
            return "x-sandbox: {}\nservices: {web: [this is no service]}\n"
        lines = [
            f"name: shop-{environment}",
            f"x-sandbox: {{track: {BRANCHES[environment]}, rollout: {{deadline: {DEADLINE_S}s}}}}",
            "services:",
            *(f"  {each.name}: {each.text}" for each in self.services),
        ]
        if any(each.stores for each in self.services):
            lines.append(f"volumes: {{{VOLUME}: {{}}}}")
        return "\n".join(lines) + "\n"
