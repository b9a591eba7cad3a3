"""
Messages from a journal to a real server, and that neither can hurt whoever writes the journal.
"""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import pytest

from sandbox.adapters.git_repository import open_repository
from sandbox.adapters.system_clock import SystemClock
from sandbox.adapters.webhook import HttpWebhooks
from sandbox.model.event import Event, EventKind
from sandbox.model.plan import SyncPolicy
from sandbox.model.waiver import WaiverFile
from sandbox.runtime import notifier as module
from sandbox.runtime.notifier import SAYS, Notifier
from sandbox.runtime.workspace import Workspace
from tests.fakes.journal import FakeJournal
from tests.repositories import DiskRepository
from tests.webhook_server import Receiver, receiver


@dataclass
class Ground:
    """A notifier that runs, and a controller's way of telling it."""

    workspace: Workspace
    file: Path
    told: list[str] = field(default_factory=list)
    notifier: Notifier | None = None

    def start(self) -> None:
        self.notifier = Notifier(self.workspace, self.emit)
        threading.Thread(target=self.notifier.run, daemon=True).start()

    def stop(self) -> None:
        assert self.notifier
        self.notifier.stop()

    def emit(self, event: Event) -> None:
        self.workspace.journal.record_event(event)
        if self.notifier:
            self.notifier.wake()
        self.told.append(event.message)

    def happen(
        self, message: str, kind: EventKind = EventKind.DEGRADED, env: str = "staging"
    ) -> None:
        now = self.workspace.clock.now()
        self.emit(Event(at=now, environment=env, kind=kind, message=message))

    def configure(self, *urls: str, more: str = "") -> None:
        lines = [f"  - {{url: '{url}'{more}}}\n" for url in urls]
        self.file.write_text("webhooks:\n" + "".join(lines))

    def about_messages(self) -> list[str]:
        return [each for each in self.told if each.startswith(SAYS)]


def nobody() -> object:
    return cast("object", None)


@pytest.fixture
def ground(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ground]:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(module, "LOOK_S", 0.2)
    monkeypatch.setattr(module, "PAUSES_S", (0.05, 0.05))
    DiskRepository.make(tmp_path / "shop").commit()
    state = tmp_path / "state"
    state.mkdir()
    workspace = Workspace(
        repository=open_repository(str(tmp_path / "shop")),
        engine=nobody(),  # type: ignore[arg-type] # no container is looked at here
        ingress=nobody(),  # type: ignore[arg-type] # likewise
        journal=FakeJournal(),
        runs=nobody(),  # type: ignore[arg-type] # nobody runs a pipeline here
        webhooks=HttpWebhooks(str(state)),
        lock=nobody(),  # type: ignore[arg-type] # nobody locks here
        clock=SystemClock(),
        feed=nobody(),  # type: ignore[arg-type] # nobody watches here
        policy=SyncPolicy(),
        taken_ports=lambda _number: (),
        waivers=WaiverFile,
        choose_control=nobody(),  # type: ignore[arg-type] # nobody asks here
        release_all=lambda: None,
        edge_port=0,
    )
    ground = Ground(workspace=workspace, file=state / "notify.yaml")
    yield ground
    if ground.notifier:
        ground.stop()
    workspace.repository.close()  # type: ignore[attr-defined] # the adapter has it


@pytest.fixture
def server() -> Iterator[Receiver]:
    with receiver() as state:
        yield state


def until(condition: Callable[[], object], seconds: float = 5.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_what_happens_from_now_on_is_told_once(ground: Ground, server: Receiver) -> None:
    ground.configure(server.url)
    ground.happen("before it ran")
    ground.start()
    ground.happen("web-1 does not become ready")
    ground.happen("web-1 does not become ready")
    ground.happen("fixed", EventKind.SYNCED)
    server.wait_for(2)
    time.sleep(0.3)
    assert [
        (each["notification"]["kind"], each["notification"]["message"]) for each in server.bodies
    ] == [("degraded", "web-1 does not become ready"), ("recovered", "fixed")]
    assert server.bodies[0]["notification"]["repository"] == "shop"


def test_what_another_process_wrote_to_the_journal_is_told_too(
    ground: Ground, server: Receiver
) -> None:
    ground.configure(server.url, more=", format: chat, environments: [staging]")
    ground.start()
    for name in ("production", "staging"):
        ground.workspace.journal.record_event(
            Event(at=1.0, environment=name, kind=EventKind.PROMOTED, message=f"to {name}")
        )
    (told,) = server.wait_for(1)
    assert told["text"].endswith("*shop staging* promoted: to staging")


def test_a_server_that_fails_for_a_moment_gets_its_message(
    ground: Ground, server: Receiver
) -> None:
    server.statuses += [503, 429]
    ground.configure(server.url)
    ground.start()
    ground.happen("no")
    server.wait_for(1)
    assert ground.about_messages() == []


def test_a_webhook_that_fails_is_told_once_without_its_address_and_delays_no_other(
    ground: Ground, server: Receiver
) -> None:
    with receiver() as broken:
        broken.statuses += [404] * 3
        ground.configure(broken.url, server.url)
        ground.start()
        time.sleep(0.1)
        for count in range(3):
            ground.happen(f"no {count}")
        assert len(server.wait_for(3)) == 3
        until(lambda: not broken.statuses)
        ground.happen("no 3")
        (told,) = broken.wait_for(1)
    assert told["notification"]["lost"] == 3
    (about,) = ground.about_messages()
    assert "127.0.0.1 answered with status 404" in about
    assert "T0P-S3CRET" not in "".join(ground.told)
    # Nobody is sent a message about messages.
    assert all(not each["notification"]["message"].startswith(SAYS) for each in server.bodies)


def test_whoever_writes_the_journal_never_waits_and_of_too_many_the_oldest_are_lost(
    ground: Ground, server: Receiver
) -> None:
    server.silent = True
    ground.configure(server.url)
    ground.start()
    began = time.monotonic()
    for count in range(150):
        ground.happen(f"no {count}")
    assert time.monotonic() - began < 5.0
    time.sleep(0.3)
    server.over.set()

    def all_told() -> bool:
        return sum(1 + int(each["notification"]["lost"]) for each in server.bodies) == 150

    until(all_told)
    assert len(server.bodies) <= module.QUEUE_MAX + 1
    assert server.bodies[-1]["notification"]["message"] == "no 149"


def test_it_ends_soon_though_nobody_takes_its_messages(ground: Ground, server: Receiver) -> None:
    server.silent = True
    ground.configure(server.url)
    ground.start()
    for count in range(3):
        ground.happen(f"no {count}")
    time.sleep(0.3)
    began = time.monotonic()
    ground.stop()
    assert time.monotonic() - began < 5.0


def test_what_is_told_at_the_very_end_still_gets_there(ground: Ground, server: Receiver) -> None:
    ground.configure(server.url)
    ground.start()
    ground.happen("the environment was taken down", EventKind.STOPPED)
    ground.stop()
    assert [each["notification"]["kind"] for each in server.bodies] == ["stopped"]


def test_a_mistake_in_the_file_is_told_once_and_an_edit_counts_at_the_next_message(
    ground: Ground, server: Receiver
) -> None:
    ground.file.write_text(f"webhooks: [{{url: {server.url}, form: chat}}]")
    ground.start()
    for count in range(3):
        ground.happen(f"no {count}")
        time.sleep(0.1)
    (about,) = ground.about_messages()
    assert "notify.yaml:1:" in about
    assert "unknown key 'form'" in about
    assert "T0P-S3CRET" not in about
    assert server.bodies == []
    ground.configure(server.url)
    ground.happen("yes")
    server.wait_for(1)


def test_a_journal_that_was_deleted_is_followed_from_its_new_beginning(
    ground: Ground, server: Receiver
) -> None:
    ground.configure(server.url)
    for count in range(5):
        ground.happen(f"before {count}")
    ground.start()
    journal = ground.workspace.journal
    assert isinstance(journal, FakeJournal)
    journal._events.clear()
    ground.happen("after")
    (told,) = server.wait_for(1)
    assert told["notification"]["message"] == "after"


def test_a_bug_of_ours_is_told_once_and_ends_nothing(
    ground: Ground, server: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    ground.configure(server.url)
    with monkeypatch.context() as broken:
        broken.setattr(module, "wanted_by", lambda *_: 1 / 0)
        ground.start()
        for count in range(3):
            ground.happen(f"no {count}")
            time.sleep(0.1)
        assert ground.about_messages() == [f"{SAYS}ZeroDivisionError: division by zero"]
    ground.happen("yes")
    assert server.wait_for(1)[0]["notification"]["message"] == "yes"


def test_what_happens_to_the_journal_is_an_event_and_a_message(
    ground: Ground, server: Receiver
) -> None:
    ground.configure(server.url)
    ground.start()
    cast("FakeJournal", ground.workspace.journal).noticed = ["history is only in memory"]

    (told,) = server.wait_for(1)
    assert told["notification"]["kind"] == "held"
    assert told["notification"]["message"] == "history is only in memory"
    assert ground.told == ["history is only in memory"]
