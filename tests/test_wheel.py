import subprocess
import zipfile
from pathlib import Path

import pytest

from tests.wheel import build_wheel, install_wheel_only

TOP = Path(__file__).parents[1]
TEMPLATE = "sandbox/_template/"
EXECUTABLE = 0o100 << 16


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.Path:
    return zipfile.Path(build_wheel(tmp_path_factory.mktemp("wheel")))


def committed(*folders: str) -> set[str]:
    listed = subprocess.run(
        ("git", "-c", "safe.directory=*", "ls-files", "-z", "--", *folders),
        check=True,
        capture_output=True,
        text=True,
        cwd=TOP,
    )
    return {name for name in listed.stdout.split("\0") if name}


def test_the_wheel_holds_the_template_as_it_is_committed(wheel: zipfile.Path) -> None:
    names = {name for name in wheel.root.namelist() if not name.endswith("/")}
    shipped = {name.removeprefix(TEMPLATE) for name in names if name.startswith(TEMPLATE)}

    assert "environments/staging/compose.yaml" in shipped
    assert "environments/production/.env" in shipped
    assert committed("environments", "demo_shop") <= shipped
    assert not [name for name in shipped if "__pycache__" in name or name.endswith(".pyc")]


def test_programs_of_the_template_stay_executable(wheel: zipfile.Path) -> None:
    programs = {
        f"{TEMPLATE}{name}"
        for name in committed("environments", "demo_shop")
        if (TOP / name).stat().st_mode & 0o100
    }
    executable = {
        info.filename for info in wheel.root.infolist() if info.external_attr & EXECUTABLE
    }

    assert programs
    assert programs <= executable


def test_the_wheel_holds_every_module_and_says_that_it_is_typed(wheel: zipfile.Path) -> None:
    names = set(wheel.root.namelist())

    assert "sandbox/py.typed" in names
    assert {name for name in committed("sandbox") if name.endswith(".py")} <= names
    assert not [name for name in names if name.startswith("tests/")]


@pytest.mark.slow
def test_a_wheel_beside_the_packages_of_the_tests_is_not_the_checkout(tmp_path: Path) -> None:
    installed = install_wheel_only(tmp_path)

    told = subprocess.run(
        (installed / "bin" / "python", "-c", "import sandbox, typer; print(sandbox.__file__)"),
        check=True,
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )

    assert Path(told.stdout).is_relative_to(installed)
