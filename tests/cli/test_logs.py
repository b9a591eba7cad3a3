"""
Following logs while containers come, go and start again.
"""

from collections.abc import Iterator, Sequence
from itertools import islice

import pytest

from sandbox.adapters.system_clock import SystemClock
from sandbox.cli import logs
from sandbox.cli.deadline import Deadline
from sandbox.cli.invocation import Invocation
from sandbox.errors import DeadlineError
from sandbox.model.observed import ContainerState, ObservedContainer
from sandbox.planning.labels import REPLICA, SERVICE


class WrittenLogs:
    """
    The part of an engine that gives logs: all that was written until now, then the end.
    """

    def __init__(self, lines: dict[str, list[str]]) -> None:
        self.lines = lines

    def logs(self, container_id: str, **_: object) -> Iterator[str]:
        yield from list(self.lines.get(container_id, []))


def never() -> Deadline:
    return Deadline(Invocation(), SystemClock())


def container(container_id: str, started_at: float) -> ObservedContainer:
    state = ContainerState.RUNNING if started_at else ContainerState.CREATED
    return ObservedContainer(
        id=container_id,
        name=container_id,
        labels={SERVICE: "web", REPLICA: "1"},
        image_id="sha256:0",
        state=state,
        started_at=started_at,
    )


def test_a_container_is_read_once_it_has_begun_and_again_after_each_start(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(logs, "_LOOK_S", 0.05)
    engine = WrittenLogs({"old": ["2026-01-01T00:00:01Z one"]})
    looks = iter(
        [
            [container("old", 1.0)],
            [container("old", 1.0), container("new", 0.0)],
            [container("new", 2.0)],
            [container("new", 3.0)],
        ]
    )

    def look() -> Sequence[ObservedContainer]:
        found = next(looks)
        if found[-1].started_at >= 2.0:
            engine.lines.setdefault("new", []).append(
                f"2026-01-01T00:00:0{found[-1].started_at:.0f}Z start {found[-1].started_at:.0f}"
            )
        return found

    following = logs._following(engine, look, 10, never())  # type: ignore[arg-type] # only its logs are read
    assert [line.text for line in islice(following, 3)] == ["one", "start 2", "start 3"]


def test_the_time_that_is_given_ends_it_with_124() -> None:
    over = Deadline(Invocation(timeout_s=0.3), SystemClock())
    engine = WrittenLogs({"old": ["2026-01-01T00:00:01Z one"]})

    following = logs._following(engine, lambda: [container("old", 1.0)], 10, over)  # type: ignore[arg-type] # only its logs are read

    assert [line.text for line in following] == ["one"]
    with pytest.raises(DeadlineError, match=r"ended after 0\.3 s, as --timeout says") as raised:
        over.enforce()
    assert raised.value.exit_status == 124


def test_nothing_ends_before_its_time() -> None:
    never().enforce()
