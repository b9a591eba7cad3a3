from pathlib import Path

import pytest

from sandbox.adapters.host import packages
from sandbox.errors import SetupError

# Writes down how it was called; `install` fails as often as there are lines in `failures`.
APT_GET = """#!/bin/sh
echo "$DEBIAN_FRONTEND $*" >>{folder}/calls
[ "$1" = update ] && touch {folder}/lists/mirror_Packages.lz4
if [ "$1" = install ] && [ -s {folder}/failures ]; then
    sed -i 1d {folder}/failures
    echo 'E: Failed to fetch docker.io: 404 Not Found'
    exit 100
fi
exit 0
"""


class Debian:
    """
    A machine whose ``apt-get`` is ours.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.said: list[str] = []
        (folder / "lists").mkdir()
        program = folder / "apt-get"
        program.write_text(APT_GET.format(folder=folder))
        program.chmod(0o755)

    def has_lists(self) -> None:
        (self.folder / "lists" / "mirror_Packages.lz4").touch()

    def fails(self, times: int) -> None:
        (self.folder / "failures").write_text("once\n" * times)

    def install(self, *names: str) -> None:
        packages.install(
            names,
            "a test",
            environment={"PATH": f"{self.folder}:/usr/bin:/bin"},
            say=self.said.append,
        )

    def calls(self) -> list[str]:
        return [line.split()[1] for line in (self.folder / "calls").read_text().splitlines()]


@pytest.fixture
def debian(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Debian:
    monkeypatch.setattr(packages, "LISTS", tmp_path / "lists")
    monkeypatch.setattr(packages, "APPARMOR", tmp_path / "apparmor")
    return Debian(tmp_path)


def test_packages_are_installed_without_a_question(debian: Debian) -> None:
    debian.has_lists()

    debian.install("docker.io", "iptables")

    assert debian.calls() == ["install"]
    call = (debian.folder / "calls").read_text()
    assert call.startswith("noninteractive install -y --no-install-recommends")
    assert call.endswith("docker.io iptables\n")
    assert debian.said[0] == "installing docker.io iptables (a test)"


def test_missing_package_lists_are_fetched_first(debian: Debian) -> None:
    debian.install("docker.io")

    assert debian.calls() == ["update", "install"]


def test_lists_that_are_too_old_are_fetched_again_once(debian: Debian) -> None:
    debian.has_lists()
    debian.fails(1)

    debian.install("docker.io")

    assert debian.calls() == ["install", "update", "install"]


def test_a_package_that_cannot_be_had_is_reported_with_apts_words(debian: Debian) -> None:
    debian.has_lists()
    debian.fails(2)

    with pytest.raises(SetupError, match="404 Not Found"):
        debian.install("docker.io")

    assert debian.calls() == ["install", "update", "install"]


@pytest.mark.parametrize(("enabled", "wanted"), [("Y\n", True), ("N\n", False)])
def test_where_apparmor_is_enforced_its_parser_comes_with_the_engine(
    debian: Debian, enabled: str, wanted: bool
) -> None:
    debian.has_lists()
    (debian.folder / "apparmor").write_text(enabled)

    debian.install("docker.io")

    assert (" apparmor" in (debian.folder / "calls").read_text()) is wanted
