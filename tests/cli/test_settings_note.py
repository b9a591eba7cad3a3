"""A variable that the controller was not started with is not ignored without a word."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from sandbox.adapters.control_server import serve
from sandbox.adapters.file_lock import FileLock
from tests.cli_ground import loaded_app
from tests.fakes.control import FakeControl


def noted(repository: Path) -> str:
    return CliRunner().invoke(loaded_app(), ["--repo", str(repository), "history"]).stderr


@pytest.mark.parametrize(
    ("name", "text", "before"),
    [
        ("SANDBOX_EDGE_PORT", "9000", "8080"),
        ("SANDBOX_EDGE_PORT", "off", "8080"),
        ("SANDBOX_SUBNET_POOL", "10.9.0.0/16", "10.213.0.0/16"),
        ("DOCKER_HOST", "unix:///elsewhere.sock", "the local socket"),
    ],
)
def test_another_value_than_the_controller_has_is_told_with_the_remedy(
    repository: Path, monkeypatch: pytest.MonkeyPatch, name: str, text: str, before: str
) -> None:
    for each in ("SANDBOX_EDGE_PORT", "SANDBOX_SUBNET_POOL", "DOCKER_HOST"):
        monkeypatch.delenv(each, raising=False)
    state = repository / ".git" / "sandbox"
    with (
        FileLock(str(state), "sandbox up --foreground").hold(),
        serve(FakeControl(), str(state / "control.sock")),
    ):
        monkeypatch.setenv("SANDBOX_EDGE_PORT", "8080")  # the usual one is no other value
        assert noted(repository) == ""
        monkeypatch.delenv("SANDBOX_EDGE_PORT")
        monkeypatch.setenv(name, text)

        told = noted(repository)

    assert told == (
        f"{name}={text} has no effect: the controller that runs was started with {before} and"
        f" keeps it; to change it: sandbox stop && {name}={text} sandbox up\n"
    )


def test_without_a_controller_there_is_nothing_to_say(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SANDBOX_EDGE_PORT", "9000")
    assert noted(repository) == ""
