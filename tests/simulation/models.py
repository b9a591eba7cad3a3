"""
What a commit of the simulation asks for, as the oracle understands it: no code of the planner.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tests.fakes.engine_objects import FakeContainer

REGISTRY: Final = "registry.example"
BRANCHES: Final = {"staging": "main", "production": "production"}
EDGE: Final = "/edge"
"""What the objects of the edge carry as their environment."""
ENVIRONMENTS: Final = {**{name: name for name in BRANCHES}, "edge": EDGE}
"""Environment that a thread works for, by its name."""
DEADLINE_S: Final = 20
GATE_DEADLINE_S: Final = 10
VOLUME: Final = "data"
JOB: Final = "migrate"
APART: Final = "back"
"""The other network, which services move to and come back from."""
FOLDER: Final = "/etc/shop"
"""Where a container has the committed folder of its service."""
SETTINGS: Final = "/settings"
"""The committed file in it."""
WRITTEN: Final = "/written"
"""The file that a container writes into it, where it may."""
CACHED: Final = "cached"
"""In the reference of an image that declares a volume."""
SECRET: Final = "kettle-and-"
"""How each secret begins; another setting has another one."""
BUILT: Final = "sha256:00000000"
"""How the id of an image begins that the simulated engine built; its program follows, in hex."""


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


class Mount(StrEnum):
    """How a container has the committed folder of its service."""

    NONE = ""
    READ = "ro"
    WRITE = "rw"


class Manner(StrEnum):
    """How a change of a service is rolled out."""

    USUAL = ""
    CANARY = "rollout: {steps: [{weight: 20, for: 2s}, {weight: 50, for: 2s}]}"
    BATCHES = "update_config: {parallelism: 1, delay: 1s, monitor: 2s}"


GOOD_LIVES: Final = (Life.GOOD, Life.GOOD, Life.SLOW)
BAD_LIVES: Final = (Life.CRASHES, Life.SICK, Life.MISSING)


class Verdict(StrEnum):
    """How the program of a gate ends; a variable of the gate says so."""

    PASSES = "passes"
    FAILS = "fails"
    HANGS = "hangs"
    """It never ends, so its deadline does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GateModel:
    """One gate, which is built from the source of the web service."""

    name: str
    phase: str
    verdict: Verdict = Verdict.PASSES

    @property
    def text(self) -> str:
        """The gate in the flow style of YAML."""
        return (
            f"{{build: ../../{source_of('web')}, environment: {{VERDICT: {self.verdict}}},"
            f" profiles: [gate], x-sandbox: {{gate: {{phase: {self.phase},"
            f" deadline: {GATE_DEADLINE_S}s}}}}}}"
        )


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
        built: Its image is built from the source of the release, not pulled.
        restart: The engine begins it again after its own restart.
        secret: It has a password, which its program prints.
        hooked: Commands run in it after its start and before its end.
        mount: It has a folder of the commit, of which a file says *setting*.
        cached: Its image declares a volume.
        apart: It is on another network than the others.
        manner: A canary is one only where its requests go through the ingress.
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
    built: bool = False
    restart: bool = False
    secret: bool = False
    hooked: bool = False
    mount: Mount = Mount.NONE
    cached: bool = False
    apart: bool = False
    manner: Manner = Manner.USUAL

    @property
    def is_stop_first(self) -> bool:
        """Tell whether no old container may run beside the new one."""
        return self.stores or self.mount is Mount.WRITE or self.cached

    @property
    def program(self) -> str:
        return f"{self.name}:{self.version}-{'job' if self.job else self.life}"

    @property
    def image(self) -> str:
        return f"{REGISTRY}/{f'{CACHED}/' if self.cached else ''}{self.program}"

    def with_program(self, program: str) -> ServiceModel:
        """Give it as it is when built from the source of another commit."""
        version, _, life = program.partition(":")[2].partition("-")
        return replace(self, version=int(version), life=Life(life))

    @property
    def text(self) -> str:
        """The service in the flow style of YAML."""
        image = f"build: ../../{source_of(self.name)}" if self.built else f"image: {self.image}"
        password = f', DB_PASSWORD: "{SECRET}{self.setting}-cups"' if self.secret else ""
        parts = {
            image: True,
            f'environment: {{SETTING: "{self.setting}"{password}}}': True,
            f"deploy: {{{', '.join(self._deploy)}}}": self._deploy,
            f"x-sandbox: {{{self.manner}}}": self._is_canary,
            "healthcheck: {test: [CMD, check], interval: 5s}": self.probed and not self.job,
            "ports: [{target: 8080, app_protocol: http}]": self.routed,
            f"volumes: {self._volumes}": self._volumes,
            "post_start: [{command: [warm]}], pre_stop: [{command: [leave]}]": self.hooked,
            f"networks: [{APART}]": self.apart,
            "restart: unless-stopped": self.restart,
            f"depends_on: {{{', '.join(map(_dependency, self.after))}}}": self.after,
        }
        return f"{{{', '.join(part for part, is_said in parts.items() if is_said)}}}"

    @property
    def _is_canary(self) -> bool:
        return self.manner is Manner.CANARY and self.routed and not self.is_stop_first

    @property
    def _deploy(self) -> list[str]:
        replicas = [f"replicas: {self.replicas}"] if self.replicas != 1 else []
        return [*replicas, *([str(self.manner)] if self.manner is Manner.BATCHES else [])]

    @property
    def _volumes(self) -> list[str]:
        named = [f"{VOLUME}:/data"] if self.stores else []
        return [*named, *([f"./{self.name}:{FOLDER}:{self.mount}"] if self.mount else [])]


def settings_of(setting: int) -> bytes:
    """Give what the committed file of a service says."""
    return f"setting {setting}".encode()


def source_of(name: str) -> str:
    """Give the folder that the image of a service is built from."""
    return f"app/{name}"


def built_id(program: str) -> str:
    """Give the id of the image that is built from a source that says *program*."""
    return BUILT + program.encode().hex()


def program_of(container: FakeContainer) -> str:
    """Say what runs in *container*, as `ServiceModel.program` does."""
    if container.image_id.startswith(BUILT):
        return bytes.fromhex(container.image_id.removeprefix(BUILT)).decode()
    return container.spec.service.image.rpartition("/")[2]


def is_gate(container: FakeContainer) -> bool:
    return "VERDICT" in container.spec.service.environment


def life_of(container: FakeContainer) -> str:
    """Say what its program does: a `Life`, a `Verdict` where it is a gate, or ``job``."""
    verdict = container.spec.service.environment.get("VERDICT")
    return verdict or program_of(container).rpartition("-")[2]


def _dependency(name: str) -> str:
    condition = "service_completed_successfully" if name == JOB else "service_started"
    return f"{name}: {{condition: {condition}}}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitModel:
    """
    What the file of one environment says.

    Attributes:
        broken: The text is not a Compose file.
        promoted: It runs the release that its ``.env`` names, and takes that from staging.
        soak_s: So long has staging to serve a release before it is promoted.
    """

    services: tuple[ServiceModel, ...] = ()
    broken: bool = False
    gates: tuple[GateModel, ...] = ()
    promoted: bool = False
    soak_s: int = 0

    @property
    def is_good(self) -> bool:
        return (
            not self.broken
            and all(each.life not in BAD_LIVES for each in self.services)
            and all(each.verdict is Verdict.PASSES for each in self.gates)
        )

    @property
    def built(self) -> tuple[ServiceModel, ...]:
        return tuple(each for each in self.services if each.built)

    @property
    def comes_up(self) -> bool:
        """It is seen ready once, whatever becomes of it then."""
        never = {Life.SICK, Life.MISSING}
        return not self.broken and not any(each.life in never for each in self.services)

    def text(self, environment: str) -> str:
        if self.broken:
            return "x-sandbox: {}\nservices: {web: [this is no service]}\n"
        settings = f"track: {BRANCHES[environment]}, rollout: {{deadline: {DEADLINE_S}s}}"
        if self.promoted:
            source = f"{{environment: staging, soak: {self.soak_s}s}}"
            settings += f", release: '${{RELEASE:-}}', promote_from: {source}"
        lines = [
            f"name: shop-{environment}",
            f"x-sandbox: {{{settings}}}",
            "services:",
            *(f"  {each.name}: {each.text}" for each in self.services),
            *(f"  {each.name}: {each.text}" for each in self.gates),
        ]
        if any(each.stores for each in self.services):
            lines.append(f"volumes: {{{VOLUME}: {{}}}}")
        if any(each.apart for each in self.services):
            lines.append(f"networks: {{{APART}: {{}}}}")
        return "\n".join(lines) + "\n"
