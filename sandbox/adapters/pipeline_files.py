"""
Records and logs of pipeline runs: ``pipelines/<number>.json``, and ``<number>-<stage>.log`` each.
"""

from __future__ import annotations

import json
import re
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Final

from sandbox.adapters.wire import WireError, decode, encode, from_line
from sandbox.errors import SetupError
from sandbox.model.pipeline import PipelineRun
from sandbox.secrecy.vault import shown

KEPT: Final = 100
"""So many runs are kept; what is older goes with the next one."""

_RECORD: Final = re.compile(r"([1-9]\d{0,8})\.json")
_OURS: Final = re.compile(r"([1-9]\d{0,8})(?:\.json|-\d+\.log)")


class PipelineFiles:
    """`sandbox.ports.PipelineRuns` in a folder; whoever adds or writes holds the lock."""

    def __init__(self, state_folder: str) -> None:
        self._folder = Path(state_folder, "pipelines")

    def add(self, run: PipelineRun) -> PipelineRun:
        """Keep *run* under the next free number."""
        numbers = self._numbers()
        numbered = replace(run, number=max(numbers, default=0) + 1)
        with _said(self._folder):
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._forget(set(sorted(numbers)[: -KEPT + 1]))
        self.write(numbered)
        return numbered

    def write(self, run: PipelineRun) -> None:
        """Keep it instead of the one of its number."""
        place = self._folder / f"{run.number}.json"
        new = place.with_suffix(".new")
        with _said(place):
            new.write_text(json.dumps(encode(run), ensure_ascii=False), encoding="utf-8")
            new.replace(place)

    def read(self, number: int) -> PipelineRun | None:
        """Give the run of this number; ``None`` when there is none, or what is there is none."""
        try:
            text = (self._folder / f"{number}.json").read_bytes()
            return decode(PipelineRun, from_line(text))
        except (OSError, WireError):
            return None

    def newest(self, limit: int) -> tuple[PipelineRun, ...]:
        """Newest first."""
        found = map(self.read, sorted(self._numbers(), reverse=True)[:limit])
        return tuple(run for run in found if run is not None)

    def append_log(self, number: int, stage: int, line: str) -> None:
        """Add a line to the log of a stage."""
        place = self._log(number, stage)
        with _said(place), place.open("a", encoding="utf-8", errors="replace") as log:
            log.write(f"{shown(line)}\n")

    def read_log(self, number: int, stage: int) -> str:
        """Give the whole log of a stage."""
        try:
            return self._log(number, stage).read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""

    def _log(self, number: int, stage: int) -> Path:
        return self._folder / f"{number}-{stage + 1}.log"

    def _numbers(self) -> list[int]:
        try:
            names = [place.name for place in self._folder.iterdir()]
        except OSError:
            return []
        return [int(found[1]) for found in map(_RECORD.fullmatch, names) if found]

    def _forget(self, numbers: set[int]) -> None:
        for place in self._folder.iterdir() if numbers else ():
            found = _OURS.fullmatch(place.name)
            if found and int(found[1]) in numbers:
                with suppress(FileNotFoundError):
                    place.unlink()


@contextmanager
def _said(place: Path) -> Generator[None]:
    """Say which file could not be written."""
    try:
        yield
    except OSError as error:
        message = f"{place} cannot be written: {error.strerror}"
        raise SetupError(message, remedy=f"make {place.parent} writable for this user") from error
