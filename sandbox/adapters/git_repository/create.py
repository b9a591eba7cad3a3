"""Make a new repository with its first commits."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from sandbox.adapters.git_repository.identity import identity
from sandbox.adapters.git_repository.program import GitProgram
from sandbox.adapters.git_repository.tree import EXECUTABLE, REGULAR, path_parts
from sandbox.errors import SandboxError, SetupError

BRANCH: Final = "main"

Files = Mapping[str, tuple[bytes, bool]]
"""Content and whether it may be run, by path."""


def create_repository(
    folder: str, commits: Sequence[tuple[str, Files | Callable[[str], Files]]]
) -> tuple[str, ...]:
    """
    Make a repository in *folder*, on branch ``main``, with everything committed and checked out.

    Args:
        folder: A folder that is missing or empty; anything else is refused and left alone.
        commits: Message and files of each commit, which come on top of what there is already. What
            depends on the commit before is a function of its id.

    Returns:
        Full ids of the commits.

    Raises:
        SetupError: The folder is not empty, or cannot be written.
    """
    top = Path(folder).absolute()
    existed = top.exists()
    _refuse_full(top)
    try:
        top.mkdir(parents=True, exist_ok=True)
        return _create(top, commits)
    except (OSError, SandboxError) as error:
        _clear(top, keep=existed)
        if isinstance(error, OSError):
            raise SetupError(f"{top} cannot be written: {error.strerror or error}") from error
        raise


def _refuse_full(top: Path) -> None:
    if top.is_symlink() or (top.exists() and not top.is_dir()):
        raise SetupError(f"{top} is not a folder", remedy="name a new folder")
    try:
        full = top.exists() and any(top.iterdir())
    except OSError as error:
        raise SetupError(f"{top} cannot be read: {error.strerror or error}") from error
    if full:
        raise SetupError(f"{top} is not empty", remedy="name a new or an empty folder")


def _create(
    top: Path, commits: Sequence[tuple[str, Files | Callable[[str], Files]]]
) -> tuple[str, ...]:
    # No template: it could bring hooks.
    GitProgram(str(top)).run("init", "--quiet", "--template=", f"--initial-branch={BRANCH}", ".")
    program = GitProgram(str(top), {"GIT_DIR": str(top / ".git"), "GIT_WORK_TREE": str(top)})
    writer = program.within(str(top), identity(program))
    made: list[str] = []
    for message, files in commits:
        previous = made[-1] if made else ""
        _lay_down(top, program, files(previous) if callable(files) else files)
        tree = program.line("write-tree")
        parents = ("-p", previous) if previous else ()
        text = (message.strip() + "\n").encode()
        made.append(writer.line("commit-tree", *parents, "-F", "-", tree, stdin=text))
    if made:
        program.run("update-ref", "-m", "init by sandbox", f"refs/heads/{BRANCH}", made[-1])
        # Entries have no times yet; with them Git need not compare each file later on.
        program.ask("update-index", "-q", "--refresh")
    return tuple(made)


def _lay_down(top: Path, program: GitProgram, files: Files) -> None:
    """Write *files* to the work tree, as objects, and into the index."""
    paths = ["/".join(path_parts(path)) for path in files]
    for path, (content, executable) in zip(paths, files.values(), strict=True):
        place = top / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
        place.chmod(0o755 if executable else 0o644)
    assert not any("\n" in path for path in paths), "the template has plain names"
    listed = "".join(f"{path}\n" for path in paths)
    ids = program.line("hash-object", "-w", "--no-filters", "--stdin-paths", stdin=listed.encode())
    entries = (
        f"{EXECUTABLE if executable else REGULAR} {object_id}\t{path}\0"
        for path, object_id, (_, executable) in zip(
            paths, ids.splitlines(), files.values(), strict=True
        )
    )
    program.run("update-index", "-z", "--index-info", stdin=os.fsencode("".join(entries)))


def _clear(top: Path, *, keep: bool) -> None:
    """Take away what was made in a folder that was empty or missing."""
    if not keep:
        shutil.rmtree(top, ignore_errors=True)
        return
    for entry in top.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry, ignore_errors=True)
        else:
            entry.unlink(missing_ok=True)
