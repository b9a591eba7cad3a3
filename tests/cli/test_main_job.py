"""
The commands of the main job, as whole processes on a real engine.
"""

import json
import os
import select
import shutil
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.render.demo import THEME
from tests.playground import Playground, free_port, playground, small, until

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Playground]:
    """
    One environment that is up, with a controller in the background.
    """
    for ground in playground(tmp_path_factory.mktemp("main-job")):
        ground.commit_environment(small())
        told = ground.sandbox("up", "--output", "json")
        assert told.json["environments"][0]["health"] == "healthy"
        yield ground


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Playground]:
    yield from playground(tmp_path / "play")


def test_up_tells_each_step_on_stderr_and_where_things_stand_on_stdout(empty: Playground) -> None:
    empty.commit_environment(small())
    told = empty.sandbox("up")
    assert told.stdout.startswith("staging     ● healthy · synced\n")
    assert "A controller looks after it" in told.stdout
    for step in ("create network back", "create web-1", "await web-1"):
        assert f"✓ {step}: " in told.stderr
    assert "\x1b" not in told.stdout + told.stderr


def test_up_again_changes_nothing_and_is_quick(ground: Playground) -> None:
    before = [container["Id"] for container in ground.containers()]
    began = time.monotonic()
    ground.sandbox("up")
    assert time.monotonic() - began < 30.0, "nothing is built or replaced"
    assert [container["Id"] for container in ground.containers()] == before


def test_a_plan_of_a_converged_environment_has_no_steps(ground: Playground) -> None:
    told = ground.sandbox("plan", "staging", "--exit-code", "--output", "json")
    assert told.json["steps"] == []
    (plan,) = ground.sandbox("plan", "--output", "json").json["plans"]
    assert plan["environment"] == "staging"


def test_a_plan_of_a_branch_ends_with_3_and_names_the_field(ground: Playground) -> None:
    ground.git("checkout", "--quiet", "-b", "proposal")
    ground.commit_environment(small(greeting="hi"))
    ground.git("checkout", "--quiet", "main")
    told = ground.sandbox("plan", "staging", "--ref", "proposal", "--exit-code", status=3)
    assert "environment.GREETING changed: hello -> hi" in told.stdout
    told = ground.sandbox("plan", "staging", "--ref", "proposal", "--output", "json")
    changes = [change for step in told.json["steps"] for change in step["changes"]]
    assert {"field": "environment.GREETING", "old": "hello", "new": "hi"} in changes


def test_a_wrong_name_takes_nothing_down_and_is_told_at_once(ground: Playground) -> None:
    before = [container["Id"] for container in ground.containers()]
    began = time.monotonic()
    told = ground.sandbox("down", "staging", "nosuch", status=5)
    assert time.monotonic() - began < 10.0
    assert "there are: staging" in told.stderr
    assert [container["Id"] for container in ground.containers()] == before


def test_the_exit_status_of_status_says_where_it_stands(empty: Playground) -> None:
    empty.commit_environment(small())
    empty.sandbox("status", "--exit-code", status=3)
    empty.sandbox("up")
    empty.sandbox("status", "--exit-code")
    web = "sleep 1; echo gave up; exit 3"
    empty.commit_environment(small().replace("touch /tmp/ready; exec", f"{web}; exec"))
    until(lambda: empty.status()["health"] == "degraded", "it is degraded")
    empty.sandbox("status", "staging", "--exit-code", status=4)
    empty.sandbox("status", "staging")


def test_a_sync_of_a_converged_environment_says_so(ground: Playground) -> None:
    assert "nothing to do" in ground.sandbox("sync", "staging", "--wait").stdout
    (record,) = ground.sandbox("sync", "staging", "--output", "json").json["syncs"]
    assert (record["environment"], record["outcome"], record["steps"]) == (
        "staging",
        "succeeded",
        [],
    )


def test_a_sync_asked_for_during_another_shows_the_one_that_goes_before(empty: Playground) -> None:
    empty.commit_environment(small())
    empty.sandbox("up")
    slow = small(greeting="later").replace("touch /tmp/ready;", "sleep 10; touch /tmp/ready;")
    empty.commit_environment(slow)
    until(lambda: len(empty.containers("web")) == 2, "the new container beside the old one")

    told = empty.sandbox("sync", "staging")

    assert "✓ await web-1: " in told.stderr
    assert "nothing to do" in told.stdout


def test_the_exit_status_of_a_command_inside_is_ours(ground: Playground) -> None:
    told = ground.sandbox(
        "exec", "staging", "web", "--", "sh", "-c", "echo $GREETING; exit 7", status=7
    )
    assert told.stdout == "hello\n"


def test_a_command_in_a_service_that_does_not_run_names_its_container(ground: Playground) -> None:
    told = ground.sandbox("exec", "staging", "prepare", "--", "true", status=5)
    assert "staging: no container of prepare is running; play-staging-" in told.stderr
    assert "is exited\n  try: see why: sandbox logs staging prepare\n" in told.stderr


def test_the_logs_of_several_services_come_in_one_stream(ground: Playground) -> None:
    ground.sandbox("exec", "staging", "web", "--", "sh", "-c", "echo from-web > /proc/1/fd/1")
    ground.sandbox("exec", "staging", "db", "--", "sh", "-c", "echo from-db > /proc/1/fd/1")
    told = ground.sandbox("logs", "staging")
    assert [line for line in told.stdout.splitlines() if "from-" in line] == [
        "web-1     | from-web",
        "db-1      | from-db",
    ]
    told = ground.sandbox("logs", "staging", "web", "--tail", "1", "--output", "json")
    assert json.loads(told.stdout) | {"at": ""} == {
        "schema": 1,
        "at": "",
        "source": "web-1",
        "line": "from-web",
    }
    missing = ground.sandbox("logs", "staging", "nobody", status=5)
    assert "there are: db, prepare, web" in missing.stderr


def test_following_a_log_survives_the_replacement_of_its_container(empty: Playground) -> None:
    talking = small().replace("touch /tmp/ready; exec", "echo $$GREETING; touch /tmp/ready; exec")
    empty.commit_environment(talking)
    empty.sandbox("up")
    following = empty.start("logs", "staging", "web", "-f")
    try:
        assert following.stdout is not None
        assert following.stdout.readline() == b"web-1 | hello\n"
        empty.commit_environment(talking.replace('"hello"', '"good day"'))
        assert following.stdout.readline() == b"web-1 | good day\n"
    finally:
        following.send_signal(signal.SIGINT)
        following.communicate(timeout=10.0)
    assert following.returncode == 130


def test_watch_off_a_terminal_streams_events_as_lines(ground: Playground) -> None:
    watching = ground.start("watch", "--output", "json", "--timeout", "60s")
    try:
        assert watching.stdout is not None
        while not select.select([watching.stdout], [], [], 0.5)[0]:  # it takes its time to start
            ground.sandbox("suspend", "staging", "--reason", "noon")
        ground.sandbox("resume", "staging")
        lines = [json.loads(watching.stdout.readline())]
        while lines[-1]["event"]["kind"] != "resumed":
            lines.append(json.loads(watching.stdout.readline()))
    finally:
        watching.kill()
        watching.communicate(timeout=10.0)
    assert {line["schema"] for line in lines} == {1}
    assert {line["event"]["kind"] for line in lines[:-1]} == {"suspended"}


def test_a_container_that_ends_at_once_makes_up_end_with_4_and_shows_its_last_words(
    empty: Playground,
) -> None:
    broken = small().replace("touch /tmp/ready; exec sleep 1d", "echo no money left; exit 3")
    empty.commit_environment(broken)
    told = empty.sandbox("up", status=4)
    assert "✗ degraded" in told.stdout
    assert "  | no money left" in told.stderr
    assert "  try: " in told.stderr
    asked = empty.sandbox("sync", "staging", "--output", "json", status=4)
    assert asked.json["syncs"][0]["outcome"] == "failed"


def test_a_deadline_ends_with_124_and_names_what_was_waited_for(empty: Playground) -> None:
    empty.commit_environment(small().replace("touch /tmp/ready; ", "echo not yet; "))
    told = empty.sandbox("up", "--timeout", "12s", status=124)
    assert "error: not done after 12 s; staging was waiting for: await web-1" in told.stderr
    assert "  | staging web: not yet" in told.stderr
    waited = empty.sandbox("wait", "staging", "--healthy", "--timeout", "1s", status=124)
    assert "  | staging web: not yet" in waited.stderr


def test_the_last_words_are_those_of_the_new_container_not_of_the_one_it_replaces(
    empty: Playground,
) -> None:
    old = small().replace("touch /tmp/ready;", "echo old words; touch /tmp/ready;")
    empty.commit_environment(old)
    empty.sandbox("up")
    empty.commit_environment(small().replace("touch /tmp/ready;", "echo new words;"))
    until(lambda: len(empty.containers("web")) == 2, "the new container beside the old one")

    told = empty.sandbox("wait", "staging", "--healthy", "--timeout", "4s", status=124)

    assert "  | staging web: new words\n" in told.stderr
    assert "old words" not in told.stderr


def test_ctrl_c_during_up_leaves_the_controller_at_work(empty: Playground) -> None:
    empty.commit_environment(small().replace("touch /tmp/ready;", "sleep 2; touch /tmp/ready;"))
    process = empty.start("up")
    until(lambda: empty.containers("web"), "a container of web")
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=10.0)
    assert process.returncode == 130
    assert b"the controller goes on" in stderr
    empty.wait_healthy()


def test_down_keeps_the_volumes_and_says_how_to_delete_them(empty: Playground) -> None:
    empty.commit_environment(small())
    empty.sandbox("up")
    told = empty.sandbox("down")
    (volume,) = empty.volumes()
    assert told.stdout.splitlines() == [
        f"○ staging  is down; kept 1 volume: {volume['Name']}",
        "  to delete the data too: sandbox down staging --volumes",
    ]
    assert empty.containers() == []
    assert "No controller runs" in empty.sandbox("status").stdout
    told = empty.sandbox("down", "--volumes", "--output", "json")
    assert told.json["kept_volumes"] == {"staging": []}
    assert empty.volumes() == []


def test_down_of_one_environment_leaves_the_other_and_its_controller(empty: Playground) -> None:
    tiny = (
        "x-sandbox: {}\nservices:\n  web:\n    image: debian:trixie-slim\n"
        "    command: [sleep, 1d]\n    stop_signal: SIGKILL\n"
    )
    empty.commit_environment(tiny)
    empty.commit_environment(tiny, environment="production")
    empty.sandbox("up")
    empty.sandbox("down", "staging")
    time.sleep(2.5)
    assert empty.containers(environment="staging") == []
    assert len(empty.containers(environment="production")) == 1
    assert empty.status("production")["reconciled"]
    assert not empty.status("staging")["reconciled"]


@pytest.mark.timeout(600)
@pytest.mark.long  # tests/pages goes through it once, as README says
def test_the_tour_shows_what_it_claims_and_goes_on_the_second_time(empty: Playground) -> None:
    source = Path(__file__).parents[2]
    for name in ("environments", "demo_shop"):
        shutil.copytree(source / name, empty.folder / name)
    for name in ("staging", "production"):
        file = empty.folder / "environments" / name / ".env"
        lines = [line for line in file.read_text().splitlines() if "WEB_PORT" not in line]
        file.write_text("\n".join([*lines, f"WEB_PORT={free_port()}", ""]))
    empty.git("add", "--all")
    empty.git("commit", "--quiet", "--message", "Begin")
    empty.sandbox("pin", "production", "HEAD")

    first = empty.sandbox("demo", seconds=500.0)
    assert "both run the same image: sha256:" in first.stdout
    assert "production does not: its release is pinned" in first.stdout
    assert first.stdout.count("of visitors meanwhile, none failed") == 2
    assert "   receipt " in first.stdout
    assert "there is no more tea" in first.stdout
    second = empty.sandbox("demo", "--output", "json", seconds=200.0)
    assert second.json["seconds"].keys() == {"up", "commit", "promotion", "heal", "rollback"}
    assert ", no. 2" in empty.git("show", f"main:{THEME}")


def test_the_tour_refuses_ports_that_somebody_else_holds(empty: Playground) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        for name in ("staging", "production"):
            empty.commit_environment(
                "x-sandbox: {}\nservices:\n  web:\n    image: debian:trixie-slim\n"
                f'    ports: ["{port}:80"]\n',
                environment=name,
            )
        told = empty.sandbox("demo", status=1)
    assert f"port 127.0.0.1:{port} is held by" in told.stderr
    assert f"(pid {os.getpid()})" in told.stderr
    assert empty.containers() == []
