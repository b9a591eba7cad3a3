"""
The control socket: both ends together, over a real Unix socket.
"""

import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sandbox import errors
from sandbox.adapters.control_client import Patience, RemoteControl, connect
from sandbox.adapters.control_server import serve
from sandbox.model.event import Event, EventKind
from sandbox.model.gate import GatePhase, GateStatus, GateVerdict
from sandbox.model.problem import Problem
from sandbox.model.record import Outcome, StepRecord, SyncRecord, Trigger
from sandbox.model.status import EnvironmentStatus, Health, ServiceStatus, SyncStatus
from tests.fakes.control import FakeControl

pytestmark = pytest.mark.slow

EVENT = Event(
    at=12.5, environment="staging", kind=EventKind.STEP_ENDED, message="start wéb", steps=3
)
RECORD = SyncRecord(
    id=7,
    environment="staging",
    revision="a" * 40,
    trigger=Trigger.PERSON,
    started_at=1.0,
    finished_at=2.5,
    outcome=Outcome.FAILED,
    message="no",
    steps=(
        StepRecord(step_id="start web-1", reason="missing", outcome=Outcome.FAILED, seconds=1.0),
    ),
    log=("last words",),
)
STATUSES = (
    EnvironmentStatus(
        name="staging",
        revision="a" * 40,
        sync=SyncStatus.SYNCED,
        health=Health.HEALTHY,
        services=(ServiceStatus(name="web", desired=1, ready=1, health=Health.HEALTHY),),
        gates=(
            GateStatus(name="smoke", phase=GatePhase.AFTER, verdict=GateVerdict.PASSED),
            GateStatus(name="units", phase=GatePhase.BEFORE),
        ),
        urls=("http://127.0.0.1:8081",),
        reconciled=True,
    ),
    EnvironmentStatus(name="production"),
)


@contextmanager
def conversation(control: FakeControl, folder: Path) -> Iterator[RemoteControl]:
    address = str(folder / "control.sock")
    with serve(control, address):
        client = connect(address)
        assert client is not None
        yield client


def test_statuses_arrive_as_they_were_sent(tmp_path: Path) -> None:
    control = FakeControl(statuses=STATUSES)
    with conversation(control, tmp_path) as client:
        assert client.status(()) == STATUSES
        assert client.status(("production",)) == STATUSES[1:]
    assert control.asked == [("status",), ("status", "production")]


def test_a_sync_streams_its_events_and_ends_with_the_record(tmp_path: Path) -> None:
    seen: list[Event] = []
    with conversation(FakeControl(events=[EVENT, EVENT], record=RECORD), tmp_path) as client:
        assert client.sync("staging", seen.append) == RECORD
    assert seen == [EVENT, EVENT]


def test_a_sync_passes_on_whether_gates_run_again(tmp_path: Path) -> None:
    control = FakeControl(record=RECORD)
    with conversation(control, tmp_path) as client:
        client.sync("staging", lambda _: None)
        client.sync("staging", lambda _: None, rerun=True)
    assert control.asked == [("sync", "staging"), ("sync", "staging", "rerun")]


def test_down_passes_on_whether_volumes_go_too(tmp_path: Path) -> None:
    control = FakeControl(record=RECORD)
    with conversation(control, tmp_path) as client:
        client.down("staging", volumes=True, on_event=lambda _: None)
        client.down("staging", volumes=False, on_event=lambda _: None)
    assert control.asked == [("down", "staging", True), ("down", "staging", False)]


def test_up_names_the_environments(tmp_path: Path) -> None:
    control = FakeControl()
    with conversation(control, tmp_path) as client:
        client.up(("staging", "production"))
        client.up(())
    assert control.asked == [("up", "staging", "production"), ("up",)]


def test_events_are_numbered_and_end_when_the_reader_says_so(tmp_path: Path) -> None:
    control = FakeControl(events=[EVENT, EVENT])
    seen: list[tuple[int, Event]] = []
    with conversation(control, tmp_path) as client:
        reading = client.events(after=40, stop=lambda: True)
        seen.append(next(reading))
        assert list(reading) == [], "it went on although the reader had enough"
        assert control.left.wait(5.0), "the server did not notice that the reader left"
    assert seen == [(41, EVENT)]


def test_a_silent_stream_still_asks_whether_to_stop(tmp_path: Path) -> None:
    began = time.monotonic()
    with conversation(FakeControl(), tmp_path) as client:
        assert list(client.events(after=0, stop=lambda: time.monotonic() - began > 0.5)) == []
    assert time.monotonic() - began < 5.0


@pytest.mark.parametrize(
    "failure",
    [
        errors.NotFoundError("no such environment", remedy="there are: a, b"),
        errors.EngineUnreachableError("no engine"),
        errors.ImageError("no image", remedy="fix it", log=("E: no package",), temporary=True),
        errors.DeadlineError("too late", log=("waiting",)),
        errors.HeldError("degraded"),
        errors.InvalidComposeError([Problem(file="a.yaml", line=3, column=5, message="what?")]),
    ],
    ids=lambda failure: type(failure).__name__,
)
@pytest.mark.parametrize("verb", ["status", "sync"])
def test_an_error_arrives_as_the_same_error(
    tmp_path: Path, failure: errors.SandboxError, verb: str
) -> None:
    with conversation(FakeControl(failure=failure), tmp_path) as client:
        asking: dict[str, Callable[[], object]] = {
            "status": lambda: client.status(()),
            "sync": lambda: client.sync("staging", lambda _: None),
        }
        with pytest.raises(type(failure)) as caught:
            asking[verb]()
    for name in ("message", "remedy", "exit_status", "log", "temporary", "problems"):
        assert getattr(caught.value, name, None) == getattr(failure, name, None)


def test_a_bug_in_the_controller_arrives_without_its_secrets(tmp_path: Path) -> None:
    failure = RuntimeError("password=hunter2")
    with (
        conversation(FakeControl(failure=failure), tmp_path) as client,
        pytest.raises(errors.SandboxError) as caught,
    ):
        client.up(())
    assert "RuntimeError" in caught.value.message
    assert "hunter2" not in str(caught.value)


def test_only_the_owner_may_open_the_socket(tmp_path: Path) -> None:
    address = tmp_path / "state" / "control.sock"
    with serve(FakeControl(), str(address)):
        assert stat.S_IMODE(address.stat().st_mode) == 0o600
        assert stat.S_IMODE(address.parent.stat().st_mode) == 0o700
    assert not address.exists()


def test_a_socket_in_a_deep_folder_works(tmp_path: Path) -> None:
    folder = tmp_path / ("deep" * 20) / ("deeper" * 20)
    assert len(str(folder)) > 200
    with conversation(FakeControl(statuses=STATUSES), folder) as client:
        assert client.status(()) == STATUSES
        threads = [threading.Thread(target=client.status, args=((),)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(5.0)
            assert not thread.is_alive()


def test_nobody_listens_where_there_is_no_socket(tmp_path: Path) -> None:
    assert connect(str(tmp_path / "control.sock")) is None
    assert connect(str(tmp_path / "no-folder" / ("x" * 120) / "control.sock")) is None


def test_a_socket_that_a_killed_controller_left_is_no_controller(tmp_path: Path) -> None:
    address = str(tmp_path / "control.sock")
    with socket.socket(socket.AF_UNIX) as killed:
        killed.bind(address)
        killed.listen()
    began = time.monotonic()
    assert connect(address) is None
    assert time.monotonic() - began < 5.0
    with serve(FakeControl(statuses=STATUSES), address):
        client = connect(address)
        assert client is not None
        assert client.status(()) == STATUSES


def test_stop_returns_once_the_controller_is_gone(tmp_path: Path) -> None:
    control = FakeControl()
    address = str(tmp_path / "control.sock")
    ended = threading.Event()

    def run() -> None:
        with serve(control, address):
            control.stopped.wait(5.0)
            time.sleep(0.2)
        ended.set()

    thread = threading.Thread(target=run)
    thread.start()
    while (client := connect(address)) is None:
        time.sleep(0.01)
    client.stop()
    assert connect(address) is None
    thread.join(5.0)
    assert ended.is_set()


def test_a_controller_that_dies_at_work_is_told(tmp_path: Path) -> None:
    address = str(tmp_path / "control.sock")
    dying = socket.socket(socket.AF_UNIX)
    dying.bind(address)
    dying.listen()

    def die() -> None:
        for _ in range(2):  # the probe of `connect`, then the request
            peer, _address = dying.accept()
            peer.recv(10)
            peer.close()
        dying.close()

    thread = threading.Thread(target=die)
    thread.start()
    client = connect(address)
    assert client is not None
    with pytest.raises(errors.SandboxError, match="connection to the controller was lost"):
        client.sync("staging", lambda _: None)
    thread.join(5.0)


def test_work_goes_on_when_the_one_who_asked_leaves(tmp_path: Path) -> None:
    control = FakeControl(events=[EVENT], record=RECORD)
    control.hold = threading.Event()

    def leave(_: Event) -> None:
        raise KeyboardInterrupt

    with conversation(control, tmp_path) as client:
        with pytest.raises(KeyboardInterrupt):
            client.sync("staging", leave)
        control.hold.set()
        deadline = time.monotonic() + 5.0
        while not control.asked and time.monotonic() < deadline:
            time.sleep(0.01)
    assert control.asked == [("sync", "staging")]


@pytest.mark.parametrize(
    "request_text",
    [
        "GET /v1/nothing HTTP/1.1\r\nHost: x\r\n\r\n",
        "POST /v1/up HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n",
        "POST /v1/up HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\n[1]",
        "POST /v1/up HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    ],
)
def test_nonsense_is_answered_with_an_error(tmp_path: Path, request_text: str) -> None:
    address = str(tmp_path / "control.sock")
    control = FakeControl()
    with serve(control, address), socket.socket(socket.AF_UNIX) as client:
        client.settimeout(5.0)
        client.connect(address)
        client.sendall(request_text.encode())
        answer = client.recv(65536)
        # Head and body may come in two pieces.
        while b'"error"' not in answer and (more := client.recv(65536)):
            answer += more
    assert answer.startswith(b"HTTP/1.1 4")
    assert b'"error"' in answer
    assert control.asked == []


def test_no_thread_or_file_is_left_behind(tmp_path: Path) -> None:
    def descriptors() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    with conversation(FakeControl(statuses=STATUSES), tmp_path) as client:
        client.status(())
        before = descriptors()
        for _ in range(20):
            client.status(())
        assert descriptors() <= before + 2


def remove(address: Path) -> None:
    address.unlink()


def remove_folder(address: Path) -> None:
    address.unlink()
    address.parent.rmdir()


def replace_with_a_file(address: Path) -> None:
    other = address.with_name("other")
    other.write_text("mine")
    other.replace(address)


def replace_with_a_dead_socket(address: Path) -> None:
    address.unlink()
    with socket.socket(socket.AF_UNIX) as killed:
        killed.bind(str(address))


@pytest.mark.parametrize(
    "lose", [remove, remove_folder, replace_with_a_file, replace_with_a_dead_socket]
)
def test_a_socket_that_is_lost_comes_back(lose: Callable[[Path], None], tmp_path: Path) -> None:
    address = tmp_path / "state" / "control.sock"
    control = FakeControl(statuses=STATUSES, events=[EVENT], record=RECORD)
    control.hold = threading.Event()
    seen: list[Event] = []
    with serve(control, str(address)):
        earlier = connect(str(address))
        assert earlier is not None
        results: list[SyncRecord] = []
        work = threading.Thread(target=lambda: results.append(earlier.sync("staging", seen.append)))
        work.start()
        while not seen:
            time.sleep(0.01)

        lose(address)

        deadline = time.monotonic() + 5.0
        while (client := connect(str(address))) is None:
            assert time.monotonic() < deadline, "it did not come back"
            time.sleep(0.01)
        assert client.status(()) == STATUSES
        assert stat.S_IMODE(address.stat().st_mode) == 0o600
        control.hold.set()
        work.join(5.0)
        assert results == [RECORD], "the conversation on the lost socket was cut"
    assert not address.exists()


def test_who_lost_the_lock_too_ends_and_leaves_the_socket_of_the_other(tmp_path: Path) -> None:
    address = tmp_path / "control.sock"
    control, other = FakeControl(), FakeControl(statuses=STATUSES)
    with serve(control, str(address), lambda: False), serve(other, str(address)):
        assert control.stopped.wait(5.0)
        client = connect(str(address))
        assert client is not None
        assert client.status(()) == STATUSES


def test_a_folder_in_place_of_the_socket_is_an_error_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "control.sock").mkdir()

    with (
        pytest.raises(errors.SetupError) as caught,
        serve(FakeControl(), str(tmp_path / "control.sock")),
    ):
        pass
    assert caught.value.remedy.startswith("remove what is there: rm -r /")


LISTEN = """
import socket, sys
with socket.socket(socket.AF_UNIX) as ear:
    ear.bind(sys.argv[1])
    ear.listen()
    print("listening", flush=True)
    sys.stdin.read()
"""


@pytest.mark.parametrize("verb", ["status", "up", "sync", "down", "events", "stop"])
def test_a_stopped_controller_is_waited_for_as_long_as_a_person_allows(
    verb: str, tmp_path: Path
) -> None:
    address = str(tmp_path / "control.sock")
    with subprocess.Popen(
        [sys.executable, "-c", LISTEN, address], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == b"listening\n"
        process.send_signal(signal.SIGSTOP)
        client = connect(address, Patience(0.5))
        assert client is not None
        asking: dict[str, Callable[[], object]] = {
            "status": lambda: client.status(()),
            "up": lambda: client.up(()),
            "sync": lambda: client.sync("staging", lambda _: None),
            "down": lambda: client.down("staging", volumes=False, on_event=lambda _: None),
            "events": lambda: list(client.events(after=0, stop=lambda: False)),
            "stop": client.stop,
        }
        began = time.monotonic()
        with pytest.raises(errors.DeadlineError) as caught:
            asking[verb]()
        with pytest.raises(errors.DeadlineError):
            client.status(())
        took = time.monotonic() - began
        process.kill()

    assert took < 12.0
    assert f"process {process.pid}" in caught.value.message
    assert "it is suspended by a signal" in caught.value.message
    assert f"kill -CONT {process.pid}" in caught.value.remedy
    assert f"kill -KILL {process.pid}" in caught.value.remedy


def test_a_controller_that_hangs_is_told_with_its_log_and_how_to_end_it(tmp_path: Path) -> None:
    address = str(tmp_path / "control.sock")
    with subprocess.Popen(
        [sys.executable, "-c", LISTEN, address], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == b"listening\n"
        client = connect(address, Patience(0.5))
        assert client is not None
        with pytest.raises(errors.DeadlineError) as caught:
            client.status(())
        process.kill()

    assert f"read {tmp_path}/controller.log; or end it" in caught.value.remedy
    assert caught.value.remedy.endswith(f": kill {process.pid}")
