"""
A controller ends when told to, is one, follows the newest commit, and lets nothing block the rest.
"""

from __future__ import annotations

import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.playground import Playground, engine, playground, until

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.engine

SERVICE = """\
  {name}:
    image: debian:trixie-slim
    command: [sh, -c, "{command}"]
    stop_signal: SIGKILL
"""
NEVER_READY = "    healthcheck: {test: [CMD, 'false'], interval: 60s}\n"
RUNS = "exec sleep 1d"
ENDED_S = 25.0
"""Far below the 60 s of grace of a container and the 120 s of a deadline; 10 s are promised."""


@pytest.fixture
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Playground]:
    yield from playground(tmp_path_factory.mktemp("controller") / "play")


def service(name: str, command: str = RUNS, *, more: str = "") -> str:
    return SERVICE.format(name=name, command=command) + more


def environment(*services: str) -> str:
    return "x-sandbox: {rollout: {deadline: 120s}}\nservices:\n" + "".join(services)


STUCK = environment(service("web", more=NEVER_READY))
GOOD = environment(service("web"))


def wait_started(ground: Playground, service: str = "web", environment: str = "staging") -> Any:
    """Give the only container of a service once it runs."""

    def running() -> Any:
        found = ground.containers(service, environment)
        return next((item for item in found if item["State"]["Running"]), None)

    return until(running, f"{service} runs")


def catches(process: int, number: signal.Signals) -> bool:
    """Say whether *process* has a handler for this signal."""
    status = Path(f"/proc/{process}/status").read_text()
    [caught] = [line.split()[1] for line in status.splitlines() if line.startswith("SigCgt:")]
    return bool(int(caught, 16) >> (number - 1) & 1)


def down(status: Any) -> Any:
    """Give *status* when it is degraded."""
    return status if status["health"] == "degraded" else None


def test_sigterm_ends_it_in_time_while_it_waits_and_the_next_goes_on(ground: Playground) -> None:
    ground.commit_environment(STUCK)
    controller = ground.start_controller("staging")
    stuck = wait_started(ground)
    began = time.monotonic()
    assert ground.end_controller(controller) == 0
    assert time.monotonic() - began < ENDED_S
    assert ground.container("web")["State"]["Running"], "what runs goes on without a controller"

    ground.commit_environment(GOOD)
    ground.sandbox("sync", "staging")
    assert ground.container("web")["Id"] != stuck["Id"]
    assert ground.status()["health"] == "healthy"


@pytest.mark.parametrize("again", [False, True])
def test_sigterm_ends_it_in_time_while_a_container_refuses_to_stop(
    ground: Playground, again: bool
) -> None:
    deaf = "trap '' TERM; while :; do sleep 1; done"
    grace = "    stop_grace_period: 60s\n    environment: {REVISION: '%s'}\n"

    def text(revision: str) -> str:
        plain = environment(service("web", deaf, more=grace % revision))
        return plain.replace("stop_signal: SIGKILL", "stop_signal: SIGTERM")

    ground.commit_environment(text("old"))
    controller = ground.start_controller("staging")
    old = wait_started(ground)
    ground.wait_healthy()
    ground.commit_environment(text("new"))
    until(lambda: len(ground.containers("web")) == 2, "the new container is created")
    time.sleep(0.5)
    assert len(ground.containers("web")) == 2, "the old one does not want to stop"
    began = time.monotonic()
    if again:
        controller.send_signal(signal.SIGTERM)
        # Two signals that come before the first is answered are one.
        until(lambda: not catches(controller.pid, signal.SIGTERM), "the first is answered")
    how = ground.end_controller(controller)
    assert time.monotonic() - began < ENDED_S
    if again:
        assert how == -signal.SIGTERM, "a second signal ends it at once"

    with engine() as client:
        client.kill(old["Id"])
        ground.sandbox("sync", "staging")
        new = ground.container("web")
        assert new["Config"]["Env"][0] == "REVISION=new"
        client.kill(new["Id"])


def test_stop_ends_it_and_leaves_everything_running(ground: Playground) -> None:
    ground.commit_environment(GOOD)
    controller = ground.start_controller("staging")
    ground.wait_healthy()
    before = ground.container("web")

    told = ground.sandbox("stop", seconds=30)
    assert "all containers keep running" in told.stdout
    assert controller.wait(timeout=5) == 0
    after = ground.container("web")
    assert (after["Id"], after["State"]["StartedAt"]) == (
        before["Id"],
        before["State"]["StartedAt"],
    )
    assert after["State"]["Running"]
    assert ground.sandbox("stop").stdout.startswith("No controller runs")

    newest = ground.commit_environment(GOOD + "    environment: {N: '1'}\n")
    ground.start_controller("staging")
    ground.wait_healthy(revision=newest)
    assert ground.container("web")["Id"] != before["Id"]


def test_the_second_says_who_holds_the_repository(ground: Playground) -> None:
    ground.commit_environment(GOOD)
    first = ground.start_controller("staging")
    ground.wait_healthy()
    second = ground.sandbox("up", "--foreground", "staging", status=None, seconds=30)
    assert second.status == 1
    assert f"process {first.pid}" in second.stderr
    assert "up --foreground" in second.stderr
    assert "sandbox stop" in second.stderr
    assert first.poll() is None


def test_a_lost_socket_comes_back_and_a_stopped_controller_keeps_no_one_waiting(
    ground: Playground,
) -> None:
    ground.commit_environment(GOOD)
    controller = ground.start_controller("staging")
    ground.wait_healthy()
    (ground.folder / ".git/sandbox/control.sock").unlink()
    assert ground.status()["health"] == "healthy"
    ground.sandbox("sync", "staging")

    controller.send_signal(signal.SIGSTOP)
    try:
        for command in (["status"], ["sync", "staging"]):
            began = time.monotonic()
            ended = ground.sandbox(*command, "--timeout", "3s", status=124)
            assert time.monotonic() - began < ENDED_S, command
            assert f"kill -CONT {controller.pid}" in ended.stderr
    finally:
        controller.send_signal(signal.SIGCONT)
    assert ground.status()["health"] == "healthy"


def test_the_newest_of_a_burst_of_commits_wins_over_a_sync_under_way(ground: Playground) -> None:
    ground.commit_environment(STUCK)
    ground.start_controller("staging")
    wait_started(ground)
    began = time.monotonic()
    for number in range(4):
        ground.commit_environment(STUCK + f"    environment: {{N: '{number}'}}\n")
    newest = ground.commit_environment(GOOD)
    ground.sandbox("wait", "staging", "--healthy", "--revision", newest, "--timeout", "60s")
    took = time.monotonic() - began
    print(f"five commits, the last one healthy after {took:.2f} s")
    assert took < 60, "nobody waits for the deadlines of what was superseded"
    assert not any(text.startswith("N=") for text in ground.container("web")["Config"]["Env"] or ())


def test_a_stuck_environment_does_not_delay_another(ground: Playground) -> None:
    ground.commit_environment(GOOD, environment="production")
    ground.commit_environment(STUCK)
    ground.start_controller()
    wait_started(ground)
    ground.wait_healthy("production")
    newest = ground.commit_environment(
        GOOD + "    environment: {N: '1'}\n", environment="production"
    )
    ground.sandbox("wait", "production", "--healthy", "--revision", newest, "--timeout", "60s")
    assert ground.status("staging")["health"] == "progressing"


def test_a_suspended_environment_is_left_alone_until_it_is_resumed(ground: Playground) -> None:
    ground.commit_environment(GOOD)
    ground.start_controller("staging")
    ground.wait_healthy()
    # What is under way ends as it began: it would put right what is killed meanwhile.
    until(lambda: _last_outcome(ground) == "succeeded", "the sync to end")
    old = ground.container("web")["Id"]
    ground.sandbox("suspend", "staging", "--reason", "a look at it")
    with engine() as client:
        client.kill(old)
    newest = ground.commit_environment(GOOD + "    environment: {N: '1'}\n")
    time.sleep(3)
    (left,) = ground.containers("web")
    assert (left["Id"], left["State"]["Running"]) == (old, False)
    assert ground.status()["suspended"]

    ground.sandbox("resume", "staging")
    ground.sandbox("wait", "staging", "--healthy", "--revision", newest, "--timeout", "60s")
    assert ground.container("web")["Id"] != old
    assert not ground.status()["suspended"]


def test_a_crashing_service_is_backed_off_while_others_are_healed(ground: Playground) -> None:
    # It stays up longer than a start without a healthcheck is doubted.
    ground.commit_environment(
        environment(service("crash", "sleep 1; echo gave up; exit 3"), service("web"))
    )
    ground.start_controller("staging")
    crash, web = wait_started(ground, "crash"), wait_started(ground, "web")
    starts = {crash["State"]["StartedAt"]}
    began = time.monotonic()
    with engine() as client:
        client.kill(web["Id"])
        while time.monotonic() - began < 12 or len(starts) < 3:
            starts.add(client.inspect_container(crash["Id"])["State"]["StartedAt"])
            time.sleep(0.1)
    assert len(starts) <= 6, "again at once, then 1, 2, 4, 8 s after the start before"
    assert ground.container("web")["State"]["Running"]
    assert ground.container("web")["State"]["StartedAt"] != web["State"]["StartedAt"]
    status = until(lambda: down(ground.status()), "told while it is down")
    told = {item["name"]: item for item in status["services"]}
    assert "exited with code 3" in told["crash"]["message"]
    assert told["web"]["health"] == "healthy"


def test_a_signal_from_the_keyboard_ends_it_too(ground: Playground) -> None:
    ground.commit_environment(GOOD)
    controller = ground.start_controller("staging")
    ground.wait_healthy()
    assert ground.end_controller(controller, signal.SIGINT) == 0
    assert ground.container("web")["State"]["Running"]


def _last_outcome(ground: Playground) -> str | None:
    last = ground.sandbox("history", "staging", "--output", "json").json["history"][0]
    return str(last["outcome"]) if last["outcome"] else None
