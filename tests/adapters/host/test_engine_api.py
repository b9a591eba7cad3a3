import os
import socket
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path

import docker
import docker.errors
import pytest

from sandbox.adapters.host import engine_api
from sandbox.adapters.host.engine_api import EngineAddress
from sandbox.adapters.host.narration import Progress
from sandbox.errors import SetupError
from sandbox.model.diagnosis import Reach

LOCAL = EngineAddress(environment={})
ENGINE = EngineAddress(environment=os.environ)


def at(endpoint: str) -> EngineAddress:
    return EngineAddress(environment={"DOCKER_HOST": endpoint})


def test_the_local_socket_is_used_when_nothing_was_chosen() -> None:
    assert LOCAL.endpoint == "unix:///var/run/docker.sock"
    assert not LOCAL.chosen
    assert not EngineAddress(environment={"DOCKER_HOST": ""}).chosen


def test_a_socket_that_is_not_there_is_an_absent_engine(tmp_path: Path) -> None:
    facts = engine_api.look(at(f"unix://{tmp_path}/none.sock"), "any:1").facts

    assert facts.chosen
    assert facts.reach is Reach.ABSENT
    assert facts.failure == f"there is no {tmp_path}/none.sock"


def test_a_socket_that_nobody_serves_is_an_absent_engine(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(f"{tmp_path}/dead.sock")

    facts = engine_api.look(at(f"unix://{tmp_path}/dead.sock"), "any:1").facts

    assert facts.reach is Reach.ABSENT
    assert "Connection refused" in facts.failure


def test_an_address_that_refuses_is_an_absent_engine_in_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

    facts = engine_api.look(at(f"tcp://127.0.0.1:{port}"), "any:1").facts

    assert facts.reach is Reach.ABSENT
    assert "refused" in facts.failure
    assert "\n" not in facts.failure


@pytest.mark.slow
def test_an_engine_that_takes_connections_but_is_frozen_is_silent_within_seconds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_api, "LOOK_TIMEOUT_S", 1)
    began = time.monotonic()
    with socket.socket(socket.AF_UNIX) as frozen:
        frozen.bind(f"{tmp_path}/frozen.sock")
        frozen.listen()

        address = at(f"unix://{tmp_path}/frozen.sock")
        reach = engine_api.look(address, "any:1").facts.reach
        answers = engine_api.answers(address)

    assert reach is Reach.SILENT
    assert not answers
    assert time.monotonic() - began < 10


@pytest.fixture
def image_name(request: pytest.FixtureRequest) -> Iterator[str]:
    name = f"sandbox-test/{request.node.name.replace('_', '-')[:60].strip('-')}:1"
    yield name
    client = docker.APIClient(base_url=ENGINE.endpoint, version="auto")
    try:
        client.remove_image(name, force=True)
    except docker.errors.ImageNotFound:
        pass
    finally:
        client.close()


@pytest.mark.engine
def test_an_engine_that_answers_tells_its_versions_and_what_it_has() -> None:
    view = engine_api.look(ENGINE, "debian:trixie-slim")

    assert view.facts.reach is Reach.ANSWERS
    assert view.facts.version
    assert view.facts.api_version.startswith("1.")
    assert view.facts.root_folder.startswith("/")
    assert view.image_present
    assert not engine_api.look(ENGINE, "sandbox-test/none:1").image_present
    assert engine_api.answers(ENGINE)


@pytest.mark.engine
def test_an_imported_root_file_system_is_present_under_its_name(
    image_name: str, tmp_path: Path
) -> None:
    tar = tmp_path / "root.tar"
    with tarfile.open(tar, "w") as archive:
        archive.add(__file__, arcname="etc/a-file")

    engine_api.import_image(ENGINE, tar, image_name)

    assert engine_api.look(ENGINE, image_name).image_present


@pytest.mark.engine
def test_a_tar_that_is_none_is_refused_with_the_engines_words(
    image_name: str, tmp_path: Path
) -> None:
    tar = tmp_path / "root.tar"
    tar.write_bytes(b"no tar" * 1000)

    with pytest.raises(SetupError, match=r"the engine did not import sandbox-test/"):
        engine_api.import_image(ENGINE, tar, image_name)

    assert not engine_api.look(ENGINE, image_name).image_present


@pytest.mark.engine
def test_a_registry_that_refuses_is_given_up_within_seconds() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    progress = Progress()
    began = time.monotonic()

    assert not engine_api.pull(ENGINE, f"127.0.0.1:{port}/none:1", progress)

    assert "refused" in progress.last_line
    assert time.monotonic() - began < engine_api.PULL_DECISION_S + 5
