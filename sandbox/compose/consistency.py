"""Rules that bind services, networks, volumes, secrets and configs to each other."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from sandbox.compose.cycles import cycles
from sandbox.compose.findings import Findings, Place, key_mark
from sandbox.compose.known import shown, suggestion
from sandbox.compose.mix import check_mix
from sandbox.compose.node import MapNode, Mark, Node, flag, mapping, numbered, text

_SERVICE_PREFIX = "service:"


def check(tree: MapNode, findings: Findings, disabled: Mapping[str, MapNode] | None = None) -> None:
    """
    Report what the services of *tree* refer to and nobody declares, contradictions, and cycles.

    Args:
        tree: A normalised project with its enabled services only.
        findings: Gets the problems.
        disabled: The services that no active profile enables; an optional dependency may be one.
    """
    project = _Project(tree=tree, disabled=disabled or {})
    root = Place(findings=findings, path=("services",))
    for name, service in project.services.items():
        place = root.at(name)
        check_mix(name, service, place, key_mark(mapping(tree.get("services")), name))
        _check_references(service, place, project)
        _check_dependencies(service, place, project)
    _check_cycles(project, root)
    _check_container_names(project, root)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Project:
    tree: MapNode
    disabled: Mapping[str, MapNode]

    @property
    def services(self) -> dict[str, MapNode]:
        found = mapping(self.tree.get("services")).values
        return {name: mapping(service) for name, service in found.items()}

    def declared(self, section: str) -> Collection[str]:
        return mapping(self.tree.get(section)).values.keys()


def _check_references(service: MapNode, place: Place, project: _Project) -> None:
    for kind, name, node, where in _references(service, place):
        declared = project.declared(f"{kind}s")
        if name not in declared and not place.findings.is_spoiled((f"{kind}s", name)):
            hint = suggestion(name, declared)
            where.problem(
                node,
                f"the {kind} {shown(name)} is not declared{hint}",
                f"add it under top-level `{kind}s:`",
            )


def _references(service: MapNode, place: Place) -> Iterator[tuple[str, str, Node | Mark, Place]]:
    """Give kind, name and place of each resource that *service* uses."""
    networks = mapping(service.get("networks"))
    for name in networks.values:
        yield "network", name, key_mark(networks, name), place.at("networks", name)
    models = mapping(service.get("models"))
    for name in models.values:
        yield "model", name, key_mark(models, name), place.at("models", name)
    for index, node in numbered(service.get("volumes")):
        source = mapping(node).get("source")
        if text(mapping(node).get("type")) == "volume" and source is not None and text(source):
            yield "volume", text(source), source, place.at("volumes", index)
    build = mapping(service.get("build"))
    for kind, uses, where in (
        ("secret", service.get("secrets"), place.at("secrets")),
        ("config", service.get("configs"), place.at("configs")),
        ("secret", build.get("secrets"), place.at("build", "secrets")),
    ):
        for index, node in numbered(uses):
            source = mapping(node).get("source")
            yield kind, text(source), source or node, where.at(index)


def _check_dependencies(service: MapNode, place: Place, project: _Project) -> None:
    depends_on = mapping(service.get("depends_on"))
    for name, node in depends_on.values.items():
        where = place.at("depends_on", name)
        _check_dependency(name, mapping(node), key_mark(depends_on, name), where, project)
    contexts = mapping(mapping(service.get("build")).get("additional_contexts"))
    for key, node in contexts.values.items():
        name = text(node)
        if name.startswith(_SERVICE_PREFIX):
            where = place.at("build", "additional_contexts", key)
            _check_built(name.removeprefix(_SERVICE_PREFIX), node, where, project)


def _check_dependency(
    name: str, node: MapNode, mark: Mark, place: Place, project: _Project
) -> None:
    if name in project.disabled and not flag(node.get("required"), default=True):
        return
    _check_service(name, mark, place, project)


def _check_service(name: str, where: Node | Mark, place: Place, project: _Project) -> None:
    services = mapping(project.tree.get("services")).values
    if name in services or place.findings.is_spoiled(("services", name)):
        return
    if name in project.disabled:
        place.problem(
            where,
            f"the service {shown(name)} is disabled by its profiles",
            "give both the same profiles, or write `required: false`",
        )
        return
    place.problem(where, f"there is no service {shown(name)}{suggestion(name, services)}")


def _check_built(name: str, where: Node, place: Place, project: _Project) -> None:
    """Report a service that is no context of a build: it is absent, or nothing builds it."""
    _check_service(name, where, place, project)
    service = project.services.get(name)
    if (
        service is None
        or "build" in service.values
        or place.findings.is_spoiled(("services", name))
    ):
        return
    place.problem(
        where,
        f"the service {shown(name)} has no `build`, so it cannot be a build context",
        "give it one, or name its image: docker-image://NAME",
    )


def _check_cycles(project: _Project, root: Place) -> None:
    services = project.services
    waiting = {name: mapping(service.get("depends_on")) for name, service in services.items()}
    edges = {
        name: [other for other in depends_on.values if other in services]
        for name, depends_on in waiting.items()
    }
    for cycle in cycles(edges):
        first, second = cycle[0], cycle[1]
        root.at(first, "depends_on").problem(
            key_mark(waiting[first], second),
            f"services wait for each other: {' -> '.join(cycle)}",
            "remove one of these dependencies",
        )


def _check_container_names(project: _Project, root: Place) -> None:
    taken: dict[str, tuple[str, Mark]] = {}
    for name, service in project.services.items():
        node = service.get("container_name")
        if node is None or not text(node):
            continue
        holder = taken.setdefault(text(node), (name, node.mark))
        if holder[0] != name:
            root.at(name, "container_name").problem(
                node,
                f"the name {shown(text(node))} belongs to the service {shown(holder[0])}"
                f" at {holder[1].text}",
                "choose another name, or remove it",
            )
