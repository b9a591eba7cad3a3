"""What one file becomes by Compose and by us, and what differs."""

import secrets
from pathlib import Path

import docker

from sandbox.model.observed import Owner
from tests.parity.differences import explained
from tests.parity.sides import ENVIRONMENT, Seen, loaded, ours, theirs


def both(folder: Path, text: str, client: docker.DockerClient) -> tuple[Seen, Seen]:
    """Give what Compose and what we create from *text*, one after the other."""
    name = f"parity{secrets.token_hex(3)}"
    place = folder / name
    (place / "folder").mkdir(parents=True)
    (place / "folder" / "file").write_text("file")
    (place / "secret").write_text("secret")
    (place / "compose.yaml").write_text(text.replace("PREFIX", name))
    owner = Owner(instance=secrets.token_hex(6), application=name, environment=ENVIRONMENT)
    desired = loaded(place)
    with theirs(place, f"{name}-theirs", client) as compose:
        pass
    with ours(desired, owner, client) as sandbox:
        pass
    return compose, sandbox


def judged(compose: Seen, sandbox: Seen) -> tuple[set[str], list[str]]:
    """Give the reasons of all differences by design, and the differences without one."""
    reasons: set[str] = set()
    others: list[str] = []
    for kind in ("containers", "networks", "volumes"):
        left, right = getattr(compose, kind), getattr(sandbox, kind)
        others += [f"{kind}: only one has {key}" for key in sorted(left.keys() ^ right.keys())]
        for key in sorted(left.keys() & right.keys()):
            by_design, unexplained = explained(left[key], right[key])
            reasons |= set(by_design.values())
            others += [f"{kind}.{key}{each}" for each in unexplained]
    return reasons, others
