import io
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from sandbox.adapters.git_repository import GitRepository
from sandbox.errors import SourceError
from sandbox.ports import TreeEntry
from tests.repositories import DiskRepository

Open = Callable[[Path], GitRepository]


def test_only_what_is_committed_is_read(disk: DiskRepository, opened: Open) -> None:
    commit = disk.commit(**{"web/app.py": "committed", "gone": "committed"})
    disk.write("web/app.py", "edited")
    disk.write("new", "untracked")
    (disk.top / "gone").unlink()
    disk.git("add", "new")

    repository = opened(disk.top)

    assert repository.read_file(commit, "web/app.py") == b"committed"
    assert repository.read_file(commit, "gone") == b"committed"
    assert repository.read_file(commit, "new") is None


@pytest.mark.parametrize("path", ["web", "", "no/such", "web/app.py/more", "web/App.py", "w*"])
def test_what_is_no_file_has_no_content(path: str, disk: DiskRepository, opened: Open) -> None:
    commit = disk.commit(**{"web/app.py": "1"})

    assert opened(disk.top).read_file(commit, path) is None


@pytest.mark.parametrize("path", ["./web//app.py", "web/app.py/", "web/./app.py"])
def test_a_path_that_is_written_loosely_is_understood(
    path: str, disk: DiskRepository, opened: Open
) -> None:
    commit = disk.commit(**{"web/app.py": "1"})

    assert opened(disk.top).read_file(commit, path) == b"1"


@pytest.mark.parametrize("path", ["../x", "/etc/passwd", "web/../../x", "web/..", "a\0b"])
def test_a_path_that_leaves_the_repository_is_refused(
    path: str, disk: DiskRepository, opened: Open
) -> None:
    commit = disk.commit(**{"web/app.py": "1"})

    with pytest.raises(SourceError, match="out of the repository"):
        opened(disk.top).read_file(commit, path)


def test_links_inside_the_tree_are_followed(disk: DiskRepository, opened: Open) -> None:
    disk.write("shared/common.env", "1")
    (disk.top / "environments/staging").mkdir(parents=True)
    (disk.top / "environments/staging/.env").symlink_to("../../shared/common.env")
    (disk.top / "environments/live").symlink_to("staging")
    (disk.top / "twice").symlink_to("environments/live/.env")
    (disk.top / "dangling").symlink_to("shared/none")
    commit = disk.commit()
    repository = opened(disk.top)

    for path in ("environments/staging/.env", "environments/live/.env", "twice"):
        assert repository.read_file(commit, path) == b"1"
    assert repository.read_file(commit, "dangling") is None
    assert [entry.path for entry in repository.list_files(commit, "environments/live")] == [
        "environments/live/.env"
    ]
    assert repository.tree_id(commit, "environments/live") == repository.tree_id(
        commit, "environments/staging"
    )


@pytest.mark.parametrize(
    "target", ["/etc/passwd", "../secret", "sub/../../secret", "loop", "../shop/file"]
)
def test_a_link_that_leads_out_or_round_is_refused(
    target: str, disk: DiskRepository, opened: Open
) -> None:
    (disk.top.parent / "secret").write_text("of the host")
    disk.write("sub/file", "1")
    (disk.top / "loop").symlink_to(target)
    commit = disk.commit()

    with pytest.raises(SourceError, match=r"loop in \w{12} (is a link out|leads through)"):
        opened(disk.top).read_file(commit, "loop")


def test_files_are_listed_below_a_folder_in_order_with_their_modes(
    disk: DiskRepository, opened: Open
) -> None:
    disk.write("web/run.sh", "#!/bin/sh\n", executable=True)
    disk.write("web/a/deep/file", "1")
    disk.write("web/a.txt", "1")
    (disk.top / "web/link").symlink_to("a.txt")
    commit = disk.commit(other="1")
    disk.git("update-index", "--add", "--cacheinfo", f"160000,{commit},web/module")
    disk.git("commit", "--quiet", "-m", "module")
    commit = disk.git("rev-parse", "HEAD")
    repository = opened(disk.top)

    listed = repository.list_files(commit, "web", enter=False)

    expected = disk.git("ls-tree", "-r", commit, "web/").splitlines()
    lines = [f"{one.mode} {kind(one)} {one.object_id}\t{one.path}" for one in listed]
    assert sorted(lines) == sorted(expected)
    assert [one.path for one in listed] == sorted(one.path for one in listed)
    assert repository.list_files(commit, "none") == repository.list_files(commit, "other") == ()
    assert repository.is_executable(commit, "web/run.sh")
    assert not repository.is_executable(commit, "web/a.txt")


def kind(entry: TreeEntry) -> str:
    return "commit" if entry.mode == "160000" else "blob"


def test_odd_names_are_just_names(disk: DiskRepository, opened: Open) -> None:
    names = ["line\nbreak", "\x1b[31mred", "tab\t", '"quoted"', "ünï", "-rf", "a b", "b\udcff"]
    for name in names:
        disk.write(name, name.encode(errors="surrogateescape"))
    commit = disk.commit()
    repository = opened(disk.top)

    assert {one.path for one in repository.list_files(commit, "")} == set(names)
    for name in names:
        expected = name.encode(errors="surrogateescape")
        assert repository.read_file(commit, name) == expected


@pytest.mark.parametrize("name", [b"..", b".git", b".GIT", b".", b"a/b", b""])
def test_a_tree_with_a_name_that_leads_elsewhere_is_refused(
    name: bytes, disk: DiskRepository, opened: Open
) -> None:
    blob = bytes.fromhex(disk.git("hash-object", "-w", "--stdin", stdin=b"1"))
    commit = disk.commit_tree(disk.tree_of(b"100644 " + name + b"\0" + blob))
    repository = opened(disk.top)

    with pytest.raises(SourceError, match="forbidden name"):
        repository.list_files(commit, "")
    with pytest.raises(SourceError, match="forbidden name"):
        repository.archive(commit, "")


def test_a_tree_that_is_cut_off_is_refused(disk: DiskRepository, opened: Open) -> None:
    commit = disk.commit_tree(disk.tree_of(b"100644 a\0" + b"1" * 19))

    with pytest.raises(SourceError, match="damaged tree"):
        opened(disk.top).list_files(commit, "")


def test_a_tree_that_unfolds_without_end_is_refused(disk: DiskRepository, opened: Open) -> None:
    blob = disk.git("hash-object", "-w", "--stdin", stdin=b"1")
    entries = "".join(f"100644 blob {blob}\tf{number}\n" for number in range(10))
    for _ in range(9):
        tree = disk.git("mktree", stdin=entries.encode())
        entries = "".join(f"040000 tree {tree}\td{number}\n" for number in range(10))
    commit = disk.commit_tree(disk.git("mktree", stdin=entries.encode()))
    repository = opened(disk.top)

    with pytest.raises(SourceError, match="more than 100,000"):
        repository.list_files(commit, "")
    with pytest.raises(SourceError, match="more than 100,000"):
        repository.archive(commit, "")


def test_an_object_that_is_gone_is_an_error_that_says_so(
    disk: DiskRepository, opened: Open
) -> None:
    commit = disk.commit(a="1")
    blob = disk.git("rev-parse", "HEAD:a")
    (disk.git_dir / "objects" / blob[:2] / blob[2:]).unlink()

    with pytest.raises(SourceError, match=f"lacks the blob {blob}") as caught:
        opened(disk.top).read_file(commit, "a")
    assert "git fsck" in caught.value.remedy


def test_trees_have_the_ids_that_git_gives(disk: DiskRepository, opened: Open) -> None:
    commit = disk.commit(**{"web/app.py": "1"})
    repository = opened(disk.top)

    assert repository.tree_id(commit, "web") == disk.git("rev-parse", f"{commit}:web")
    assert repository.tree_id(commit, "") == disk.git("rev-parse", f"{commit}^{{tree}}")
    assert repository.tree_id(commit, "web/app.py") is None
    assert repository.tree_id(commit, "none") is None


def unpacked(packed: bytes) -> dict[str, tuple[bytes | str, int]]:
    found: dict[str, tuple[bytes | str, int]] = {}
    with tarfile.open(fileobj=io.BytesIO(packed)) as tar:
        for member in tar:
            file = tar.extractfile(member) if member.isfile() else None
            found[member.name] = (file.read() if file else member.linkname, member.mode)
            assert (member.mtime, member.uid, member.gid, member.uname) == (0, 0, 0, "")
    return found


def test_an_archive_holds_the_folder_as_committed(disk: DiskRepository, opened: Open) -> None:
    long = "very/" * 30 + "deep.txt"
    disk.write("web/run.sh", "#!/bin/sh\n", executable=True)
    disk.write(f"web/{long}", "deep")
    disk.write("web/ünï", "x")
    disk.write("web/app.py", "1")
    (disk.top / "web/link").symlink_to("app.py")
    commit = disk.commit(outside="1")
    disk.write("web/app.py", "edited")

    packed = opened(disk.top).archive(commit, "web")

    assert unpacked(packed) == {
        "app.py": (b"1", 0o644),
        "link": ("app.py", 0o777),
        "run.sh": (b"#!/bin/sh\n", 0o755),
        long: (b"deep", 0o644),
        "ünï": (b"x", 0o644),
    }


def test_the_same_tree_gives_the_same_archive(disk: DiskRepository, opened: Open) -> None:
    first = disk.commit(**{"web/app.py": "1", "web/b": "2", "docs": "1"})
    second = disk.commit(docs="2")
    changed = disk.commit(**{"web/b": "3"})
    repository = opened(disk.top)

    assert repository.archive(first, "web") == repository.archive(second, "web")
    assert repository.archive(first, "web") == opened(disk.top).archive(second, "web/")
    assert repository.archive(first, "web") != repository.archive(changed, "web")


def test_there_is_no_archive_of_no_folder(disk: DiskRepository, opened: Open) -> None:
    commit = disk.commit(a="1")

    for path in ("none", "a"):
        with pytest.raises(SourceError, match=f"no folder {path}"):
            opened(disk.top).archive(commit, path)
