"""Repositories on disk for tests, made with the ordinary ``git``."""

from __future__ import annotations

import hashlib
import os
import stat
import subprocess
from collections.abc import Mapping
from pathlib import Path


class DiskRepository:
    """A real repository at *top*, driven as a developer drives it."""

    def __init__(self, top: Path) -> None:
        self.top = top

    @classmethod
    def make(cls, top: Path, *options: str) -> DiskRepository:
        top.mkdir(parents=True, exist_ok=True)
        made = cls(top)
        made.git("init", "--quiet", "--initial-branch=main", *options)
        return made

    @property
    def git_dir(self) -> Path:
        return Path(self.git("rev-parse", "--absolute-git-dir"))

    def git(self, *arguments: str, stdin: bytes = b"", check: bool = True) -> str:
        ended = subprocess.run(
            ["git", *arguments],
            cwd=self.top,
            input=stdin,
            capture_output=True,
            check=False,
            timeout=60,
        )
        assert not check or ended.returncode == 0, ended.stderr.decode()
        return os.fsdecode(ended.stdout).removesuffix("\n")

    def write(self, path: str, content: str | bytes, *, executable: bool = False) -> Path:
        place = self.top / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content.encode() if isinstance(content, str) else content)
        place.chmod(0o755 if executable else 0o644)
        return place

    def commit(self, message: str = "change", **files: str | bytes) -> str:
        """Commit everything that is in the work tree, and *files*; return the commit's id."""
        for path, content in files.items():
            self.write(path, content)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD")

    def tree_of(self, entries: bytes) -> str:
        """Write a tree object of raw *entries*, however odd, and return its id."""
        return self.git("hash-object", "-t", "tree", "-w", "--literally", "--stdin", stdin=entries)

    def commit_tree(self, tree: str) -> str:
        return self.git("commit-tree", "-m", "odd", tree)


def snapshot(folder: Path) -> Mapping[str, tuple[str, int, int]]:
    """Everything below *folder*, ``.git`` included: content, rights and time of change by path."""
    found: dict[str, tuple[str, int, int]] = {}
    for place in sorted(folder.rglob("*")):
        about = place.lstat()
        content = b""
        if stat.S_ISLNK(about.st_mode):
            content = os.fsencode(place.readlink())
        elif stat.S_ISREG(about.st_mode):
            content = place.read_bytes()
        digest = hashlib.sha256(content).hexdigest()
        found[str(place.relative_to(folder))] = (digest, about.st_mode, about.st_mtime_ns)
    return found
