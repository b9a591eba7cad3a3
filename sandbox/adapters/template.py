"""What `init` and `demo` lay down: this project's own ``environments/`` and ``demo_shop/``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Final

import sandbox
from sandbox.errors import SetupError

FOLDERS: Final = ("environments", "demo_shop")
SKIPPED: Final = frozenset(
    {
        ".hypothesis",
        ".mypy_cache",
        ".pytest_cache",
        ".ruff_cache",
        ".venv",
        "__pycache__",
        "node_modules",
    }
)
GITIGNORE: Final = b"""\
# What Python makes again by itself.
__pycache__/
*.py[cod]
.pytest_cache/
"""


def template_files() -> Mapping[str, tuple[bytes, bool]]:
    """
    The files of a new repository: content and whether it may be run, by path.

    From the installed package, or in a source checkout from the folders beside it.

    Raises:
        SetupError: The installation is not complete.
    """
    top = _top()
    found = {
        file.relative_to(top).as_posix(): (file.read_bytes(), bool(file.stat().st_mode & 0o100))
        for folder in FOLDERS
        for file in _files(top / folder)
    }
    return {".gitignore": (GITIGNORE, False), **found}


def _top() -> Path:
    package = Path(str(files(sandbox)))
    for top in (package / "_template", package.parent):
        if all((top / folder).is_dir() for folder in FOLDERS):
            return top
    raise SetupError(
        f"the template of a new repository is missing in {package}",
        remedy="install sandbox again, from a wheel or from a checkout",
    )


def _files(folder: Path) -> Iterator[Path]:
    for entry in sorted(folder.iterdir()):
        if entry.name in SKIPPED or entry.suffix == ".pyc":
            continue
        if entry.is_dir():
            yield from _files(entry)
        else:
            yield entry
