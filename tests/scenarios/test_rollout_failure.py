"""
A commit that cannot come up: the old version serves on, the commit is not tried again, a fix works.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.load.running import running
from tests.playground import until
from tests.rollouts.small_app import COMPOSE_FILE, compose_file, small_ground

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.rollouts.small_app import SmallGround

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]

DEADLINE = "8s"
QUIET_S = 5.0


def migration(command: str) -> dict[str, Any]:
    """Services and dependency of a job that has to end before `web` starts."""
    job = {"image": "debian:trixie-slim", "command": ["sh", "-c", command]}
    after = {"depends_on": {"migrate": {"condition": "service_completed_successfully"}}}
    return {"web": after, "services": {"migrate": job}, "deadline": DEADLINE}


def bad_image(ground: SmallGround) -> str:
    dockerfile = "FROM debian:trixie-slim\nRUN echo no such tea; exit 7\n"
    return ground.commit({"app/Dockerfile": dockerfile}, "Break the image")


def crash_loop(ground: SmallGround) -> str:
    return ground.release("v2", start="crashes")


def never_healthy(ground: SmallGround) -> str:
    return ground.release("v2", start="hangs")


def bad_migration(ground: SmallGround) -> str:
    text = compose_file(**migration("echo cannot alter the table of teas; exit 3"))
    return ground.commit({COMPOSE_FILE: text}, "Break the migration")


CAUSES: dict[str, tuple[Callable[[SmallGround], str], str]] = {
    "bad image": (bad_image, "no such tea"),
    "crash loop": (crash_loop, "no such tea"),
    "never healthy": (never_healthy, "ready"),
    "bad migration": (bad_migration, "cannot alter the table of teas"),
}


@pytest.fixture
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallGround]:
    for ground in small_ground(tmp_path_factory.mktemp("failure")):
        ground.begin(**migration("echo the teas are in order"))
        ground.sandbox("up")
        yield ground


def starts(ground: SmallGround) -> int:
    """How many syncs of a commit there were."""
    return len(ground.sandbox("history", "staging", "--output", "json").json["history"])


@pytest.mark.parametrize(
    "cause",
    [
        # The simulation brings such commits by the thousand, apart from one that does not build.
        *(pytest.param(each, marks=pytest.mark.long) for each in CAUSES if each != "bad image"),
        "bad image",
    ],
)
def test_the_old_version_serves_until_the_fixing_commit_converges(
    ground: SmallGround, cause: str
) -> None:
    breaks, said = CAUSES[cause]
    first = ground.git("rev-parse", "HEAD")
    with running(ground.folder.parent / "log", ground.targets(), rps=100) as load:
        load.settle("v1")
        bad = breaks(ground)
        status = until(lambda: ground.taken_back(bad), "the verdict")
        tried = starts(ground)
        load.await_more(int(100 * QUIET_S))
        assert starts(ground) == tried, "nothing is tried again"

        assert first[:7] in status["message"]
        receipt = ground.sandbox("history", "staging", "--output", "json").json["history"]
        failed = next(each for each in receipt if each["revision"] == bad)
        shown = ground.sandbox("history", "staging", "--receipt", str(failed["id"])).stdout
        assert said in shown

        load.announce("v3")
        ground.git("revert", "--no-edit", "HEAD")
        fixed = ground.release("v3")
        ground.wait_healthy(revision=fixed)
        load.settle("v3")
        load.await_more()

    summary = load.summary()
    assert (summary.failed, summary.wrong) == (0, 0), summary.text()
    assert set(summary.by_generation) == {"v1", "v3"}
    assert len(ground.containers("web")) == 1
