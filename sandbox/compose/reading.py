"""The files of one project, laid over each other: all that comes before names are given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sandbox.compose import semantics
from sandbox.compose.canonical import canonical, unique
from sandbox.compose.defaults import with_defaults
from sandbox.compose.extends import Inheritance
from sandbox.compose.files import Files
from sandbox.compose.findings import Findings
from sandbox.compose.include import Inclusion
from sandbox.compose.interpolate import interpolate
from sandbox.compose.merge import merge
from sandbox.compose.node import EMPTY, MapNode, Mark
from sandbox.compose.paths import resolved
from sandbox.compose.schema import validate
from sandbox.compose.scope import Scope
from sandbox.compose.tags import Document, without


class Reading:
    """One load; included projects are read by the same steps as the first."""

    def __init__(self, files: Files, findings: Findings) -> None:
        self._files = files
        self._findings = findings
        self._inheritance = Inheritance(files, findings)
        self._inclusion = Inclusion(files=files, findings=findings, read=self.project)

    def project(self, paths: Sequence[str], scope: Scope) -> MapNode:
        """
        Read the files at the absolute *paths*, each laid over those before it.

        Returns:
            One tree: interpolated, inherited, included, merged, valid, canonical, with defaults
            and absolute paths. What was wrong is left out of it.

        Raises:
            TooMuchError: The files grow beyond every bound.
        """
        tree = EMPTY
        for path in paths:
            mark = Mark(file=self._files.shown(path))
            documents = self._files.documents(path, self._findings)
            if documents is None:
                self._findings.problem(mark, (), f"there is no such file{self._files.place}")
            for document in documents or ():
                tree = self._with(tree, document, path, scope)
        tree = with_defaults(tree)
        semantics.check(tree, self._findings)
        return resolved(tree, scope.base, self._files.home)

    def _with(self, before: MapNode, document: Document, path: str, scope: Scope) -> MapNode:
        """Lay one document over what was read *before* it."""
        findings = self._findings
        own = interpolate(document.tree, scope.variables, findings)
        own = self._inheritance.services(Document(tree=own, cuts=document.cuts), path, scope)
        own = self._inclusion.applied(own, replace(scope, files=(*scope.files, path)))
        tree = merge(without(before, document.cuts), own, findings)
        self._files.spend(tree, document.tree.mark, findings)
        tree = validate(unique(tree), findings)
        return unique(canonical(tree, findings))
