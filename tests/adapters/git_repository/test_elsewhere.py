"""Content that a commit only names: submodules and Git LFS, read from their own stores."""

from __future__ import annotations

import hashlib
import io
import random
import shutil
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from sandbox.adapters.git_repository import GitRepository
from sandbox.adapters.git_repository.attributes import filter_of
from sandbox.errors import SourceError
from tests.repositories import DiskRepository

Open = Callable[[Path], GitRepository]
FILE = ("-c", "protocol.file.allow=always")


def packed(archive: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        files = [member for member in tar if member.isfile()]
        return {each.name: (tar.extractfile(each) or io.BytesIO()).read() for each in files}


@pytest.fixture
def module(tmp_path: Path) -> DiskRepository:
    """A submodule in a submodule."""
    inner = DiskRepository.make(tmp_path / "inner")
    inner.commit(deep="deep 1\n")
    outer = DiskRepository.make(tmp_path / "outer")
    outer.git(*FILE, "submodule", "add", "--quiet", "--name", "in/ner", str(inner.top), "inner")
    outer.commit(**{"lib.py": "lib 1\n", "app/main.py": "main\n"})
    return outer


def added(disk: DiskRepository, module: DiskRepository) -> str:
    """Add *module* to *disk* as people do, with what is in it; give the commit."""
    disk.write("web/Dockerfile", "FROM scratch\n")
    disk.git(*FILE, "submodule", "add", "--quiet", "--name", "li/b", str(module.top), "web/lib")
    disk.git(*FILE, "submodule", "update", "--quiet", "--init", "--recursive")
    return disk.commit("Add the module")


def old_style(disk: DiskRepository) -> None:
    """Keep the store in the work tree, as Git did before 1.7.8."""
    (disk.top / "web/lib/.git").unlink()
    (disk.git_dir / "modules/li/b").rename(disk.top / "web/lib/.git")


def as_it_is(disk: DiskRepository) -> None:
    del disk


def not_checked_out(disk: DiskRepository) -> None:
    shutil.rmtree(disk.top / "web/lib")


@pytest.mark.parametrize("arrange", [as_it_is, old_style, not_checked_out])
def test_a_submodule_is_read_at_its_recorded_commit(
    arrange: Callable[[DiskRepository], None],
    disk: DiskRepository,
    module: DiskRepository,
    opened: Open,
) -> None:
    commit = added(disk, module)
    module.commit(**{"lib.py": "lib 2\n"})
    disk.git("-C", "web/lib", *FILE, "pull", "--quiet")
    arrange(disk)
    repository = opened(disk.top)

    found = packed(repository.archive(commit, "web"))

    assert found == {
        "Dockerfile": b"FROM scratch\n",
        "lib/.gitmodules": (module.top / ".gitmodules").read_bytes(),
        "lib/app/main.py": b"main\n",
        "lib/inner/deep": b"deep 1\n",
        "lib/lib.py": b"lib 1\n",
    }
    assert repository.read_file(commit, "web/lib/inner/deep") == b"deep 1\n"
    assert [each.path for each in repository.list_files(commit, "web/lib/app")] == [
        "web/lib/app/main.py"
    ]
    assert packed(repository.archive(commit, "web/lib/app")) == {"main.py": b"main\n"}
    assert packed(repository.archive(commit, "web/lib"))["lib.py"] == b"lib 1\n"


def test_the_id_of_a_context_follows_its_submodules(
    disk: DiskRepository, module: DiskRepository, opened: Open
) -> None:
    first = added(disk, module)
    module.commit(**{"lib.py": "lib 2\n"})
    disk.git("-C", "web/lib", *FILE, "pull", "--quiet")
    second = disk.commit("Take the newer one")
    repository = opened(disk.top)

    for folder in ("web", "web/lib"):
        ids = {repository.tree_id(commit, folder) for commit in (first, second)}
        assert len(ids) == 2
        assert None not in ids
    same = {repository.tree_id(commit, "web/lib/app") for commit in (first, second)}
    assert len(same) == 1
    assert repository.last_change(second, ["web/lib/app"]) == second


@pytest.mark.parametrize("missing", ["web/lib", "web/lib/inner"])
def test_a_submodule_that_is_not_here_is_refused_with_a_remedy_where_it_is_needed(
    missing: str, disk: DiskRepository, module: DiskRepository, opened: Open
) -> None:
    disk.write("docs/page", "1")
    commit = added(disk, module)
    store = disk.git_dir / "modules/li/b"
    gone = store if missing == "web/lib" else store / "modules/in/ner"
    gone.rename(disk.top.parent / "elsewhere")
    repository = opened(disk.top)

    for ask in (repository.archive, repository.list_files):
        with pytest.raises(SourceError, match=f"^{missing} is a submodule") as caught:
            ask(commit, "web")
        remedy = f"git submodule update --init --recursive -- {missing}"
        assert caught.value.remedy == remedy
    assert packed(repository.archive(commit, "docs")) == {"page": b"1"}
    assert repository.tree_id(commit, "web")

    (disk.top.parent / "elsewhere").rename(gone)
    assert "lib/inner/deep" in packed(repository.archive(commit, "web"))


def test_a_commit_of_a_submodule_is_no_revision(
    disk: DiskRepository, module: DiskRepository, opened: Open
) -> None:
    added(disk, module)

    assert opened(disk.top).resolve(module.git("rev-parse", "HEAD")) is None


def pointer(content: bytes) -> bytes:
    oid = hashlib.sha256(content).hexdigest()
    lines = ["version https://git-lfs.github.com/spec/v1", f"oid sha256:{oid}"]
    return ("\n".join([*lines, f"size {len(content)}"]) + "\n").encode()


def store(folder: Path, content: bytes) -> Path:
    oid = hashlib.sha256(content).hexdigest()
    file = folder / "objects" / oid[:2] / oid[2:4] / oid
    file.parent.mkdir(parents=True)
    file.write_bytes(content)
    return file


MODEL = b"a large model"


def with_pointer(
    disk: DiskRepository, attributes: str, path: str, content: bytes | None = None
) -> str:
    disk.write(".gitattributes", attributes)
    disk.write(path, pointer(MODEL) if content is None else content)
    return disk.commit()


@pytest.mark.parametrize("storage", ["lfs", "large", "modules/x/lfs"])
def test_a_pointer_is_what_it_stands_for(storage: str, disk: DiskRepository, opened: Open) -> None:
    commit = with_pointer(disk, "*.bin filter=lfs diff=lfs\n", "web/model.bin")
    store(disk.git_dir / storage, MODEL)
    if storage == "large":
        disk.git("config", "lfs.storage", "large")
    if storage.startswith("modules"):
        DiskRepository.make(disk.git_dir / "modules/x", "--bare")
    repository = opened(disk.top)

    assert repository.read_file(commit, "web/model.bin") == MODEL
    assert packed(repository.archive(commit, "web")) == {"model.bin": MODEL}


def test_a_pointer_in_a_submodule_follows_the_attributes_there(
    disk: DiskRepository, tmp_path: Path, opened: Open
) -> None:
    inner = DiskRepository.make(tmp_path / "inner")
    with_pointer(inner, "*.bin filter=lfs\n", "a/model.bin")
    disk.write(".gitattributes", "*.bin -filter\n")
    disk.git(*FILE, "submodule", "add", "--quiet", str(inner.top), "web/lib")
    commit = disk.commit()
    store(disk.git_dir / "modules/web/lib/lfs", MODEL)

    assert packed(opened(disk.top).archive(commit, "web/lib/a")) == {"model.bin": MODEL}


@pytest.mark.parametrize(
    ("attributes", "content"),
    [
        ("*.txt filter=lfs\n", pointer(MODEL)),
        ("*.bin filter=lfs\n*.bin -filter\n", pointer(MODEL)),
        ("*.bin filter=lfs\n", pointer(MODEL) + b"more\n"),
        ("*.bin filter=lfs\n", pointer(MODEL).replace(b"spec/v1", b"spec/v9")),
    ],
    ids=["no attribute", "attribute taken back", "more than a pointer", "unknown version"],
)
def test_what_only_looks_like_a_pointer_is_itself(
    attributes: str, content: bytes, disk: DiskRepository, opened: Open
) -> None:
    commit = with_pointer(disk, attributes, "model.bin", content)
    store(disk.git_dir / "lfs", MODEL)

    assert opened(disk.top).read_file(commit, "model.bin") == content


def absent(file: Path) -> None:
    file.unlink()


def damaged(file: Path) -> None:
    file.write_bytes(MODEL[::-1])


@pytest.mark.parametrize(
    ("spoil", "words"), [(absent, "not on this machine"), (damaged, "damaged")]
)
def test_an_lfs_object_that_is_not_right_is_refused_with_a_remedy(
    spoil: Callable[[Path], None], words: str, disk: DiskRepository, opened: Open
) -> None:
    disk.write("web/a", "1")
    commit = with_pointer(disk, "*.bin filter=lfs\n", "model.bin")
    spoil(store(disk.git_dir / "lfs", MODEL))
    repository = opened(disk.top)

    for ask, path in ((repository.read_file, "model.bin"), (repository.archive, "")):
        with pytest.raises(SourceError, match=words) as caught:
            ask(commit, path)
        assert "model.bin" in caught.value.message
        assert "git lfs pull" in caught.value.remedy
    assert packed(repository.archive(commit, "web")) == {"a": b"1"}


def test_nothing_that_a_store_or_the_repository_configures_is_run(
    disk: DiskRepository, module: DiskRepository, opened: Open
) -> None:
    ran = disk.top.parent / "ran"
    disk.write(".gitattributes", "*.bin filter=lfs\n")
    disk.write("web/model.bin", pointer(MODEL))
    commit = added(disk, module)
    store(disk.git_dir / "lfs", MODEL)
    for folder in (disk.git_dir, disk.git_dir / "modules/li/b"):
        for key in ("filter.lfs.smudge", "filter.lfs.process", "core.fsmonitor", "core.sshCommand"):
            disk.git("config", "--file", str(folder / "config"), key, f"touch {ran}")
        hook = folder / "hooks/post-checkout"
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(f"#!/bin/sh\ntouch {ran}\n")
        hook.chmod(0o755)
    repository = opened(disk.top)

    assert packed(repository.archive(commit, "web"))["model.bin"] == MODEL
    assert not ran.exists()


NAMES = ("a", "ab", "b.bin", "c d", "[x]", "x.psd")
PATTERNS = (
    *("*", "*.bin", "/a", "a/*", "**/b.bin", "a/**", "**/a/*.bin", "?", "[ab]*", "[!a]*", "x.p?d"),
    *("b/", "a/b.bin", '"c d"', r"\[x\]", "**", "a/**/x.psd", "**/ab/**", "!a", "[a-c].bin"),
)
ATTRIBUTES = ("filter=lfs", "-filter", "!filter", "filter=x", "text", "lfs", "-lfs", "filter")


@pytest.mark.parametrize("seed", range(8))
def test_attributes_mean_what_git_says(seed: int, disk: DiskRepository) -> None:
    chance = random.Random(seed)
    files: dict[str, bytes] = {}
    for folder in ("", "a", "a/a", "ab"):
        lines = [
            f"{chance.choice(PATTERNS)} {chance.choice(ATTRIBUTES)}"
            for _ in range(chance.randint(0, 4))
        ]
        macro = [] if folder else ["# comment", "[attr]lfs filter=lfs -text"]
        files[folder] = "\n".join([*macro, *lines, ""]).encode()
        disk.write(f"{folder}/.gitattributes".lstrip("/"), files[folder])
    paths = ["/".join(chance.choices(NAMES, k=chance.randint(1, 4))) for _ in range(60)]
    told = disk.git("check-attr", "-z", "filter", "--", *paths).split("\0")[2::3]

    for path, value in zip(paths, told, strict=False):
        above = {
            each: text
            for each, text in files.items()
            if f"{path}".startswith(f"{each}/") or not each
        }
        expected = "" if value in {"unspecified", "unset", "set"} else value
        assert filter_of(above, path) == expected, path
