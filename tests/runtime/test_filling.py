"""Volumes with files of the commit, filled on the fake engine."""

from dataclasses import replace
from itertools import count

import pytest

from sandbox.errors import EngineError
from sandbox.model.action import FillVolume
from sandbox.model.plan import SyncPolicy
from sandbox.planning import labels
from sandbox.planning.contents import RENEWED, UNFILLED, service_contents
from sandbox.planning.plan import plan_sync
from sandbox.runtime.filling import fill_volume
from tests.builders import a_committed_mount, a_desired_state, a_service, an_owner
from tests.fakes.engine import FakeEngine
from tests.fakes.engine_objects import EngineDiedError, FakeFile, Fault
from tests.fakes.engine_state import BASE_IMAGE
from tests.owned_ground import Ground

OWNER = an_owner()


def a_filling(*paths: str, content: bytes = b"1", engine: FakeEngine | None = None) -> FillVolume:
    mount = a_committed_mount("/data", *paths, content=content, volume="data")
    (found,) = service_contents(OWNER, a_service("web", mounts=[mount]))
    volumes = engine.volumes if engine else {}
    mark = f"{found.name}{UNFILLED}"
    return FillVolume(
        name=found.name,
        labels=labels.owner_labels(OWNER),
        image=BASE_IMAGE,
        files=found.files,
        present=tuple(name for name in (found.name, mark) if name in volumes),
        renews=found.name in volumes and mark not in volumes,
    )


def fill(engine: FakeEngine, action: FillVolume) -> list[str]:
    told: list[str] = []
    fill_volume(engine, action, set(), told.append)
    return told


def texts(engine: FakeEngine, action: FillVolume) -> dict[str, bytes]:
    return {path: file.content for path, file in engine.contents[action.name].items()}


def test_a_new_volume_holds_everything_and_nothing_else_is_left() -> None:
    engine = FakeEngine()
    action = a_filling("a", "sub/b")
    assert fill(engine, action) == []
    assert texts(engine, action) == {"/": b"", "/sub": b"", "/a": b"1", "/sub/b": b"1"}
    assert list(engine.volumes) == [action.name]
    assert engine.containers == {}


def test_killed_at_any_call_it_is_never_taken_for_whole_and_ends_the_same() -> None:
    killed = 0
    for number in count(2):
        engine = FakeEngine()
        engine.faults = [Fault(error=EngineDiedError(), call=number // 2, after=bool(number % 2))]
        action = a_filling("a", "sub/b")
        try:
            fill(engine, action)
        except EngineDiedError:
            killed += 1
        else:
            break
        whole = {"/": b"", "/sub": b"", "/a": b"1", "/sub/b": b"1"}
        if action.name in engine.volumes and f"{action.name}{UNFILLED}" not in engine.volumes:
            assert texts(engine, action) == whole
        else:
            fill(engine, a_filling("a", "sub/b", engine=engine))
        assert texts(engine, action) == whole
        assert list(engine.volumes) == [action.name]
    assert killed >= 10


def test_what_carried_the_files_of_a_process_that_was_killed_keeps_nobody_from_filling() -> None:
    ground = Ground()
    web = a_service("web", mounts=[a_committed_mount("/site", "index.html")])
    ground.desired = a_desired_state(web)
    plan = plan_sync(ground.desired, ground.look(), SyncPolicy())
    (filling,) = (step.action for step in plan.steps if isinstance(step.action, FillVolume))
    died = EngineDiedError()
    ground.engine.faults = [
        Fault(error=died, method=method) for method in ("copy_files", "remove_container")
    ]
    with pytest.raises(EngineDiedError):
        fill_volume(ground.owned, filling, set(), lambda _: None)
    assert [each.name for each in ground.engine.containers.values()] == [f"{filling.name}.fill"]

    ground.restart()
    ground.sync()

    assert [each.spec.service.name for each in ground.engine.containers.values()] == ["web"]
    assert ground.engine.contents[filling.name]["/index.html"].content


@pytest.mark.parametrize("method", ["create_volume", "create_container", "copy_files"])
def test_an_attempt_may_be_repeated(method: str) -> None:
    engine = FakeEngine()
    engine.faults = [Fault(error=EngineError("not now", temporary=True), method=method)]
    action, created = a_filling("a"), set[str]()
    with pytest.raises(EngineError, match="not now"):
        fill_volume(engine, action, created, print)
    fill_volume(engine, action, created, print)
    assert texts(engine, action)["/a"] == b"1"
    assert list(engine.volumes) == [action.name]


def test_what_a_container_wrote_stays_and_is_told_and_the_rest_follows_the_commit() -> None:
    engine = FakeEngine()
    action = a_filling("a", "b", "c")
    fill(engine, action)
    held = engine.contents[action.name]
    held["/a"] = FakeFile(content=b"mine", written_at=1.0)
    held["/table"] = FakeFile(content=b"row", written_at=2.0)
    held["/"] = replace(held["/"], content=b"chown")
    del held["/b"]

    told = fill(engine, a_filling("a", "b", "c", "d", content=b"2", engine=engine))

    assert told == [f"volume {action.name}: a was changed in a container; the commit's is not used"]
    assert list(engine.volumes) == [action.name, f"{action.name}{RENEWED}"]
    assert texts(engine, action) == {
        "/": b"chown",
        "/a": b"mine",
        "/b": b"2",
        "/c": b"2",
        "/d": b"2",
        "/table": b"row",
    }


def test_not_every_file_that_stays_is_told() -> None:
    engine = FakeEngine()
    paths = [f"file-{number}" for number in range(9)]
    action = a_filling(*paths)
    fill(engine, action)
    for path in paths:
        engine.contents[action.name][f"/{path}"] = FakeFile(content=b"mine", written_at=1.0)
    told = fill(engine, a_filling(*paths, engine=engine))
    assert len(told) == 6
    assert told[-1] == f"volume {action.name}: likewise 4 more files"


def test_a_volume_of_somebody_else_is_refused_and_left_alone() -> None:
    engine = FakeEngine()
    action = a_filling("a")
    engine.volumes[action.name] = {labels.INSTANCE: "theirs"}
    with pytest.raises(EngineError, match="not ours"):
        fill(engine, action)
    assert engine.contents == {}
    assert engine.volumes[action.name] == {labels.INSTANCE: "theirs"}
