"""Generated repositories: trees of files and links, and services that mount them in every way."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random

IMAGE = "debian:trixie-slim"
NAMES = ("a", "b.conf", "run.sh", "c d", "ü", ".hidden", "-n", "sub", "x'y", "$HOME", "l\nine")
LEADS = ("a", "../a", "sub", "/etc/passwd", "nowhere", ".", "b.conf")
SIZES = (0, 1, 9, 5000)
USER = (1234, 567)
# Folders that the image fills, and files that it has.
FULL_FOLDERS = ("/etc/apt", "/etc/skel", "/usr/share/doc/bash", "/var/lib/dpkg/info")
FULL_FILES = ("/etc/debian_version", "/etc/issue", "/etc/skel/.bashrc")


@dataclass(frozen=True, kw_only=True)
class Tree:
    """
    What is at one path of the repository.

    Attributes:
        files: Content and whether it may be run, by path below; one of path "" is the tree itself.
        links: Where each points to, by path below.
    """

    files: dict[str, tuple[bytes, bool]]
    links: dict[str, str] = field(default_factory=dict)

    @property
    def entries(self) -> int:
        return len(self.files) + len(self.links)


@dataclass(kw_only=True)
class Case:
    """
    One repository.

    Attributes:
        trees: By path beside the Compose file.
        text: The Compose file.
        owned: Paths that somebody else owns in a checkout of that person.
        targets: Where each service mounts something.
    """

    trees: dict[str, Tree] = field(default_factory=dict)
    text: str = ""
    owned: list[str] = field(default_factory=list)
    targets: dict[str, list[str]] = field(default_factory=dict)


def a_case(random: Random, mounts: int) -> Case:
    """Give one repository whose services have about *mounts* mounts each."""
    case = Case()
    bodies = [_service(random, case, kind, mounts) for kind in ("plain", "locked", "user")]
    secrets = [path for path in case.trees if path.startswith("secret")]
    configs = [path for path in case.trees if path.startswith("config")]
    lines = ["x-sandbox: {}", "services:", *bodies, "volumes: {data: {}}"]
    for kind, paths in (("secrets", secrets), ("configs", configs)):
        if paths:
            lines.append(f"{kind}:")
            lines += [f"  {path}: {{file: ./{path}}}" for path in paths]
    case.text = "\n".join(lines) + "\n"
    return case


def a_tree(random: Random) -> Tree:
    """Give a folder with at least one file."""
    files: dict[str, tuple[bytes, bool]] = {}
    links: dict[str, str] = {}
    taken: set[str] = set()
    for _ in range(random.randint(1, 9)):
        parts = [random.choice(NAMES) for _ in range(random.randint(1, 3))]
        path = "/".join(parts)
        above = {"/".join(parts[:length]) for length in range(1, len(parts))}
        if path in taken or above & (files.keys() | links.keys()):
            continue
        taken |= above | {path}
        if files and random.random() < 0.3:
            links[path] = random.choice(LEADS)
        else:
            files[path] = (random.randbytes(random.choice(SIZES)), random.random() < 0.3)
    return Tree(files=files, links=links)


def a_file(random: Random) -> Tree:
    """Give one file."""
    return Tree(files={"": (random.randbytes(random.choice(SIZES)), random.random() < 0.3)})


def _service(random: Random, case: Case, kind: str, mounts: int) -> str:
    volumes = _volumes(random, case, kind, mounts)
    secrets = [_resource(random, case, kind, "secret", number) for number in range(2)]
    configs = [_resource(random, case, kind, "config", number) for number in range(2)]
    case.targets[kind] += [f"/run/secrets/{name}" for name in secrets]
    case.targets[kind] += [f"/{name}" for name in configs]
    lines = [
        f"  {kind}:",
        f"    image: {IMAGE}",
        "    command: sleep 600",
        "    init: true",
        "    stop_signal: SIGKILL",
        "    network_mode: none",
        f"    secrets: [{', '.join(secrets)}]",
        f"    configs: [{', '.join(configs)}]",
    ]
    if kind == "locked":
        lines += ["    read_only: true", "    tmpfs: [/run, /tmp]"]
    if kind == "user":
        lines += [f'    user: "{USER[0]}:{USER[1]}"']
    lines += ["    volumes:", *(f"      - {each}" for each in volumes)]
    return "\n".join(lines)


def _resource(random: Random, case: Case, service: str, kind: str, number: int) -> str:
    name = f"{kind}-{service}-{number}"
    case.trees[name] = a_file(random)
    return name


def _volumes(random: Random, case: Case, kind: str, mounts: int) -> list[str]:
    """Mount trees at new places, over the image's, below a tmpfs and inside other mounts."""
    places = case.targets[kind] = []
    volumes = ["data:/data", f"{{type: tmpfs, target: /memory-{kind}}}"]
    full_folders, full_files = list(FULL_FOLDERS), list(FULL_FILES[:2])
    for number in range(mounts):
        folder = random.random() < 0.6
        path = f"{'folder' if folder else 'file'}-{kind}-{number}"
        tree = case.trees[path] = a_tree(random) if folder else a_file(random)
        full = full_folders if folder else full_files
        bases = [f"/new/{number}", f"/data/{kind}/{number}", f"/memory-{kind}/{number}"]
        bases += [full.pop()] if full and random.random() < 0.5 else []
        target = bases[-1] if bases[-1][:2] in {"/e", "/u", "/v"} else random.choice(bases)
        read_only = random.random() < 0.6
        if not read_only and kind == "user":
            case.owned.append(path)
        places.append(target)
        volumes.append(_bind(path, target, read_only=read_only))
        inner = [each for each in tree.files if each and "\n" not in each and "$" not in each]
        if inner and random.random() < 0.5:
            over = f"over-{kind}-{number}"
            case.trees[over] = a_file(random)
            volumes.append(_bind(over, f"{target}/{inner[0]}", read_only=True))
        if random.random() < 0.2:
            places.append(f"/again/{number}")
            volumes.append(_bind(path, f"/again/{number}", read_only=True))
    return volumes


def _bind(path: str, target: str, *, read_only: bool) -> str:
    quoted = target.replace("'", "''")
    flag = "true" if read_only else "false"
    return f"{{type: bind, source: ./{path}, target: '{quoted}', read_only: {flag}}}"
