"""
The ports that doctor looks at are those of the repository, and the edge's.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sandbox.adapters.git_repository import configured_identity
from sandbox.bootstrap import open_workspace
from sandbox.model.diagnosis import EDGE
from sandbox.runtime.used_ports import used_ports
from tests.repositories import DiskRepository

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

FILE = "environments/{name}/compose.yaml"
TEXT = "x-sandbox: {{}}\nservices: {{web: {{image: x, ports: ['{ports}']}}}}\n"


def test_the_ports_are_those_that_environments_publish_and_the_edge(tmp_path: Path) -> None:
    disk = DiskRepository.make(tmp_path / "shop")
    disk.write(FILE.format(name="staging"), TEXT.format(ports="9001:80"))
    disk.write(FILE.format(name="trial"), TEXT.format(ports="9001:80"))
    disk.write(FILE.format(name="production"), TEXT.format(ports="127.0.0.1:9000:80"))
    disk.write(FILE.format(name="broken"), "x-sandbox: {}\nservices: 7\n")
    disk.commit()
    with open_workspace(str(disk.top)) as opened:
        found = used_ports(replace(opened, edge_port=8080))
        assert list(found.items()) == [
            (8080, (EDGE,)),
            (9000, ("production",)),
            (9001, ("staging", "trial")),
        ]
        assert 8080 not in used_ports(replace(opened, edge_port=0))
        assert used_ports(replace(opened, edge_port=9000))[9000] == ("production",)


def test_the_identity_is_the_one_that_git_would_commit_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = DiskRepository.make(tmp_path / "shop")
    for name in ("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "EMAIL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", "/dev/null")
    assert configured_identity(str(disk.top)) == ("", "")
    disk.git("config", "user.name", "Ada")
    assert configured_identity(str(disk.top)) == ("Ada", "")
    disk.git("config", "user.email", "ada@example.org")
    assert configured_identity(str(disk.top)) == ("Ada", "ada@example.org")
    monkeypatch.setenv("GIT_AUTHOR_NAME", "Grace")
    assert configured_identity(str(disk.top))[0] == "Grace"
