"""The name of a project."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sandbox.compose.files import Files
from sandbox.compose.findings import Findings
from sandbox.compose.node import Mark, Scalar, text
from sandbox.compose.template import Variables, substitute

_NAME = re.compile(r"[a-z0-9][-_a-z0-9]*")
_NOT_IN_NAMES = re.compile(r"[^-_a-z0-9]")


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenName:
    """The top-level ``name`` of some files, interpolated, and its place."""

    text: str
    mark: Mark


def written_name(
    paths: Sequence[str], files: Files, variables: Variables, findings: Findings
) -> WrittenName | None:
    """Give the last ``name`` in the files at *paths*; ``None`` when there is none."""
    found: WrittenName | None = None
    for path in paths:
        for document in files.documents(path, findings) or ():
            node = document.tree.get("name")
            if isinstance(node, Scalar) and text(node):
                name = substitute(text(node), variables).text
                found = WrittenName(text=name, mark=node.mark)
    return found


def normalised_name(name: str) -> str:
    """Do as Compose does: small letters, other signs dropped, none of ``_-`` at the front."""
    return _NOT_IN_NAMES.sub("", name.lower()).lstrip("_-")


def is_name(name: str) -> bool:
    """May *name* be given from outside as it is?"""
    return _NAME.fullmatch(name) is not None
