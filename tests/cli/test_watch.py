"""`watch` ends with the time that it is given, and says so."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.cli_ground import loaded_app


@pytest.mark.parametrize("form", ["text", "json"])
def test_the_time_that_is_given_ends_it_with_124(repository: Path, form: str) -> None:
    words = ["--repo", str(repository), "watch", "--timeout", "1s", "--output", form]

    ended = CliRunner().invoke(loaded_app(), words)

    assert ended.exit_code == 124
    message = "ended after 1 s, as --timeout says"
    if form == "json":
        assert json.loads(ended.stdout)["error"]["message"] == message
    else:
        assert ended.stderr == f"error: {message}\n"
