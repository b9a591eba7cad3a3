"""
Hooks, as Git runs them: on real commits and pushes, without an engine.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.repositories import DiskRepository

pytestmark = pytest.mark.slow

FILE = "environments/staging/compose.yaml"
GOOD = "x-sandbox: {}\nservices:\n  web: {image: nothing.invalid/web:2}\n"
BAD = "x-sandbox: {}\nservices:\n  web: {imagee: nothing.invalid/web:2}\n"


class Ground:
    """
    A repository with hooks, and nobody behind them.
    """

    def __init__(self, top: Path, environ: dict[str, str]) -> None:
        self.top = top
        self.environ = {**os.environ, **environ}

    def run(self, *words: str, cwd: Path | None = None) -> tuple[int, str]:
        ended = subprocess.run(
            words,
            cwd=cwd or self.top,
            env=self.environ,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        return ended.returncode, ended.stdout + ended.stderr

    def sandbox(self, *words: str, cwd: Path | None = None) -> tuple[int, str]:
        return self.run(sys.executable, "-P", "-m", "sandbox", *words, cwd=cwd)

    def git(self, *words: str, cwd: Path | None = None) -> tuple[int, str]:
        return self.run("git", *words, cwd=cwd)

    def head(self, cwd: Path | None = None) -> str:
        return self.git("rev-parse", "HEAD", cwd=cwd)[1]

    def write(self, text: str, cwd: Path | None = None) -> None:
        ((cwd or self.top) / FILE).write_text(text)

    @property
    def hook(self) -> Path:
        return self.top / ".git/hooks/pre-commit"


@pytest.fixture
def ground(repository: Path, no_engine: dict[str, str]) -> Ground:
    return Ground(repository, no_engine)


def test_what_the_files_warn_of_is_told_once_with_its_line_and_stops_nothing(
    ground: Ground,
) -> None:
    assert ground.sandbox("hook", "install")[0] == 0
    ground.write(GOOD.replace(":2}", ", user: $WHO}"))
    ground.git("add", FILE)

    status, told = ground.git("commit", "-m", "Warned of")

    assert status == 0
    assert told.count(f"warning: {FILE}:3: the variable WHO is not set; it reads as empty") == 1
    assert told.count(f"warning: {FILE}:3: the image nothing.invalid/web has no tag") == 1


def test_an_invalid_commit_is_stopped_with_its_line_and_nothing_is_committed(
    ground: Ground,
) -> None:
    assert ground.sandbox("hook", "install")[0] == 0
    before = ground.head()
    ground.write(BAD)
    ground.git("add", FILE)

    status, told = ground.git("commit", "-m", "Bad")

    assert (status, ground.head()) == (1, before)
    assert f"{FILE}:3" in told
    assert "--no-verify" in told
    assert ground.git("commit", "--no-verify", "-m", "Bad all the same")[0] == 0


def test_a_valid_commit_goes_through_quickly_though_no_engine_answers(ground: Ground) -> None:
    ground.sandbox("hook", "install")
    before = ground.head()
    ground.write(GOOD)
    ground.git("add", FILE)

    began = time.monotonic()
    status, told = ground.git("commit", "-m", "Good")

    assert (status, ground.head() != before) == (0, True)
    assert "what would change is unknown" in told
    assert time.monotonic() - began < 10.0


@pytest.mark.parametrize("words", [["-a"], [FILE]], ids=["all", "one file"])
def test_what_is_committed_is_checked_also_when_it_was_never_staged(
    ground: Ground, words: list[str]
) -> None:
    ground.sandbox("hook", "install")
    ground.write(BAD)
    before = ground.head()

    status, told = ground.git("commit", "-m", "Bad", *words)

    assert (status, ground.head()) == (1, before)
    assert f"{FILE}:3" in told


def test_what_is_only_edited_stops_no_commit(ground: Ground) -> None:
    ground.sandbox("hook", "install")
    ground.write(BAD)
    (ground.top / "README").write_text("text")
    ground.git("add", "README")

    assert ground.git("commit", "-m", "Text")[0] == 0


def test_a_push_of_an_invalid_commit_is_stopped(ground: Ground, tmp_path: Path) -> None:
    other = tmp_path / "other.git"
    ground.git("clone", "--quiet", "--bare", ".", str(other))
    ground.git("remote", "add", "other", str(other))
    ground.sandbox("hook", "install", "--pre-push")
    assert not ground.hook.exists()
    ground.write(BAD)
    assert ground.git("commit", "-am", "Bad")[0] == 0

    status, told = ground.git("push", "other", "main")
    assert status == 1
    assert f"{FILE}:3" in told

    ground.write(GOOD)
    ground.git("commit", "-am", "Good")
    assert ground.git("push", "other", "main")[0] == 0
    assert ground.git("push", "other", "main:topic")[0] == 0
    assert ground.git("push", "other", ":topic")[0] == 0


def test_a_hook_of_somebody_else_is_left_alone(ground: Ground) -> None:
    ground.hook.parent.mkdir(exist_ok=True)
    ground.hook.write_text("#!/bin/sh\nexit 0\n")

    status, told = ground.sandbox("hook", "install")

    assert status == 1
    assert "sandbox hook run pre-commit || exit 1" in told
    assert ground.sandbox("hook", "uninstall")[0] == 0
    assert ground.hook.read_text() == "#!/bin/sh\nexit 0\n"


def test_installing_twice_changes_nothing_and_an_old_one_of_ours_is_renewed(
    ground: Ground,
) -> None:
    assert "is installed" in ground.sandbox("hook", "install")[1]
    text = ground.hook.read_text()
    assert "is there already" in ground.sandbox("hook", "install")[1]
    ground.hook.write_text(text + "# of another version\n")

    _, told = ground.sandbox("hook", "install", "--output", "json")

    (found,) = json.loads(told)["hooks"]
    assert found == {"name": "pre-commit", "file": str(ground.hook), "changed": True}
    assert ground.hook.read_text() == text


def test_uninstalling_removes_ours(ground: Ground) -> None:
    ground.sandbox("hook", "install", "--pre-commit", "--pre-push")
    assert ground.sandbox("hook", "uninstall")[0] == 0
    assert not [each for each in ground.hook.parent.glob("pre-*") if each.suffix != ".sample"]


def test_a_configured_folder_of_hooks_is_respected(ground: Ground) -> None:
    ground.git("config", "core.hooksPath", "tools/hooks")
    ground.sandbox("hook", "install")
    assert (ground.top / "tools/hooks/pre-commit").exists()
    assert not ground.hook.exists()
    ground.write(BAD)
    assert ground.git("commit", "-am", "Bad")[0] == 1


def test_a_linked_work_tree_has_the_hooks_of_its_repository(ground: Ground, tmp_path: Path) -> None:
    linked = tmp_path / "linked"
    ground.git("worktree", "add", "--quiet", str(linked), "-b", "topic")
    ground.sandbox("hook", "install", cwd=linked)
    assert ground.hook.exists()
    ground.write(BAD, cwd=linked)
    before = ground.head(cwd=linked)

    assert ground.git("commit", "-am", "Bad", cwd=linked)[0] == 1
    assert ground.head(cwd=linked) == before


def test_a_folder_of_the_repository_is_not_run_in_our_place(ground: Ground) -> None:
    folder = ground.top / "sandbox"
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "__main__.py").write_text("open('ran', 'w')\n")
    ground.sandbox("hook", "install")
    ground.git("add", "--all")

    assert ground.git("commit", "-m", "A program")[0] == 0
    assert not (ground.top / "ran").exists()


def test_the_first_commit_of_all_is_not_stopped(tmp_path: Path, no_engine: dict[str, str]) -> None:
    ground = Ground(DiskRepository.make(tmp_path / "new").top, no_engine)
    ground.sandbox("hook", "install")
    (ground.top / "README").write_text("text")
    ground.git("add", "README")
    assert ground.git("commit", "-m", "Begin")[0] == 0


def test_without_the_program_nothing_is_stopped(ground: Ground) -> None:
    ground.sandbox("hook", "install")
    text = ground.hook.read_text()
    ground.hook.write_text(text.replace(sys.executable, "/nowhere/python"))
    ground.environ["PATH"] = "/usr/bin:/bin"
    ground.write(BAD)

    status, told = ground.git("commit", "-am", "Bad")

    assert status == 0
    assert "nothing was checked" in told
