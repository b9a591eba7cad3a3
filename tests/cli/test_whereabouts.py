"""
Checkouts that are not the tracked branch: each message says what is looked at, and what to do.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sandbox.bootstrap import open_workspace
from sandbox.runtime.preview import declared_environments, preview_plan
from tests.cli_ground import loaded_app
from tests.fakes.engine import FakeEngine
from tests.repositories import DiskRepository

pytestmark = pytest.mark.slow

FILE = "environments/{name}/compose.yaml"
TEXT = "x-sandbox: {}\nservices: {web: {image: 'nothing.invalid/web:1'}}\n"


@pytest.fixture
def disk(
    repository: Path, no_engine: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> DiskRepository:
    for name, value in no_engine.items():
        monkeypatch.setenv(name, value)
    return DiskRepository(repository)


def call(*words: str, repository: Path) -> tuple[int, str, str]:
    result = CliRunner().invoke(loaded_app(), ["--repo", str(repository), *words])
    return result.exit_code, result.stdout, result.stderr


def declare(disk: DiskRepository, name: str) -> None:
    disk.write(FILE.format(name=name), TEXT)


def short(disk: DiskRepository, ref: str = "HEAD") -> str:
    return disk.git("rev-parse", ref)[:7]


def test_an_environment_of_another_branch_is_found_there(disk: DiskRepository) -> None:
    disk.git("switch", "--quiet", "--create", "feature")
    declare(disk, "trial")
    disk.commit("Add trial")
    main, feature = short(disk, "main"), short(disk)

    for command in ("plan", "config", "status", "sync", "down"):
        status, stdout, stderr = call(command, "trial", repository=disk.top)
        assert (status, stdout) == (5, ""), command
        *_, error, remedy = stderr.splitlines()
        assert error == f"error: environment 'trial' does not exist on branch main ({main})"
        assert remedy == (
            f"  try: trial: only on branch feature ({feature}); "
            "look: sandbox plan trial --ref feature; "
            "bring it to main: git switch main && git merge feature"
        )
    status, stdout, _ = call("config", "trial", "--ref", "feature", repository=disk.top)
    assert status == 0
    assert "nothing.invalid/web:1" in stdout


def test_an_environment_of_the_work_tree_only_is_found_there(disk: DiskRepository) -> None:
    declare(disk, "trial")
    status, _, stderr = call("config", "trial", repository=disk.top)
    assert status == 5
    assert stderr.splitlines()[1] == (
        "  try: trial: only in the work tree; look: sandbox plan trial --worktree; "
        "commit it: git add environments/trial && git commit"
    )


def test_without_any_environment_on_main_those_that_there_are_elsewhere_are_named(
    tmp_path: Path,
) -> None:
    disk = DiskRepository.make(tmp_path / "shop")
    main = disk.commit("Begin", file="1\n")[:7]
    declare(disk, "trial")
    status, _, stderr = call("status", repository=disk.top)
    assert status == 5
    assert stderr.splitlines() == [
        f"error: there is no environment on branch main ({main})",
        (
            "  try: trial: only in the work tree; look: sandbox plan --worktree; "
            "commit it: git add environments/ && git commit"
        ),
    ]


def test_what_is_looked_at_is_told_where_something_else_is_checked_out(
    disk: DiskRepository,
) -> None:
    main = short(disk)
    assert call("config", "staging", repository=disk.top)[2] == ""
    disk.git("switch", "--quiet", "--create", "feature")
    assert call("config", "staging", repository=disk.top)[2] == "", "it is the same commit"
    feature = disk.commit("More", more="1\n")[:7]
    told = f"note: branch main ({main}) is looked at; "
    assert call("config", "staging", repository=disk.top)[2] == (
        f"{told}branch feature ({feature}) is checked out: sandbox plan --ref feature\n"
    )
    disk.git("switch", "--quiet", "--detach")
    assert call("config", "staging", repository=disk.top)[2] == (
        f"{told}a detached HEAD ({feature}) is checked out: sandbox plan --ref HEAD\n"
    )
    assert call("config", "staging", "--ref", "HEAD", repository=disk.top)[2] == ""


def test_a_repository_without_main_says_how_to_get_it_and_how_to_do_without(
    disk: DiskRepository,
) -> None:
    disk.git("branch", "--move", "main", "trunk")
    status, _, stderr = call("config", "staging", repository=disk.top)
    assert status == 1
    assert stderr.splitlines() == [
        "error: staging: branch main, which it tracks, does not exist here",
        (
            "  try: make it: git branch main trunk; "
            "or look at what is checked out: sandbox plan staging --ref HEAD"
        ),
    ]
    assert call("config", "staging", "--ref", "HEAD", repository=disk.top)[0] == 0
    status, _, stderr = call("config", "nope", repository=disk.top)
    assert status == 5
    assert "as there is no branch main" in stderr


def test_an_environment_that_its_branch_lacks_says_how_to_bring_it_there(
    disk: DiskRepository,
) -> None:
    disk.git("branch", "release")
    disk.write(FILE.format(name="trial"), TEXT.replace("{}", "{track: release}", 1))
    disk.commit("Add trial")
    release = short(disk, "release")
    status, _, stderr = call("config", "trial", repository=disk.top)
    assert status == 5
    assert f"but not on branch release ({release}), which it tracks" in stderr
    assert "git switch release && git merge main" in stderr


def test_a_ref_without_the_environment_names_those_that_it_has(disk: DiskRepository) -> None:
    before = short(disk)
    declare(disk, "trial")
    disk.commit("Add trial")
    status, _, stderr = call("config", "trial", "--ref", before, repository=disk.top)
    assert status == 5
    assert stderr.splitlines() == [
        f"error: environment 'trial' does not exist at {before} ({before})",
        "  try: there are: production, staging",
    ]
    assert "restore it" not in stderr


@pytest.fixture
def checkout(disk: DiskRepository, tmp_path: Path) -> DiskRepository:
    """A checkout as CI makes it: detached, shallow, with remote-tracking branches only."""
    for number in range(3):
        disk.commit(f"Change {number}", file=str(number))
    made = DiskRepository.make(tmp_path / "ci" / "shop")
    made.git("remote", "add", "origin", disk.top.as_uri())
    refs = "+refs/heads/*:refs/remotes/origin/*"
    made.git("fetch", "--quiet", "--depth", "1", "origin", refs)
    made.git("checkout", "--quiet", "--detach", "refs/remotes/origin/main")
    return made


def test_a_checkout_of_ci_is_planned_and_printed_at_head(checkout: DiskRepository) -> None:
    assert checkout.git("rev-parse", "--is-shallow-repository") == "true"
    words = ("config", "staging", "--ref", "HEAD", "--output", "json")
    status, stdout, stderr = call(*words, repository=checkout.top)
    assert (status, stderr) == (0, "")
    assert json.loads(stdout)["services"]["web"]["image"] == "nothing.invalid/web:1"

    with open_workspace(str(checkout.top)) as opened:
        workspace = replace(opened, engine=FakeEngine(images=["nothing.invalid/web:1"]))
        names = declared_environments(workspace, ref="HEAD")
        found = [preview_plan(workspace, name, ref="HEAD") for name in names]
    assert names == ("production", "staging")
    assert all(each.plan.steps for each in found)
    assert {each.desired.revision for each in found} == {checkout.git("rev-parse", "HEAD")}


def test_a_checkout_of_ci_says_what_it_lacks(checkout: DiskRepository) -> None:
    status, _, stderr = call("config", "staging", repository=checkout.top)
    assert status == 1
    assert "make it: git branch main origin/main" in stderr
    assert "sandbox plan staging --ref HEAD" in stderr
    status, _, stderr = call("config", "staging", "--ref", "main", repository=checkout.top)
    assert status == 5
    assert "name the one of the remote: origin/main" in stderr
    status, _, stderr = call("config", "staging", "--ref", "0" * 40, repository=checkout.top)
    assert status == 5
    assert "git fetch --unshallow" in stderr
    checkout.write("environments/staging/.env", f"RELEASE={'1' * 40}\n")
    checkout.write(FILE.format(name="staging"), TEXT.replace("{}", "{release: '$RELEASE'}", 1))
    checkout.commit("Pin")
    status, _, stderr = call("config", "staging", "--ref", "HEAD", repository=checkout.top)
    assert status == 1
    assert "git fetch --unshallow" in stderr


def test_a_wrong_name_takes_nothing_down(disk: DiskRepository) -> None:
    status, stdout, stderr = call("down", "staging", "nosuch", repository=disk.top)
    assert (status, stdout) == (5, "")
    assert stderr.splitlines() == [
        f"error: environment 'nosuch' does not exist on branch main ({short(disk)})",
        "  try: there are: production, staging",
    ]
