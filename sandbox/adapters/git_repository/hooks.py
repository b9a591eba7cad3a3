"""Hooks of a repository: files that Git runs; we write only those that we are told to."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Final

from sandbox.adapters.git_repository.place import Place
from sandbox.adapters.git_repository.program import GitProgram
from sandbox.errors import SourceError

EXECUTABLE_MODE: Final = 0o755
OURS: Final = "command"
"""Scope of what is configured by the command line: `GitProgram` turns all hooks off by that."""


def hook_file(place: Place, program: GitProgram, name: str) -> Path:
    """Say where Git looks for the hook *name*: where ``core.hooksPath`` says, or in its own."""
    answer = program.ask(
        "config", "-z", "--show-scope", "--type=path", "--get-all", "core.hooksPath"
    )
    words = os.fsdecode(answer.stdout).split("\0")
    configured = [
        value for scope, value in zip(words[::2], words[1::2], strict=False) if scope != OURS
    ]
    # Hooks run at the top of the work tree, where there is one.
    here = Path(place.top or place.git_dir)
    folder = here / configured[-1] if configured and configured[-1] else None
    return (folder or Path(place.common_dir, "hooks")) / name


def read_hook(file: Path) -> str | None:
    """Give the text of a hook; ``None`` when there is none."""
    try:
        return file.read_text(errors="replace")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise SourceError(f"{file} cannot be read: {error.strerror}") from error


def write_hook(file: Path, text: str | None) -> None:
    """
    Make *text* the hook, whole or not at all; ``None`` removes it.

    Raises:
        SourceError: It cannot be written.
    """
    try:
        if text is None:
            file.unlink(missing_ok=True)
            return
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(
            "w", dir=file.parent, prefix=f".{file.name}-", delete=False
        ) as draft:
            draft.write(text)
        Path(draft.name).chmod(EXECUTABLE_MODE)
        Path(draft.name).replace(file)
    except OSError as error:
        raise SourceError(f"{file} cannot be written: {error.strerror}") from error
