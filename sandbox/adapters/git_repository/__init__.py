"""
Git, as the only owner of GitPython.

Reading runs no program that a repository names and writes nothing in it. Writing is two things: one
commit of one file onto a branch (`commit_file`), and a whole new repository (`create_repository`).
"""

from __future__ import annotations

from sandbox.adapters.git_repository.create import create_repository
from sandbox.adapters.git_repository.identity import configured_identity
from sandbox.adapters.git_repository.place import find_place
from sandbox.adapters.git_repository.repository import GitRepository, open_repository

__all__ = [
    "GitRepository",
    "configured_identity",
    "create_repository",
    "find_place",
    "open_repository",
]
