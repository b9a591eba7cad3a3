"""Bytes and words that come from the engine: frames, lines, escape codes, errors, ignored files."""

import io
import tarfile

import pytest
from docker.errors import APIError
from requests import Response

from sandbox.adapters.docker_engine.creation import with_paths
from sandbox.adapters.docker_engine.errors import translate
from sandbox.adapters.docker_engine.files import archive
from sandbox.adapters.docker_engine.ignore import without_ignored
from sandbox.adapters.docker_engine.images import registry_of
from sandbox.adapters.docker_engine.streams import Lines, frames
from sandbox.adapters.docker_engine.text import plain
from sandbox.errors import EngineUnreachableError
from sandbox.model.container_file import ContainerFile
from tests.engine_world import context

ADDRESS = "unix:///run/x.sock"


def refused(status: int, words: str) -> APIError:
    response = Response()
    response.status_code = status
    return APIError("refused", response=response, explanation=words)


@pytest.mark.parametrize(
    ("status", "words", "temporary"),
    [
        (500, "oops", True),
        (503, "oops", True),
        (400, "invalid", False),
        (404, "no such container", True),
        (409, "conflict", True),
        (409, "container is marked for removal and cannot be started", True),
        (403, "network x has active endpoints", True),
        (403, "Pool overlaps with other one on this address space", True),
    ],
)
def test_the_mark_that_decides_retry_follows_what_the_engine_said(
    status: int, words: str, *, temporary: bool
) -> None:
    error = translate(refused(status, words), "do it", ADDRESS)
    assert error.message == f"cannot do it: {words}"
    assert error.temporary is temporary


@pytest.mark.parametrize(
    "words",
    [
        "driver failed: Bind for 127.0.0.1:8081 failed: port is already allocated",
        "Error starting userland proxy: listen tcp4 127.0.0.1:8081: bind: address already in use",
    ],
)
def test_a_port_that_is_taken_is_named_with_what_to_do(words: str) -> None:
    error = translate(refused(500, words), "start container x", ADDRESS)
    assert "port 127.0.0.1:8081 of this machine is taken" in error.message
    assert "127.0.0.1:8081" in error.remedy
    assert error.temporary


def test_a_connection_that_breaks_is_an_engine_that_does_not_answer() -> None:
    error = translate(FileNotFoundError(2, "No such file or directory"), "look", ADDRESS)
    assert isinstance(error, EngineUnreachableError)
    assert error.message == (
        "cannot look: no engine answers at unix:///run/x.sock: No such file or directory"
    )
    assert error.temporary
    assert "doctor" in error.remedy


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07text", "text"),
        ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1bPq#0\x1b\\after", "after"),
        ("\x1b[2J\x1b(Bclean\x1bc", "clean"),
        ("a\x00b\x07c\x08\x9bd", "abcd"),
        ("tab\tand\nnewline", "tab\tand\nnewline"),
        ("\x1b[31", "31"),
        ("größe ✓", "größe ✓"),
    ],
)
def test_nothing_that_steers_a_terminal_is_left_in_a_text(text: str, shown: str) -> None:
    assert plain(text) == shown


def frame(stream: int, data: bytes) -> bytes:
    return bytes([stream, 0, 0, 0]) + len(data).to_bytes(4, "big") + data


def test_frames_are_taken_apart_and_a_torn_one_gives_what_there_is() -> None:
    body = io.BytesIO(frame(1, b"out") + frame(2, b"") + frame(2, b"err") + frame(1, b"torn")[:-2])
    assert list(frames(body)) == [(1, b"out"), (2, b"err"), (1, b"to")]


def test_lines_are_cut_for_each_stream_by_itself() -> None:
    lines = Lines()
    pieces = [(1, b"one\ntw"), (2, b"err"), (1, b"o\r\n"), (2, b"or\n\xff\n"), (1, b"rest")]
    found = [line for stream, data in pieces for line in lines.add(stream, data)]
    assert [*found, *lines.rest()] == ["one", "two", "error", "\ufffd", "rest"]


@pytest.mark.parametrize(
    ("reference", "host"),
    [
        ("debian:trixie", "docker.io"),
        ("library/debian", "docker.io"),
        ("ghcr.io/a/b:1", "ghcr.io"),
        ("localhost/a", "localhost"),
        ("host:5000/a@sha256:1", "host:5000"),
    ],
)
def test_the_registry_that_a_reference_means_is_known(reference: str, host: str) -> None:
    assert registry_of(reference) == host


def names(content: bytes) -> set[str]:
    with tarfile.open(fileobj=io.BytesIO(content)) as tar:
        return set(tar.getnames())


def test_ignored_files_are_not_sent_to_the_builder() -> None:
    content = context(
        Dockerfile="FROM x",
        __dockerignore="# comment\n*.md\n!keep.md\nnode_modules/\nDockerfile\n**/*.pyc\n",
        a__md="",
        keep__md="",
        node_modules___x___y__js="",
        src___main__py="",
        src___deep___main__pyc="",
    )
    assert names(without_ignored(content, "./Dockerfile")) == {
        "Dockerfile",
        ".dockerignore",
        "keep.md",
        "src/main.py",
    }


def test_a_dockerfile_s_own_list_of_ignored_files_wins() -> None:
    content = context(
        dev__Dockerfile="FROM x", dev__Dockerfile__dockerignore="a", __dockerignore="b", a="", b=""
    )
    found = names(without_ignored(content, "dev.Dockerfile"))
    assert ("a" in found, "b" in found, "dev.Dockerfile" in found) == (False, True, True)


def test_a_context_without_such_a_list_is_sent_as_it_is() -> None:
    content = context(Dockerfile="FROM x", a="1")
    assert without_ignored(content, "Dockerfile") is content


def test_equal_files_give_equal_archives_with_mode_and_owner() -> None:
    file = ContainerFile(
        target="/etc/app/x.conf", content=b"hello", mode=0o640, uid=7, gid=8, source="config x"
    )
    made = archive([file])
    assert made == archive([file])
    with tarfile.open(fileobj=io.BytesIO(made)) as tar:
        [member] = tar.getmembers()
    assert (member.name, member.mode, member.uid, member.gid) == ("etc/app/x.conf", 0o640, 7, 8)


def test_an_older_engine_mounts_a_part_of_a_volume_by_its_path() -> None:
    whole = {"Type": "volume", "Source": "v", "Target": "/a", "ReadOnly": True}
    part = {**whole, "Target": "/b", "VolumeOptions": {"NoCopy": True, "Subpath": "x"}}
    payload = {"Image": "i", "HostConfig": {"NetworkMode": "none", "Mounts": [whole, part]}}
    assert with_paths(payload, lambda name: f"/volumes/{name}/_data") == {
        "Image": "i",
        "HostConfig": {
            "NetworkMode": "none",
            "Mounts": [
                whole,
                {
                    "Type": "bind",
                    "Source": "/volumes/v/_data/x",
                    "Target": "/b",
                    "ReadOnly": True,
                },
            ],
        },
    }
    assert with_paths({"HostConfig": {}}, str) == {"HostConfig": {}}
