"""The corpus of cases: where it is, and what is in it."""

import json
import re
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Case:
    """One call of ``docker compose config``; paths are relative to *folder*."""

    id: str
    folder: Path
    files: tuple[str, ...]
    env_files: tuple[str, ...]
    profiles: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Corpus:
    """An unpacked corpus, and the program that compares."""

    home: Path
    compare: Path

    @property
    def manifest(self) -> Path:
        return self.home / "manifest.json"

    @property
    def environment(self) -> Mapping[str, str]:
        """All variables of the process that was asked for the expected models."""
        found: Mapping[str, str] = json.loads(self.manifest.read_text())["environment"]
        return found

    def cases(self, match: str | None = None, kinds: Sequence[str] | None = None) -> Iterator[Case]:
        for case in json.loads(self.manifest.read_text())["cases"]:
            if (match and not re.search(match, case["id"])) or (
                kinds and case["kind"] not in kinds
            ):
                continue
            yield Case(
                id=case["id"],
                folder=self.home / "corpus" / case["cwd"],
                files=tuple(case["files"]),
                env_files=tuple(case["env_files"]),
                profiles=tuple(case["profiles"]),
            )


def find_corpus(repository: Path) -> Path | None:
    """Find the folder of the corpus beside *repository*; ``None`` when it is absent."""
    place = repository.parent / "shared" / "compose-corpus"
    return place if (place / "cases.tar.gz").is_file() else None


def unpacked(place: Path, folder: Path) -> Corpus:
    """Unpack the corpus at *place* into *folder*."""
    with tarfile.open(place / "cases.tar.gz") as archive:
        archive.extractall(folder, filter="data")
    (manifest,) = sorted(folder.rglob("manifest.json"), key=lambda path: len(path.parts))[:1]
    return Corpus(home=manifest.parent, compare=place / "compare.py")
