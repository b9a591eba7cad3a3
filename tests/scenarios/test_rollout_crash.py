"""
A rollout that is killed with SIGKILL at any step is finished by the next run, and nobody notices.

A step is a call that changes the engine, or an order that changes the ingress.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pytest

from tests.engine_proxy import SEND, EngineProxy, changes
from tests.load.running import running
from tests.rollouts.small_app import small_ground
from tests.scenarios.crashing import BEFORE, DURING, EVERY_STEP, CrashSite, Killer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.engine_proxy import Request
    from tests.rollouts.small_app import SmallGround

# The simulation kills at every call.
pytestmark = [pytest.mark.engine, pytest.mark.long, pytest.mark.timeout(900)]

STEPS = [{"weight": 20, "for": "1s"}, {"weight": 60, "for": "1s"}]
KINDS: dict[str, tuple[dict[str, Any], int]] = {
    "start-first": ({}, 6),
    "canary": ({"x-sandbox": {"rollout": {"steps": STEPS}}}, 8),
}
"""What the service says, and how many steps a rollout has at least: create, start, shift ..."""
STRIDE = 1 if EVERY_STEP else 4
CASES = [*itertools.product(KINDS, (BEFORE, DURING))]
LOOKS = ("sum", "retired", "master show", "master @")


def is_step(request: Request) -> bool:
    ordered = request.method == SEND and not request.query.startswith(LOOKS)
    return changes(request) or ordered


@pytest.fixture
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallGround]:
    yield from small_ground(tmp_path_factory.mktemp("crash") / "play")


@pytest.mark.parametrize(("kind", "when"), CASES)
def test_killed_at_any_step_it_is_finished_by_the_next_run_and_nobody_notices(
    ground: SmallGround, kind: str, when: str
) -> None:
    web, least = KINDS[kind]
    ground.begin("r0", web=web)
    folder = ground.folder.parent
    with EngineProxy.listening(folder / "engine.sock") as proxy:
        ground.environ["DOCKER_HOST"] = proxy.url
        ground.sandbox("sync", "staging")
        site = CrashSite(ground=ground, proxy=proxy)
        with running(folder / "log", ground.targets(), rps=100) as load:
            for number in itertools.count(1 if when is BEFORE else 1 + STRIDE // 2, STRIDE):
                load.announce(f"r{number}")
                ground.release(f"r{number}")
                killer = Killer(number=number, when=when, kind=is_step)
                killed = site.try_crash(killer, "sync", "staging")
                ground.sandbox("sync", "staging")
                load.settle(f"r{number}")
                site.assert_well()
                assert services(ground) == ["sandbox-ingress", "web"]
                if not killed:
                    break
            load.await_more()

    summary = load.summary()
    assert (summary.failed, summary.wrong) == (0, 0), summary.text()
    assert number > least


def services(ground: SmallGround) -> list[str]:
    """The service of each container, sorted: one for each, and nothing is left over."""
    found = ground.containers(environment="staging")
    return sorted(item["Config"]["Labels"]["dev.sandbox.service"] for item in found)
