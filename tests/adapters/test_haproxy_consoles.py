"""Consoles that stay open: one is started once, and never used again after anything went wrong."""

from __future__ import annotations

import gc
import sys
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from sandbox.adapters.haproxy import HaproxyIngress, consoles
from sandbox.adapters.haproxy.consoles import Consoles
from sandbox.errors import IngressError
from sandbox.planning.ingress_image import END

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sandbox.adapters.haproxy.console import Talk

BOX = "0123456789ab"


@dataclass
class Running:
    """A console in a container that answers each order with its own number."""

    number: int
    runs: bool = True
    answers: list[bytes] = field(default_factory=list)

    def send(self, data: bytes) -> None:
        assert self.runs
        self.answers.append(b"%d: %b%b 0\n" % (self.number, data, END.encode()))

    def receive(self) -> bytes:
        return self.answers.pop(0) if self.answers else b""

    def is_quiet(self) -> bool:
        return self.runs and not self.answers


@dataclass
class Engine:
    """Starts consoles."""

    started: list[Running] = field(default_factory=list)
    ended: list[int] = field(default_factory=list)

    @contextmanager
    def converse(
        self, container_id: str, command: Sequence[str], silence_s: float
    ) -> Iterator[Talk]:
        del container_id, command, silence_s
        running = Running(len(self.started))
        self.started.append(running)
        try:
            yield running
        finally:
            running.runs = False
            self.ended.append(running.number)

    def running(self) -> list[int]:
        return [each.number for each in self.started if each.runs]


@pytest.fixture
def engine() -> Engine:
    return Engine()


@pytest.fixture
def kept(engine: Engine) -> Iterator[Consoles]:
    with closing(Consoles(engine.converse)) as kept:
        yield kept
    assert engine.running() == []


def ask(kept: Consoles, container_id: str = BOX) -> str:
    with kept.open(container_id) as console:
        return console.ask("sum").text


def test_one_is_started_once_and_asked_again(engine: Engine, kept: Consoles) -> None:
    assert [ask(kept) for _ in range(3)] == ["0: sum\n"] * 3
    assert ask(kept, "another") == "1: sum\n"
    assert engine.running() == [0, 1]


def test_one_that_was_asked_for_days_ends_as_any_other(engine: Engine, kept: Consoles) -> None:
    for _ in range(sys.getrecursionlimit()):
        ask(kept)
    with pytest.raises(IngressError), kept.open(BOX):
        raise IngressError("it refused")
    assert engine.ended == [0]


def test_each_user_has_one_alone_and_one_is_kept(engine: Engine, kept: Consoles) -> None:
    with ExitStack() as both:
        consoles = [both.enter_context(kept.open(BOX)) for _ in range(2)]
        assert [each.ask("sum").text for each in consoles] == ["0: sum\n", "1: sum\n"]
    assert len(engine.running()) == 1
    ask(kept)
    assert len(engine.started) == 2


def test_one_that_ended_meanwhile_is_replaced(engine: Engine, kept: Consoles) -> None:
    ask(kept)
    engine.started[0].runs = False
    assert ask(kept) == "1: sum\n"


def test_one_that_says_what_nobody_asked_for_is_replaced(engine: Engine, kept: Consoles) -> None:
    ask(kept)
    engine.started[0].answers.append(b"late\n")
    assert ask(kept) == "1: sum\n"
    assert engine.running() == [1]


@pytest.mark.parametrize("error", [IngressError("it refused"), KeyboardInterrupt(), TimeoutError()])
@pytest.mark.parametrize("first", [True, False])
def test_after_a_failure_it_is_ended(
    engine: Engine, kept: Consoles, error: BaseException, first: bool
) -> None:
    if not first:
        ask(kept)
    with pytest.raises((IngressError, KeyboardInterrupt)), kept.open(BOX):
        raise error
    assert engine.running() == []
    assert ask(kept) == "1: sum\n"


def test_one_that_nobody_used_for_long_ends_when_another_is_put_aside(
    engine: Engine, kept: Consoles, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(kept, "old")
    monkeypatch.setattr(consoles, "KEPT_S", -1.0)
    ask(kept, "new")
    assert 0 not in engine.running()


def test_one_whose_container_ended_is_ended_when_another_is_put_aside(
    engine: Engine, kept: Consoles
) -> None:
    ask(kept, "old")
    engine.started[0].runs = False
    ask(kept, "new")
    assert engine.ended == [0]


def test_a_container_that_is_gone_leaves_nothing_behind() -> None:
    @contextmanager
    def gone(container_id: str, command: Sequence[str], silence_s: float) -> Iterator[Talk]:
        del command, silence_s
        raise IngressError(f"{container_id} is gone")
        yield  # never reached: it makes this a generator

    with closing(HaproxyIngress(gone)) as ingress:
        for number in range(3):
            with pytest.raises(IngressError):
                ingress.report(f"container {number}")
        gc.collect()
        assert [*ingress._turns] == []
