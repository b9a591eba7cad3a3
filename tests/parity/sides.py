"""
Both sides create what one Compose file says, start nothing, and are looked at.
"""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import docker
import docker.errors

from sandbox.adapters.docker_engine import DockerEngine
from sandbox.compose.load import load_environment
from sandbox.model.action import CreateNetwork, CreateVolume, FillVolume
from sandbox.model.desired import DesiredState
from sandbox.model.observed import ObservedState, Owner
from sandbox.model.plan import SyncPolicy
from sandbox.model.service import Service
from sandbox.planning.contents import service_contents
from sandbox.planning.labels import owner_labels
from sandbox.planning.names import project_name
from sandbox.planning.order import dependency_ranks
from sandbox.planning.plan_networks import judge_networks, network_steps
from sandbox.planning.plan_volumes import judge_volumes, volume_steps
from sandbox.planning.spec import container_spec
from sandbox.runtime.filling import fill_volume
from tests.benchmarks.compose_side import find_compose
from tests.compose.committed import MemorySource
from tests.parity import inspected
from tests.parity.inspected import Json, Side

ENVIRONMENT = "parity"


@dataclass(kw_only=True)
class Seen:
    """Everything that one side made, by ``service/number``, and by key."""

    containers: dict[str, Json] = field(default_factory=dict)
    raw: dict[str, Json] = field(default_factory=dict)
    networks: dict[str, Json] = field(default_factory=dict)
    volumes: dict[str, Json] = field(default_factory=dict)


@contextmanager
def theirs(folder: Path, project: str, client: docker.DockerClient) -> Iterator[Seen]:
    """Let `docker compose` create; everything is gone afterwards."""
    command = [str(find_compose()), "--project-name", project, "--file", "compose.yaml"]
    environment = {key: os.environ[key] for key in ("PATH", "HOME") if key in os.environ}
    try:
        ran = subprocess.run(
            [*command, "up", "--no-start"],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == 0, ran.stderr[-500:]
        yield _look(client, f"com.docker.compose.project={project}", project)
    finally:
        subprocess.run(
            [*command, "down", "--volumes", "--timeout", "0"],
            cwd=folder,
            env=environment,
            capture_output=True,
            check=False,
        )
        # Of an `up` that failed, what it had begun is created after `down` looked.
        _remove(client, f"com.docker.compose.project={project}")


@contextmanager
def ours(desired: DesiredState, owner: Owner, client: docker.DockerClient) -> Iterator[Seen]:
    """Let our engine create, without asking the policy; everything is gone afterwards."""
    engine = DockerEngine()
    mine = f"dev.sandbox.instance={owner.instance}"
    try:
        _create(engine, desired, engine.observe(owner, ()))
        yield _look(client, mine, project_name(owner))
    finally:
        engine.close()
        _remove(client, mine)


def loaded(folder: Path) -> DesiredState:
    """Load the Compose file of *folder* as an environment."""
    files = {
        f"environments/{ENVIRONMENT}/{path.relative_to(folder)}": path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }
    source = MemorySource(files=files)
    return load_environment(ENVIRONMENT, source, default_application=folder.name)


def _remove(client: docker.DockerClient, label: str) -> None:
    for container in client.containers.list(all=True, filters={"label": label}):
        with suppress(docker.errors.NotFound):
            container.remove(force=True, v=True)
    for network in client.networks.list(filters={"label": label}):
        network.remove()
    for volume in client.volumes.list(filters={"label": label}):
        volume.remove()


def _create(engine: DockerEngine, desired: DesiredState, observed: ObservedState) -> None:
    networks = judge_networks(desired, observed, SyncPolicy())
    volumes = judge_volumes(desired, observed)
    for step in (
        *network_steps(desired, observed, networks, {}, ()),
        *volume_steps(desired, observed, volumes),
    ):
        if isinstance(step.action, CreateNetwork):
            engine.create_network(step.action)
        elif isinstance(step.action, CreateVolume):
            engine.create_volume(step.action)
    for service in desired.services:
        _fill(engine, observed.owner, service)
    ranks = dependency_ranks(
        {each.name: [other.service_name for other in each.depends_on] for each in desired.services}
    )
    for service in sorted(desired.services, key=lambda each: ranks[each.name]):
        for replica in range(1, service.replicas + 1):
            engine.create_container(container_spec(observed.owner, desired, service, replica))


def _fill(engine: DockerEngine, owner: Owner, service: Service) -> None:
    for content in service_contents(owner, service):
        action = FillVolume(
            name=content.name,
            labels=owner_labels(owner),
            image=service.image,
            files=content.files,
        )
        fill_volume(engine, action, set(), print)


def _look(client: docker.DockerClient, label: str, project: str) -> Seen:
    api = client.api
    found = [
        api.inspect_container(each["Id"])
        for each in api.containers(all=True, filters={"label": label})
    ]
    services: dict[str, str] = {}
    for each in found:
        key = _key(each)
        services |= {each["Id"]: key, each["Name"].removeprefix("/"): key}
    side = Side(project=project, services=services)
    seen = Seen()
    for each in found:
        seen.raw[_key(each)] = each
        seen.containers[_key(each)] = inspected.container(each, side)
    for each in api.networks(filters={"label": label}):
        key = each["Labels"]["com.docker.compose.network"]
        seen.networks[key] = inspected.network(api.inspect_network(each["Id"]), side)
    for each in api.volumes(filters={"label": label})["Volumes"] or ():
        key = each["Labels"].get("com.docker.compose.volume")
        if key:
            seen.volumes[key] = inspected.volume(each, side)
    return seen


def _key(container: Json) -> str:
    labels = container["Config"]["Labels"]
    number = labels["com.docker.compose.container-number"]
    return f"{labels['com.docker.compose.service']}/{number}"
