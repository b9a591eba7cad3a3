"""
The built wheel alone, on a machine without a home: all that a user has after `pip install`.
"""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from typing_extensions import override

from tests.shop_ground import ENVIRONMENTS, ShopGround
from tests.wheel import install_wheel

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

pytestmark = [pytest.mark.engine, pytest.mark.long, pytest.mark.timeout(600)]

KEPT = ("DOCKER_HOST", "LANG", "TZ")


@dataclass(kw_only=True)
class WheelGround(ShopGround):
    """
    A shop that only the installed wheel has touched.

    Attributes:
        installed: The virtual environment.
        elsewhere: An empty folder: home, and where commands are called.
    """

    installed: Path
    elsewhere: Path
    clean: dict[str, str] = field(default_factory=dict[str, str])

    @override
    def __post_init__(self) -> None:
        self.elsewhere.mkdir()
        self.clean = {
            "PATH": f"{self.installed / 'bin'}:/usr/local/bin:/usr/bin:/bin",
            "HOME": str(self.elsewhere),
            **{name: os.environ[name] for name in KEPT if name in os.environ},
        }
        super().__post_init__()

    @override
    def run(self, arguments: Sequence[str], seconds: float) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["sandbox", "--repo", str(self.folder), *arguments],
            check=False,
            executable=self.installed / "bin" / "sandbox",
            env=self.clean,
            cwd=self.elsewhere,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=seconds,
        )


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """
    A virtual environment of the locked packages and the wheel, without as much as pip.
    """
    return install_wheel(tmp_path_factory.mktemp("wheel"))


@pytest.fixture
def shop(installed: Path, tmp_path: Path) -> Iterator[WheelGround]:
    ground = WheelGround(
        folder=tmp_path / "shop", installed=installed, elsewhere=tmp_path / "elsewhere"
    )
    try:
        yield ground
    finally:
        ground.clean_up()


def test_the_wheel_alone_makes_a_repository_and_brings_both_environments_up(
    shop: WheelGround,
) -> None:
    where = subprocess.run(
        [shop.installed / "bin" / "python", "-c", "import sandbox; print(sandbox.__file__)"],
        check=True,
        capture_output=True,
        text=True,
        cwd=shop.elsewhere,
        env=shop.clean,
    ).stdout
    assert where.startswith(str(shop.installed))

    shop.sandbox("up", seconds=500.0)

    for name in ENVIRONMENTS:
        assert shop.answer(name, "/readyz") == {"status": "ready", "problems": {}}
        assert shop.answer(name, "/version")["environment"] == name
    assert "Kettle &amp; Pine" in shop.page("production")
    shop.sandbox("down", "--volumes")
    assert shop.containers() == shop.networks() == shop.volumes() == []
    kept = shop.elsewhere / ".local/state/sandbox"
    files = [each for each in shop.elsewhere.rglob("*") if each.is_file()]
    assert all(each.is_relative_to(kept) for each in files), "nothing else is left at home"
