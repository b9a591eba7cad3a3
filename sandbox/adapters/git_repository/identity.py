"""In whose name we commit: the user's, as Git knows it, else our own."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Final

from sandbox.adapters.git_repository.program import GitProgram

NOBODY: Final = {"name": "sandbox", "email": "sandbox@localhost"}


def identity(program: GitProgram) -> Mapping[str, str]:
    """
    Variables that name author and committer, for what the process's environment leaves open.

    In Git's order: the environment, ``author.name`` and the like, ``user.name``. Where Git would
    guess from the machine, or refuse, the name is ours.
    """
    return {
        variable: next(name for name in _candidates(program, role, part) if name)
        for role in ("author", "committer")
        for part in NOBODY
        if not os.environ.get(variable := f"GIT_{role}_{part}".upper())
    }


def _candidates(program: GitProgram, role: str, part: str) -> Iterator[str]:
    for key in (f"{role}.{part}", f"user.{part}"):
        yield os.fsdecode(program.ask("config", "--get", key).stdout).strip()
    if part == "email":
        yield os.environ.get("EMAIL", "")
    yield NOBODY[part]
