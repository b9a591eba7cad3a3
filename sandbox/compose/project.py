"""
Any Compose files as one project: the shape of ``docker compose config --format json``.

The story is that of Compose: variables, files, name; the files read and laid over each other
(`reading`); then what follows from the whole: names and implied things, profiles, consistency,
the files that services take values from, and nothing that no service uses.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sandbox.compose import consistency, discovery
from sandbox.compose.canonical import valued
from sandbox.compose.envfiles import with_file_values, with_inherited_values
from sandbox.compose.environment import read_env_files, words
from sandbox.compose.files import Files, TooMuchError
from sandbox.compose.findings import ENV_FILE, Findings
from sandbox.compose.naming import is_name, normalised_name, written_name
from sandbox.compose.node import MapNode, Mark, Scalar
from sandbox.compose.normalise import normalised
from sandbox.compose.profiles import split, without_unused
from sandbox.compose.reading import Reading
from sandbox.compose.scope import Scope
from sandbox.compose.source import REPOSITORY, FileSource
from sandbox.compose.template import Variables
from sandbox.errors import InvalidComposeError


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectRequest:
    """
    What to load.

    Attributes:
        folder: Absolute folder at which *files*, *env_files* and *project_directory* begin.
        files: Compose files, each laid over those before it; empty: ``COMPOSE_FILE``, else those
            of the usual names in *folder* or above it.
        env_files: Files of variables instead of the project folder's ``.env``, the last one wins;
            ``None``: those of ``COMPOSE_ENV_FILES`` in *environment*, else that one, when there.
        profiles: Active profiles; empty: those of ``COMPOSE_PROFILES``.
        project_directory: Where relative paths begin; ``None``: the folder of the first file.
        project_name: Stronger than every name elsewhere; ``None`` leaves it to these.
        environment: Variables that are stronger than every file.
        top: Files below this folder are called by their path from it; empty: *folder*.
        gates: Services that are checks of the others are kept although no profile enables them.
    """

    folder: str
    files: tuple[str, ...] = ()
    env_files: tuple[str, ...] | None = None
    profiles: tuple[str, ...] = ()
    project_directory: str | None = None
    project_name: str | None = None
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    top: str = ""
    gates: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """
    Valid files, as one.

    Attributes:
        name: Of the project.
        written_name: The ``name`` of the files, as they have it; empty when they have none.
        tree: Canonical, and complete: long forms, defaults, names, absolute paths.
        disabled: Services of profiles that are not active, by name, canonical.
        variables: What interpolation knew; remembers what was asked for.
        findings: Warnings, and what later steps add.
    """

    name: str
    written_name: str
    tree: MapNode
    disabled: Mapping[str, MapNode]
    variables: Variables
    findings: Findings


def load_project(request: ProjectRequest, source: FileSource) -> Project:
    """
    Load the files of *request*.

    Raises:
        InvalidComposeError: The files are wrong; carries every problem, by place.
    """
    project = read_project(request, source)
    if project.findings.problems:
        raise InvalidComposeError(project.findings.problems)
    return project


def read_project(request: ProjectRequest, source: FileSource) -> Project:
    """
    Load the files of *request* as far as they can be read.

    Returns:
        A project that is only valid when its findings hold no problem: what was wrong is left out
        of its tree, so that a later step can find what else is.

    Raises:
        InvalidComposeError: Nothing can be read.
    """
    home = request.environment.get("HOME", "")
    files = Files(source, request.top or request.folder, home)
    loading = _Loading(request, files)
    try:
        project = loading.project()
    except TooMuchError:
        project = None
    if project is None:
        raise InvalidComposeError(loading.findings.problems)
    return project


class _Loading:
    """One load; each method is a step."""

    def __init__(self, request: ProjectRequest, files: Files) -> None:
        self._request = request
        self._files = files
        first = discovery.absolute(request.files[:1] or (".",), request.folder)[0]
        self.findings = Findings(files.shown(first))

    def project(self) -> Project | None:
        """Load; ``None`` when there is nothing to load, which was reported."""
        request, files, findings = self._request, self._files, self.findings
        paths = discovery.absolute(request.files, request.folder)
        here = {} if request.folder.startswith(REPOSITORY) else {"PWD": request.folder}
        own = Variables(here, Variables(request.environment))
        variables = self._with_env_files(own, self._folder(paths))
        if not paths:
            paths = discovery.from_variables(variables, request.folder)
            paths = paths or discovery.by_name(files, request.folder)
            variables = self._with_env_files(variables, self._folder(paths))
        if not paths:
            names = ", ".join(discovery.NAMES)
            mark = Mark(file=request.folder)
            findings.problem(mark, (), f"there is no Compose file here ({names})", "name one")
            return None
        base = self._folder(paths)
        name, written = self._name(paths, base, variables)
        variables = Variables({"COMPOSE_PROJECT_NAME": name}, variables)
        scope = Scope(base=base, variables=variables)
        tree = Reading(files, findings).project(paths, scope)
        if not tree.values.keys() - {"version"} and not findings.problems:
            mark = Mark(file=files.shown(paths[0]))
            findings.problem(mark, (), "the file is empty", "add at least `services:`")
        profiles = request.profiles or words(variables.get("COMPOSE_PROFILES"))
        tree, disabled = self._completed(tree, name, profiles, variables)
        return Project(
            name=name,
            written_name=written,
            tree=tree,
            disabled=disabled,
            variables=variables,
            findings=findings,
        )

    def _folder(self, paths: Sequence[str]) -> str:
        """Give the absolute project folder."""
        given = self._request.project_directory
        if given is not None:
            return discovery.absolute([given], self._request.folder)[0]
        return posixpath.dirname(paths[0]) if paths else self._request.folder

    def _with_env_files(self, variables: Variables, base: str) -> Variables:
        """Add the env files that are asked for, else the one in *base*, to what is known."""
        named = words(self._request.environment.get("COMPOSE_ENV_FILES"))
        given = named or None if self._request.env_files is None else self._request.env_files
        if given is None:
            paths: tuple[str, ...] = (posixpath.join(base, ENV_FILE),)
        else:
            paths = discovery.absolute(given, self._request.folder)
            for path in paths:
                if self._files.content(path) is None:
                    mark = Mark(file=self._files.shown(path))
                    self.findings.problem(mark, (), f"there is no such file{self._files.place}")
        if paths:
            self.findings.env_file = self._files.shown(paths[-1])
        return read_env_files(paths, self._files, self.findings, variables)

    def _name(self, paths: Sequence[str], base: str, variables: Variables) -> tuple[str, str]:
        """Give the project's name, and the one that the files have."""
        given = self._request.project_name or variables.get("COMPOSE_PROJECT_NAME")
        written = written_name(paths, self._files, variables, self.findings)
        text = written.text if written else ""
        mark = written.mark if written else Mark(file=self._files.shown(paths[0]))
        if given:
            if not is_name(given):
                message = f"{given!r} is not a name for a project: small letters, digits, - and _"
                self.findings.problem(mark, ("name",), message)
            return given, text
        name = normalised_name(text if written else posixpath.basename(base))
        if not name:
            message = f"{text!r} has no letter or digit that a name can begin with"
            self.findings.problem(mark, ("name",), message, "write `name:` with letters or digits")
        return name, text

    def _completed(
        self, tree: MapNode, name: str, profiles: Sequence[str], variables: Variables
    ) -> tuple[MapNode, Mapping[str, MapNode]]:
        """Do what can only be done to the whole."""
        tree = self._named(tree, name)
        tree = with_inherited_values(valued(tree, self.findings), variables)
        tree = normalised(tree, name)
        tree, disabled = split(tree, profiles, gates=self._request.gates)
        consistency.check(tree, self.findings, disabled)
        tree = with_file_values(tree, variables, self._files, self.findings)
        return without_unused(tree), disabled

    def _named(self, tree: MapNode, name: str) -> MapNode:
        """Put the project's name first; ``version`` says nothing."""
        if "version" in tree.values:
            self.findings.warn(tree.key_marks["version"], "`version` is obsolete and ignored")
        kept = {key: node for key, node in tree.values.items() if key != "version"}
        mark = tree.key_marks.get("name", tree.mark)
        return MapNode(
            values={**kept, "name": Scalar(value=name, mark=mark)},
            key_marks={"name": mark, **tree.key_marks},
            mark=tree.mark,
        )
