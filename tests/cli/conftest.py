"""
A repository with two environments, and no engine.
"""

import subprocess
from pathlib import Path

import pytest


def git(*words: str, cwd: Path) -> None:
    subprocess.run(["git", *words], cwd=cwd, check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """
    Two environments without a single image, committed on main.
    """
    for name in ("production", "staging"):
        folder = tmp_path / "environments" / name
        folder.mkdir(parents=True)
        (folder / "compose.yaml").write_text(
            "x-sandbox: {}\nservices:\n  web:\n    image: nothing.invalid/web:1\n"
        )
    git("init", "-q", "-b", "main", cwd=tmp_path)
    git("add", ".", cwd=tmp_path)
    git("commit", "-q", "-m", "Begin", cwd=tmp_path)
    return tmp_path


@pytest.fixture
def no_engine(tmp_path: Path) -> dict[str, str]:
    return {"DOCKER_HOST": f"unix://{tmp_path}/nobody.sock"}
