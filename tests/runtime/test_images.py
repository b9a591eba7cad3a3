"""Builds are shared by content, outlive the sync that began them, and end with the process."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.errors import CancelledError, ImageError
from sandbox.model.record import Outcome, SyncRecord, Trigger
from sandbox.runtime import images
from sandbox.runtime.images import Images, ImageWork
from sandbox.runtime.meter import Meter
from sandbox.runtime.sync import SyncRequest, sync_environment
from tests.fakes.clock import FakeClock
from tests.fakes.engine import FakeEngine
from tests.promotion_ground import promotion_ground, staging

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sandbox.model.action import BuildImage
    from sandbox.runtime.workspace import Workspace


class Builder:
    """Builds that take until they are told to end; counts them."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.ended: list[str] = []
        self.finish: dict[str, threading.Event] = {}
        self.error: Exception | None = None

    def is_begun(self, content: str) -> bool:
        return content in self.begun

    def work(self, content: str, *tags: str) -> ImageWork:
        self.finish.setdefault(content, threading.Event())

        def make(output: Callable[[str], None], stop: Callable[[], bool]) -> None:
            self.begun.append(content)
            output(f"building {content}")
            while not self.finish[content].wait(0.005):
                if stop():
                    self.ended.append(content)
                    raise CancelledError("stopped")
            if self.error:
                raise self.error

        names = tags or (f"shop/web:{content}",)
        return ImageWork(content=content, name="shop/web", tags=frozenset(names), make=make)


class Waiter:
    """A sync that waits for an image on a thread of its own."""

    def __init__(self, shared: Images, work: ImageWork, clock: FakeClock) -> None:
        self.said: list[str] = []
        self.superseded = threading.Event()
        self.error: BaseException | None = None
        self._call = (shared, work, clock)
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        shared, work, clock = self._call
        try:
            shared.obtain(work, self.said.append, self.superseded.is_set, clock)
        except BaseException as error:  # noqa: BLE001 - told by `end`
            self.error = error

    def end(self) -> BaseException | None:
        self._thread.join(5.0)
        assert not self._thread.is_alive(), "it still waits"
        return self.error


@pytest.fixture
def shared() -> Iterator[Images]:
    made = Images()
    yield made
    made.close()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


def until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 5.0
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_two_environments_that_need_the_same_image_build_it_once(
    shared: Images, clock: FakeClock
) -> None:
    builder = Builder()
    staging = Waiter(shared, builder.work("a"), clock)
    until(lambda: builder.begun)
    production = Waiter(shared, builder.work("a"), clock)
    time.sleep(0.05)
    builder.finish["a"].set()

    assert (staging.end(), production.end()) == (None, None)
    assert builder.begun == ["a"]
    assert staging.said == ["building a"]


def test_a_newer_commit_that_needs_the_same_image_goes_on_with_its_build(
    shared: Images, clock: FakeClock
) -> None:
    builder = Builder()
    older = Waiter(shared, builder.work("a"), clock)
    until(lambda: builder.begun)
    older.superseded.set()
    assert isinstance(older.end(), CancelledError)

    newer = Waiter(shared, builder.work("a"), clock)
    time.sleep(0.05)
    builder.finish["a"].set()

    assert newer.end() is None
    assert builder.begun == ["a"]
    assert builder.ended == []


def test_under_frequent_commits_the_oldest_build_comes_to_its_end(
    shared: Images, clock: FakeClock
) -> None:
    builder = Builder()
    for content in "abc":
        waiter = Waiter(shared, builder.work(content), clock)
        until(partial(builder.is_begun, content))
        waiter.superseded.set()
        assert isinstance(waiter.end(), CancelledError)
    until(lambda: builder.ended == ["b", "c"])

    again = Waiter(shared, builder.work("a"), clock)
    builder.finish["a"].set()

    assert again.end() is None
    assert builder.begun == ["a", "b", "c"]


def test_what_one_environment_leaves_another_still_gets(shared: Images, clock: FakeClock) -> None:
    builder = Builder()
    staging, production = (Waiter(shared, builder.work("a"), clock) for _ in range(2))
    until(lambda: builder.begun)
    staging.superseded.set()
    staging.end()
    other = Waiter(shared, builder.work("b"), clock)
    until(lambda: "b" in builder.begun)
    other.superseded.set()
    other.end()
    time.sleep(0.05)
    assert builder.ended == [], "only one that nobody waits for is not too many"

    builder.finish["a"].set()
    assert production.end() is None


def test_a_build_that_was_ended_is_begun_anew(shared: Images, clock: FakeClock) -> None:
    builder = Builder()
    for content in "ab":
        waiter = Waiter(shared, builder.work(content), clock)
        until(partial(builder.is_begun, content))
        waiter.superseded.set()
        waiter.end()

    again = Waiter(shared, builder.work("b"), clock)
    until(lambda: builder.begun == ["a", "b", "b"])
    builder.finish["b"].set()

    assert again.end() is None


def test_a_failure_is_told_to_all_who_wait_and_not_remembered(
    shared: Images, clock: FakeClock
) -> None:
    builder = Builder()
    builder.error = ImageError("no space")
    waiters = [Waiter(shared, builder.work("a"), clock) for _ in range(3)]
    until(lambda: builder.begun)
    time.sleep(0.05)
    builder.finish["a"].set()
    assert [str(waiter.end()) for waiter in waiters] == ["no space"] * 3

    builder.error = None
    assert Waiter(shared, builder.work("a"), clock).end() is None


def test_what_nobody_waits_for_ends_after_half_an_hour(shared: Images, clock: FakeClock) -> None:
    builder = Builder()
    waiter = Waiter(shared, builder.work("a"), clock)
    until(lambda: builder.begun)
    waiter.superseded.set()
    waiter.end()
    clock.sleep(images.UNWANTED_S - 1)
    time.sleep(0.05)
    assert builder.ended == []

    clock.sleep(2)

    until(lambda: builder.ended == ["a"])


def test_closing_ends_all_builds_at_once(clock: FakeClock) -> None:
    shared, builder = Images(), Builder()
    waiters = [Waiter(shared, builder.work(content), clock) for content in "ab"]
    until(lambda: sorted(builder.begun) == ["a", "b"])
    began = time.monotonic()

    shared.close()

    assert time.monotonic() - began < 10.0
    assert sorted(builder.ended) == ["a", "b"]
    assert all(isinstance(waiter.end(), CancelledError) for waiter in waiters)


def test_other_names_of_the_same_content_are_given_afterwards(
    shared: Images, clock: FakeClock
) -> None:
    builder = Builder()
    one = Waiter(shared, builder.work("a", "shop/web:a"), clock)
    until(lambda: builder.begun)
    two = Waiter(shared, builder.work("a", "shop/web:a", "shop/worker:a"), clock)
    time.sleep(0.05)
    builder.finish["a"].set()

    assert (one.end(), two.end()) == (None, None)
    assert builder.begun == ["a", "a"], "the second names what the first has built"


def test_a_sync_that_a_commit_ends_leaves_its_build_to_the_next_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    builds: list[str] = []
    begun, finish, superseded = threading.Event(), threading.Event(), threading.Event()
    build = FakeEngine.build_image

    def slowly(engine: FakeEngine, action: BuildImage, *rest: Any) -> str:
        builds.append(action.tags[0])
        begun.set()
        while not finish.wait(0.01):
            if rest[-1]():
                raise CancelledError("stopped")
        return build(engine, action, *rest)

    monkeypatch.setattr(FakeEngine, "build_image", slowly)
    for ground in promotion_ground(tmp_path / "shop"):
        files = {"app/Dockerfile": "FROM debian:trixie-slim\n", "app/sql/1.sql": "select 1;\n"}
        ground.disk.commit(**files, **{"environments/staging/compose.yaml": staging()})
        records: list[SyncRecord] = []
        request = SyncRequest(
            environment="staging",
            trigger=Trigger.COMMIT,
            policy=ground.workspace.policy,
            emit=lambda _: None,
            stop=superseded.is_set,
            meter=Meter(
                ingress=ground.workspace.ingress,
                journal=ground.workspace.journal,
                clock=ground.clock,
            ),
        )

        def sync(asked: SyncRequest, records: list[SyncRecord], workspace: Workspace) -> None:
            records.append(sync_environment(workspace, asked))

        first = threading.Thread(target=sync, args=(request, records, ground.workspace))
        first.start()
        assert begun.wait(10.0)
        ground.disk.commit("Change what no image has", notes="1\n")
        superseded.set()
        first.join(10.0)
        newer = replace(request, stop=lambda: False)
        second = threading.Thread(target=sync, args=(newer, records, ground.workspace))
        second.start()
        time.sleep(0.3)
        finish.set()
        second.join(10.0)

        assert [each.outcome for each in records] == [Outcome.ABORTED, Outcome.SUCCEEDED]
        assert len(builds) == 1
