"""
`config`: of an environment as it is committed, and of any files on disk.
"""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sandbox.bootstrap import open_workspace
from sandbox.runtime.desired import load_tracked
from sandbox.runtime.file_warnings import file_warnings
from tests.cli.conftest import git
from tests.cli_ground import loaded_app


def call(*words: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(loaded_app(), list(words))
    return result.exit_code, result.stdout, result.stderr


def test_an_environment_is_printed_as_it_is_committed(repository: Path) -> None:
    (repository / "environments" / "staging" / "compose.yaml").write_text("not committed")

    status, stdout, _ = call("--repo", str(repository), "config", "staging", "--output", "json")

    assert status == 0
    model = json.loads(stdout)
    assert model["services"]["web"]["image"] == "nothing.invalid/web:1"
    assert list(model)[:2] == ["name", "services"]


def test_one_of_several_environments_must_be_named(repository: Path) -> None:
    status, stdout, stderr = call("--repo", str(repository), "config")

    assert (status, stdout) == (2, "")
    assert "name one of production, staging" in stderr


def test_files_on_disk_are_read_with_the_variables_of_the_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TAG", "7")
    (tmp_path / "s").mkdir()
    (tmp_path / "s" / "a.yaml").write_text("name: n\nservices: {web: {image: 'i:$TAG$MORE'}}\n")
    (tmp_path / "b.yaml").write_text("services: {web: {build: .}, x: {image: i, profiles: [p]}}\n")
    (tmp_path / "v.env").write_text("MORE=-b\nTAG=8\n")
    files = ["--file", "s/a.yaml", "--file", "b.yaml", "--env-file", "v.env", "--profile", "p"]

    status, stdout, stderr = call("config", *files, "--output", "json")

    assert (status, stderr) == (0, "")
    services = json.loads(stdout)["services"]
    assert services["web"]["image"] == "i:7-b"
    assert services["web"]["build"]["context"] == str(tmp_path / "s")
    assert list(services) == ["web", "x"]
    _, text, _ = call("config", *files, "--project-directory", ".", "--project-name", "other")
    assert text.startswith("name: other\nservices:\n  web:\n    image: i:7-b\n")
    assert f"context: {tmp_path}\n" in text


def test_what_is_wrong_in_files_is_told_with_its_place_and_nothing_is_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.yaml").write_text("services:\n  web:\n    imag: x\n")

    status, stdout, stderr = call("config", "--file", "a.yaml")

    assert (status, stdout) == (1, "")
    assert "a.yaml:3:5: services.web.imag: the key `imag` is unknown" in stderr
    assert "commit" not in stderr


def test_an_environment_and_files_exclude_each_other(repository: Path) -> None:
    status, stdout, stderr = call("--repo", str(repository), "config", "staging", "--file", "x")

    assert (status, stdout) == (2, "")
    assert "an environment is read from its commit" in stderr


def test_a_variable_that_is_not_set_is_told_with_the_file_to_set_it_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "s").mkdir()
    (tmp_path / "s" / "a.yaml").write_text("services: {web: {image: 'i:$TAG', label_file: l}}\n")
    (tmp_path / "s" / "l").write_text("a=$B\n")
    (tmp_path / "v.env").write_text("")

    _, _, stderr = call("config", "--file", "s/a.yaml")
    assert "the variable TAG is not set; it reads as empty (set it in `s/.env`, or" in stderr
    # A file of labels knows no variables of others.
    assert "the variable B is not set; it reads as empty (write `${B:-}` for empty" in stderr

    _, _, stderr = call("config", "--file", "s/a.yaml", "--env-file", "v.env")
    assert "(set it in `v.env`, or" in stderr


def test_the_warnings_of_an_environment_are_those_of_plan(repository: Path) -> None:
    file = repository / "environments" / "staging" / "compose.yaml"
    file.write_text(
        "x-sandbox: {}\nservices:\n  web:\n    image: nothing.invalid/web\n"
        "    user: $WHO\n    volumes: [./data:/data]\n"
    )
    state = repository / ".git" / "sandbox"
    state.mkdir(exist_ok=True)
    webhook = "{url: 'http://127.0.0.1:1/x', environments: [stagin]}"
    (state / "notify.yaml").write_text(f"webhooks:\n- {webhook}\n")
    git("commit", "-q", "-a", "-m", "Change", cwd=repository)
    with open_workspace(str(repository)) as workspace:
        desired = load_tracked(workspace.repository, "staging")
        expected = [f"warning: {each}" for each in file_warnings(workspace, desired)]

    status, _, stderr = call("--repo", str(repository), "config", "staging")

    assert (status, stderr.splitlines()) == (0, expected)
    for part in ("WHO is not set", "has no tag", "becomes the volume", "environment 'stagin'"):
        assert part in stderr
