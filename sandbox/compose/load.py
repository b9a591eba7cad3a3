"""The whole story: from the committed files of one environment to its `DesiredState`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from sandbox.compose.build import image_name
from sandbox.compose.check import check_dependencies, check_ports
from sandbox.compose.document import parse
from sandbox.compose.extends import Files, Inheritance
from sandbox.compose.findings import Findings, Place, key_mark
from sandbox.compose.networks import read_networks, read_volumes
from sandbox.compose.node import MapNode, Mark, items, mapping, text
from sandbox.compose.resources import Resources
from sandbox.compose.schema import validate
from sandbox.compose.service import Draft, Scope, read_service
from sandbox.compose.settings import read_settings
from sandbox.compose.source import CommittedSource
from sandbox.compose.template import Variables
from sandbox.compose.variables import read_dotenv_file
from sandbox.errors import InvalidComposeError, NotFoundError, SourceError
from sandbox.model.desired import DesiredState, Network, Volume
from sandbox.model.service import Service, VolumeMount
from sandbox.model.settings import EnvironmentSettings

FOLDER = "environments"
FILE_NAME = "compose.yaml"
PORTS_MAX = 10_000

_ENVIRONMENT_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")
_NAME_MAX = 63
_NOT_IN_NAMES = re.compile(r"[^a-z0-9_-]")


def find_environments(source: CommittedSource) -> tuple[str, ...]:
    """
    Give the names of all environments, sorted: folders whose file has a top-level ``x-sandbox``.

    A file that cannot be read counts when it mentions ``x-sandbox``, so that its fault is reported.
    """
    found: list[str] = []
    for file in source.list_files(FOLDER):
        parts = file.path.split("/")
        if len(parts) != 3 or parts[2] != FILE_NAME:  # noqa: PLR2004 - environments/<name>/compose.yaml
            continue
        content = source.read_file(file.path) or b""
        if b"x-sandbox" not in content:
            continue
        tree = parse(content, file.path, Findings(file.path))
        if tree is None or "x-sandbox" in tree.values:
            found.append(parts[1])
    return tuple(sorted(found))


def load_environment(
    environment: str, source: CommittedSource, *, default_application: str
) -> DesiredState:
    """
    Load one environment.

    It is read twice only if it uses ``SANDBOX_RELEASE`` and that is not the revision: the first
    reading, with the revision in its place, tells which release is wanted.

    Args:
        environment: Name of the folder below ``environments``.
        source: The commit.
        default_application: Name of the application where the file has no ``name``.

    Raises:
        InvalidComposeError: The files are wrong; carries every problem, by place.
    """
    files = Files(source)
    reading = _read(files, environment, source, source.revision)
    release = _release(reading, source)
    _raise_if_wrong(reading.findings)
    if release != source.revision and "SANDBOX_RELEASE" in reading.variables.used:
        reading = _read(files, environment, source, release)
    state = _state(reading, source, release, environment, default_application)
    _raise_if_wrong(reading.findings)
    return replace(state, warnings=reading.findings.warnings)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """One reading of the files with one value of ``SANDBOX_RELEASE``."""

    findings: Findings
    variables: Variables
    tree: MapNode
    settings: EnvironmentSettings
    drafts: Mapping[str, Draft]
    networks: Mapping[str, Network]
    volumes: Mapping[str, Volume]


def _read(files: Files, environment: str, source: CommittedSource, release: str) -> _Reading:
    """Parse, interpolate, inherit, validate, and turn every enabled service into a draft."""
    folder = f"{FOLDER}/{environment}"
    file = f"{folder}/{FILE_NAME}"
    findings = Findings(file)
    if not _ENVIRONMENT_NAME.fullmatch(environment) or len(environment) > _NAME_MAX:
        message = "an environment's folder is named with small letters, digits, `-` and `_`"
        findings.problem(Mark(file=file), (), f"{message}, not {environment!r}")
    variables = _variables(environment, folder, source, release, findings)
    inheritance = Inheritance(files, variables, findings)
    tree = inheritance.tree(file)
    if tree is None:
        raise InvalidComposeError(findings.problems)
    declared = mapping(tree.get("services")).values
    tree = validate(_with_services(tree, inheritance, file), findings)
    top = Place(findings=findings, path=())
    if "version" in tree.values:
        findings.warn(tree.key_marks["version"], "`version` is obsolete and ignored")
    networks = read_networks(tree.get("networks"), top.at("networks"))
    volumes = read_volumes(tree.get("volumes"), top.at("volumes"))
    scope = Scope(
        source=source,
        variables=variables,
        networks=mapping(tree.get("networks")).key_marks,
        volumes=mapping(tree.get("volumes")).key_marks,
        configs=Resources("config", tree.get("configs"), top.at("configs"), source),
        secrets=Resources("secret", tree.get("secrets"), top.at("secrets"), source),
    )
    return _Reading(
        findings=findings,
        variables=variables,
        tree=tree,
        settings=read_settings(tree.get("x-sandbox")),
        drafts=_drafts(tree, top, scope, declared),
        networks=networks,
        volumes=volumes,
    )


def _variables(
    environment: str, folder: str, source: CommittedSource, release: str, findings: Findings
) -> Variables:
    """Put the committed ``.env`` and our own names together; ours win."""
    own = {
        "SANDBOX_ENVIRONMENT": environment,
        "SANDBOX_REVISION": source.revision,
        "SANDBOX_RELEASE": release,
    }
    content = source.read_file(f"{folder}/.env")
    before = Variables(own)
    values = read_dotenv_file(f"{folder}/.env", content or b"", findings, before)
    variables = Variables({**values, **own})
    variables.used |= before.used
    return variables


def _with_services(tree: MapNode, inheritance: Inheritance, file: str) -> MapNode:
    """Replace the services by what they are with all that they inherit."""
    services = tree.get("services")
    if not isinstance(services, MapNode):
        return tree
    values = {**tree.values, "services": inheritance.services(tree, file)}
    return MapNode(values=values, key_marks=tree.key_marks, mark=tree.mark)


def _drafts(
    tree: MapNode, top: Place, scope: Scope, declared: Mapping[str, object]
) -> dict[str, Draft]:
    """Read the enabled services and check them together."""
    scope.configs.check()
    scope.secrets.check()
    services = mapping(tree.get("services"))
    active = {name.strip() for name in (scope.variables.get("COMPOSE_PROFILES") or "").split(",")}
    drafts: dict[str, Draft] = {}
    ports = 0
    for name, value in sorted(services.values.items()):
        node = mapping(value)
        profiles = {text(profile) for profile in items(node.get("profiles"))}
        if not profiles or profiles & active or "*" in active:
            mark, place = services.key_marks[name], top.at("services", name)
            drafts[name] = read_service(name, node, mark, place, scope)
            ports += len(drafts[name].ports)
        if ports > PORTS_MAX:
            top.at("services", name).problem(
                services.key_marks[name], f"the environment publishes more than {PORTS_MAX:,} ports"
            )
            break
    kept = check_dependencies(drafts, declared)
    check_ports(drafts)
    return {
        name: replace(draft, service=replace(draft.service, depends_on=kept[name]))
        for name, draft in drafts.items()
    }


def _release(reading: _Reading, source: CommittedSource) -> str:
    """Find the release, and report build contexts that it does not have."""
    contexts = sorted(
        {draft.service.build.context for draft in reading.drafts.values() if draft.service.build}
    )
    requested = reading.settings.release
    try:
        release = source.resolve_release(requested, contexts)
    except (NotFoundError, SourceError) as error:
        settings = mapping(reading.tree.get("x-sandbox"))
        where = settings.get("release")
        mark = where.mark if where is not None else key_mark(reading.tree, "x-sandbox")
        path = ("x-sandbox", "release")
        reading.findings.problem(mark, path, error.message, error.remedy)
        return source.revision
    for draft in reading.drafts.values():
        _check_context(draft, source, release)
    return release


def _check_context(draft: Draft, source: CommittedSource, release: str) -> None:
    build = draft.service.build
    if build is None or source.context_id(release, build.context) is not None:
        return
    draft.place.at("build").problem(
        draft.context_mark or draft.mark,
        f"the build context {build.context} is not in the release {release[:7]}",
        "commit the folder, or correct the path",
    )


def _state(
    reading: _Reading,
    source: CommittedSource,
    release: str,
    environment: str,
    default_application: str,
) -> DesiredState:
    application = _application(reading, environment, default_application)
    services = tuple(
        _named_image(draft, source, release, application) for draft in reading.drafts.values()
    )
    used_networks = {one.network for service in services for one in service.attachments}
    used_volumes = {
        mount.volume
        for service in services
        for mount in service.mounts
        if isinstance(mount, VolumeMount)
    }
    return DesiredState(
        application=application,
        environment=environment,
        revision=source.revision,
        release=release,
        settings=reading.settings,
        services=services,
        networks=tuple(reading.networks[key] for key in sorted(used_networks)),
        volumes=tuple(reading.volumes[key] for key in sorted(used_volumes)),
    )


def _application(reading: _Reading, environment: str, default_application: str) -> str:
    """Take ``name`` without the environment at its end, else *default_application*; normalised."""
    written = text(reading.tree.get("name"))
    name = _normalised(written).removesuffix(f"-{environment}")
    if written and not name:
        where = reading.tree.values["name"]
        message = f"{written!r} has no letter or digit that a name can begin with"
        reading.findings.problem(where.mark, ("name",), message)
    return name.rstrip("_-") or _normalised(default_application).rstrip("_-") or "application"


def _normalised(name: str) -> str:
    """Do as Compose does: small letters, other signs dropped."""
    return _NOT_IN_NAMES.sub("", name.lower()).lstrip("_-")


def _named_image(draft: Draft, source: CommittedSource, release: str, application: str) -> Service:
    """Complete a built service with the id of its context and the name of its image."""
    service = draft.service
    if service.build is None:
        return service
    context_id = source.context_id(release, service.build.context)
    if context_id is None:
        _check_context(draft, source, release)
        return service
    build = replace(service.build, context_id=context_id)
    return replace(service, build=build, image=image_name(application, service.name, build))


def _raise_if_wrong(findings: Findings) -> None:
    if findings.problems:
        raise InvalidComposeError(findings.problems)
