"""
What only looks changes nothing: no engine object, no byte of the repository.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.engine_proxy import EngineProxy
from tests.playground import Playground, free_port, playground, small
from tests.repositories import snapshot

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

pytestmark = pytest.mark.engine

FRESH, RUNNING, CONTROLLED = "nothing ever ran", "it runs", "a controller runs"
STATE = ".git/sandbox"
"""The controller's own; others write nothing there either, as the other two cases show."""
NOTHING_THERE = {"logs": 5, "wait": 124}
"""Exit status of what has nothing to show, or to wait for, where nothing ever ran."""

COMMANDS = (
    "plan staging --exit-code",
    "plan staging --worktree",
    "plan staging --ref HEAD~1",
    "plan staging --staged",
    "status",
    "status staging",
    "status --output json",
    "logs staging",
    "logs staging web --output json",
    "diff staging production",
    "doctor",
    "open staging",
    "wait staging --timeout 1s",
    "watch --timeout 1s",
    "history",
    "history staging --output json",
    "history --at 1m",
    "why staging web",
    "why staging db --output json",
    "hook run pre-commit",
)
WITH_CHANGES = "plan staging --exit-code"
LOOKS_AT_THE_ENGINE = {WITH_CHANGES, "status staging"}
ASKS_THE_INGRESS = {"status", "open", "wait", "watch"}
"""They say what serves, which only the ingress knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    ground: Playground
    proxy: EngineProxy
    state: str

    def files(self) -> Mapping[str, tuple[str, int, int]]:
        """Everything in the repository, without what a controller may write meanwhile."""
        found = snapshot(self.ground.folder)
        if self.state == CONTROLLED:
            found = {path: each for path, each in found.items() if not path.startswith(STATE)}
            found.pop(".git/sandbox", None)
        return found

    def containers_asked(self) -> set[str]:
        """Ids of the containers in which something was run."""
        paths = [each.path.split("/") for each in self.proxy.commands()]
        return {path[2] for path in paths if path[1] == "containers"}

    def ingress(self, command: str) -> set[str]:
        """Id of the ingress, if it is there and *command* may ask it."""
        if self.state == FRESH or command.split(maxsplit=1)[0] not in ASKS_THE_INGRESS:
            return set()
        return {self.ground.container("sandbox-ingress")["Id"]}

    def expected(self, command: str) -> set[int]:
        name = command.split(maxsplit=1)[0]
        if name == "doctor":
            return {0, 1}  # what it finds on this machine is not ours to say
        if command == WITH_CHANGES:
            return {3 if self.state == FRESH else 0}
        if name == "watch":
            return {124}
        return {NOTHING_THERE.get(name, 0) if self.state == FRESH else 0}


@pytest.fixture(scope="module", params=[FRESH, RUNNING, CONTROLLED])
def scene(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Scene]:
    state = request.param
    folder = tmp_path_factory.mktemp("read")
    for ground in playground(folder / "play"):
        with EngineProxy.listening(folder / "engine.sock") as proxy:
            ground.commit_environment(small("production"), "production")
            ground.commit_environment(small(greeting="before"))
            published = (
                f'    ports: ["{free_port()}:80"]\n    mem_limit: 64m\n    networks: [back, f'
            )
            text = small().replace("    mem_limit: 64m\n    networks: [back, f", published)
            ground.commit_environment(text)
            ground.environ["DOCKER_HOST"] = proxy.url
            # What the controller does meanwhile of its own accord is not the command's doing.
            ground.environ["SANDBOX_EDGE_PORT"] = "off"
            if state == RUNNING:
                ground.sandbox("sync", "staging")
            if state == CONTROLLED:
                ground.start_controller("staging")
                ground.wait_healthy()
            # What a `git status` would refresh in the index, and so write.
            file = ground.folder / "environments/staging/compose.yaml"
            os.utime(file, (0, 0))
            (ground.folder / "environments/staging/new.conf").write_text("edit\n")
            # Without its mutations the proxy would show nothing by showing none.
            assert bool(proxy.mutations()) == (state != FRESH)
            yield Scene(ground=ground, proxy=proxy, state=state)
            ground.environ.clear()
            for process in ground.controllers:
                ground.end_controller(process)


@pytest.mark.parametrize("command", COMMANDS)
def test_what_looks_changes_neither_engine_nor_repository(scene: Scene, command: str) -> None:
    before = scene.files()
    scene.proxy.forget()

    finished = scene.ground.sandbox(*command.split(), status=None)

    assert finished.status in scene.expected(command), finished
    if command in LOOKS_AT_THE_ENGINE:
        assert any(each.path == "/containers/json" for each in scene.proxy.requests())
    assert scene.proxy.mutations() == ()
    if scene.state != CONTROLLED:  # who reads the ingress's counters now and then
        assert scene.containers_asked() <= scene.ingress(command)
    after = scene.files()
    assert {path for path in {*before, *after} if before.get(path) != after.get(path)} == set()
