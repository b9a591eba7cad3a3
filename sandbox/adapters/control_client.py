"""
Ask the controller of a repository over its Unix socket; `control_server` tells the language.
"""

from __future__ import annotations

import os
import socket
import struct
import sys
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, cast
from urllib.parse import urlencode

from sandbox.adapters import wire
from sandbox.errors import DeadlineError, SandboxError
from sandbox.model.event import Event
from sandbox.model.record import SyncRecord
from sandbox.model.status import EnvironmentStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
    from types import ModuleType

    import httpx

_PATH_LIMIT_BYTES = 100
_CONNECT_S = 2.0
_ANSWER_S = 60.0
_SILENCE_S = 15.0
"""A stream beats every second; a controller that is silent this long is stuck."""
_BEATS_S = 2.5
"""Least silence of a stream that means something, however little time there is."""
_STOP_S = 20.0
_LOOK_S = 0.05
_SOON_S = 0.2
_MOST = 0.8


class Patience:
    """
    How long a call waits for a controller that says nothing.

    Args:
        limit_s: What a person allows; ``None``: as long as each call has by itself.
    """

    def __init__(self, limit_s: float | None = None) -> None:
        self._limit_s = limit_s

    def of(self, usual_s: float) -> float:
        """
        Seconds for a wait that usually takes at most *usual_s*.

        A little less than the limit: that it was silent is told before the command gives up.
        """
        return (
            usual_s if self._limit_s is None else max(_SOON_S, min(usual_s, _MOST * self._limit_s))
        )

    def lose(self) -> None:
        """
        It was silent for so long: whatever else is asked of it is not waited for again.
        """
        self._limit_s = 0.0


def connect(socket_path: str, patience: Patience | None = None) -> RemoteControl | None:
    """
    Reach the controller behind *socket_path*; ``None`` when none answers there.

    A socket that a killed controller left behind refuses at once, so this never waits for it.
    """
    patience = patience or Patience()
    process_id = _listening(Path(socket_path), patience)
    return None if process_id is None else RemoteControl(socket_path, patience, process_id)


def _listening(path: Path, patience: Patience) -> int | None:
    """
    The process that listens at *path*, 0 where the system does not tell; ``None``: there is none.
    """
    with _short(path) as address, socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(patience.of(_CONNECT_S))
        try:
            probe.connect(address)
            if not hasattr(socket, "SO_PEERCRED"):
                return 0
            size = struct.calcsize("3i")
            peer = probe.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size)
        except OSError:
            return None
    process_id, _, _ = struct.unpack("3i", peer)
    return int(process_id)


def _silent(process_id: int, silence_s: float, log: Path) -> DeadlineError:
    """
    What to do about a controller that says nothing: only one that is stopped can go on by itself.
    """
    state = ""
    with suppress(OSError):
        state = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()[0]
    stopped = state in {"T", "t"}
    end = f"kill {'-KILL ' if stopped else ''}{process_id}"
    return DeadlineError(
        f"the controller (process {process_id}) has said nothing for {silence_s:.3g} s"
        + (": it is suspended by a signal" if stopped else ""),
        remedy=(f"let it go on: kill -CONT {process_id}" if stopped else f"read {log}")
        + f"; or end it (containers keep running): {end}",
    )


@contextmanager
def _short(path: Path) -> Generator[str]:
    """
    An address of at most 107 bytes for *path*: a longer one goes by way of its open folder.
    """
    if len(os.fsencode(path)) <= _PATH_LIMIT_BYTES:
        yield str(path)
        return
    try:
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        yield "/nonexistent"
        return
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)


class RemoteControl:
    """
    `sandbox.ports.Control` of the controller in another process. Safe to use from several threads.
    """

    def __init__(self, socket_path: str, patience: Patience, process_id: int) -> None:
        self._path = Path(socket_path)
        self._patience = patience
        self._process_id = process_id

    def status(self, environments: Sequence[str]) -> tuple[EnvironmentStatus, ...]:
        """
        As in `Control`.
        """
        query = urlencode([("environment", name) for name in environments])
        with self._client(_ANSWER_S) as client:
            data = _read(client.get(f"/v1/status?{query}"))
        return wire.decode(tuple[EnvironmentStatus, ...], data.get("statuses", []))

    def settings(self) -> dict[str, str] | None:
        """
        Variables that the controller was started with; ``None`` when it does not say.
        """
        with self._client(_ANSWER_S) as client:
            found = _read(client.get("/v1/about")).get("settings")
        if not isinstance(found, dict):
            return None
        return {name: text for name, text in found.items() if isinstance(text, str)}

    def up(self, environments: Sequence[str]) -> None:
        """
        As in `Control`.
        """
        with self._client(_ANSWER_S) as client:
            _read(client.post("/v1/up", json={"environments": list(environments)}))

    def sync(
        self, environment: str, on_event: Callable[[Event], None], *, rerun: bool = False
    ) -> SyncRecord:
        """
        As in `Control`; the work goes on in the controller even if this process ends.
        """
        body = {"environment": environment, "rerun": rerun}
        return self._work("/v1/sync", body, on_event)

    def down(
        self, environment: str, *, volumes: bool, on_event: Callable[[Event], None]
    ) -> SyncRecord:
        """
        As in `Control`.
        """
        body = {"environment": environment, "volumes": volumes}
        return self._work("/v1/down", body, on_event)

    def events(self, *, after: int, stop: Callable[[], bool]) -> Iterator[tuple[int, Event]]:
        """
        As in `Control`; *stop* is asked at least once a second.
        """
        with (
            self._client(_SILENCE_S, least_s=_BEATS_S) as client,
            client.stream("GET", "/v1/events", params={"after": after}) as response,
        ):
            for line in _lines(response):
                if "event" in line:
                    yield _number(line), wire.decode(Event, line["event"])
                if stop() or "end" in line:
                    return

    def stop(self) -> bool:
        """
        End the controller and wait until it is gone.

        Raises:
            DeadlineError: It still answers after 20 s.
        """
        with self._client(_ANSWER_S) as client:
            _read(client.post("/v1/stop", json={}))
        limit_s = self._patience.of(_STOP_S)
        deadline = time.monotonic() + limit_s
        while _listening(self._path, self._patience) == self._process_id:
            if time.monotonic() > deadline:
                raise DeadlineError(
                    f"the controller has not ended within {limit_s:.3g} s",
                    remedy=f"end it (containers keep running): kill -KILL {self._process_id}",
                )
            time.sleep(_LOOK_S)
        return True

    def _work(
        self, path: str, body: Mapping[str, object], on_event: Callable[[Event], None]
    ) -> SyncRecord:
        with (
            self._client(_SILENCE_S, least_s=_BEATS_S) as client,
            client.stream("POST", path, json=body) as response,
        ):
            for line in _lines(response):
                if "event" in line:
                    on_event(wire.decode(Event, line["event"]))
                if "record" in line:
                    return wire.decode(SyncRecord, line["record"])
        raise _lost("it ended before its work did")

    @contextmanager
    def _client(self, usual_s: float, *, least_s: float = 0.0) -> Generator[httpx.Client]:
        """
        A client for one conversation; what the library raises becomes ours.
        """
        # httpx imports a command line of its own, with rich and click: a sixth of what a whole
        # call of ours computes. It goes without where those are not there.
        sys.modules.setdefault("httpx._main", cast("ModuleType", None))
        import httpx  # noqa: PLC0415 - a tenth of a second that only a running controller costs

        read_s = max(least_s, self._patience.of(usual_s))
        timeout = httpx.Timeout(self._patience.of(_CONNECT_S), read=read_s)
        with _short(self._path) as address:
            # Loading the certificates of the world takes longer than the conversation.
            transport = httpx.HTTPTransport(uds=address, verify=False)
            try:
                with httpx.Client(
                    transport=transport,
                    base_url="http://controller",
                    timeout=timeout,
                    trust_env=False,
                ) as client:
                    yield client
            except httpx.ReadTimeout as error:
                self._patience.lose()
                log = self._path.with_name("controller.log")
                raise _silent(self._process_id, read_s, log) from error
            except httpx.TransportError as error:
                raise _lost(str(error) or type(error).__name__) from error


def _read(response: httpx.Response) -> dict[str, wire.Json]:
    data = wire.from_line(response.read())
    if "error" in data:
        raise wire.decode_error(data["error"])
    return data


def _lines(response: httpx.Response) -> Iterator[dict[str, wire.Json]]:
    for text in response.iter_lines():
        line = wire.from_line(text)
        if "error" in line:
            raise wire.decode_error(line["error"])
        yield line


def _number(line: Mapping[str, wire.Json]) -> int:
    number = line.get("number")
    return number if isinstance(number, int) else 0


def _lost(why: str) -> SandboxError:
    return SandboxError(
        f"the connection to the controller was lost: {why}",
        remedy="see where things stand: sandbox status",
    )
