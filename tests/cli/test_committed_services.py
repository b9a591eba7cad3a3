"""
Services that the shell offers: those of the commit that the environment is read from.
"""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from sandbox.cli.committed_services import service_names
from tests.repositories import DiskRepository

if TYPE_CHECKING:
    from pathlib import Path

STAGING = "environments/staging/compose.yaml"
BASE = "environments/base/compose.yaml"


@pytest.fixture
def disk(tmp_path: Path) -> DiskRepository:
    return DiskRepository.make(tmp_path / "shop")


def test_services_are_those_that_are_committed_included_files_too(disk: DiskRepository) -> None:
    text = "x-sandbox: {}\ninclude: [../base/compose.yaml, {path: [more.yaml]}]\n"
    files = {
        STAGING: text + "services: {web: {image: a}, tests: {image: a, x-sandbox: {gate: after}}}",
        BASE: "services: {db: {image: a}}\n",
        "environments/staging/more.yaml": "services: {cache: {image: a}}\n",
    }
    disk.commit(**files)
    disk.write(STAGING, "x-sandbox: {}\nservices: {wrong: {image: a}}\n")
    assert service_names(str(disk.top), "staging") == ["cache", "db", "tests", "web"]
    assert service_names(str(disk.top / "environments"), "staging") == [
        "cache",
        "db",
        "tests",
        "web",
    ]


def test_the_branch_that_the_environment_tracks_counts(disk: DiskRepository) -> None:
    disk.commit(**{STAGING: "x-sandbox: {track: next}\nservices: {old: {image: a}}\n"})
    disk.git("switch", "--quiet", "--create", "next")
    disk.commit(**{STAGING: "x-sandbox: {track: next}\nservices: {new: {image: a}}\n"})
    disk.git("switch", "--quiet", "main")
    assert service_names(str(disk.top), "staging") == ["new"]


def test_without_main_it_is_what_is_checked_out(disk: DiskRepository) -> None:
    disk.commit(**{STAGING: "x-sandbox: {}\nservices: {web: {image: a}}\n"})
    disk.git("branch", "--move", "trunk")
    disk.git("switch", "--quiet", "--detach")
    assert service_names(str(disk.top), "staging") == ["web"]


@pytest.mark.parametrize(
    "text",
    [
        "services: [",
        "services: 7",
        "- a",
        "",
        "include: compose.yaml",
        "include: ../../../../etc/passwd",
        "include: [{path: 7}, 8]",
        "x-sandbox: {track: nowhere}\nservices: {web: {image: a}}",
    ],
)
def test_what_cannot_be_read_offers_nothing(disk: DiskRepository, text: str) -> None:
    disk.commit(**{STAGING: text})
    assert service_names(str(disk.top), "staging") == []


@pytest.mark.parametrize("name", ["nope", "..", "../..", "a/../../x", "-p", "a b", "a\0b"])
def test_an_unknown_environment_offers_nothing(disk: DiskRepository, name: str) -> None:
    disk.commit(**{STAGING: "x-sandbox: {}\nservices: {web: {image: a}}\n"})
    assert service_names(str(disk.top), name) == []
    assert service_names(str(disk.top.parent), "staging") == []


def test_it_imports_neither_engine_nor_git_library_nor_validator(disk: DiskRepository) -> None:
    disk.commit(**{STAGING: "x-sandbox: {}\nservices: {web: {image: a}}\n"})
    program = (
        "import sys\n"
        "from sandbox.cli.committed_services import service_names\n"
        f"print(service_names({str(disk.top)!r}, 'staging'))\n"
        "heavy = ('docker', 'git', 'httpx', 'jsonschema', 'sandbox.bootstrap', 'typer')\n"
        "print([name for name in heavy if name in sys.modules])\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert ended.stdout == "['web']\n[]\n"
