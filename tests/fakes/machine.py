"""
A machine in memory: repairs change its facts the way they change a real one's.
"""

from dataclasses import dataclass, field, replace

from sandbox.errors import SetupError
from sandbox.model.diagnosis import (
    BuildBaseImage,
    EngineFacts,
    Facts,
    InstallPackages,
    PortFacts,
    PullImage,
    Reach,
    Repair,
    StartDaemon,
    StartService,
)
from sandbox.planning.doctor import BASE_IMAGE

ANSWERING = EngineFacts(
    endpoint="unix:///var/run/docker.sock",
    chosen=False,
    reach=Reach.ANSWERS,
    version="20.10.24",
    api_version="1.41",
    root_folder="/var/lib/docker",
)
ABSENT = EngineFacts(
    endpoint="unix:///var/run/docker.sock",
    chosen=False,
    reach=Reach.ABSENT,
    failure="there is no /var/run/docker.sock",
)
HEALTHY = Facts(
    distribution="Debian GNU/Linux 13 (trixie)",
    debian_like=True,
    root=True,
    systemd=False,
    daemon_installed=True,
    engine=ANSWERING,
    base_image=BASE_IMAGE,
    base_image_present=True,
    builder_installed=True,
    git_version="2.47.3",
    git_name="Ada",
    git_email="ada@example.org",
    disk_folder="/var/lib/docker",
    disk_free_bytes=50 << 30,
    inotify_watches=65536,
    inotify_instances=128,
    ports=(
        PortFacts(number=8081, users=("staging",)),
        PortFacts(number=8082, users=("production",)),
    ),
)
FRESH = replace(
    HEALTHY,
    daemon_installed=False,
    engine=ABSENT,
    base_image_present=False,
    builder_installed=False,
)


@dataclass(slots=True, kw_only=True)
class FakeMachine:
    """
    Args:
        facts: What it is like now.
        registry_answers: A pull works.
        broken: A repair of this kind is done, and changes nothing.
        performed: Every repair that was asked for, in order.
    """

    facts: Facts
    registry_answers: bool = False
    broken: tuple[type, ...] = ()
    performed: list[Repair] = field(default_factory=list[Repair])

    def diagnose(self) -> Facts:
        return self.facts

    def perform(self, repair: Repair) -> None:
        self.performed.append(repair)
        if isinstance(repair, self.broken):
            return
        match repair:
            case InstallPackages(packages=packages):
                self._install(packages)
            case StartService() | StartDaemon():
                if not self.facts.daemon_installed:
                    raise SetupError("there is no daemon to start")
                self.facts = replace(self.facts, engine=ANSWERING)
            case PullImage():
                self.facts = replace(self.facts, base_image_present=self.registry_answers)
            case BuildBaseImage():
                if not self.facts.builder_installed:
                    raise SetupError("there is nothing to build with")
                self.facts = replace(self.facts, base_image_present=True)

    def _install(self, packages: tuple[str, ...]) -> None:
        self.facts = replace(
            self.facts,
            daemon_installed=self.facts.daemon_installed or "docker.io" in packages,
            builder_installed=self.facts.builder_installed or "mmdebstrap" in packages,
        )
