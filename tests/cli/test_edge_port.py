from pathlib import Path

import pytest

from sandbox.bootstrap import open_workspace
from sandbox.errors import UsageError
from tests.repositories import DiskRepository


@pytest.mark.parametrize(
    ("said", "port"),
    [("", 8080), ("9000", 9000), ("off", 0), ("OFF", 0), ("0", 0), (" 81 ", 81), ("65535", 65535)],
)
def test_a_variable_says_where_the_edge_is(
    said: str, port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    DiskRepository.make(tmp_path)
    monkeypatch.setenv("SANDBOX_EDGE_PORT", said)

    with open_workspace(str(tmp_path)) as workspace:
        assert workspace.edge_port == port


@pytest.mark.parametrize("said", ["x", "-1", "65536", "8080.5", "٣", "9" * 50])
def test_what_is_no_port_is_refused_with_what_to_do(
    said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    DiskRepository.make(tmp_path)
    monkeypatch.setenv("SANDBOX_EDGE_PORT", said)

    with pytest.raises(UsageError, match="neither a port nor `off`") as raised:
        open_workspace(str(tmp_path))

    assert "`off`, or not at all" in raised.value.remedy
