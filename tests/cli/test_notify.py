"""
`notify test`, against a real server on this machine.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.cli_ground import loaded_app
from tests.webhook_server import Receiver, receiver


@pytest.fixture
def server() -> Iterator[Receiver]:
    with receiver() as state:
        yield state


def call(repository: Path, *words: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(loaded_app(), ["--repo", str(repository), "notify", "test", *words])
    return result.exit_code, result.stdout, result.stderr


def configure(repository: Path, text: str) -> None:
    state = repository / ".git" / "sandbox"
    state.mkdir()
    (state / "notify.yaml").write_text(text)


def test_each_webhook_gets_one_message_in_its_own_form(repository: Path, server: Receiver) -> None:
    configure(
        repository, f"webhooks:\n- {{url: '{server.url}'}}\n- {{url: '{server.url}', format: chat}}"
    )
    status, stdout, stderr = call(repository)
    assert (status, stderr) == (0, "")
    assert stdout.count("● 127.0.0.1  delivered in ") == 2
    forms = sorted(next(iter(set(body) - {"schema"})) for body in server.bodies)
    assert forms == ["notification", "text"]
    assert "a message to try this webhook" in json.dumps(server.bodies)


def test_one_that_is_refused_is_told_and_the_address_is_not(
    repository: Path, server: Receiver
) -> None:
    server.statuses.append(403)
    configure(repository, f"webhooks: [{{url: '{server.url}'}}]")
    status, stdout, _ = call(repository, "--output", "json")
    (told,) = json.loads(stdout)["webhooks"]
    assert status == 1
    assert (told["delivered"], told["host"], told["format"]) == (False, "127.0.0.1", "json")
    assert "127.0.0.1 answered with status 403" in told["message"]
    assert "T0P-S3CRET" not in stdout


def test_without_a_webhook_it_says_where_to_write_one(repository: Path) -> None:
    status, _, stderr = call(repository)
    assert status == 1
    assert "no webhook is configured" in stderr
    assert ".git/sandbox/notify.yaml" in stderr


def test_a_mistake_in_the_file_is_told_with_its_line(repository: Path) -> None:
    configure(repository, "webhooks:\n- {}\n")
    status, _, stderr = call(repository)
    assert status == 1
    assert "notify.yaml:2:3: webhooks[0].url: an address" in stderr
