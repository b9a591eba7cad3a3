"""
Records of pipeline runs on disk: numbered, whole at any moment, and not too many.
"""

from dataclasses import replace
from pathlib import Path

import pytest

from sandbox.adapters.pipeline_files import KEPT, PipelineFiles
from sandbox.errors import SetupError
from sandbox.model.pipeline import PipelineRun, Stage, StageKind, StageRecord, StageStatus

RUN = PipelineRun(
    revision="a" * 40,
    author="ada",
    started_at=1000.5,
    stages=(
        StageRecord(
            stage=Stage(name="test é", kind=StageKind.TEST, environments=("staging",)),
            status=StageStatus.FAILED,
            started_at=1001.0,
            seconds=2.5,
            message="no\nway",
        ),
        StageRecord(stage=Stage(name="approve", kind=StageKind.APPROVE, question="Sure?")),
    ),
)


@pytest.fixture
def files(tmp_path: Path) -> PipelineFiles:
    return PipelineFiles(str(tmp_path / "state"))


def test_a_run_is_read_back_as_it_was_under_the_next_number(files: PipelineFiles) -> None:
    assert files.add(RUN) == replace(RUN, number=1)
    assert files.add(RUN).number == 2
    assert files.read(1) == replace(RUN, number=1)
    assert [run.number for run in files.newest(10)] == [2, 1]
    assert [run.number for run in files.newest(1)] == [2]


def test_writing_replaces_the_record_of_that_number(files: PipelineFiles) -> None:
    run = files.add(RUN)
    files.write(replace(run, author="bob"))
    assert files.newest(10) == (replace(run, author="bob"),)


def test_without_a_folder_there_is_nothing_and_looking_makes_none(tmp_path: Path) -> None:
    files = PipelineFiles(str(tmp_path / "state"))
    assert (files.newest(5), files.read(1), files.read_log(1, 0)) == ((), None, "")
    assert not (tmp_path / "state").exists()


def test_a_log_grows_by_lines_and_belongs_to_its_stage(files: PipelineFiles) -> None:
    run = files.add(RUN)
    for line in ("one", "zw\udcffei"):
        files.append_log(run.number, 0, line)
    files.append_log(run.number, 1, "other")
    assert files.read_log(run.number, 0) == "one\nzw?ei\n"
    assert files.read_log(run.number, 1) == "other\n"


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b'{"number": "1"}', b"\xff\xfe"])
def test_a_damaged_record_is_as_good_as_none(
    files: PipelineFiles, tmp_path: Path, damage: bytes
) -> None:
    files.add(RUN)
    (tmp_path / "state/pipelines/1.json").write_bytes(damage)
    assert files.read(1) is None
    assert files.newest(5) == ()
    assert files.add(RUN).number == 2


def test_the_oldest_go_with_their_logs_and_nothing_else_does(
    files: PipelineFiles, tmp_path: Path
) -> None:
    folder = tmp_path / "state/pipelines"
    files.add(RUN)
    files.append_log(1, 0, "old")
    (folder / "notes.txt").write_text("mine")
    for _ in range(KEPT):
        files.add(RUN)
    assert [run.number for run in files.newest(KEPT * 2)][-1] == 2
    assert not list(folder.glob("1-*")) + list(folder.glob("1.*"))
    assert (folder / "notes.txt").exists()


def test_a_folder_that_cannot_be_written_is_told_with_its_place(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file")
    with pytest.raises(SetupError, match="pipelines cannot be written"):
        PipelineFiles(str(tmp_path / "state")).add(RUN)
