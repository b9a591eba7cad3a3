"""
Runs of the laboratory that break, without an engine: what was measured before is kept.
"""

from __future__ import annotations

import json
import tempfile
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest
from typer.testing import CliRunner, Result
from typing_extensions import override

from sandbox.cli import lab_ground, lab_runs, lab_story
from sandbox.cli.lab_ground import PRODUCTION, STAGING, Ground, Person
from sandbox.cli.lab_ways import Practice, Refusal
from sandbox.errors import EngineUnreachableError, SandboxError, SetupError
from sandbox.model.lab import Visit, Way
from tests.cli_ground import loaded_app
from tests.fakes.clock import FakeClock
from tests.fakes.engine import FakeEngine
from tests.lab_recordings import NEW, OLD

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

    from sandbox.runtime.workspace import Workspace


class CalmGround(Ground):
    """Nothing runs here; a commit is a name, and what was released answers at once."""

    @override
    def type(self, person: Person, *words: str, may_fail: bool = False) -> lab_ground.Finished:
        return lab_ground.Finished(status=0, output="", errors="")

    @override
    def commit(self, path: str, change: Callable[[str], str], message: str) -> str:
        return NEW

    @override
    def settled(self, environment: str, release: str) -> float:
        self.answer(environment, release)
        return self.now()

    def answer(self, environment: str, release: str) -> None:
        cast("FakeClock", self.workspace.clock).advance(1)
        self.visits.append(
            Visit(at=self.now(), seconds=0.01, environment=environment, release=release)
        )


@dataclass
class Laboratory:
    """
    Two ways that do nothing.

    Attributes:
        breaks: What a way raises, by way, run and the step in which it does.
        leftover: What is left behind by each run.
        made: Ways in the order in which they began.
    """

    breaks: Mapping[tuple[Way, int, str], BaseException] = field(
        default_factory=dict[tuple[Way, int, str], BaseException]
    )
    leftover: str = ""
    made: list[Way] = field(default_factory=list[Way])

    def step(self, way: Way, name: str) -> None:
        """Raise what is to break there."""
        error = self.breaks.get((way, self.made.count(way), name))
        if error is not None:
            raise error

    @contextmanager
    def ground(
        self, way: str, say: Callable[[str], None], *_: object, **__: object
    ) -> Generator[Ground]:
        """Stand in for a repository and its containers."""
        self.made.append(Way(way))
        self.step(Way(way), "ground")
        workspace = SimpleNamespace(
            clock=FakeClock(),
            engine=FakeEngine(),
            repository=SimpleNamespace(instance="0123456789ab"),
        )
        made = CalmGround(
            folder=Path("/nowhere"),
            workspace=cast("Workspace", workspace),
            addresses={},
            say=say,
            tick=lambda _: None,
        )
        made.answer(STAGING, OLD)
        made.answer(PRODUCTION, OLD)
        yield made
        made.leftover = self.leftover

    def practice(self, way: Way) -> type[Practice]:
        """People who do nothing in *way*."""
        laboratory = self

        class Calm(Practice):
            @override
            def begin(self) -> None:
                laboratory.step(way, "begin")

            @override
            def deliver(self, commit: str) -> None:
                laboratory.step(way, "deliver")

            @override
            def release(self) -> None:
                laboratory.step(way, "release")

            @override
            def judged(self, commit: str) -> Refusal | None:
                return None

            @override
            def take_back(self, good: str, revert: Callable[[], str], *, deployed: bool) -> None:
                laboratory.step(way, "take_back")

            @override
            def detected(self, after: float, unattended_s: float) -> tuple[float | None, str]:
                return None, ""

            @override
            def repair(self, release: str, detected_at: float | None) -> float:
                return 0.0

            @override
            def roll_back(self, release: str) -> None:
                laboratory.step(way, "roll_back")

        Calm.way = way
        return Calm


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Laboratory:
    laboratory = Laboratory()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(lab_runs, "ground", laboratory.ground)
    monkeypatch.setattr(lab_story, "PRACTICES", {way: laboratory.practice(way) for way in Way})
    return laboratory


def called(*words: str) -> Result:
    named = ("--scenario", "rollback", "--json", "lab.json", "--html", "lab.html")
    return CliRunner().invoke(loaded_app(), ["lab", *named, *words])


def record() -> Any:
    return json.loads(Path("lab.json").read_text())


def values(key: str, way: Way) -> list[float]:
    (found,) = (each for each in record()["measures"] if each["key"] == key)
    return cast("list[float]", found[way]["values"])


DOWN = SandboxError("production did not come up", remedy="sandbox doctor")


def test_a_laboratory_in_which_nothing_breaks_ends_well(lab: Laboratory) -> None:
    result = called()
    assert result.exit_code == 0, result.output
    assert record()["complete"] is True
    for way in Way:
        assert len(values("rollback", way)) == 1
        assert values("duration", way)


@pytest.mark.parametrize("broken", [*Way])
def test_a_way_that_does_not_come_up_leaves_the_figures_of_the_other(
    lab: Laboratory, broken: Way
) -> None:
    lab.breaks = {(broken, 1, "begin"): DOWN}
    result = called()
    assert result.exit_code == 1
    assert lab.made == [*Way]
    (well,) = {*Way} - {broken}
    assert values("commit_to_production", well)
    assert values("commit_to_production", broken) == []
    (problem,) = record()["problems"]
    assert (problem["way"], problem["chapter"]) == (broken, None)
    assert problem["message"] == "production did not come up (try: sandbox doctor)"
    assert "commit_to_production" in problem["missing"]
    assert "production did not come up" in Path("lab.html").read_text()
    assert "error: the laboratory is not complete" in result.stderr
    assert "missing: Commit to staging" in result.stderr
    assert "try: put that right, then: sandbox lab\n" in result.stderr


@pytest.mark.parametrize(
    "error", [EngineUnreachableError("no engine answers"), SetupError("the disk is full")]
)
def test_a_second_way_without_ground_leaves_the_figures_of_the_first(
    lab: Laboratory, error: SandboxError
) -> None:
    lab.breaks = {(Way.GITOPS, 1, "ground"): error}
    result = called()
    assert result.exit_code == 1
    assert values("commit_to_production", Way.DEVOPS)
    (problem,) = record()["problems"]
    assert problem["way"] == Way.GITOPS
    assert problem["message"].startswith(error.message)


def test_a_laboratory_that_cannot_begin_says_so_with_its_own_status_and_writes_nothing(
    lab: Laboratory,
) -> None:
    lab.breaks = {(Way.DEVOPS, 1, "ground"): EngineUnreachableError("no engine answers")}
    result = called()
    assert (result.exit_code, result.stdout) == (6, "")
    assert not Path("lab.json").exists()
    assert not Path("lab.html").exists()


def test_a_chapter_that_breaks_off_ends_with_status_1_and_the_next_one_begins(
    lab: Laboratory,
) -> None:
    lab.breaks = {(Way.DEVOPS, 1, "release"): SandboxError("the approval was refused")}
    result = called()
    assert result.exit_code == 1
    first, second = record()["problems"]
    assert (first["chapter"], first["message"]) == ("feature", "the approval was refused")
    assert second["chapter"] == "rollback"
    assert values("rollback", Way.GITOPS)
    assert "DevOps broke off in feature: the approval was refused" in result.stdout
    assert "then: sandbox lab --scenario feature --scenario rollback" in result.stderr


def test_what_was_measured_is_written_when_a_person_interrupts(lab: Laboratory) -> None:
    lab.breaks = {(Way.GITOPS, 1, "deliver"): KeyboardInterrupt()}
    result = called()
    assert result.exit_code == 130
    assert values("rollback", Way.DEVOPS)
    chapter, run = record()["problems"]
    assert (chapter["chapter"], chapter["message"]) == ("feature", "interrupted")
    assert (run["way"], run["chapter"], run["message"]) == (Way.GITOPS, None, "interrupted")
    assert Path("lab.html").exists()


def test_what_was_measured_is_written_when_the_laboratory_has_a_mistake(lab: Laboratory) -> None:
    lab.breaks = {(Way.GITOPS, 1, "deliver"): ValueError("no such key")}
    result = called()
    assert result.exit_code == 1
    assert values("rollback", Way.DEVOPS)
    message = "a mistake in sandbox itself: ValueError: no such key"
    assert {each["message"] for each in record()["problems"]} == {message}


def test_an_interrupt_before_anything_was_measured_writes_nothing(lab: Laboratory) -> None:
    lab.breaks = {(Way.DEVOPS, 1, "begin"): KeyboardInterrupt()}
    assert called().exit_code == 130
    assert not Path("lab.json").exists()


def test_what_could_not_be_removed_is_told_and_costs_no_figure(lab: Laboratory) -> None:
    lab.leftover = "down ended with status 6; to remove it: sandbox --repo /x down --volumes"
    result = called()
    assert result.exit_code == 1
    assert record()["complete"] is True
    assert "error: the laboratory could not remove everything" in result.stderr
    assert "to remove it: sandbox --repo /x down --volumes" in result.stderr


def test_repeated_runs_take_turns_and_a_broken_one_leaves_those_of_the_others(
    lab: Laboratory,
) -> None:
    lab.breaks = {(Way.GITOPS, 2, "begin"): DOWN}
    result = called("--repeat", "3")
    assert result.exit_code == 1
    assert lab.made == [*Way] * 3
    assert len(values("rollback", Way.DEVOPS)) == 3
    assert len(values("rollback", Way.GITOPS)) == 2
    assert "GitOps, run 2 broke off: production did not come up" in result.stdout
    assert [each["run"] for each in record()["ways"]["gitops"]["runs"]] == [1, 2, 3]


def test_a_broken_laboratory_gives_one_document_with_its_error(lab: Laboratory) -> None:
    lab.breaks = {(Way.GITOPS, 1, "begin"): DOWN}
    result = called("--output", "json")
    assert result.exit_code == 1
    found = json.loads(result.stdout)
    assert found["error"]["exit_status"] == 1
    assert {key: found[key] for key in record()} == record()


def test_repeat_takes_a_number_from_one_on(lab: Laboratory) -> None:
    assert called("--repeat", "0").exit_code == 2
    assert lab.made == []


class RemovableGround(CalmGround):
    @override
    def prepare(self, *words: str) -> lab_ground.Finished:
        return lab_ground.Finished(status=0, output="", errors="")


class StubbornGround(CalmGround):
    @override
    def prepare(self, *words: str) -> lab_ground.Finished:
        raise SandboxError("sandbox down ended with status 6: no engine answers")


def test_a_repository_whose_containers_cannot_be_removed_stays_and_the_command_is_named(
    tmp_path: Path,
) -> None:
    said: list[str] = []
    made = StubbornGround(
        folder=tmp_path,
        workspace=cast("Workspace", None),
        addresses={},
        say=said.append,
        tick=lambda _: None,
    )
    lab_ground._remove(made, ExitStack())
    assert tmp_path.is_dir()
    assert f"sandbox --repo {tmp_path} down --volumes" in made.leftover
    assert "no engine answers" in made.leftover
    assert said == [f"left behind: {made.leftover}"]


def test_the_journal_is_closed_before_its_folder_goes(tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    folder.mkdir()
    made = RemovableGround(
        folder=folder,
        workspace=cast("Workspace", None),
        addresses={},
        say=print,
        tick=lambda _: None,
    )
    was_there: list[bool] = []
    with ExitStack() as opened:
        opened.callback(lambda: was_there.append(folder.is_dir()))
        lab_ground._remove(made, opened)
    assert was_there == [True]
    assert not folder.exists()


def test_a_repository_that_cannot_be_prepared_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: str) -> None:
        raise SetupError("no template")

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(lab_ground, "initialise", fail)
    with (
        pytest.raises(SetupError, match="no template"),
        lab_ground.ground("devops", print, print, keep=False),
    ):
        pass
    assert [*tmp_path.iterdir()] == []
