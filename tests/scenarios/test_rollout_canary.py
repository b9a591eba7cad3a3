"""
A canary gets its share, is judged by it beside the old one, and takes no more than that with it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from tests.load.running import running
from tests.playground import until
from tests.rollouts.small_app import small_ground

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.load.running import Load
    from tests.rollouts.small_app import SmallGround

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]

WEIGHT = 20
TOLERANCE = 5
RPS = 200.0
BASE_DELAY_S = 0.1
ANALYSIS = {"max_error_rate": "1%", "min_requests": 50}
SAMPLE_SIZE = re.compile(r"of [1-9]\d+ requests")


@pytest.fixture
def first_step() -> str:
    """How long the first step takes, unless the canary is condemned before."""
    return "8s"


@pytest.fixture
def slowest_ms() -> int:
    """How slow a canary may be."""
    return 220


@pytest.fixture
def ground(
    tmp_path_factory: pytest.TempPathFactory, first_step: str, slowest_ms: int
) -> Iterator[SmallGround]:
    steps = [{"weight": WEIGHT, "for": first_step}, {"weight": 60, "for": "3s"}]
    for ground in small_ground(tmp_path_factory.mktemp("canary")):
        rollout = {"steps": steps, "analysis": ANALYSIS | {"max_p95_ms": slowest_ms}}
        ground.begin(web={"x-sandbox": {"rollout": rollout}}, delay_s=BASE_DELAY_S)
        ground.sandbox("up")
        yield ground


def quick(ground: SmallGround) -> list[str]:
    """What to ask: all but the answers that are slow on purpose."""
    return [text for text in ground.targets() if "s=" not in text]


def latest(ground: SmallGround) -> Any:
    """The newest sync of a commit."""
    syncs = ground.sandbox("history", "staging", "--output", "json").json["history"]
    return next(each for each in syncs if each["trigger"] == "commit")


def share_of(load: Load, generation: str) -> float:
    """Percent of the requests that *generation* got while it got any."""
    answers = load.answers()
    seen = [answer for answer in answers if answer.generation == generation]
    meanwhile = [each for each in answers if seen[0].sent <= each.sent <= seen[-1].sent]
    return 100 * len(seen) / len(meanwhile)


def degraded(ground: SmallGround) -> bool:
    return bool(ground.status()["health"] == "degraded")


# On a busy machine it takes a while until so many were asked that the verdict is sure.
@pytest.mark.parametrize("first_step", ["60s"])
@pytest.mark.parametrize(
    ("faults", "said"),
    [
        ({"errors": 5}, "% failed"),
        # tests/delivery judges all kinds of figures.
        pytest.param({"delay_s": 3 * BASE_DELAY_S}, "ms", marks=pytest.mark.long),
        pytest.param({"post": "fails"}, "% failed", marks=pytest.mark.long),
    ],
    ids=["fails in 5 of 100", "takes three times as long", "fails on POST"],
)
def test_a_bad_canary_is_taken_back_and_hurt_only_its_share(
    ground: SmallGround, faults: dict[str, object], said: str
) -> None:
    with running(ground.folder.parent / "log", quick(ground), rps=RPS) as load:
        load.settle("v1")
        load.announce("v2")
        revision = ground.release("v2", **({"delay_s": BASE_DELAY_S} | faults))
        until(lambda: ground.taken_back(revision), "the verdict and the way back")
        load.settle("v1")
        load.await_more(int(RPS))

    summary, sync = load.summary(), latest(ground)
    assert sync["revision"] == revision
    assert sync["outcome"] == "failed"
    assert said in sync["message"]
    assert SAMPLE_SIZE.search(sync["message"])
    assert summary.wrong == 0, summary.text()
    others = [each for each in load.answers() if each.failure and each.generation != "v2"]
    assert others == [], "only the canary fails anybody"
    assert share_of(load, "v2") < WEIGHT + TOLERANCE
    assert len(ground.containers("web")) == 1


# What is good is good on a busy machine, too.
@pytest.mark.parametrize("slowest_ms", [5000])
def test_a_good_canary_gets_all_in_its_steps(ground: SmallGround) -> None:
    with running(ground.folder.parent / "log", quick(ground), rps=RPS) as load:
        load.settle("v1")
        load.announce("v2")
        revision = ground.release("v2", delay_s=BASE_DELAY_S)
        ground.wait_healthy(revision=revision)
        load.settle("v2")
        load.await_more()

    summary = load.summary()
    assert (summary.failed, summary.wrong) == (0, 0), summary.text()
    assert latest(ground)["outcome"] == "succeeded"


@pytest.mark.long  # tests/runtime/test_canary_waits.py, without the waiting
def test_a_canary_without_traffic_is_held_and_not_taken_for_good(ground: SmallGround) -> None:
    old = ground.git("rev-parse", "HEAD")
    new = ground.release("v2", delay_s=BASE_DELAY_S)
    until(lambda: degraded(ground), "the verdict")

    sync = latest(ground)
    (web,) = (each for each in ground.status()["services"] if each["name"] == "web")
    shares = {each["revision"]: each["weight"] for each in web["releases"]}
    assert (shares[old], shares[new]) == (100 - WEIGHT, WEIGHT), "as the ingress spreads them"
    assert sync["outcome"] != "succeeded"
    assert "hold" in sync["message"]
    assert "of 0 requests" in sync["message"]
