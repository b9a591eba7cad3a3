"""
Judge the facts about a machine, and decide the next repair.

`assess` and `next_repair` share what they say, so that the remedy that `doctor` prints is the thing
that `doctor --fix` does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.model.diagnosis import (
    EDGE,
    BuildBaseImage,
    Check,
    CheckStatus,
    Facts,
    InstallPackages,
    PortFacts,
    PullImage,
    Reach,
    Refusal,
    Repair,
    StartDaemon,
    StartService,
)
from sandbox.planning.api_version import version_number
from sandbox.words import count

if TYPE_CHECKING:
    from collections.abc import Sequence

BASE_IMAGE = "debian:trixie-slim"
BASE_SUITE = "trixie"
SHIPPED_PORTS = {8081: ("staging",), 8082: ("production",)}
"""Those of the template that `sandbox init` begins with, and who publishes them."""

# The oldest that the engine of Debian 12 speaks, and that the tests run against.
API_VERSION_MIN = (1, 41)
# `for-each-ref`, `--end-of-options` and safe.directory as we use them.
GIT_VERSION_MIN = (2, 36)
GIB = 1 << 30
# The shop's images and one rebuild of all of them; and room to work comfortably.
DISK_FAIL_BYTES = 2 * GIB
DISK_WARN_BYTES = 5 * GIB
INOTIFY_WATCHES_MIN = 8192
INOTIFY_INSTANCES_MIN = 64

ENGINE_PACKAGES = ("docker.io", "iptables", "ca-certificates")
BUILDER_PACKAGES = ("mmdebstrap", "debian-archive-keyring")
FIX = "sandbox doctor --fix"
INSTALL = "apt-get install -y --no-install-recommends"


def assess(facts: Facts) -> tuple[Check, ...]:
    """
    Judge every fact; the order is always the same, the most important first.
    """
    return (
        _engine(facts),
        _api_version(facts),
        _base_image(facts),
        _git(facts),
        _git_identity(facts),
        _disk(facts),
        _inotify(facts),
        *(_port(port) for port in facts.ports),
    )


def next_repair(facts: Facts, tried: Sequence[Repair]) -> Repair | Refusal | None:
    """
    Decide what to do next so that an engine answers and has the base image.

    An engine that answers, and one that somebody chose, is never touched.

    Args:
        facts: A look that was taken after the last repair.
        tried: Repairs that were done already; none is done twice.

    Returns:
        The next repair, or why there is none, or ``None`` when nothing is amiss.
    """
    if facts.engine.reach is not Reach.ANSWERS:
        return _engine_repair(facts, tried)
    if not facts.base_image_present:
        return _image_repair(facts, tried)
    return None


def _engine_repair(facts: Facts, tried: Sequence[Repair]) -> Repair | Refusal:
    if facts.engine.chosen or facts.engine.reach in (Reach.DENIED, Reach.SILENT) or not facts.root:
        return _no_engine(facts)
    if not facts.daemon_installed:
        if facts.debian_like and not _installed(tried, ENGINE_PACKAGES):
            return InstallPackages(packages=ENGINE_PACKAGES, purpose="the container engine")
        return _no_engine(facts)
    start = StartService(unit="docker") if facts.systemd else StartDaemon()
    return _no_engine(facts) if start in tried else start


def _image_repair(facts: Facts, tried: Sequence[Repair]) -> Repair | Refusal:
    look_first = not facts.engine.registry_known and facts.engine.endpoint.startswith("unix:")
    pull = PullImage(reference=facts.base_image, look_first=look_first)
    if pull not in tried:
        return pull
    build = BuildBaseImage(reference=facts.base_image, suite=BASE_SUITE)
    if not (facts.debian_like and facts.root) or build in tried:
        return _no_base_image(facts)
    if not facts.builder_installed and not _installed(tried, BUILDER_PACKAGES):
        return InstallPackages(packages=BUILDER_PACKAGES, purpose="building the base image")
    return build if facts.builder_installed else _no_base_image(facts)


def _installed(tried: Sequence[Repair], packages: tuple[str, ...]) -> bool:
    return any(isinstance(r, InstallPackages) and r.packages == packages for r in tried)


def _no_engine(facts: Facts) -> Refusal:
    engine = facts.engine
    return Refusal(
        message=f"no container engine answers at {engine.endpoint}: {engine.failure}",
        remedy=_engine_remedy(facts),
        engine=True,
    )


def _engine_remedy(facts: Facts) -> str:
    engine = facts.engine
    if engine.chosen:
        return "start the engine that DOCKER_HOST names, or: unset DOCKER_HOST"
    if engine.reach is Reach.DENIED:
        return 'sudo usermod -aG docker "$USER" (then log in again)'
    if engine.reach is Reach.SILENT:
        return "restart the engine; it takes connections but does not answer"
    sudo = "" if facts.root else "sudo "
    start = "systemctl start docker" if facts.systemd else "dockerd"
    if facts.daemon_installed:
        return f"{sudo}{start}"
    if facts.debian_like:
        packages = " ".join(ENGINE_PACKAGES)
        return f"{sudo}{INSTALL} {packages} && {sudo}{start}"
    return (
        "install a container engine (https://docs.docker.com/engine/install/), or set DOCKER_HOST"
    )


def _no_base_image(facts: Facts) -> Refusal:
    return Refusal(
        message=f"the base image {facts.base_image} is not on this machine and cannot be pulled",
        remedy=_image_remedy(facts),
        engine=False,
    )


def _image_remedy(facts: Facts) -> str:
    if not facts.debian_like:
        return f"docker pull {facts.base_image} (where a registry answers; else docker load it)"
    sudo = "" if facts.root else "sudo "
    install = "" if facts.builder_installed else f"{sudo}{INSTALL} {' '.join(BUILDER_PACKAGES)} && "
    build = f"{sudo}mmdebstrap --variant=minbase {BASE_SUITE} -"
    return f"{install}{build} | docker import - {facts.base_image}"


def _offered(facts: Facts, by_hand: str) -> str:
    """
    The remedy: our own when we may mend it, else what a person can do.
    """
    return by_hand if isinstance(next_repair(facts, ()), Refusal) else FIX


def _engine(facts: Facts) -> Check:
    engine = facts.engine
    if engine.reach is Reach.ANSWERS:
        return _passed("engine", f"version {engine.version} at {engine.endpoint}")
    remedy = _offered(facts, _engine_remedy(facts))
    return _failed("engine", f"{engine.endpoint}: {engine.failure}", remedy)


def _api_version(facts: Facts) -> Check:
    name = "engine API"
    if facts.engine.reach is not Reach.ANSWERS:
        remedy = _offered(facts, _engine_remedy(facts))
        return _failed(name, "unknown while no engine answers", remedy)
    needed = ".".join(map(str, API_VERSION_MIN))
    detail = f"version {facts.engine.api_version}, {needed} or newer is needed"
    if version_number(facts.engine.api_version) >= API_VERSION_MIN:
        return _passed(name, detail)
    return _failed(name, detail, "upgrade the container engine to 20.10 or newer")


def _base_image(facts: Facts) -> Check:
    name = "base image"
    if facts.engine.reach is not Reach.ANSWERS:
        remedy = _offered(facts, _engine_remedy(facts))
        return _failed(name, "unknown while no engine answers", remedy)
    if facts.base_image_present:
        return _passed(name, f"{facts.base_image} is there")
    return _failed(name, f"{facts.base_image} is missing", FIX)


def _git(facts: Facts) -> Check:
    needed = ".".join(map(str, GIT_VERSION_MIN))
    sudo = "" if facts.root else "sudo "
    remedy = f"{sudo}{INSTALL} git" if facts.debian_like else f"install Git {needed} or newer"
    if not facts.git_version:
        return _failed("git", "there is no git program", remedy)
    detail = f"version {facts.git_version}, {needed} or newer is needed"
    if version_number(facts.git_version) >= GIT_VERSION_MIN:
        return _passed("git", detail)
    return _failed("git", detail, remedy)


def _git_identity(facts: Facts) -> Check:
    name = "git identity"
    if facts.git_name and facts.git_email:
        return _passed(name, f"{facts.git_name} <{facts.git_email}>")
    wanted = {"user.name": facts.git_name, "user.email": facts.git_email}
    missing = [key for key, value in wanted.items() if not value]
    examples = {"user.name": '"Ada Lovelace"', "user.email": "ada@example.org"}
    return _warned(
        name,
        f"{' and '.join(missing)} not set: git refuses your commits, "
        "and those of promote, pin and rollback are in the name of sandbox",
        " && ".join(f"git config --global {key} {examples[key]}" for key in missing),
    )


def _disk(facts: Facts) -> Check:
    free = facts.disk_free_bytes
    detail = f"{free / GIB:.1f} GiB free in {facts.disk_folder}"
    # What nothing uses any more; never volumes, which hold people's data.
    remedy = "docker image prune"
    if free < DISK_FAIL_BYTES:
        return _failed("disk", f"{detail}, {DISK_FAIL_BYTES // GIB} GiB are needed", remedy)
    if free < DISK_WARN_BYTES:
        return _warned("disk", f"{detail}, {DISK_WARN_BYTES // GIB} GiB are comfortable", remedy)
    return _passed("disk", detail)


def _inotify(facts: Facts) -> Check:
    watches, instances = facts.inotify_watches, facts.inotify_instances
    if watches is None or instances is None:
        return _warned("inotify", "the kernel has none: changes are seen by polling, within 2 s")
    detail = f"{count(watches, 'watch', 'watches')}, {count(instances, 'instance')}"
    if watches >= INOTIFY_WATCHES_MIN and instances >= INOTIFY_INSTANCES_MIN:
        return _passed("inotify", detail)
    sudo = "" if facts.root else "sudo "
    settings = "fs.inotify.max_user_watches=524288 fs.inotify.max_user_instances=512"
    return _warned(
        "inotify",
        f"{detail}: when they run out, changes are seen by polling, within 2 s",
        f"{sudo}sysctl -w {settings}",
    )


def _port(port: PortFacts) -> Check:
    name, users = f"port {port.number}", ", ".join(port.users)
    if not port.holder:
        return _passed(name, f"free, for {users}")
    if port.ours:
        return _passed(name, f"held by {port.holder}, which is a sandbox's")
    if port.users == (EDGE,):
        return _warned(
            name,
            f"held by {port.holder}; the edge takes the next free port",
            f"stop {port.holder}, or choose another port: SANDBOX_EDGE_PORT=PORT sandbox up",
        )
    files = " and ".join(f"environments/{each}/compose.yaml" for each in port.users)
    return _warned(
        name,
        f"held by {port.holder}, but published by {users}",
        f"stop {port.holder}, or commit another port in {files}",
    )


def _passed(name: str, detail: str) -> Check:
    return Check(name=name, status=CheckStatus.PASS, detail=detail)


def _warned(name: str, detail: str, remedy: str = "") -> Check:
    return Check(name=name, status=CheckStatus.WARN, detail=detail, remedy=remedy)


def _failed(name: str, detail: str, remedy: str) -> Check:
    return Check(name=name, status=CheckStatus.FAIL, detail=detail, remedy=remedy)
