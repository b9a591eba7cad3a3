from pathlib import Path

import yaml

from sandbox.adapters.git_repository import create_repository
from sandbox.adapters.template import template_files
from tests.repositories import DiskRepository

TOP = Path(__file__).parents[2]


def test_the_template_is_what_this_repository_has_committed() -> None:
    tracked = DiskRepository(TOP).git("ls-files", "-z", "environments", "demo_shop")
    files = template_files()

    assert {path for path in tracked.split("\0") if path and (TOP / path).exists()} <= set(files)
    for path in tracked.split("\0"):
        if path and (TOP / path).exists():
            mode = (TOP / path).stat().st_mode
            assert files[path] == ((TOP / path).read_bytes(), bool(mode & 0o100))


def test_the_template_has_nothing_that_tools_make_again() -> None:
    made = ("__pycache__", ".pyc", ".pytest_cache", ".venv", ".hypothesis")

    assert [path for path in template_files() if any(part in path for part in made)] == []


def test_a_repository_of_the_template_ignores_nothing_of_it(tmp_path: Path) -> None:
    create_repository(str(tmp_path / "shop"), [("First", template_files())])

    listed = DiskRepository(tmp_path / "shop").git("ls-files", "-z", "-i", "-c", "-X", ".gitignore")
    assert listed == ""


def test_every_healthcheck_of_the_shop_allows_for_a_slow_start() -> None:
    document = yaml.safe_load(template_files()["environments/base/compose.yaml"][0])
    checks = {
        name: service["healthcheck"]
        for name, service in document["services"].items()
        if "healthcheck" in service
    }
    assert set(checks) == {"web", "worker", "db", "cache"}
    assert all(check["start_period"] == "60s" for check in checks.values())
