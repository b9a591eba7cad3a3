from pathlib import Path

import pytest

from sandbox.adapters.git_repository import create_repository
from sandbox.errors import SandboxError, SetupError
from tests.repositories import DiskRepository, snapshot

FILES = {
    "environments/production/.env": (b"RELEASE=\n", False),
    "web/run.sh": (b"#!/bin/sh\n", True),
    ".gitignore": (b"*.pyc\n", False),
}


def test_everything_is_committed_and_checked_out(tmp_path: Path) -> None:
    made = create_repository(str(tmp_path / "a/shop"), [("First", FILES)])
    disk = DiskRepository(tmp_path / "a/shop")

    assert disk.git("rev-parse", "main") == made[0]
    assert disk.git("symbolic-ref", "HEAD") == "refs/heads/main"
    assert disk.git("status", "--porcelain") == ""
    assert disk.git("ls-tree", "-r", "--name-only", "HEAD").splitlines() == sorted(FILES)
    assert disk.git("ls-tree", "HEAD", "web/run.sh").startswith("100755 ")
    assert (disk.top / "web/run.sh").stat().st_mode & 0o111
    assert disk.git("fsck", "--strict") == ""


def test_a_commit_may_depend_on_the_one_before(tmp_path: Path) -> None:
    first, second = create_repository(
        str(tmp_path / "shop"),
        [
            ("First", FILES),
            ("Pin", lambda commit: {"environments/production/.env": (commit.encode(), False)}),
        ],
    )
    disk = DiskRepository(tmp_path / "shop")

    assert disk.git("rev-parse", f"{second}^") == first
    assert disk.git("cat-file", "blob", f"{second}:environments/production/.env") == first
    assert disk.git("diff", "--name-only", first, second) == "environments/production/.env"
    assert disk.git("status", "--porcelain") == ""


def test_an_empty_folder_is_used_and_stays_the_same_folder(tmp_path: Path) -> None:
    inode = tmp_path.stat().st_ino

    create_repository(str(tmp_path), [("First", FILES)])

    assert tmp_path.stat().st_ino == inode
    assert DiskRepository(tmp_path).git("status", "--porcelain") == ""


@pytest.mark.parametrize("content", ["file", ".git/config", "folder/file"])
def test_a_folder_with_anything_in_it_is_left_alone(content: str, tmp_path: Path) -> None:
    place = tmp_path / content
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text("mine")
    before = snapshot(tmp_path)

    with pytest.raises(SetupError, match="is not empty") as caught:
        create_repository(str(tmp_path), [("First", FILES)])
    assert caught.value.remedy
    assert snapshot(tmp_path) == before


def test_a_file_or_a_link_in_the_way_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    (tmp_path / "target").mkdir()
    (tmp_path / "link").symlink_to("target")
    before = snapshot(tmp_path)

    for name in ("file", "link", "file/below"):
        with pytest.raises(SetupError):
            create_repository(str(tmp_path / name), [("First", FILES)])
    assert snapshot(tmp_path) == before


@pytest.mark.parametrize("existed", [True, False])
def test_a_failure_leaves_nothing_behind(existed: bool, tmp_path: Path) -> None:
    if existed:
        (tmp_path / "shop").mkdir()
    before = set(snapshot(tmp_path))

    with pytest.raises(SandboxError):
        create_repository(
            str(tmp_path / "shop"), [("First", FILES), ("Bad", {"../escape": (b"", False)})]
        )
    assert set(snapshot(tmp_path)) == before


def test_hooks_of_a_template_are_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "template/hooks").mkdir(parents=True)
    (tmp_path / "template/hooks/post-commit").write_text("#!/bin/sh\n")
    monkeypatch.setenv("GIT_TEMPLATE_DIR", str(tmp_path / "template"))

    create_repository(str(tmp_path / "shop"), [("First", FILES)])

    assert not (tmp_path / "shop/.git/hooks").exists()


def test_a_developer_without_a_name_gets_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("AUTHOR_NAME", "AUTHOR_EMAIL", "COMMITTER_NAME", "COMMITTER_EMAIL"):
        monkeypatch.delenv(f"GIT_{variable}")
    monkeypatch.delenv("EMAIL", raising=False)

    create_repository(str(tmp_path / "shop"), [("First", FILES)])

    found = DiskRepository(tmp_path / "shop").git("log", "-1", "--format=%an <%ae>")
    assert found == "sandbox <sandbox@localhost>"
