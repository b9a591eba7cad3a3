import os
from pathlib import Path

import pytest

from sandbox.adapters.disk_source import SIZE_BYTES_MAX, DiskSource
from sandbox.errors import SourceError


def test_a_file_is_read_and_what_is_no_file_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"text\xff")
    (tmp_path / "link").symlink_to("a")
    os.mkfifo(tmp_path / "pipe")

    def read(name: str) -> bytes | None:
        return DiskSource().read(str(tmp_path / name))

    assert (read("a"), read("link")) == (b"text\xff", b"text\xff")
    assert [read(name) for name in (".", "pipe", "none", "a/b", "a\0b")] == [None] * 5


def test_no_more_is_read_than_shows_that_a_file_is_too_large(tmp_path: Path) -> None:
    (tmp_path / "large").write_bytes(b"x" * (SIZE_BYTES_MAX + 100))

    assert len(DiskSource().read(str(tmp_path / "large")) or b"") == SIZE_BYTES_MAX


def test_a_file_that_cannot_be_read_is_an_error_with_its_path(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")

    with pytest.raises(SourceError, match="loop cannot be read"):
        DiskSource().read(str(tmp_path / "loop"))
