"""What was found wrong or remarkable, collected by all steps, each with its place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sandbox.compose.node import MapNode, Mark, Node, Path
from sandbox.model.problem import Problem
from sandbox.words import one_or_many

PROBLEMS_MAX = 1_000
ENV_FILE = ".env"


def unset_names(names: Sequence[str]) -> str:
    """Say which variables are not set, as the beginning of a sentence."""
    if len(names) == 1:
        return f"the variable {names[0]} is not set"
    return f"the variables {' and '.join(names)} are not set"


def path_text(path: Path) -> str:
    """Write ``("services", "web", "ports", 0)`` as ``services.web.ports[0]``."""
    parts = [f"[{part}]" if isinstance(part, int) else f".{part}" for part in path]
    return "".join(parts).removeprefix(".")


class Findings:
    """
    Problems and warnings of one load; each place and message is kept once.

    Args:
        file: The environment's own file; a problem in any other names how that came into play.

    Attributes:
        env_file: Where to set a variable, for messages; the load says so once it knows.
    """

    def __init__(self, file: str) -> None:
        self._file = file
        self.env_file = ENV_FILE
        self._problems: dict[tuple[str, int, int, str], Problem] = {}
        self._warnings: dict[tuple[str, str], dict[int, None]] = {}
        self._substituted: dict[Mark, tuple[tuple[str, ...], tuple[str, ...]]] = {}
        self._chains: dict[tuple[str, str], str] = {}
        self._spoiled: set[Path] = set()
        self._closed: set[Mark] = set()

    def problem(self, mark: Mark, path: Path, message: str, remedy: str = "") -> None:
        """Add a problem at *mark*; the first of equal ones stays."""
        key = (mark.file, mark.line, mark.column, message)
        self.spoil(path)
        if key in self._problems or mark in self._closed:
            return
        _, unset = self.variables(mark)
        if unset:
            message = f"{message}; {unset_names(unset)} here"
            remedy = "; ".join(
                filter(None, (f"set {' and '.join(unset)} in `{self.env_file}`", remedy))
            )
        chain = self._chain(mark, path)
        self._problems[key] = Problem(
            file=mark.file,
            line=mark.line,
            column=mark.column,
            path=path_text(path),
            message=f"{message}; {chain}" if chain else message,
            remedy=remedy,
        )

    def substituted(self, mark: Mark, variables: tuple[str, ...], unset: tuple[str, ...]) -> None:
        """Remember which *variables* the text at *mark* is made of, and which are not set."""
        if variables or unset:
            self._substituted[mark] = (variables, unset)

    def variables(self, mark: Mark) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Give what `substituted` was told of *mark*."""
        return self._substituted.get(mark, ((), ()))

    def close(self, mark: Mark) -> None:
        """Take no further problem of what is written at *mark*: it would follow from the first."""
        self._closed.add(mark)

    def spoil(self, path: Path) -> None:
        """Remember that *path* is not complete, so that nothing is said to be missing there."""
        for length in range(len(path), -1, -1):
            if path[:length] in self._spoiled:
                break
            self._spoiled.add(path[:length])

    def is_spoiled(self, path: Path) -> bool:
        """Is something at or below *path* wrong?"""
        return path in self._spoiled

    def warn(self, mark: Mark, message: str) -> None:
        """Add a warning at *mark*; the same one in several lines of a file is one."""
        self._warnings.setdefault((mark.file, message), {})[mark.line] = None

    def include(self, other: Findings) -> None:
        """Take over what another step found before."""
        for key, problem in other._problems.items():
            chain = self._chains.get((problem.file, ""), "") if problem.file != self._file else ""
            message = f"{problem.message}; {chain}" if chain else problem.message
            self._problems.setdefault(key, replace(problem, message=message))
        for warned, lines in other._warnings.items():
            self._warnings.setdefault(warned, {}).update(lines)
        self._spoiled |= other._spoiled

    def extended(self, file: str, service: str, chain: str) -> None:
        """Remember why *file* is read: *chain* is for people, such as ``extended by x:3``."""
        self._chains.setdefault((file, service), chain)
        self._chains.setdefault((file, ""), chain)

    def _chain(self, mark: Mark, path: Path) -> str:
        """Say how a file other than the environment's own came into play."""
        if mark.file == self._file:
            return ""
        service = str(path[1]) if len(path) > 1 and path[0] == "services" else ""
        return self._chains.get((mark.file, service)) or self._chains.get((mark.file, ""), "")

    @property
    def problems(self) -> tuple[Problem, ...]:
        """All problems by place, the first `PROBLEMS_MAX` of them."""
        found = tuple(self._problems[key] for key in sorted(self._problems)[:PROBLEMS_MAX])
        if not self.are_many:
            return found
        more = Problem(
            file=self._file, message=f"more than {PROBLEMS_MAX:,} problems; not all listed"
        )
        return (*found, more)

    @property
    def are_many(self) -> bool:
        """Is it time to stop looking?"""
        return len(self._problems) > PROBLEMS_MAX

    @property
    def warnings(self) -> tuple[str, ...]:
        """All warnings in the order in which they were found: ``file:4 (also lines 7, 9): …``."""
        return tuple(
            f"{_lines_text(file, tuple(lines))}: {message}"
            for (file, message), lines in self._warnings.items()
        )


def _lines_text(file: str, lines: tuple[int, ...]) -> str:
    """Write the first line as a place that an editor opens, and name the others."""
    first, *others = sorted(lines)
    if not others:
        return Mark(file=file, line=first).text
    lines_of = one_or_many(len(others), "line", "lines")
    more = f"also {lines_of} {', '.join(map(str, others))}"
    return f"{Mark(file=file, line=first).text} ({more})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a step is at: it reports to *findings* under *path*."""

    findings: Findings
    path: Path

    def at(self, *more: str | int) -> Place:
        """Go further down."""
        return Place(findings=self.findings, path=(*self.path, *more))

    def problem(self, where: Node | Mark, message: str, remedy: str = "") -> None:
        """Report a problem here; *where* gives file, line and column."""
        mark = where if isinstance(where, Mark) else where.mark
        self.findings.problem(mark, self.path, message, remedy)

    def warn(self, where: Node | Mark, message: str) -> None:
        """Report something that is valid but should be known."""
        mark = where if isinstance(where, Mark) else where.mark
        self.findings.warn(mark, f"{path_text(self.path)}: {message}")


def key_mark(node: MapNode, key: str) -> Mark:
    """Place of *key* in *node*, or of *node* itself."""
    return node.key_marks.get(key, node.mark)
