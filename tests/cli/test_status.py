"""
`status --exit-code`: the exit status says where the worst environment stands.
"""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sandbox.cli.status import exit_status
from sandbox.model.status import EnvironmentStatus, Health, SyncStatus
from tests.cli_ground import loaded_app


@pytest.mark.parametrize(("sync", "health"), list(product(SyncStatus, Health)))
def test_degraded_is_4_and_whatever_is_not_in_sync_3(sync: SyncStatus, health: Health) -> None:
    one = EnvironmentStatus(name="staging", sync=sync, health=health)
    expected = 0 if sync is SyncStatus.SYNCED else 3
    assert exit_status([one]) == (4 if health is Health.DEGRADED else expected)


def test_the_worst_of_several_counts_wherever_it_stands() -> None:
    good = EnvironmentStatus(name="a", sync=SyncStatus.SYNCED, health=Health.HEALTHY)
    changed = EnvironmentStatus(name="b", sync=SyncStatus.OUT_OF_SYNC, health=Health.PROGRESSING)
    degraded = EnvironmentStatus(name="c", sync=SyncStatus.SYNCED, health=Health.DEGRADED)
    assert exit_status([]) == 0
    assert exit_status([good, changed]) == exit_status([changed, good]) == 3
    assert exit_status([changed, degraded]) == exit_status([degraded, changed, good]) == 4


@pytest.mark.parametrize("command", ["status", "ps"])
def test_it_is_given_only_when_it_is_asked_for(
    repository: Path, no_engine: dict[str, str], monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    for name, value in no_engine.items():
        monkeypatch.setenv(name, value)
    words = ["--repo", str(repository), command]
    assert CliRunner().invoke(loaded_app(), words).exit_code == 0
    result = CliRunner().invoke(loaded_app(), [*words, "--exit-code"])
    assert result.exit_code == 3
    assert "staging" in result.stdout
