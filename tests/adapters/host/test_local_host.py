import os
import socket
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

import docker
import docker.errors
import pytest

from sandbox.adapters.host import LocalHost, base_image
from sandbox.model.diagnosis import BuildBaseImage, PullImage, Reach
from sandbox.planning import labels

BASE = "debian:trixie-slim"
ENDPOINT = os.environ.get("DOCKER_HOST") or None


def local_host(said: list[str], **environment: str) -> LocalHost:
    return LocalHost(
        environment={**os.environ, **environment},
        base_image=BASE,
        ports={8081: ("staging",)},
        committer=lambda: ("Ada", "ada@example.org"),
        say=said.append,
    )


def test_a_look_finds_what_the_machine_itself_says(tmp_path: Path) -> None:
    said: list[str] = []

    facts = local_host(said, DOCKER_HOST=f"unix://{tmp_path}/none.sock").diagnose()

    git = subprocess.run(("git", "--version"), check=True, capture_output=True, text=True).stdout
    assert facts.git_version
    assert (facts.git_name, facts.git_email) == ("Ada", "ada@example.org")
    assert [each.users for each in facts.ports] == [("staging",)]
    assert f" {facts.git_version}" in git
    assert facts.root is (os.geteuid() == 0)
    assert facts.disk_free_bytes > 0
    assert facts.inotify_watches is None or facts.inotify_watches > 0
    assert facts.engine.chosen
    assert facts.engine.reach is Reach.ABSENT
    assert not facts.base_image_present
    assert said == []


def test_without_a_git_program_there_is_no_version(tmp_path: Path) -> None:
    host = local_host([], DOCKER_HOST=f"unix://{tmp_path}/none.sock", PATH=str(tmp_path))

    facts = host.diagnose()
    assert (facts.git_version, facts.git_name, facts.git_email) == ("", "", "")


def test_a_registry_that_cannot_be_reached_is_found_out_without_the_engine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        nobody = server.getsockname()
    monkeypatch.setattr(base_image, "REGISTRY", nobody)
    said: list[str] = []
    # No engine is there either: asking it would be told as another failure.
    host = local_host(said, DOCKER_HOST=f"unix://{tmp_path}/none.sock")

    host.perform(PullImage(reference=BASE, look_first=True))

    assert said == [f"pulling {BASE}", "  not pulled: 127.0.0.1 cannot be reached"]


@pytest.fixture
def image_name() -> Iterator[str]:
    name = f"sandbox-test/built-{os.getpid()}:1"
    yield name
    client = docker.APIClient(base_url=ENDPOINT, version="auto")
    try:
        client.remove_image(name, force=True)
    except docker.errors.ImageNotFound:
        pass
    finally:
        client.close()


@pytest.mark.engine
def test_an_engine_that_answers_is_described() -> None:
    facts = local_host([]).diagnose()

    assert facts.engine.reach is Reach.ANSWERS
    assert facts.engine.version
    assert facts.base_image_present
    assert [port.number for port in facts.ports] == [8081]


@pytest.mark.engine
def test_a_built_base_image_is_imported_under_its_name(image_name: str, tmp_path: Path) -> None:
    root = tmp_path / "prepared.tar"
    with tarfile.open(root, "w") as archive:
        archive.add(__file__, arcname="etc/a-file")
    builder = tmp_path / "mmdebstrap"
    # The builder's last argument is the file.
    builder.write_text(
        f'#!/bin/sh\nwhile [ $# -gt 1 ]; do shift; done\ncp {root} "$1"\necho I: done\n'
    )
    builder.chmod(0o755)
    said: list[str] = []
    host = local_host(said, PATH=f"{tmp_path}:/usr/bin:/bin")

    host.perform(BuildBaseImage(reference=image_name, suite="trixie"))

    assert said[0] == f"building {image_name} from packages"
    client = docker.APIClient(base_url=ENDPOINT, version="auto")
    try:
        built = client.inspect_image(image_name)  # type: ignore[no-untyped-call]  # its decorator has no types
    finally:
        client.close()
    assert built["Config"]["Cmd"] == ["bash"]


@pytest.mark.engine
@pytest.mark.parametrize(
    ("container_labels", "ours"), [({}, False), ({labels.INSTANCE: "0123456789ab"}, True)]
)
def test_a_published_port_names_the_container_and_whether_a_sandbox_made_it(
    container_labels: dict[str, str], ours: bool
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    name = f"sandbox-test-port-{os.getpid()}-{ours}"
    client = docker.APIClient(base_url=ENDPOINT, version="auto")
    settings = client.create_host_config(port_bindings={80: ("127.0.0.1", port)})
    made = client.create_container(
        BASE, ["sleep", "60"], name=name, ports=[80], host_config=settings, labels=container_labels
    )
    try:
        client.start(made["Id"])
        host = LocalHost(
            environment=os.environ,
            base_image=BASE,
            ports={port: ("staging",)},
            committer=lambda: ("", ""),
            say=lambda _: None,
        )
        (found,) = host.diagnose().ports
    finally:
        client.remove_container(made["Id"], force=True)
        client.close()

    assert found.holder == f"container {name}"
    assert found.ours is ours
