import random
import threading
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from subprocess import Popen

import pytest

from sandbox.adapters.git_repository import GitRepository, branches
from sandbox.adapters.git_repository.program import GitProgram
from sandbox.errors import SourceError
from sandbox.ports import Head
from tests.repositories import DiskRepository

Open = Callable[[Path], GitRepository]


def test_a_branch_a_tag_and_ids_resolve_to_the_full_commit_id(
    disk: DiskRepository, opened: Open
) -> None:
    first = disk.commit(a="1")
    disk.git("tag", "-a", "v1", "-m", "annotated")
    second = disk.commit(a="2")

    repository = opened(disk.top)

    assert repository.resolve("main") == second
    assert repository.resolve("v1") == first
    assert repository.resolve(first) == first
    assert repository.resolve(first[:8]) == first
    assert repository.resolve("HEAD~1") == first


@pytest.mark.parametrize(
    "name", ["nope", "", "--output=/tmp/x", "a b", "a\nb", "a\0b", "0" * 40, "main:a", "HEAD~9"]
)
def test_what_names_no_commit_resolves_to_nothing(
    name: str, disk: DiskRepository, opened: Open
) -> None:
    disk.commit(a="1")

    assert opened(disk.top).resolve(name) is None


def test_a_branch_comes_before_a_tag_of_its_name(disk: DiskRepository, opened: Open) -> None:
    disk.commit(a="1")
    disk.git("tag", "release")
    second = disk.commit(a="2")
    disk.git("branch", "release")

    assert opened(disk.top).resolve("release") == second


def test_a_ref_that_looks_like_an_option_is_a_ref(disk: DiskRepository, opened: Open) -> None:
    commit = disk.commit(a="1")
    disk.git("update-ref", "refs/heads/--output=x", commit)
    before = sorted(disk.top.iterdir())

    repository = opened(disk.top)

    assert repository.resolve("--output=x") == commit
    assert repository.refs()["--output=x"] == commit
    assert sorted(disk.top.iterdir()) == before


def test_a_branch_without_a_commit_resolves_to_nothing(disk: DiskRepository, opened: Open) -> None:
    repository = opened(disk.top)

    assert repository.resolve("main") is None
    assert repository.refs() == {}


def test_a_branch_that_moves_packs_and_vanishes_is_followed(
    disk: DiskRepository, opened: Open
) -> None:
    repository = opened(disk.top)
    first = disk.commit(a="1")
    assert repository.resolve("main") == first
    second = disk.commit(a="2")
    assert repository.resolve("main") == second
    disk.git("gc", "--quiet", "--prune=now")
    assert repository.resolve("main") == second
    assert repository.read_file(second, "a") == b"2"
    disk.git("checkout", "--quiet", "--detach")
    disk.git("branch", "-D", "main")
    assert repository.resolve("main") is None


@pytest.mark.parametrize("damage", ["", "0123abc\n", "garbage", "1" * 40 + "\n"])
def test_a_damaged_branch_is_an_error_that_names_the_ref(
    damage: str, disk: DiskRepository, opened: Open
) -> None:
    disk.commit(a="1")
    disk.git("branch", "staging")
    disk.git("tag", "staging")
    (disk.git_dir / "refs/heads/staging").write_text(damage)

    repository = opened(disk.top)

    with pytest.raises(SourceError, match="refs/heads/staging") as caught:
        repository.resolve("staging")
    assert "git update-ref refs/heads/staging" in caught.value.remedy
    assert "main" in repository.refs()


def test_a_short_id_of_two_commits_is_an_error(disk: DiskRepository, opened: Open) -> None:
    stream = "".join(
        f"commit refs/heads/many\ncommitter A <a@b> {number} +0000\ndata 1\nx\n"
        for number in range(1, 1200)
    )
    disk.git("fast-import", "--quiet", "--force", stdin=stream.encode())
    ids = sorted(disk.git("rev-list", "many").split())
    twin = next(a for a, b in pairwise(ids) if a[:4] == b[:4])

    with pytest.raises(SourceError, match="more than one"):
        opened(disk.top).resolve(twin[:4])


def test_refs_are_the_local_branches(disk: DiskRepository, opened: Open) -> None:
    commit = disk.commit(a="1")
    disk.git("branch", "feature/x")
    disk.git("tag", "v1")
    disk.git("update-ref", "refs/remotes/origin/main", commit)
    disk.git("pack-refs", "--all")

    assert opened(disk.top).refs() == {"feature/x": commit, "main": commit}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Commands of Git that are started; files are old as soon as they are written."""
    monkeypatch.setattr(branches, "YOUNG_S", -3600.0)
    started: list[str] = []
    start = GitProgram.start

    def note(program: GitProgram, *arguments: str) -> Popen[bytes]:
        started.append(arguments[0])
        return start(program, *arguments)

    monkeypatch.setattr(GitProgram, "start", note)
    return started


def _point(disk: DiskRepository, _: str, second: str) -> None:
    disk.git("update-ref", "refs/heads/main", second)


def _overwrite(disk: DiskRepository, _: str, second: str) -> None:
    (disk.git_dir / "refs/heads/main").write_text(f"{second}\n")


def _pack_and_point(disk: DiskRepository, first: str, second: str) -> None:
    disk.git("pack-refs", "--all")
    disk.git("update-ref", "refs/heads/main", second)
    disk.git("pack-refs", "--all")
    disk.git("update-ref", "refs/heads/side", first)


def _remove(disk: DiskRepository, *_: str) -> None:
    disk.git("update-ref", "-d", "refs/heads/side")


@pytest.mark.parametrize("change", [_point, _overwrite, _pack_and_point, _remove])
def test_refs_are_read_again_whenever_one_was_written(
    change: Callable[[DiskRepository, str, str], None],
    asked: list[str],
    disk: DiskRepository,
    opened: Open,
) -> None:
    first, second = disk.commit(a="1"), disk.commit(a="2")
    disk.git("branch", "feature/x")
    disk.git("update-ref", "refs/heads/main", first)
    disk.git("update-ref", "refs/heads/side", first)
    repository = opened(disk.top)
    repository.refs()
    del asked[:]
    repository.refs()
    assert asked == []

    change(disk, first, second)

    assert repository.refs() == opened(disk.top).refs()


def test_refs_through_a_link_are_read_each_time(
    asked: list[str], disk: DiskRepository, opened: Open
) -> None:
    first, second = disk.commit(a="1"), disk.commit(a="2")
    disk.git("update-ref", "refs/elsewhere", first)
    disk.git("symbolic-ref", "refs/heads/side", "refs/elsewhere")
    repository = opened(disk.top)
    assert repository.refs()["side"] == first

    disk.git("update-ref", "refs/elsewhere", second)

    assert repository.refs()["side"] == second


def test_refs_that_were_written_just_now_are_read_once_more(
    asked: list[str], disk: DiskRepository, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(branches, "YOUNG_S", 3600.0)
    disk.commit(a="1")
    repository = opened(disk.top)
    del asked[:]
    assert repository.refs() == repository.refs()
    assert asked == ["for-each-ref"] * 2


def test_a_commit_tells_its_author_time_and_first_line(disk: DiskRepository, opened: Open) -> None:
    disk.write("a", "1")
    disk.git("add", "a")
    author = ("-c", "user.name=x", "commit", "--author=Jörg Ö <j@example.org>")
    disk.git(*author, "--date=1000 +0000", "-m", "Größer\n\nWhy.")
    commit = disk.git("rev-parse", "HEAD")

    info = opened(disk.top).commit_info(commit)

    assert (info.id, info.author, info.subject) == (commit, "Jörg Ö", "Größer")
    assert info.committed_at == float(disk.git("log", "-1", "--format=%ct"))


def test_a_commit_in_another_encoding_can_be_read(disk: DiskRepository, opened: Open) -> None:
    disk.git(
        "-c",
        "i18n.commitEncoding=latin1",
        *("commit", "--quiet", "--allow-empty", "-F", "-"),
        stdin="Größe".encode("latin1"),
    )

    assert opened(disk.top).commit_info(disk.git("rev-parse", "HEAD")).subject == "Größe"


def test_there_is_no_information_about_no_commit(disk: DiskRepository, opened: Open) -> None:
    tree = disk.tree_of(b"")

    with pytest.raises(SourceError, match="no commit"):
        opened(disk.top).commit_info(tree)


def test_replacements_do_not_change_what_a_commit_says(disk: DiskRepository, opened: Open) -> None:
    first = disk.commit(a="1")
    second = disk.commit(a="2")
    disk.git("replace", second, first)
    assert disk.git("cat-file", "blob", f"{second}:a") == "1"

    assert opened(disk.top).read_file(second, "a") == b"2"


def test_the_last_change_is_where_the_folder_became_what_it_is(
    disk: DiskRepository, opened: Open
) -> None:
    rng = random.Random(7)
    folders = ("web", "db", "docs")
    commits = [disk.commit(**{f"{folder}/f": "0" for folder in folders})]
    for number in range(25):
        if number % 6 == 5:
            disk.git("checkout", "--quiet", "-b", f"side{number}", "HEAD~2")
            disk.commit(**{f"{rng.choice(folders)}/side{number}": "x"})
            disk.git("checkout", "--quiet", "main")
            disk.git("merge", "--quiet", "--no-edit", f"side{number}")
        commits.append(disk.commit(**{f"{rng.choice(folders)}/f": str(number)}))
    repository = opened(disk.top)

    for commit in commits:
        for folder in folders:
            changed = repository.last_change(commit, [folder])
            assert repository.tree_id(changed, folder) == repository.tree_id(commit, folder)
            parents = disk.git("rev-list", "-1", "--parents", changed).split()[1:]
            trees = {repository.tree_id(parent, folder) for parent in parents}
            assert not parents or repository.tree_id(changed, folder) not in trees


def test_a_commit_that_changes_none_of_the_folders_keeps_the_last_change(
    disk: DiskRepository, opened: Open
) -> None:
    source = disk.commit(**{"web/app.py": "1", "environments/a": "1"})
    config = disk.commit(**{"environments/a": "2"})
    repository = opened(disk.top)

    assert repository.last_change(config, ["web"]) == source
    assert repository.last_change(config, ["web", "environments"]) == config
    assert repository.last_change(config, [""]) == config
    assert repository.last_change(config, []) == config
    assert repository.last_change(config, ["no/such"]) == config
    assert repository.last_change(config, ["*"]) == config


def test_a_folder_behind_a_link_changes_with_what_it_leads_to(
    disk: DiskRepository, opened: Open
) -> None:
    disk.write("real/f", "1")
    (disk.top / "link").symlink_to("real")
    disk.commit()
    second = disk.commit(**{"real/f": "2"})
    third = disk.commit(other="1")

    assert opened(disk.top).last_change(third, ["link"]) == second


def test_reading_goes_on_when_the_process_behind_it_is_killed(
    disk: DiskRepository, opened: Open
) -> None:
    commit = disk.commit(a="1", b="2")
    repository = opened(disk.top)
    assert repository.read_file(commit, "a") == b"1"
    process = repository._objects._process
    assert process
    process.kill()
    process.wait()

    assert repository.read_file(commit, "b") == b"2"


def test_many_threads_read_without_mixing_answers(disk: DiskRepository, opened: Open) -> None:
    files = {f"f{number}": f"content {number}\n" * number for number in range(60)}
    commit = disk.commit(**files)
    repository = opened(disk.top)
    wrong: list[str] = []

    def read(seed: int) -> None:
        names = list(files)
        random.Random(seed).shuffle(names)
        for name in names:
            if repository.read_file(commit, name) != files[name].encode():
                wrong.append(name)
            if repository.resolve("main") != commit:
                wrong.append("main")

    threads = [threading.Thread(target=read, args=(seed,)) for seed in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert not any(thread.is_alive() for thread in threads)
    assert wrong == []


def test_history_follows_first_parents_newest_first_and_ends_at_its_limit(
    disk: DiskRepository, opened: Open
) -> None:
    first = disk.commit("first", a="1")
    disk.git("checkout", "--quiet", "-b", "side")
    disk.commit("beside", b="1")
    disk.git("checkout", "--quiet", "main")
    second = disk.commit("second", a="2")
    disk.git("merge", "--quiet", "--no-ff", "-m", "merged", "side")
    merged = disk.git("rev-parse", "HEAD")
    repository = opened(disk.top)

    found = repository.history(merged, limit=10)

    assert [(each.id, each.subject) for each in found] == [
        (merged, "merged"),
        (second, "second"),
        (first, "first"),
    ]
    assert repository.history(merged, limit=2) == found[:2]


def test_history_of_paths_has_only_the_commits_that_changed_them(
    disk: DiskRepository, opened: Open
) -> None:
    first = disk.commit(**{"e/.env": "1", "x": "1"})
    disk.commit(x="2")
    third = disk.commit(**{"e/.env": "2"})
    last = disk.commit(x="3")
    repository = opened(disk.top)

    assert [each.id for each in repository.history(last, ["e/.env"], limit=9)] == [third, first]
    assert repository.history(last, ["nothing"], limit=9) == ()


def test_a_commit_holds_itself_and_its_ancestors_only(disk: DiskRepository, opened: Open) -> None:
    first, second = disk.commit(a="1"), disk.commit(a="2")
    disk.git("checkout", "--quiet", "-b", "side", first)
    beside = disk.commit(a="3")
    repository = opened(disk.top)

    assert repository.is_ancestor(first, second)
    assert repository.is_ancestor(second, second)
    assert not repository.is_ancestor(second, first)
    assert not repository.is_ancestor(beside, second)
    with pytest.raises(SourceError):
        repository.is_ancestor("f" * 40, second)


def test_what_is_checked_out_is_a_branch_or_a_commit(disk: DiskRepository, opened: Open) -> None:
    assert opened(disk.top).head() == Head(branch="main", commit="")
    first = disk.commit(a="1")
    repository = opened(disk.top)
    assert repository.head() == Head(branch="main", commit=first)
    disk.git("switch", "--quiet", "--create", "feature/x")
    assert repository.head().branch == "feature/x"
    disk.git("switch", "--quiet", "--detach")
    assert repository.head() == Head(branch="", commit=first)
    disk.git("branch", "--delete", "--force", "main")
    linked = disk.top.parent / "linked"
    disk.git("worktree", "add", "--quiet", "-b", "side", str(linked), first)
    assert opened(linked).head().branch == "side"
    assert repository.head().branch == ""


def test_remote_branches_of_a_name_are_found_and_no_others(
    disk: DiskRepository, opened: Open
) -> None:
    first = disk.commit(a="1")
    for ref in ("origin/main", "upstream/main", "origin/feature/main", "origin/mainline"):
        disk.git("update-ref", f"refs/remotes/{ref}", first)
    repository = opened(disk.top)
    assert repository.remote_branches("main") == ("origin/main", "upstream/main")
    assert repository.remote_branches("feature/main") == ("origin/feature/main",)
    for name in ("nope", "*", "--all", "a b", "a\0b", ""):
        assert repository.remote_branches(name) == ()


def test_a_clone_knows_that_it_was_cut_off(disk: DiskRepository, opened: Open) -> None:
    for number in "123":
        disk.commit(a=number)
    assert not opened(disk.top).is_shallow()
    shallow = DiskRepository.make(disk.top.parent / "shallow")
    shallow.git("fetch", "--quiet", "--depth", "1", disk.top.as_uri(), "main")
    assert opened(shallow.top).is_shallow()


def test_what_was_said_of_commits_is_not_asked_for_again(
    disk: DiskRepository, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = disk.commit(a="1"), disk.commit(a="2")
    repository = opened(disk.top)

    def look() -> object:
        return (
            repository.resolve("refs/heads/main"),
            [each.id for each in repository.history(second, ["a"], limit=5)],
            repository.is_ancestor(first, second),
            repository.is_ancestor(second, first),
        )

    before = look()
    assert before == (second, [second, first], True, False)
    monkeypatch.setattr(GitProgram, "ask", pytest.fail)
    assert look() == before


def test_the_full_name_of_a_damaged_branch_is_refused(disk: DiskRepository, opened: Open) -> None:
    disk.commit(a="1")
    (disk.top / ".git/refs/heads/broken").write_text("1" * 40 + "\n")
    with pytest.raises(SourceError, match="the branch broken is damaged"):
        opened(disk.top).resolve("refs/heads/broken")


def test_a_clone_that_gets_more_of_its_history_tells_it(disk: DiskRepository, opened: Open) -> None:
    commits = [disk.commit(a=number) for number in "1234"]
    shallow = DiskRepository.make(disk.top.parent / "shallow")
    source = disk.top.as_uri()
    shallow.git("fetch", "--quiet", "--depth", "2", source, "main")
    repository = opened(shallow.top)
    assert len(repository.history(commits[3], limit=9)) == 2
    shallow.git("fetch", "--quiet", "--depth", "3", source, "main")
    assert len(repository.history(commits[3], limit=9)) == 3
    shallow.git("fetch", "--quiet", "--unshallow", source, "main")
    assert len(repository.history(commits[3], limit=9)) == 4
