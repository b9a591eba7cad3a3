"""
The built wheel in a virtual environment of its own: all that a user has after `pip install`.
"""

import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

TOP = Path(__file__).parents[1]


def pip(installed: Path, *arguments: str | Path) -> None:
    """Install something into the virtual environment *installed*, which has no pip."""
    into = ("--python", installed / "bin" / "python", "install", "--no-deps")
    quietly = ("-qq", "--disable-pip-version-check")
    done = subprocess.run(
        (sys.executable, "-m", "pip", *into, *quietly, *arguments),
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


def build_wheel(folder: Path) -> Path:
    """Build the wheel into *folder*, and give its path."""
    build = (sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder)
    subprocess.run((*build, TOP), check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    return wheel


def install_wheel(top: Path) -> Path:
    """Build the wheel, install it and the locked packages below *top*, and give that place."""
    wheel = build_wheel(top / "dist")
    venv.create(top / "venv", with_pip=False, symlinks=True)
    pip(top / "venv", "--require-hashes", "--requirement", TOP / "requirements.lock")
    pip(top / "venv", wheel)
    return top / "venv"


def install_wheel_only(top: Path) -> Path:
    """Build the wheel, install it beside the packages of this interpreter, and give that place."""
    wheel = build_wheel(top / "dist")
    venv.create(top / "venv", with_pip=False, symlinks=True)
    pip(top / "venv", wheel)
    (packages,) = (top / "venv").glob("lib/python*/site-packages")
    # A folder that is named here is no site folder: the editable install in it is not followed.
    packages.joinpath("locked.pth").write_text(f"{sysconfig.get_path('purelib')}\n")
    return top / "venv"


def template_of(installed: Path) -> Path:
    """Give the folder of the template that `sandbox init` lays down from there."""
    (found,) = installed.glob("lib/python*/site-packages/sandbox/_template")
    return found
