"""Branches by name, and what is checked out."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from sandbox.ports import Head

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.adapters.git_repository.objects import ObjectReader
    from sandbox.adapters.git_repository.program import GitProgram

LOCAL: Final = "refs/heads/"
REMOTE: Final = "refs/remotes/"


def local_branches(program: GitProgram) -> Mapping[str, str]:
    """Commit id by branch name; damaged ones are left out."""
    listed = program.run("for-each-ref", "--format=%(refname)%00%(objectname)", LOCAL)
    pairs = (line.split("\0") for line in os.fsdecode(listed).splitlines())
    return {ref.removeprefix(LOCAL): commit for ref, commit in pairs}


def tracking_branches(program: GitProgram, branch: str) -> tuple[str, ...]:
    """Names of the remote-tracking branches of *branch*, such as ``origin/main``, sorted."""
    if "\0" in branch:
        return ()
    listed = program.run("for-each-ref", "--format=%(refname)", f"{REMOTE}*/{branch}")
    found = (ref.removeprefix(REMOTE) for ref in os.fsdecode(listed).splitlines())
    return tuple(sorted(each for each in found if each.partition("/")[2] == branch))


def read_head(program: GitProgram, objects: ObjectReader) -> Head:
    """Read which branch or commit is checked out in the work tree of *program*."""
    ref = os.fsdecode(program.ask("symbolic-ref", "--quiet", "HEAD").stdout).strip()
    return Head(
        branch=ref.removeprefix(LOCAL) if ref.startswith(LOCAL) else "",
        commit=objects.resolve("HEAD^{commit}") or "",
    )
