"""
The DevOps way on a real engine: a commit is pushed through its stages, and then left alone.
"""

import json
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.playground import Playground, engine, playground, until

pytestmark = pytest.mark.engine

APP = """\
name: play-{environment}
x-sandbox: {{release: "${{RELEASE:-}}", rollout: {{deadline: 20s}}}}
services:
  web:
    build: {{context: ../../app}}
    command: [sh, -c, "{command}"]
    stop_signal: SIGKILL
    mem_limit: 64m
    healthcheck: {{test: [CMD, test, -e, /tmp/ready], interval: 5s}}
"""
GATES = """\
  unit:
    build: {context: ../../app}
    command: [sh, -c, "echo checking; grep -q good /page"]
    profiles: [gate]
    mem_limit: 64m
    x-sandbox: {gate: {phase: before, deadline: 20s}}
  smoke:
    build: {context: ../../app}
    command: [sh, -c, "echo smoking; ! grep -q rotten /page"]
    profiles: [gate]
    mem_limit: 64m
    x-sandbox: {gate: {phase: after, deadline: 20s}}
"""
PIPELINE = """\
stages:
  - build: [staging, production]
  - test: staging
  - deploy: staging
  - verify: staging
  - approve: Look at staging first.
  - release: production
"""
UP = "touch /tmp/ready; exec sleep 1d"
APPROVE, LIVE = 4, 5


def files(page: str, *, command: str = UP) -> dict[str, str | None]:
    return {
        "app/Dockerfile": "FROM debian:trixie-slim\nCOPY page /page\n",
        "app/page": f"{page}\n",
        "environments/pipeline.yaml": PIPELINE,
        "environments/staging/compose.yaml": APP.format(environment="staging", command=command)
        + GATES,
        "environments/production/compose.yaml": APP.format(environment="production", command=UP),
        # What the GitOps way has pinned does not hold for a push.
        "environments/production/.env": f"RELEASE={'0' * 40}\n",
    }


def statuses(run: Any) -> list[str]:
    return [stage["status"] for stage in run["stages"]]


def run_of(ground: Playground, *words: str, status: int | None = 0) -> Any:
    """Run the pipeline, and give its record and the error, if there is one."""
    told = ground.sandbox("pipeline", "run", *words, "--output", "json", status=status)
    lines = [json.loads(line) for line in told.stdout.splitlines()]
    assert all(line["schema"] == 1 for line in lines)
    return lines[-1]


def ids(ground: Playground) -> dict[str, str]:
    return {each["Name"]: each["Id"] for each in ground.containers()}


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[Playground]:
    for ground in playground(tmp_path / "play"):
        ground.commit(files("good one"))
        yield ground


def test_a_commit_goes_through_all_stages_and_production_runs_the_image_that_staging_tested(
    ground: Playground,
) -> None:
    waiting = run_of(ground, status=4)
    assert statuses(waiting["pipeline"]) == ["succeeded"] * 4 + ["waiting", "pending"]
    assert "run 1 waits for approval (Look at staging first.)" in waiting["error"]["message"]
    assert waiting["error"]["remedy"] == "sandbox pipeline run --resume 1 --approve"
    tested = ground.container("web", "staging")
    assert not ground.containers(environment="production")

    live = run_of(ground, "--resume", "1", "--approve")["pipeline"]
    assert statuses(live) == ["succeeded"] * 6
    assert live["stages"][APPROVE]["approved_by"]
    assert ground.container("web", "production")["Image"] == tested["Image"]
    # The stages before were not run again.
    assert [each["started_at"] for each in live["stages"][:4]] == [
        each["started_at"] for each in waiting["pipeline"]["stages"][:4]
    ]
    # Nobody reconciles afterwards.
    with engine() as client:
        client.kill(tested["Id"])
    time.sleep(3)
    assert not ground.container("web", "staging")["State"]["Running"]

    again = run_of(ground, "--approve")["pipeline"]
    assert (again["number"], statuses(again)) == (2, ["succeeded"] * 6)
    assert ground.container("web", "staging")["State"]["Running"]
    listed = ground.sandbox("pipeline", "list", "--output", "json").json["pipelines"]
    assert [(each["number"], each["status"]) for each in listed] == [
        (2, "succeeded"),
        (1, "succeeded"),
    ]


def test_a_failing_test_changes_nothing_and_its_log_tells_why(ground: Playground) -> None:
    run_of(ground, "--approve")
    before = ids(ground)
    revision = ground.commit(files("bad one"))

    failed = run_of(ground, "--approve", status=4)
    assert statuses(failed["pipeline"]) == ["succeeded", "failed"] + ["pending"] * 4
    assert failed["pipeline"]["revision"] == revision
    assert ids(ground) == before
    log = ground.sandbox("pipeline", "show", "2", "--logs", "test staging").stdout
    assert "checking" in log
    assert "unit" in log
    # A fix is another commit, and goes its own way.
    ground.commit(files("good two"))
    assert statuses(run_of(ground, "--approve")["pipeline"]) == ["succeeded"] * 6
    assert ids(ground).keys().isdisjoint(before) or ids(ground) != before


def test_a_gate_that_said_no_is_asked_again_when_the_run_is_resumed(ground: Playground) -> None:
    told = files("good")
    fickle = 'command: [sh, -c, "test -e /data/asked || { touch /data/asked; exit 1; }"]'
    text = str(told["environments/staging/compose.yaml"]).replace(
        'command: [sh, -c, "echo checking; grep -q good /page"]',
        f"{fickle}\n    volumes: [asked:/data]",
    )
    told["environments/staging/compose.yaml"] = f"{text}volumes: {{asked: {{}}}}\n"
    ground.commit(told)
    first = run_of(ground, "--approve", status=4)
    assert statuses(first["pipeline"])[:3] == ["succeeded", "failed", "pending"]
    resumed = run_of(ground, "--resume", "1", "--approve")["pipeline"]
    assert statuses(resumed) == ["succeeded"] * 6
    # What it said then is not asked again.
    again = run_of(ground, "--approve")["pipeline"]
    assert again["stages"][1]["message"] == "passed before for the same inputs: unit"


def test_a_failing_verification_keeps_production_as_it_was_and_nobody_takes_staging_back(
    ground: Playground,
) -> None:
    first = run_of(ground, "--approve")["pipeline"]["revision"]
    live = ground.container("web", "production")["Id"]
    ground.commit(files("good but rotten"))

    failed = run_of(ground, "--approve", status=4)
    assert statuses(failed["pipeline"]) == ["succeeded"] * 3 + ["failed", "pending", "pending"]
    assert ground.container("web", "production")["Id"] == live
    rotten = ground.container("web", "staging")["Image"]

    # The way back is a push of the old commit, by a person; it builds nothing.
    back = run_of(ground, first, "--approve")["pipeline"]
    assert statuses(back) == ["succeeded"] * 6
    assert back["stages"][0]["message"] == "every image is there already"
    assert ground.container("web", "staging")["Image"] != rotten
    assert ground.container("web", "production")["Id"] == live


def test_a_deployment_that_does_not_come_up_ends_the_run_and_can_be_resumed(
    ground: Playground,
) -> None:
    ground.commit(files("good", command="echo cannot; exit 3"))
    failed = run_of(ground, "--approve", status=4)
    assert statuses(failed["pipeline"])[:3] == ["succeeded", "succeeded", "failed"]
    assert any("cannot" in line for line in failed["error"]["log"])
    resumed = run_of(ground, "--resume", "1", "--approve", status=4)
    assert resumed["pipeline"]["number"] == 1
    assert statuses(resumed["pipeline"])[:3] == ["succeeded", "succeeded", "failed"]
    assert not ground.sandbox("status", "staging", "--output", "json", status=None).json[
        "environments"
    ][0]["suspended"]


@pytest.mark.parametrize(
    "how",
    [signal.SIGKILL, pytest.param(signal.SIGINT, marks=pytest.mark.long)],
    ids=["killed", "interrupted"],
)
def test_a_run_that_was_ended_in_the_middle_goes_on_where_it_was(
    ground: Playground, how: signal.Signals
) -> None:
    ground.commit(files("good", command="sleep 5; touch /tmp/ready; exec sleep 1d"))
    process = ground.start("pipeline", "run", "--approve", "--output", "json")
    until(lambda: ground.containers("web", "staging"), "the deployment to begin")
    process.send_signal(how)
    process.communicate(timeout=20)
    assert process.returncode == (130 if how is signal.SIGINT else -how)

    told = ground.sandbox("pipeline", "show", "1", "--output", "json").json["pipeline"]
    assert (told["status"], statuses(told)[:3]) == ("aborted", ["succeeded"] * 2 + ["aborted"])
    done = run_of(ground, "--resume", "1", "--approve")["pipeline"]
    assert (done["number"], statuses(done)) == (1, ["succeeded"] * 6)
    assert len(ground.containers("web", "staging")) == 1


def test_beside_a_controller_it_changes_nothing_and_says_why(ground: Playground) -> None:
    ground.commit({"environments/production/.env": "RELEASE=\n"})
    ground.start_controller()
    ground.wait_healthy("staging")
    before = ids(ground)
    told = ground.sandbox("pipeline", "run", status=4)
    assert "a controller keeps production and staging as its branch says" in told.stderr
    assert "sandbox stop" in told.stderr
    assert "kill " not in told.stderr
    assert ids(ground) == before
    assert ground.sandbox("pipeline", "list").stdout.startswith("No pipeline was run yet")

    ground.sandbox("stop")
    assert ids(ground) == before
    ground.sandbox("pipeline", "run", "--approve")
