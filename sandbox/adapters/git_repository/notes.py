"""
Notes on commits under ``refs/notes/sandbox``, read and written as plain objects.

``git notes`` itself would run what a repository's config names, an editor among others. A tree of
notes names each by the commit's id, whose first digits may be folders (``ab/cd…``): a new note goes
where the tree that is there would have it.
"""

from __future__ import annotations

from typing import Final

from sandbox.adapters.git_repository.identity import identity
from sandbox.adapters.git_repository.objects import ObjectReader
from sandbox.adapters.git_repository.program import GitProgram
from sandbox.adapters.git_repository.tree import FOLDER, REGULAR, Node, TreeReader
from sandbox.adapters.git_repository.write_tree import write_tree
from sandbox.errors import ConflictError, SourceError

REF: Final = "refs/notes/sandbox"
TRIES_MAX: Final = 10
DIGITS: Final = frozenset("0123456789abcdef")
MOVED: Final = ("but expected", "reference already exists", "File exists")


class Notes:
    """Reads and appends; safe to use from several threads and beside other processes."""

    def __init__(self, program: GitProgram, objects: ObjectReader, trees: TreeReader) -> None:
        self._program = program
        self._objects = objects
        self._trees = trees

    def read(self, commit: str) -> str:
        """Text of the note on *commit*; empty when there is none."""
        _, note = self._find(self._head(), commit)
        return self._content(note).decode(errors="replace")

    def append(self, commit: str, line: str) -> None:
        """
        Add *line* to the note on *commit*, keeping what is there; nothing else is touched.

        Should somebody else write notes meanwhile, the line is added to theirs.

        Raises:
            ConflictError: Others were faster each time.
            SourceError: It cannot be written, such as in a repository that is read-only.
        """
        for _ in range(TRIES_MAX):
            if self._try_to_append(commit, line):
                return
        raise ConflictError(f"{REF} moves all the time", remedy="run the command again")

    def _try_to_append(self, commit: str, line: str) -> bool:
        head = self._head()
        parts, note = self._find(head, commit)
        content = self._content(note)
        gap = b"" if not content or content.endswith(b"\n") else b"\n"
        content += gap + line.encode() + b"\n"
        blob = self._program.line("hash-object", "-w", "--no-filters", "--stdin", stdin=content)
        mode = note.mode if note else REGULAR
        root = self._trees.root(head) if head else None
        tree = write_tree(self._program, self._trees, root, parts, Node(mode=mode, object_id=blob))
        writer = self._program.within(self._program.folder, identity(self._program))
        parent = ("-p", head) if head else ()
        message = f"Note what gates said of {commit}\n".encode()
        new = writer.line("commit-tree", *parent, "-F", "-", tree, stdin=message)
        return self._move(new, head or "0" * len(commit))

    def _move(self, new: str, old: str) -> bool:
        answer = self._program.ask("update-ref", "-m", "note by sandbox", REF, new, old)
        if answer.status and not any(words in answer.stderr for words in MOVED):
            raise SourceError(f"{REF} cannot be moved: {answer.complaint}")
        return not answer.status

    def _head(self) -> str | None:
        return self._objects.resolve(f"{REF}^{{commit}}")

    def _find(self, head: str | None, commit: str) -> tuple[tuple[str, ...], Node | None]:
        """Path of the note on *commit*, and the note where there is one."""
        names: list[str] = []
        rest = commit
        tree_id = self._trees.root(head) if head else None
        while tree_id:
            nodes = self._trees.nodes(tree_id)
            note = nodes.get(rest)
            if note and note.mode != FOLDER:
                return (*names, rest), note
            if not any(node.mode == FOLDER and _is_digits(name) for name, node in nodes.items()):
                break
            names.append(rest[:2])
            below, rest = nodes.get(rest[:2]), rest[2:]
            tree_id = below.object_id if below and below.mode == FOLDER and rest else None
        return (*names, rest), None

    def _content(self, note: Node | None) -> bytes:
        return self._objects.need(note.object_id, "blob") if note else b""


def _is_digits(name: str) -> bool:
    return len(name) == len("ab") and set(name) <= DIGITS
