"""The whole story: from the committed files of one environment to its `DesiredState`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from sandbox.compose.build import image_name
from sandbox.compose.check import check_names, check_ports, check_sharing
from sandbox.compose.committed import FILE_NAME, FOLDER, own_variables, read_committed
from sandbox.compose.committed_mounts import shared_mounts
from sandbox.compose.container_names import with_container_names
from sandbox.compose.document import parse
from sandbox.compose.findings import Findings, Place, key_mark
from sandbox.compose.gate import check_gates
from sandbox.compose.named import check_dockerfile, check_migrations, check_promotion_source
from sandbox.compose.naming import normalised_name
from sandbox.compose.networks import read_networks, read_volumes
from sandbox.compose.node import mapping, text
from sandbox.compose.project import Project
from sandbox.compose.resources import Resources
from sandbox.compose.service import Draft, Sources, read_service, warn_of_moving_image
from sandbox.compose.settings import read_settings
from sandbox.compose.sharing import with_link_names
from sandbox.compose.source import CommittedSource
from sandbox.compose.surge import check_rollouts
from sandbox.errors import InvalidComposeError, NotFoundError, SourceError
from sandbox.model.desired import DesiredState, Network, Volume
from sandbox.model.service import Service, VolumeMount
from sandbox.model.settings import EnvironmentSettings
from sandbox.override import override

PORTS_MAX = 10_000

_RELEASE = "SANDBOX_RELEASE"


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
    reading = _read(environment, source, source.revision)
    check_promotion_source(
        environment, reading.settings, reading.project.tree, source, reading.findings
    )
    release = _release(reading, source)
    _raise_if_wrong(reading.findings)
    if release != source.revision and reading.uses_release:
        reading = _read(environment, source, release)
    state = _state(reading, source, release, environment, default_application)
    _raise_if_wrong(reading.findings)
    return replace(state, warnings=reading.findings.warnings)


class _Own(dict[str, str]):
    """Our own variables; remembers whether anybody asked for the release."""

    asked = False

    @override
    def get(self, name: str, default: str | None = None) -> str | None:  # type: ignore[override] # texts only
        self.asked = self.asked or name == _RELEASE
        return super().get(name, default)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """One reading of the files with one value of ``SANDBOX_RELEASE``."""

    project: Project
    uses_release: bool
    settings: EnvironmentSettings
    drafts: Mapping[str, Draft]
    networks: Mapping[str, Network]
    volumes: Mapping[str, Volume]

    @property
    def findings(self) -> Findings:
        return self.project.findings


def _read(environment: str, source: CommittedSource, release: str) -> _Reading:
    """Load the project, and turn every enabled service into a draft."""
    own = _Own(own_variables(environment, source, release))
    project = read_committed(environment, source, own)
    findings, tree = project.findings, project.tree
    top = Place(findings=findings, path=())
    networks = read_networks(tree.get("networks"), top.at("networks"), project.name)
    volumes = read_volumes(tree.get("volumes"), top.at("volumes"), project.name)
    known = {
        f"{kind}s": Resources(
            kind, tree.get(f"{kind}s"), top.at(f"{kind}s"), source, project.variables
        )
        for kind in ("config", "secret")
    }
    sources = Sources(
        source=source,
        folder=f"{FOLDER}/{environment}",
        configs=known["configs"],
        secrets=known["secrets"],
    )
    drafts = _drafts(project, top, sources, environment)
    for draft in drafts.values():
        volumes |= draft.volumes
    return _Reading(
        project=project,
        uses_release=own.asked,
        settings=read_settings(tree.get("x-sandbox")),
        drafts=drafts,
        networks=networks,
        volumes=volumes,
    )


def _drafts(project: Project, top: Place, sources: Sources, environment: str) -> dict[str, Draft]:
    """Read the enabled services and check them together."""
    services = mapping(project.tree.get("services"))
    drafts: dict[str, Draft] = {}
    ports = 0
    for name, value in sorted(services.values.items()):
        mark, place = key_mark(services, name), top.at("services", name)
        if top.findings.is_spoiled(place.path):  # what else it lacks follows from what was told
            continue
        drafts[name] = read_service(name, mapping(value), mark, place, sources)
        ports += len(drafts[name].ports)
        if ports > PORTS_MAX:
            place.problem(mark, f"the environment publishes more than {PORTS_MAX:,} ports")
            break
    drafts = {name: _without_disabled(draft, drafts) for name, draft in drafts.items()}
    built = {draft.wanted_image for draft in drafts.values() if draft.service.build}
    for draft in drafts.values():
        warn_of_moving_image(draft, built)
    check_names(drafts, project.tree.get("networks"), top.at("networks"))
    check_ports(drafts)
    check_sharing(drafts)
    check_gates(drafts)
    if any(draft.service.container_name for draft in drafts.values()):
        drafts = with_container_names(drafts, _names_elsewhere(environment, sources.source))
    check_rollouts(drafts)
    linked = with_link_names(
        {name: draft.service for name, draft in drafts.items()},
        {name: draft.links for name, draft in drafts.items()},
        top.at("services"),
    )
    return {name: replace(draft, service=linked[name]) for name, draft in drafts.items()}


def _without_disabled(draft: Draft, drafts: Mapping[str, Draft]) -> Draft:
    """Leave out optional dependencies that no active profile enables."""
    kept = tuple(each for each in draft.service.depends_on if each.service_name in drafts)
    return replace(draft, service=replace(draft.service, depends_on=kept))


def _names_elsewhere(environment: str, source: CommittedSource) -> dict[str, str]:
    """Container names of the other environments of this commit, as far as these can be read."""
    found: dict[str, str] = {}
    for other in find_environments(source):
        if other == environment:
            continue
        try:
            own = own_variables(other, source, source.revision)
            project = read_committed(other, source, own)
        except InvalidComposeError:
            continue
        for service in mapping(project.tree.get("services")).values.values():
            name = text(mapping(service).get("container_name"))
            if name:
                found.setdefault(name, other)
    return found


def _release(reading: _Reading, source: CommittedSource) -> str:
    """Find the release, and report build contexts that it does not have."""
    contexts = sorted(
        {draft.service.build.context for draft in reading.drafts.values() if draft.service.build}
    )
    requested = reading.settings.release
    try:
        release = source.resolve_release(requested, contexts)
    except (NotFoundError, SourceError) as error:
        settings = mapping(reading.project.tree.get("x-sandbox"))
        where = settings.get("release")
        mark = where.mark if where is not None else key_mark(reading.project.tree, "x-sandbox")
        path = ("x-sandbox", "release")
        reading.findings.problem(mark, path, error.message, error.remedy)
        return source.revision
    for draft in reading.drafts.values():
        if _has_context(draft, source, release):
            check_dockerfile(
                draft.service, draft.dockerfile_mark or draft.mark, draft.place, source, release
            )
            check_migrations(draft.service, draft.migrations_mark, draft.place, source, release)
    return release


def _has_context(draft: Draft, source: CommittedSource, release: str) -> bool:
    """Tell whether *release* has what *draft* is built from, and report it when not."""
    build = draft.service.build
    if build is None or source.context_id(release, build.context) is not None:
        return True
    draft.place.at("build").problem(
        draft.context_mark or draft.mark,
        f"the build context {build.context} is not in the release {release[:7]}",
        "commit the folder, or correct the path",
    )
    return False


def _state(
    reading: _Reading,
    source: CommittedSource,
    release: str,
    environment: str,
    default_application: str,
) -> DesiredState:
    application = _application(reading, environment, default_application)
    services = shared_mounts(
        _with_built_images(
            reading.drafts,
            tuple(
                _named_image(draft, source, release, application)
                for draft in reading.drafts.values()
            ),
        )
    )
    used_networks = {one.network for service in services for one in service.attachments}
    used_volumes = {
        mount.volume
        for service in services
        for mount in service.mounts
        if isinstance(mount, VolumeMount) and mount.volume
    }
    return DesiredState(
        application=application,
        environment=environment,
        revision=source.revision,
        release=release,
        settings=reading.settings,
        services=tuple(service for service in services if service.gate is None),
        gates=tuple(service for service in services if service.gate),
        networks=tuple(reading.networks[key] for key in sorted(used_networks)),
        volumes=tuple(reading.volumes[key] for key in sorted(used_volumes)),
    )


def _application(reading: _Reading, environment: str, default_application: str) -> str:
    """Take ``name`` without the environment at its end, else *default_application*; normalised."""
    written = reading.project.written_name
    name = normalised_name(written).removesuffix(f"-{environment}")
    default = normalised_name(default_application).rstrip("_-")
    return name.rstrip("_-") or default or "application"


def _named_image(draft: Draft, source: CommittedSource, release: str, application: str) -> Service:
    """Complete a built service with the id of its context and the name of its image."""
    service = draft.service
    if service.build is None:
        return service
    context_id = source.context_id(release, service.build.context)
    if context_id is None:
        _has_context(draft, source, release)
        return service
    build = replace(service.build, context_id=context_id)
    return replace(service, build=build, image=image_name(application, service.name, build))


def _with_built_images(
    drafts: Mapping[str, Draft], services: tuple[Service, ...]
) -> tuple[Service, ...]:
    """Let a service whose ``image`` is what another one builds use what that one builds."""
    built = {drafts[each.name].wanted_image: each for each in services if each.build}
    return tuple(
        replace(each, image=built[each.image].image, build=built[each.image].build)
        if each.build is None and each.image in built
        else each
        for each in services
    )


def _raise_if_wrong(findings: Findings) -> None:
    if findings.problems:
        raise InvalidComposeError(findings.problems)
