"""One service of a canonical project, as the model has it."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from sandbox.compose.build import read_build, read_hosts, read_migrations
from sandbox.compose.depends import read_dependencies
from sandbox.compose.findings import Place
from sandbox.compose.gate import read_gate
from sandbox.compose.given import labels, no_value_text, seconds, texts, valued, word_set, words
from sandbox.compose.health import read_healthcheck
from sandbox.compose.known import shown
from sandbox.compose.limits import read_limits, read_replicas, read_tuning, read_ulimits
from sandbox.compose.mounts import read_mounts
from sandbox.compose.named import migrations_mark
from sandbox.compose.networks import read_attachments
from sandbox.compose.node import MapNode, Mark, Node, flag, is_null, items, mapping, text
from sandbox.compose.ports import read_expose, read_ports
from sandbox.compose.resources import Resources, resource_mount
from sandbox.compose.rollout import read_rollout, read_route, rollout_marks
from sandbox.compose.sharing import (
    read_devices,
    read_external_links,
    read_hooks,
    read_namespaces,
    read_resolver,
    read_volumes_from,
)
from sandbox.compose.source import CommittedSource
from sandbox.compose.unsupported import check_supported
from sandbox.compose.written import places, written_entries
from sandbox.model.container_file import ContainerFile
from sandbox.model.desired import Volume
from sandbox.model.service import Dependency, Logging, Mount, Port, PullPolicy, Service

_IMAGE = re.compile(
    r"[a-zA-Z0-9][\w.\-]*(?::\d+/[\w.\-]+)?(?:/[\w.\-]+)*(?::[\w.\-]+)?(?:@[\w:+.\-]+)?"
)
_STOP_GRACE_S = 10.0
_PULLS = {
    "": PullPolicy.MISSING,
    "build": PullPolicy.MISSING,
    "if_not_present": PullPolicy.MISSING,
    "missing": PullPolicy.MISSING,
    "never": PullPolicy.NEVER,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """What the services of one environment are read from; *folder* is that of the environment."""

    source: CommittedSource
    folder: str
    configs: Resources
    secrets: Resources


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """
    A service whose image has no name yet, with the places that later messages point at.

    Attributes:
        context_mark: Where the build context is written; ``None`` without one.
        dockerfile_mark: Where the Dockerfile is named; ``None`` without a build.
        ports: Those of *service*, with their places.
        volumes: Volumes that stand for folders which are not in the commit, by key.
        links: Entries of ``links``.
        wanted_image: What ``image`` says, also when it is built.
        image_mark: Where it says so; ``None`` when it does not.
        rollout_marks: Where ``order`` and ``steps`` are written, by these words.
        migrations_mark: Where ``x-sandbox.migrations`` is written; ``None`` without it.
    """

    service: Service
    place: Place
    mark: Mark
    context_mark: Mark | None
    dockerfile_mark: Mark | None
    ports: Mapping[Port, Mark]
    volumes: Mapping[str, Volume] = field(default_factory=dict[str, Volume])
    links: tuple[Node, ...] = ()
    wanted_image: str = ""
    image_mark: Mark | None = None
    rollout_marks: Mapping[str, Mark] = field(default_factory=dict[str, Mark])
    migrations_mark: Mark | None = None


def read_service(name: str, node: MapNode, mark: Mark, place: Place, sources: Sources) -> Draft:
    """Read one service that the active profiles enable; problems go to *place*."""
    check_supported(node, place)
    build = read_build(node, place.at("build"))
    mounts = read_mounts(node, place, sources.source, sources.folder)
    files = _taken(node, place, sources, mounts.mounts)
    ports = read_ports(node.get("ports"), place.at("ports"))
    dependencies: tuple[Dependency, ...] = tuple(read_dependencies(node.get("depends_on")))
    service = Service(
        name=name,
        image=_image(node, place, mark),
        build=build.build if build else None,
        pull_policy=_PULLS.get(text(node.get("pull_policy")), PullPolicy.ALWAYS),
        platform=text(node.get("platform")),
        container_name=text(node.get("container_name")),
        command=_command(node.get("command")),
        entrypoint=_command(node.get("entrypoint")),
        environment=_environment(node.get("environment"), place.at("environment")),
        unset_environment=_unset(node.get("environment"), place.at("environment")),
        ports=tuple(sorted(ports, key=_port_order)),
        expose=read_expose(node.get("expose"), place.at("expose")),
        mounts=tuple(mount for _, mount in sorted(mounts.mounts.items())),
        volumes_from=read_volumes_from(node.get("volumes_from"), place.at("volumes_from")),
        files=files,
        attachments=read_attachments(node.get("networks"), place.at("networks")),
        namespaces=read_namespaces(node, place),
        external_links=read_external_links(node.get("external_links")),
        mac_address=text(node.get("mac_address")),
        depends_on=dependencies,
        healthcheck=read_healthcheck(node.get("healthcheck"), place.at("healthcheck")),
        limits=read_limits(node, place),
        tuning=read_tuning(node, place),
        devices=read_devices(node),
        labels=labels(node.get("labels"), place.at("labels")),
        annotations=texts(node.get("annotations")),
        user=text(node.get("user")),
        group_add=word_set(node.get("group_add")),
        working_dir=text(node.get("working_dir")),
        init=flag(node.get("init"), default=False) if "init" in node.values else None,
        tty=flag(node.get("tty"), default=False),
        stdin_open=flag(node.get("stdin_open"), default=False),
        read_only=flag(node.get("read_only"), default=False),
        privileged=flag(node.get("privileged"), default=False),
        runtime=text(node.get("runtime")),
        sysctls=texts(node.get("sysctls")),
        cap_add=word_set(node.get("cap_add")),
        cap_drop=word_set(node.get("cap_drop")),
        security_opt=word_set(node.get("security_opt")),
        ulimits=read_ulimits(node.get("ulimits"), place.at("ulimits")),
        replicas=read_replicas(node, place),
        stop_signal=text(node.get("stop_signal")),
        stop_grace_period_s=_grace_s(node, place),
        hooks=read_hooks(node),
        hostname=text(node.get("hostname")),
        domainname=text(node.get("domainname")),
        resolver=read_resolver(node),
        extra_hosts=read_hosts(node, place),
        logging=_logging(node.get("logging")),
        route=read_route(node),
        rollout=read_rollout(node, place),
        migrations=read_migrations(node, build.build if build else None, place),
        gate=read_gate(node, place),
        place=mark.text,
        places=places(node),
        written=written_entries(node, place.findings),
    )
    return Draft(
        service=service,
        place=place,
        mark=mark,
        context_mark=build.context_mark if build else None,
        dockerfile_mark=build.dockerfile_mark if build else None,
        ports=ports,
        volumes=mounts.volumes,
        links=items(node.get("links")),
        wanted_image=text(node.get("image")),
        image_mark=node.values["image"].mark if text(node.get("image")) else None,
        rollout_marks=rollout_marks(node),
        migrations_mark=migrations_mark(node),
    )


def _image(node: MapNode, place: Place, mark: Mark) -> str:
    where = node.get("image")
    image = text(where)
    if "build" in node.values:
        if image and where is not None:
            place.at("image").warn(
                where, f"{image} is not used: an image that is built is named after its content"
            )
        return ""
    if where is None:
        if not place.findings.is_spoiled(place.path):
            place.problem(mark, "the service has neither `image` nor `build`")
    elif not _IMAGE.fullmatch(image):
        place.at("image").problem(where, f"{shown(image)} is not the name of an image")
    return image


def warn_of_moving_image(draft: Draft, built: Collection[str]) -> None:
    """Warn of an image without a tag; *built* are those that other services build."""
    image, where = draft.wanted_image, draft.image_mark
    if draft.service.build or where is None or image in built:
        return
    if "@" not in image and ":" not in image.rpartition("/")[2]:
        message = (
            f"the image {image} has no tag, so it is {image}:latest, which differs from machine"
            " to machine (name a version)"
        )
        draft.place.findings.warn(where, message)


def _command(node: Node | None) -> tuple[str, ...] | None:
    """Give the words; nothing and null keep what the image says, an empty list clears it."""
    return None if node is None or is_null(node) else words(node)


def _environment(node: Node | None, place: Place) -> dict[str, str]:
    found = valued(node)
    for name, where in mapping(node).values.items():
        if not name or "\0" in name or "=" in name:
            place.problem(where, "a variable needs a name without `=`")
    return found


def _unset(node: Node | None, place: Place) -> tuple[str, ...]:
    """Give the names without a value anywhere, sorted, and warn of each."""
    found = {name: value for name, value in mapping(node).values.items() if is_null(value)}
    for name, value in found.items():
        place.findings.warn(value.mark, no_value_text(name, place.findings.env_file))
    return tuple(sorted(found))


def _logging(node: Node | None) -> Logging | None:
    if not isinstance(node, MapNode):
        return None
    return Logging(driver=text(node.get("driver")), options=texts(node.get("options")))


def _taken(
    node: MapNode, place: Place, sources: Sources, mounts: dict[str, Mount]
) -> tuple[ContainerFile, ...]:
    """
    Add what is taken of configs and secrets to *mounts*, where mounts of the service win.

    Returns:
        What Compose copies into the container instead, sorted: content that is in no file.
    """
    copied: dict[str, ContainerFile] = {}
    for taken in (
        *sources.configs.taken(node.get("configs"), place.at("configs")),
        *sources.secrets.taken(node.get("secrets"), place.at("secrets")),
    ):
        if taken.target in mounts:
            continue
        if isinstance(taken, ContainerFile):
            copied[taken.target] = taken
        else:
            mounts[taken.target] = taken
            copied.pop(taken.target, None)
    unreachable = flag(node.get("read_only"), default=False)
    for target in tuple(copied):
        # The engine copies into the container's own files only.
        if unreachable or _is_covered(target, mounts):
            mounts[target] = resource_mount(copied.pop(target))
    return tuple(file for _, file in sorted(copied.items()))


def _is_covered(target: str, mounts: Mapping[str, Mount]) -> bool:
    return any(target.startswith(f"{above.rstrip('/')}/") for above in mounts)


def _grace_s(node: MapNode, place: Place) -> float:
    found = seconds(node.get("stop_grace_period"), place.at("stop_grace_period"))
    return _STOP_GRACE_S if found is None else found


def _port_order(port: Port) -> tuple[int, str, int, str]:
    return port.target, port.protocol, port.published, port.host_ip
