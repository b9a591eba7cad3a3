"""The files of one load: found by path, read and parsed once, and counted."""

from __future__ import annotations

import posixpath

from sandbox.compose.document import parse_documents
from sandbox.compose.findings import Findings, Place
from sandbox.compose.node import ListNode, MapNode, Mark, Node
from sandbox.compose.source import REPOSITORY, FileSource, inside, shown
from sandbox.compose.tags import Document

NODES_MAX = 300_000
FILES_MAX = 1_000
_STEP = 100  # what a step over nothing at all counts as
_REMOTE = ("git@", "github.com/", "oci://", "ssh://", "git://", "http://", "https://")


class TooMuchError(Exception):
    """The files grow beyond every bound; the problem was reported."""


class Files:
    """
    Reads and parses each file once, and counts the values that all steps work on.

    Args:
        source: Where the files are.
        top: Absolute folder; files below it are called by their path from it in messages.
        home: Absolute folder that ``~`` stands for; empty where there is none.
    """

    def __init__(self, source: FileSource, top: str, home: str = "") -> None:
        self._source = source
        self._top = top
        self._parsed: dict[str, tuple[tuple[Document, ...], Findings]] = {}
        self._contents: dict[str, bytes | None] = {}
        self._sizes: dict[int, tuple[Node, int]] = {}
        self._spent = 0
        self.home = home

    def shown(self, path: str) -> str:
        """Write *path* for people."""
        return shown(path, self._top)

    def content(self, path: str) -> bytes | None:
        """Content of the file at the absolute *path*; ``None`` when there is none."""
        if path not in self._contents:
            if len(self._contents) >= FILES_MAX:
                return None
            self._contents[path] = self._source.read(path)
        return self._contents[path]

    def documents(self, path: str, findings: Findings) -> tuple[Document, ...] | None:
        """Give the documents of the file at *path*; ``None`` when there is no such file."""
        if path not in self._parsed:
            content = self.content(path)
            if content is None:
                return None
            own = Findings(self.shown(path))
            self._parsed[path] = (parse_documents(content, self.shown(path), own), own)
        documents, own = self._parsed[path]
        findings.include(own)
        return documents

    def locate(self, written: str, base: str, where: Node | Mark, place: Place) -> str | None:
        """
        Give the absolute path that *written* means from the folder *base*.

        Returns:
            ``None`` after a problem: it is empty, remote, or not in the repository.
        """
        if not written or "\0" in written:
            place.problem(where, "a path is needed here")
            return None
        if written.startswith(_REMOTE) or "://" in written:
            message = f"{written} is not a file here; remote Compose files are not read"
            place.problem(where, message, "commit a copy, and name its path")
            return None
        if written == "~" or written.startswith("~/"):
            written = f"{self.home}{written[1:]}" if self.home else written
        found = posixpath.normpath(posixpath.join(base, written))
        return found if self.is_reachable(found, where, place, written) else None

    def is_reachable(
        self, path: str, where: Node | Mark, place: Place, written: str = "this path"
    ) -> bool:
        """Tell whether an absolute *path* may be read; in a commit, one outside is a problem."""
        if self._top != REPOSITORY or (inside(path) or ".") != ".":
            return True
        if path.startswith("//"):
            message = f"{written} leads out of the repository"
        else:
            message = f"{path} is not a path inside the repository"
        remedy = "everything is read from the commit: move the file into the repository"
        place.problem(where, message, remedy)
        return False

    @property
    def place(self) -> str:
        """Say where files are, behind a message that one is not."""
        return " in the commit" if self._top == REPOSITORY else ""

    def report_missing(
        self, path: str, where: Node | Mark, place: Place, or_else: str = ""
    ) -> None:
        """Report that there is no file at *path*; *or_else* is a further remedy."""
        message = f"there is no file {self.shown(path)}{self.place}"
        remedy = f"{'commit' if self.place else 'add'} it, or correct the path{or_else}"
        place.problem(where, message, remedy)

    def is_faulty(self, path: str) -> bool:
        """Was something wrong with the text of the file at *path*, which was read?"""
        return bool(self._parsed[path][1].problems)

    def spend(self, node: Node, mark: Mark, findings: Findings) -> None:
        """
        Count the values of *node*, which a step is about to go through.

        Raises:
            TooMuchError: All that was counted is more than `NODES_MAX`.
        """
        self.count(self._size(node) + _STEP, mark, findings)

    def count(self, values: int, mark: Mark, findings: Findings) -> None:
        """
        Count *values* that came into being.

        Raises:
            TooMuchError: All that was counted is more than `NODES_MAX`.
        """
        self._spent += values
        if self._spent > NODES_MAX:
            message = f"all files together expand to more than {NODES_MAX:,} values"
            findings.problem(mark, (), message, "extend and include less")
            raise TooMuchError

    def _size(self, node: Node) -> int:
        if not isinstance(node, MapNode | ListNode):
            return 1
        known = self._sizes.get(id(node))
        if known is None:
            below = node.items if isinstance(node, ListNode) else node.values.values()
            known = (
                node,
                1 + sum(map(self._size, below)),
            )  # the node is held: its id stays its own
            self._sizes[id(node)] = known
        return known[1]
