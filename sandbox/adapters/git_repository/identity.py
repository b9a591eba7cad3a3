"""In whose name we commit: the user's, as Git knows it, else our own."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Final

from sandbox.adapters.git_repository.program import GitProgram

NOBODY: Final = {"name": "sandbox", "email": "sandbox@localhost"}


def identity(program: GitProgram) -> Mapping[str, str]:
    """
    Variables that name author and committer, for what the process's environment leaves open.

    In Git's order: the environment, ``author.name`` and the like, ``user.name``. Where Git would
    guess from the machine, or refuse, the name is ours.
    """
    configured = _configured(program)
    found: dict[str, str] = {}
    for role in ("author", "committer"):
        for part, ours in NOBODY.items():
            variable = f"GIT_{role}_{part}".upper()
            if not os.environ.get(variable):
                given = configured.get(f"{role}.{part}") or configured.get(f"user.{part}")
                found[variable] = given or ours
    return found


def configured_identity(folder: str) -> tuple[str, str]:
    """Name and address that Git commits with in *folder*; empty where nobody said so."""
    configured = _configured(GitProgram(folder))
    name, email = (
        os.environ.get(f"GIT_AUTHOR_{part}".upper())
        or configured.get(f"author.{part}")
        or configured.get(f"user.{part}")
        or ""
        for part in NOBODY
    )
    return name, email


def _configured(program: GitProgram) -> Mapping[str, str]:
    """What config says of names; ``EMAIL`` stands in for an address, as it does for Git."""
    listed = program.ask("config", "-z", "--get-regexp", r"^(user|author|committer)\.").stdout
    pairs = (entry.partition("\n") for entry in os.fsdecode(listed).split("\0") if entry)
    configured = {key: value.strip() for key, _, value in pairs}
    configured["user.email"] = configured.get("user.email") or os.environ.get("EMAIL", "")
    return configured
