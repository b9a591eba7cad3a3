"""Inheritance between services of one file or of several."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass, replace

from sandbox.compose.canonical import canonical, unique
from sandbox.compose.files import Files
from sandbox.compose.findings import Findings, Place, key_mark
from sandbox.compose.interpolate import interpolate
from sandbox.compose.known import suggestion
from sandbox.compose.merge import merge, merge_service
from sandbox.compose.node import EMPTY, ListNode, MapNode, Mark, Node, Path, is_null, mapping, text
from sandbox.compose.paths import resolved
from sandbox.compose.scope import Scope
from sandbox.compose.tags import Document, without

CHAIN_MAX = 32
NO_VALUE = "has no value; give it one or remove the key"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    """
    Where resolving is at.

    Attributes:
        file: Absolute path of the file that *services* are from.
        base: Absolute folder at which its `extends` begin.
        services: The services that it declares.
        cuts: What it tagged ``!reset`` or ``!override``.
        name: The service.
        root: The service that it began with.
        chain: The `extends` in between.
    """

    file: str
    base: str
    services: Mapping[str, Node]
    cuts: tuple[Path, ...]
    name: str
    root: str
    chain: tuple[Mark, ...] = ()


class Inheritance:
    """Resolves ``extends``; one instance for one load."""

    def __init__(self, files: Files, findings: Findings) -> None:
        self._files = files
        self._findings = findings
        self._trees: dict[tuple[str, int], tuple[Scope, Document | None]] = {}
        self._resolved: dict[tuple[int, str], tuple[Mapping[str, Node], Node]] = {}

    def services(self, document: Document, file: str, scope: Scope) -> MapNode:
        """Give *document*, whose variables are replaced, with all that its services inherit."""
        tree = document.tree
        declared = tree.get("services")
        if not isinstance(declared, MapNode):
            if declared is not None:
                # Said in the words of the schema, which sees this only if nothing was before it.
                kind = "a list" if isinstance(declared, ListNode) else "a single value"
                message = NO_VALUE if is_null(declared) else f"must be a mapping, not {kind}"
                self._findings.problem(key_mark(tree, "services"), ("services",), message)
                return _without(tree, "services")
            return tree
        step = _Step(
            file=file,
            base=scope.base,
            services=declared.values,
            cuts=document.cuts,
            name="",
            root="",
        )
        values = {
            name: self._service(replace(step, name=name, root=name), scope)
            for name in declared.values
        }
        services = MapNode(values=values, key_marks=declared.key_marks, mark=declared.mark)
        return MapNode(
            values={**tree.values, "services": services}, key_marks=tree.key_marks, mark=tree.mark
        )

    def _service(self, step: _Step, scope: Scope) -> Node:
        node = step.services[step.name]
        if not isinstance(node, MapNode) or "extends" not in node.values:
            return node
        key = (id(step.services), step.name)
        if key not in self._resolved:
            self._resolved[key] = (step.services, self._inherit(step, node, scope))
        return self._resolved[key][1]

    def _inherit(self, step: _Step, node: MapNode, scope: Scope) -> Node:
        """Lay the service over what it extends."""
        own = _without(node, "extends")
        place = Place(findings=self._findings, path=("services", step.name, "extends"))
        mark = key_mark(node, "extends")
        if mark in step.chain:
            loop = (*step.chain[step.chain.index(mark) :], mark)
            places = " -> ".join(one.text for one in loop)
            place.problem(mark, f"`extends` leads back to itself: {places}")
            return own
        if len(step.chain) >= CHAIN_MAX:
            place.problem(mark, f"`extends` goes through more than {CHAIN_MAX} services")
            return own
        found = self._base(replace(step, chain=(*step.chain, mark)), node, place, scope)
        if found is None:
            self._findings.spoil(place.path)
            return own
        base = self._service(found, scope)
        if self._findings.is_spoiled(("services", found.name)):
            self._findings.spoil(place.path)
        if is_null(base):
            return node
        return self._laid_over(base, own, step, mark)

    def _laid_over(self, base: Node, own: MapNode, step: _Step, mark: Mark) -> Node:
        if not isinstance(base, MapNode):
            return own
        path: Path = ("services", step.name)
        cuts = [cut[2:] for cut in step.cuts if cut[:2] == path]
        self._files.spend(base, mark, self._findings)
        return merge_service(without(base, cuts), own, path, self._findings)

    def _base(self, step: _Step, node: MapNode, place: Place, scope: Scope) -> _Step | None:
        """Find what *node* extends."""
        extends = node.values["extends"]
        if isinstance(extends, MapNode) and not _is_well_formed(extends, place):
            return None
        name = text(extends) or text(mapping(extends).get("service"))
        if not name:
            place.problem(extends, "`extends` names no service", "write the name of a service")
            return None
        mark = key_mark(node, "extends")
        file = mapping(extends).get("file")
        found = (
            step
            if file is None or is_null(file)
            else self._other_file(step, file, place.at("file"), scope)
        )
        if found is None:
            return None
        if name in found.services:
            return replace(found, name=name)
        where = "" if found is step else f" in {self._files.shown(found.file)}"
        hint = suggestion(name, found.services)
        place.problem(mark, f"there is no service {name!r}{where}{hint}")
        return None

    def _other_file(self, step: _Step, node: Node, place: Place, scope: Scope) -> _Step | None:
        path = self._files.locate(text(node), step.base, node, place)
        if path is None:
            return None
        shown = self._files.shown(path)
        steps = ", ".join(mark.text for mark in reversed((*scope.chain, *step.chain)))
        self._findings.extended(shown, step.root, f"extended by {steps}")
        document = self._document(path, scope)
        if document is None:
            self._files.report_missing(path, node, place)
            return None
        services = document.tree.get("services")
        if not isinstance(services, MapNode):
            if not self._files.is_faulty(path):
                place.problem(node, f"{shown} has no `services`")
            return None
        base = posixpath.dirname(path)
        return replace(step, file=path, base=base, services=services.values, cuts=document.cuts)

    def _document(self, path: str, scope: Scope) -> Document | None:
        """
        Give all documents of another file as one: canonical, its paths made absolute.

        It is not validated: only what comes of its services with those that extend them is.
        """
        key = (path, id(scope.variables))
        if key not in self._trees:
            self._trees[key] = (scope, self._merged(path, scope))
        return self._trees[key][1]

    def _merged(self, path: str, scope: Scope) -> Document | None:
        documents = self._files.documents(path, self._findings)
        if documents is None:
            return None
        tree = EMPTY
        for document in documents:
            self._files.spend(document.tree, document.tree.mark, self._findings)
            own = interpolate(document.tree, scope.variables, self._findings)
            tree = merge(without(tree, document.cuts), own, self._findings)
            tree = unique(canonical(unique(tree), self._findings))
        tree = resolved(tree, posixpath.dirname(path), self._files.home)
        cuts = tuple(cut for document in documents for cut in document.cuts)
        return Document(tree=tree, cuts=cuts)


def _is_well_formed(extends: MapNode, place: Place) -> bool:
    unknown = [key for key in extends.values if key not in {"service", "file"}]
    for key in unknown:
        place.at(key).problem(
            extends.key_marks[key], f"`extends` takes `service` and `file`, not `{key}`"
        )
    return not unknown


def _without(node: MapNode, key: str) -> MapNode:
    values = {name: value for name, value in node.values.items() if name != key}
    return MapNode(values=values, key_marks=node.key_marks, mark=node.mark)
