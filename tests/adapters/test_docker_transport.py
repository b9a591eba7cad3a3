"""Whole answers come through one connection that stays open, and each call gets its own."""

from __future__ import annotations

import socket
import threading
from contextlib import closing
from http.client import HTTPConnection
from typing import TYPE_CHECKING

import pytest

from sandbox.adapters.docker_engine import DockerEngine
from sandbox.adapters.docker_engine.transport import UnixClient
from tests.adapters.scripted_engine import Reply, scripted_engine

if TYPE_CHECKING:
    from pathlib import Path

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


def test_calls_share_one_connection(tmp_path: Path) -> None:
    with (
        scripted_engine(tmp_path / "engine.sock") as scripted,
        closing(UnixClient(str(scripted.path), "1.41", timeout_s=5)) as client,
    ):
        for _ in range(3):
            assert client.info()["ID"] == "engine-one"
            assert client.containers(all=True) == []
        assert len(scripted.callers) == 1


def test_a_connection_that_the_engine_closed_meanwhile_is_opened_anew(tmp_path: Path) -> None:
    closed = threading.Semaphore(0)

    def answer_once_each() -> None:
        for _ in range(2):
            caller, _ = listening.accept()
            with caller:
                caller.recv(4096)
                caller.sendall(ANSWER)
            closed.release()

    with (
        socket.socket(socket.AF_UNIX) as listening,
        closing(UnixClient(str(tmp_path / "engine.sock"), "1.41", timeout_s=5)) as client,
    ):
        listening.bind(str(tmp_path / "engine.sock"))
        listening.listen()
        answering = threading.Thread(target=answer_once_each)
        answering.start()
        assert client.info() == {}
        assert closed.acquire(timeout=5)
        assert client.info() == {}
        answering.join()


def test_after_an_interrupt_the_next_call_gets_its_own_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(_: object) -> None:
        raise KeyboardInterrupt

    with (
        scripted_engine(tmp_path / "engine.sock") as scripted,
        closing(DockerEngine(scripted.url)) as engine,
    ):
        numbers = ({"ID": each, "ServerVersion": "1"} for each in ("first", "second", "third"))
        scripted.answer("GET /info", *(Reply(body=each) for each in numbers))
        assert engine.info().engine_id == "first"
        with monkeypatch.context() as patched:
            patched.setattr(HTTPConnection, "getresponse", interrupt)
            with pytest.raises(KeyboardInterrupt):
                engine.info()
        assert engine.info().engine_id == "third"
