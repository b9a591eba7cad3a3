"""Text to trees: strict YAML with a place for everything. The only module that knows PyYAML."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NoReturn

import yaml

from sandbox.compose.findings import Findings
from sandbox.compose.node import ListNode, MapNode, Mark, Node, Path, Scalar
from sandbox.compose.scalars import plain_value
from sandbox.compose.tags import OVERRIDE, RESET, Document, untagged

SIZE_BYTES_MAX = 2**20
DEPTH_MAX = 64
NODES_MAX = 100_000

# libyaml is ten times as fast; a PyYAML that was built without it does the same, slowly.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TAG = "tag:yaml.org,2002:"
_SCALAR_TAGS = frozenset(_TAG + name for name in ("int", "float", "bool", "null", "timestamp"))


class _EndOfReadingError(Exception):
    """Nothing more can be read; the problem was reported."""


def parse(
    content: bytes, file: str, findings: Findings, *, needs: str = "services:"
) -> MapNode | None:
    """
    Read a file of one document whose top is a mapping.

    Args:
        content: The file, at most `SIZE_BYTES_MAX`.
        file: How it is called in messages.
        findings: Gets every problem. Duplicate keys do not end the reading.
        needs: What an empty file lacks, for the message.

    Returns:
        The tree; ``None`` when there is none: a syntax error, an empty file, a bomb.
    """
    documents = parse_documents(content, file, findings)
    if len(documents) > 1:
        mark = documents[1].tree.mark
        findings.problem(mark, (), "a second document begins here; one per file is read")
        return None
    if not documents and not findings.problems:
        _report_empty(file, findings, needs)
    return documents[0].tree if documents else None


def parse_documents(content: bytes, file: str, findings: Findings) -> tuple[Document, ...]:
    """
    Read all documents of a file, each with a mapping at its top.

    Like `parse`, with two differences: a file of nothing but comments has none and is fine, and
    the tags ``!reset`` and ``!override`` are understood. Other tags of an application mean nothing,
    as to Compose. Empty after a problem that ends the reading.
    """
    try:
        roots = _read(_decode(content, file, findings), file, findings)
    except _EndOfReadingError:
        return ()
    documents: list[Document] = []
    for root, tags in roots:
        if isinstance(root, MapNode):
            documents.append(untagged(root, tags))
        elif not isinstance(root, Scalar) or root.value is not None:
            findings.problem(root.mark, (), "the top of a Compose file must be a mapping")
        elif len(roots) > 1:
            findings.problem(root.mark, (), "this document is empty", "remove its `---`")
        else:
            _report_empty(file, findings)
    return tuple(documents)


def _report_empty(file: str, findings: Findings, needs: str = "services:") -> None:
    findings.problem(Mark(file=file), (), "the file is empty", f"add at least `{needs}`")


def _decode(content: bytes, file: str, findings: Findings) -> str:
    if len(content) > SIZE_BYTES_MAX:
        findings.problem(Mark(file=file), (), "the file is larger than 1 MiB")
        raise _EndOfReadingError
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        findings.problem(Mark(file=file, line=line), (), "the file is not UTF-8 text")
        raise _EndOfReadingError from error


def _read(text: str, file: str, findings: Findings) -> list[tuple[Node, dict[Mark, str]]]:
    composer = _Composer(file=file, findings=findings, events=_events(text))
    try:
        return list(composer.documents())
    except yaml.MarkedYAMLError as error:
        where = error.problem_mark or error.context_mark
        mark = _mark(where, file) if where else Mark(file=file)
        findings.problem(mark, (), f"this is not YAML: {_explain(error)}")
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, max(error.position, 0)) + 1
        message = f"the file holds a character that YAML does not allow (0x{error.character:02x})"
        findings.problem(Mark(file=file, line=line), (), message)
    raise _EndOfReadingError


def _events(text: str) -> Iterator[yaml.Event]:
    return iter(yaml.parse(text, Loader=_LOADER))


def _mark(mark: yaml.Mark, file: str) -> Mark:
    return Mark(file=file, line=mark.line + 1, column=mark.column + 1)


def _explain(error: yaml.MarkedYAMLError) -> str:
    problem = error.problem or "it cannot be read"
    if "'\\t'" in problem or "tab character" in problem or "found character that cannot" in problem:
        return "a tab or a reserved character begins a value; indent with spaces, quote the value"
    if error.context:
        since = f" (line {error.context_mark.line + 1})" if error.context_mark else ""
        return f"{problem} {error.context}{since}"
    return problem


@dataclass(slots=True)
class _Composer:
    """One pass over the events; counts what aliases and merges would grow to."""

    file: str
    findings: Findings
    events: Iterator[yaml.Event]
    anchors: dict[str, tuple[Node | None, int, int]] = field(default_factory=dict)
    tags: dict[Mark, str] = field(default_factory=dict)
    count: int = 0
    deepest: int = 0

    def documents(self) -> Iterator[tuple[Node, dict[Mark, str]]]:
        """Give each document with the tags in it; the count goes on from one to the next."""
        for event in self.events:
            if isinstance(event, yaml.DocumentStartEvent):
                self.anchors.clear()
                self.tags = {}
                yield self.node(next(self.events), (), 1), self.tags

    def node(self, event: yaml.Event, path: Path, depth: int) -> Node:
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event, path, depth)
        self._grow(event, path, 1, depth)
        anchor: str | None = getattr(event, "anchor", None)
        if anchor is None:
            return self._plain_node(event, path, depth)
        self.anchors[anchor] = (None, 0, 0)
        before, deepest = self.count, self.deepest
        self.deepest = depth
        node = self._plain_node(event, path, depth)
        self.anchors[anchor] = (node, self.count - before + 1, self.deepest - depth)
        self.deepest = max(deepest, self.deepest)
        return node

    def _plain_node(self, event: yaml.Event, path: Path, depth: int) -> Node:
        tag: str | None = getattr(event, "tag", None)
        if tag in {RESET, OVERRIDE}:
            self.tags[self._at(event)] = tag
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event, path)
        if isinstance(event, yaml.SequenceStartEvent):
            self._check_tag(event, path, "seq")
            return ListNode(items=tuple(self._items(path, depth)), mark=self._at(event))
        assert isinstance(event, yaml.MappingStartEvent), "events nest"
        self._check_tag(event, path, "map")
        return self._mapping(event, path, depth)

    def _scalar(self, event: yaml.ScalarEvent, path: Path) -> Scalar:
        mark, text, tag = self._at(event), event.value, event.tag
        if event.implicit[0] or tag in _SCALAR_TAGS:
            return Scalar(value=plain_value(text), mark=mark)
        if tag == f"{_TAG}binary":
            return Scalar(value=self._decoded(event, path), mark=mark)
        if tag not in {None, "!"}:
            self._check_tag(event, path, "str")
        return Scalar(value=text, mark=mark)

    def _decoded(self, event: yaml.ScalarEvent, path: Path) -> str:
        try:
            return base64.b64decode("".join(event.value.split()), validate=True).decode()
        except ValueError:  # a letter outside of base64 or of ASCII, bytes that are no text
            self.findings.problem(self._at(event), path, "this is not text in base64")
            return ""

    def _items(self, path: Path, depth: int) -> Iterator[Node]:
        for index, event in enumerate(self.events):
            if isinstance(event, yaml.SequenceEndEvent):
                return
            yield self.node(event, (*path, index), depth + 1)

    def _mapping(self, event: yaml.MappingStartEvent, path: Path, depth: int) -> MapNode:
        values: dict[str, Node] = {}
        marks: dict[str, Mark] = {}
        merged: list[MapNode] = []
        for key_event in self.events:
            if isinstance(key_event, yaml.MappingEndEvent):
                break
            key, merges = self._key(key_event, path, depth)
            mark = self._at(key_event)
            value = self.node(next(self.events), (*path, key or ""), depth + 1)
            if key is None:
                continue
            if key == "<<" and merges:
                merged += self._merged(value, (*path, key))
            elif key in values:
                message = (
                    f"the key {key!r} is here twice; the first one is on line {marks[key].line}"
                )
                self.findings.problem(mark, (*path, key), message)
            else:
                values[key], marks[key] = value, mark
        for base in merged:
            for key, value in base.values.items():
                if key not in values:
                    values[key], marks[key] = value, base.key_marks[key]
        return MapNode(values=values, key_marks=marks, mark=self._at(event))

    def _key(self, event: yaml.Event, path: Path, depth: int) -> tuple[str | None, bool]:
        """Read a key, ``None`` if it is no string; tell whether it may be a merge key."""
        if isinstance(event, yaml.ScalarEvent) and event.tag == f"{_TAG}merge":
            return "<<", True
        node = self.node(event, path, depth + 1)
        plain = isinstance(event, yaml.ScalarEvent) and event.implicit[0]
        if isinstance(node, Scalar) and isinstance(node.value, str):
            return node.value, plain
        said = f" ({event.value})" if isinstance(event, yaml.ScalarEvent) else ""
        self.findings.problem(
            self._at(event), path, f"a key must be a string{said}", "write it in quotes"
        )
        return None, False

    def _merged(self, value: Node, path: Path) -> list[MapNode]:
        candidates = value.items if isinstance(value, ListNode) else (value,)
        for candidate in candidates:
            if not isinstance(candidate, MapNode):
                self.findings.problem(
                    value.mark, path, "a merge key takes a mapping or a list of mappings"
                )
        return [candidate for candidate in candidates if isinstance(candidate, MapNode)]

    def _alias(self, event: yaml.AliasEvent, path: Path, depth: int) -> Node:
        if event.anchor not in self.anchors:
            self._stop(event, path, f"there is no anchor &{event.anchor} above")
        node, size, height = self.anchors[event.anchor]
        if node is None:
            self._stop(event, path, f"the alias *{event.anchor} contains itself")
        self._grow(event, path, size, depth + height)
        return node

    def _grow(self, event: yaml.Event, path: Path, size: int, depth: int) -> None:
        self.count += size
        self.deepest = max(self.deepest, depth)
        if self.count > NODES_MAX:
            self._stop(event, path, f"the file expands to more than {NODES_MAX:,} values")
        if depth > DEPTH_MAX:
            self._stop(event, (), f"values nest deeper than {DEPTH_MAX} levels")

    def _check_tag(self, event: yaml.Event, path: Path, name: str) -> None:
        """Report a tag of YAML itself that does not fit; Compose ignores those of applications."""
        tag: str | None = getattr(event, "tag", None)
        if tag is not None and tag.startswith(_TAG) and tag != _TAG + name:
            said = tag.replace(_TAG, "!!")
            self.findings.problem(self._at(event), path, f"the tag {said} does not fit here")

    def _stop(self, event: yaml.Event, path: Path, message: str) -> NoReturn:
        self.findings.problem(self._at(event), path[:DEPTH_MAX], message)
        raise _EndOfReadingError

    def _at(self, event: yaml.Event) -> Mark:
        assert event.start_mark is not None, "the loader marks every event"
        mark = event.start_mark
        return Mark(file=self.file, line=mark.line + 1, column=mark.column + 1)
