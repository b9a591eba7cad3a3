"""One service of the merged and checked tree, as the model has it."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sandbox.compose.build import read_build
from sandbox.compose.command import read_command, read_hosts, read_logging
from sandbox.compose.depends import read_dependencies
from sandbox.compose.findings import Place, key_mark
from sandbox.compose.health import read_healthcheck
from sandbox.compose.limits import read_limits, read_replicas, read_ulimits
from sandbox.compose.mounts import read_mounts
from sandbox.compose.networks import read_attachments
from sandbox.compose.node import MapNode, Mark, Node, flag, items, text
from sandbox.compose.ports import read_expose, read_ports
from sandbox.compose.resources import Resources
from sandbox.compose.source import CommittedSource
from sandbox.compose.template import Variables
from sandbox.compose.units import duration_s
from sandbox.compose.variables import read_environment, read_labels
from sandbox.model.service import ContainerFile, Dependency, Port, Service, TmpfsMount, VolumeMount

_IMAGE = re.compile(
    r"[a-zA-Z0-9][\w.\-]*(?::\d+/[\w.\-]+)?(?:/[\w.\-]+)*(?::[\w.\-]+)?(?:@[\w:+.\-]+)?"
)
_STOP_GRACE_S = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What the services of one environment have in common."""

    source: CommittedSource
    variables: Variables
    networks: Collection[str]
    volumes: Collection[str]
    configs: Resources
    secrets: Resources


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """
    A service whose image has no name yet, with the places that later messages point at.

    Attributes:
        context_mark: Where the build context is written; ``None`` without one.
        ports, dependencies: Those of *service*, with their places.
    """

    service: Service
    node: MapNode
    place: Place
    mark: Mark
    context_mark: Mark | None
    ports: Mapping[Port, Mark]
    dependencies: Mapping[Dependency, Mark]


def read_service(name: str, node: MapNode, mark: Mark, place: Place, scope: Scope) -> Draft:
    """Read one service that the active profiles enable; problems go to *place*."""
    build = read_build(node, place.at("build"), scope.variables)
    image = _image(node, place, mark, built="build" in node.values)
    mounts = read_mounts(node, place, scope.source, scope.volumes)
    files = _files(node, place, scope, mounts.files)
    _check_files(node, place, files, mounts.mounts)
    ports = read_ports(node.get("ports"), place.at("ports"))
    dependencies = read_dependencies(node.get("depends_on"))
    service = Service(
        name=name,
        image=image,
        build=build[0] if build else None,
        command=read_command(node.get("command"), place.at("command")),
        entrypoint=read_command(node.get("entrypoint"), place.at("entrypoint")),
        environment=read_environment(
            node.get("environment"), node.get("env_file"), place, scope.source, scope.variables
        ),
        ports=tuple(sorted(ports, key=_port_order)),
        expose=read_expose(node.get("expose"), place.at("expose")),
        mounts=tuple(mount for _, mount in sorted(mounts.mounts.items())),
        files=files,
        attachments=read_attachments(node.get("networks"), place.at("networks"), scope.networks),
        depends_on=tuple(dependencies),
        healthcheck=read_healthcheck(node.get("healthcheck"), place.at("healthcheck")),
        limits=read_limits(node, place),
        labels=read_labels(node.get("labels"), place.at("labels")),
        user=text(node.get("user")),
        working_dir=text(node.get("working_dir")),
        init=flag(node.get("init"), default=False) if "init" in node.values else None,
        read_only=flag(node.get("read_only"), default=False),
        cap_add=_sorted(node.get("cap_add")),
        cap_drop=_sorted(node.get("cap_drop")),
        security_opt=_sorted(node.get("security_opt")),
        ulimits=read_ulimits(node.get("ulimits"), place.at("ulimits")),
        replicas=read_replicas(node, place),
        stop_signal=text(node.get("stop_signal")),
        stop_grace_period_s=_grace_s(node.get("stop_grace_period")),
        hostname=text(node.get("hostname")),
        extra_hosts=read_hosts(node.get("extra_hosts"), place.at("extra_hosts")),
        logging=read_logging(node.get("logging")),
        place=mark.text,
    )
    return Draft(
        service=service,
        node=node,
        place=place,
        mark=mark,
        context_mark=build[1] if build else None,
        ports=ports,
        dependencies=dependencies,
    )


def _image(node: MapNode, place: Place, mark: Mark, *, built: bool) -> str:
    where = node.get("image")
    image = text(where)
    if built:
        if image and where is not None:
            place.at("image").warn(
                where, f"{image} is not used: an image that is built is named after its content"
            )
        return ""
    if where is None:
        if not place.findings.is_spoiled(place.path):
            place.problem(mark, "the service has neither `image` nor `build`")
    elif not _IMAGE.fullmatch(image):
        place.at("image").problem(where, f"{image!r} is not the name of an image")
    return image


def _files(
    node: MapNode, place: Place, scope: Scope, mounted: Mapping[str, tuple[ContainerFile, ...]]
) -> tuple[ContainerFile, ...]:
    """Put all files together, sorted; where two have the same target, mounts win."""
    files = {
        file.target: file
        for file in (
            *scope.configs.taken(node.get("configs"), place.at("configs")),
            *scope.secrets.taken(node.get("secrets"), place.at("secrets")),
            *(file for target in sorted(mounted) for file in mounted[target]),
        )
    }
    return tuple(file for _, file in sorted(files.items()))


def _check_files(
    node: MapNode,
    place: Place,
    files: tuple[ContainerFile, ...],
    mounts: Mapping[str, VolumeMount | TmpfsMount],
) -> None:
    """Report files that could not be copied into the container, or not be seen in it."""
    if files and flag(node.get("read_only"), default=False):
        place.at("read_only").problem(
            node.values["read_only"],
            f"{files[0].source} cannot be copied into a container with a read-only root",
            "build the file into the image, or remove `read_only`",
        )
    hiding = {target for target, mount in mounts.items() if isinstance(mount, TmpfsMount)}
    for file in files:
        parts = file.target.split("/")
        above = ("/".join(parts[:length]) for length in range(2, len(parts)))
        target = next((folder for folder in above if folder in hiding), None)
        if target is not None:
            place.problem(
                key_mark(node, "tmpfs" if "tmpfs" in node.values else "volumes"),
                f"the tmpfs at {target} hides {file.target} ({file.source})",
                "move one of them",
            )


def _sorted(node: Node | None) -> tuple[str, ...]:
    return tuple(sorted({text(item) for item in items(node)}))


def _grace_s(node: Node | None) -> float:
    seconds = duration_s(text(node)) if node is not None else None
    return _STOP_GRACE_S if seconds is None else seconds


def _port_order(port: Port) -> tuple[int, str, int, str]:
    return port.target, port.protocol, port.published, port.host_ip
