"""Where a repository is: its folders, found as Git finds them."""

from __future__ import annotations

import os
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sandbox.adapters.git_repository.program import Answer, GitProgram
from sandbox.errors import SourceError

GIT: Final = ".git"
ANSWERS_MIN: Final = 5  # of `_look`, where the last question has no answer
NEW_REPOSITORY: Final = "go into one, name one with --repo DIR, or make one: sandbox init DIR"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """
    The folders of one repository, absolute.

    Attributes:
        git_dir: Git's folder of this work tree.
        common_dir: Git's folder that all linked work trees share.
        top: Top of the work tree; ``None`` in a bare repository.
        hash_name: ``sha1`` or ``sha256``.
    """

    git_dir: str
    common_dir: str
    top: str | None
    hash_name: str

    @property
    def name(self) -> str:
        """Name of the repository's folder, the same in each linked work tree."""
        real = Path(self.common_dir).resolve()
        return (real.parent.name if real.name == GIT else real.name.removesuffix(GIT)) or "root"

    @property
    def state_folder(self) -> str:
        """Where our own state is kept."""
        return str(Path(self.common_dir, "sandbox"))


def find_place(folder: str) -> Place:
    """
    Find the repository that *folder* is in.

    Raises:
        SourceError: There is none, or Git refuses to trust it; says what to do.
    """
    here = Path(folder).absolute()
    if not here.is_dir():
        raise SourceError(f"there is no folder {here}", remedy=NEW_REPOSITORY)
    answer = _look(str(here))
    lines = os.fsdecode(answer.stdout).splitlines()
    if len(lines) < ANSWERS_MIN:
        raise _refusal(str(here), answer)
    bare, inside, hash_name, git_dir, common_dir, *top = lines
    if bare == inside == "false" and Path(git_dir).name == GIT:
        # We stand inside of .git; the work tree is around it.
        return find_place(str(Path(git_dir).parent))
    return Place(
        git_dir=git_dir,
        common_dir=common_dir,
        top=top[0] if top and not answer.status else None,
        hash_name=hash_name,
    )


def _look(folder: str) -> Answer:
    """Ask for all in one process; the last question fails where there is no work tree."""
    return GitProgram(folder).ask(
        "rev-parse",
        "--is-bare-repository",
        "--is-inside-work-tree",
        "--show-object-format",
        "--path-format=absolute",
        "--git-dir",
        "--git-common-dir",
        "--show-toplevel",
    )


def _refusal(folder: str, answer: Answer) -> SourceError:
    if "dubious ownership" in answer.stderr:
        owned = shlex.quote(_owned(answer, folder))
        return SourceError(
            f"the repository at {folder} belongs to another user, so Git does not trust it",
            remedy=f"git config --global --add safe.directory {owned}",
        )
    if "not a git repository" in answer.stderr:
        return SourceError(f"there is no Git repository at {folder}", remedy=NEW_REPOSITORY)
    return SourceError(f"Git cannot read the repository at {folder}: {answer.complaint}")


def _owned(answer: Answer, folder: str) -> str:
    """The folder that Git names in its refusal."""
    parts = answer.stderr.split("'")
    return parts[1] if len(parts) > 1 else folder
