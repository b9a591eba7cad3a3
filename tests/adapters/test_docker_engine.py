"""What only the real engine can show of the adapter."""

import gc
import os
import pty
import select
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from sandbox.adapters.docker_engine import DockerEngine
from sandbox.errors import CancelledError, EngineError, EngineUnreachableError
from sandbox.model.action import BuildImage, ContainerSpec, Endpoint
from sandbox.model.container_file import ContainerFile
from sandbox.model.observed import ContainerState, EngineHealth
from sandbox.model.service import Healthcheck, TmpfsMount, VolumeMount
from sandbox.model.surroundings import Hook
from tests.engine_proxy import EngineProxy
from tests.engine_world import World, context, real_world, wait_until
from tests.fakes.engine_state import BASE_IMAGE

pytestmark = pytest.mark.engine

FILES = (
    ContainerFile(
        target="/etc/app/deep/x.conf", content=b"hello", mode=0o640, uid=7, gid=8, source="x"
    ),
    ContainerFile(target="/run/secrets/key", content=b"key", mode=0o400, source="secret key"),
    ContainerFile(target="/data/in/y", content=b"y", source="y"),
)
SHOW = (
    "cd /; stat -c '%a %u %g %n' etc/app/deep/x.conf run/secrets/key data/in/y;"
    " cat etc/app/deep/x.conf; echo"
)


@pytest.fixture(scope="module")
def place() -> Iterator[World]:
    with real_world() as world:
        yield world


def shell(text: str) -> Healthcheck:
    return Healthcheck(test=("CMD-SHELL", text), interval_s=600)


def run(world: World, spec: ContainerSpec) -> str:
    """Create a container with its files, and start it."""
    container_id = world.engine.create_container(spec)
    world.engine.copy_files(container_id, spec.service.files)
    world.engine.start_container(container_id)
    return container_id


def test_files_arrive_with_mode_and_owner(place: World) -> None:
    name = "files"
    place.engine.create_volume(place.volume(name))
    spec = place.spec(
        name,
        volume_names={"data": f"{place.prefix}-{name}"},
        mounts=(
            VolumeMount(volume="data", target="/data"),
            TmpfsMount(target="/tmp", size_bytes=1 << 20),
        ),
        files=FILES,
        healthcheck=shell(SHOW),
    )
    result = place.engine.probe(run(place, spec), timeout_s=10)
    assert result.passed
    assert {
        "640 7 8 etc/app/deep/x.conf",
        "400 0 0 run/secrets/key",
        "444 0 0 data/in/y",
        "hello",
    } <= set(result.output.splitlines())


def test_a_healthcheck_runs_as_the_user_and_in_the_place_of_its_container(place: World) -> None:
    spec = place.spec(
        "user",
        user="7:8",
        working_dir="/var/tmp",
        environment={"COLOUR": "red"},
        healthcheck=shell("echo $(id -u) $(id -g) $(pwd) $COLOUR"),
    )
    assert place.engine.probe(run(place, spec), timeout_s=10).output == "7 8 /var/tmp red"


def test_the_output_of_a_healthcheck_is_cut_and_cleaned(place: World) -> None:
    text = "head -c 1000000 /dev/zero | tr '\\0' x; printf '\\033[31mthe end\\033[0m\\377'; exit 1"
    container_id = run(place, place.spec("noisy", healthcheck=shell(text)))
    result = place.engine.probe(container_id, timeout_s=10)
    assert not result.passed
    assert len(result.output) <= 4096
    assert result.output.endswith("xthe end\ufffd")


def test_a_healthcheck_that_hangs_is_given_up_in_time(place: World) -> None:
    container_id = run(place, place.spec("hanging", healthcheck=shell("sleep 20")))
    began = time.monotonic()
    result = place.engine.probe(container_id, timeout_s=0.5)
    assert time.monotonic() - began < 15
    assert not result.passed
    assert "0.5 s" in result.output


def test_a_healthcheck_whose_program_is_missing_has_not_passed(place: World) -> None:
    check = Healthcheck(test=("CMD", "no-such-program"), interval_s=600)
    result = place.engine.probe(run(place, place.spec("missing", healthcheck=check)), timeout_s=10)
    assert not result.passed
    assert "no-such-program" in result.output


def test_the_engine_s_own_verdict_is_observed(place: World) -> None:
    check = Healthcheck(test=("CMD", "true"), interval_s=0.2)
    container_id = run(place, place.spec("healthy", healthcheck=check))
    wait_until(lambda: place.seen(container_id).health is EngineHealth.HEALTHY, "healthy")
    assert place.seen(container_id).ready


def test_a_stopped_program_that_does_not_listen_is_killed_after_its_grace(place: World) -> None:
    spec = place.spec("deaf", init=False, command=("sh", "-c", "trap '' TERM; sleep 600"))
    container_id = run(place, spec)
    began = time.monotonic()
    place.engine.stop_container(container_id, 0.4)
    assert time.monotonic() - began < 60
    assert place.seen(container_id).exit_code == 137


def test_logs_are_followed_line_by_line_until_the_container_ends(place: World) -> None:
    text = (
        "printf 'half'; sleep 0.2; echo ' whole'; printf '\\377\\033[1mbold\\033[0m\\n'; sleep 0.3"
    )
    container_id = run(place, place.spec("talking", command=("sh", "-c", text)))
    assert list(place.engine.logs(container_id, follow=True)) == ["half whole", "\ufffdbold"]
    assert place.seen(container_id).state is ContainerState.EXITED


# builds


def test_arguments_target_labels_and_ignored_files_are_those_of_the_build(place: World) -> None:
    said: list[str] = []
    dockerfile = (
        f"FROM {BASE_IMAGE} AS one\nARG COLOUR\nCOPY . /app\n"
        "RUN printf '\\033[31m%s\\033[0m\\n' $COLOUR; ls -A /app\nFROM one AS two\nRUN false\n"
    )
    action = BuildImage(
        tags=(f"{place.prefix}/args:1",),
        build=place.image(dockerfile="sub/Dockerfile", target="one", args={"COLOUR": "blue"}).build,
        release="0" * 40,
        labels={"mine": "1"},
    )
    content = context(sub___Dockerfile=dockerfile, __dockerignore="*.md\n", a__md="", main__py="")
    place.engine.build_image(action, content, said.append, lambda: False)
    assert "blue" in said
    assert "main.py" in said
    assert "a.md" not in said


def test_a_build_is_stopped_in_the_midst_of_a_step(place: World) -> None:
    stop = threading.Event()
    content = context(Dockerfile=f"FROM {BASE_IMAGE}\nRUN echo begun; sleep 60\n")

    def hear(line: str) -> None:
        if line == "begun":
            stop.set()

    began = time.monotonic()
    with pytest.raises(CancelledError):
        place.engine.build_image(place.image("stopped"), content, hear, stop.is_set)
    assert stop.is_set()
    assert time.monotonic() - began < 20


# commands

PROGRAM = (
    "import sys; from sandbox.adapters.docker_engine import DockerEngine;"
    " sys.exit(DockerEngine().exec_interactive(sys.argv[1], sys.argv[3:], tty=sys.argv[2] == 't'))"
)


def command(container_id: str, mode: str, *words: str) -> Sequence[str]:
    return (sys.executable, "-c", PROGRAM, container_id, mode, *words)


@pytest.mark.parametrize("mode", ["t", "-"])
def test_a_command_has_our_input_our_two_outputs_and_its_own_exit_status(
    place: World, mode: str
) -> None:
    container_id = run(place, place.spec(f"exec-{mode}x"))
    words = ("sh", "-c", "cat; echo out; echo err >&2; exit 7")
    done = subprocess.run(
        command(container_id, mode, *words),
        input=b"in\n",
        capture_output=True,
        check=False,
        timeout=30,
    )
    assert (done.returncode, done.stdout, done.stderr) == (7, b"in\nout\n", b"err\n")


def test_on_a_terminal_a_command_gets_one_of_the_same_size(place: World) -> None:
    container_id = run(place, place.spec("terminal"))
    words = ("sh", "-c", "echo ready; read line; stty size; echo got $line; exit 3")
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        command(container_id, "t", *words),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**os.environ, "COLUMNS": "101", "LINES": "33"},
        start_new_session=True,
    ) as process:
        os.close(theirs)
        try:
            assert "ready" in shown_until(ours, "ready")
            os.write(ours, b"hello\r")
            shown = shown_until(ours, "got hello")
            status = process.wait(timeout=10)
        finally:
            process.kill()
            os.close(ours)
    assert status == 3
    assert "33 101" in shown
    assert "got hello" in shown


def shown_until(terminal: int, text: str) -> str:
    """Read what is shown on a terminal until *text* came, or nothing for five seconds."""
    shown = ""
    while text not in shown and select.select([terminal], [], [], 5)[0]:
        shown += os.read(terminal, 1024).decode()
    return shown


def test_a_command_in_a_container_that_does_not_run_is_refused(place: World) -> None:
    container_id = place.engine.create_container(place.spec("asleep"))
    with pytest.raises(EngineError, match="not running"):
        place.engine.exec_interactive(container_id, ("true",), tty=False)


def test_a_hook_runs_as_it_asks_to_and_its_output_and_status_are_told(place: World) -> None:
    container_id = run(place, place.spec("hooked", user="7:8"))
    hook = Hook(
        command=("sh", "-c", "echo $(id -u) $(pwd) $COLOUR; printf end; exit 3"),
        user="9:9",
        working_dir="/var/tmp",
        environment={"COLOUR": "red"},
    )
    lines: list[str] = []
    assert place.engine.run_hook(container_id, hook, lines.append) == 3
    assert lines == ["9 /var/tmp red", "end"]
    place.engine.stop_container(container_id, 0)
    with pytest.raises(EngineError, match="cannot run 'sh -c"):
        place.engine.run_hook(container_id, hook, lines.append)


def test_a_dockerfile_in_the_compose_file_and_further_tags_are_built(place: World) -> None:
    tag = f"{place.prefix}/tagged:latest"
    action = place.image(
        "inline",
        dockerfile_inline=f"FROM {BASE_IMAGE}\nCOPY page /page\n",
        tags=(tag,),
        labels={"a": "b"},
    )
    image_id = place.engine.build_image(
        action, context(page="hello"), lambda _: None, lambda: False
    )
    seen = place.look(*action.tags, tag).images
    assert seen == {action.tags[0]: image_id, tag: image_id}


# calls


def test_reads_make_no_change_and_a_look_costs_one_call_a_container(
    place: World, tmp_path: Path
) -> None:
    place.engine.create_network(place.network("calls"))
    endpoint = Endpoint(network_name=f"{place.prefix}-calls")
    container_id = run(place, place.spec("calls", endpoint))
    count = len(place.look().containers)
    with (
        EngineProxy.listening(tmp_path / "proxy.sock") as proxy,
        closing(DockerEngine(proxy.url)) as engine,
    ):
        engine.info()
        engine.observe(place.owner, [BASE_IMAGE])
        proxy.forget()
        engine.observe(place.owner, [BASE_IMAGE])
        assert len(proxy.requests()) == count + 4
        engine.inspect_container(container_id)
        assert list(engine.logs(container_id)) == []
        engine.probe(container_id, timeout_s=5)
        stop = threading.Event()
        engine.wait_events(place.owner.instance, lambda _: stop.set(), stop.is_set)
        assert proxy.mutations() == ()


def test_one_adapter_serves_many_threads(place: World) -> None:
    container_id = run(place, place.spec("shared", healthcheck=shell("echo fine")))

    def work(_: int) -> tuple[str, str]:
        found = place.engine.observe(place.owner, [BASE_IMAGE])
        [name] = [one.name for one in found.containers if one.id == container_id]
        return name, place.engine.probe(container_id, timeout_s=20).output

    with ThreadPoolExecutor(6) as pool:
        results = set(pool.map(work, range(12)))
    assert results == {(f"{place.prefix}-shared", "fine")}


def test_when_the_engine_goes_and_comes_back_so_does_the_adapter(
    place: World, tmp_path: Path
) -> None:
    path = tmp_path / "proxy.sock"
    with closing(DockerEngine(f"unix://{path}")) as engine:
        with EngineProxy.listening(path):
            engine.observe(place.owner, ())
        path.unlink()
        with pytest.raises(EngineUnreachableError):
            engine.observe(place.owner, ())
        # docker-py left a socket to the garbage collector, which tells of it as an error.
        gc.collect()
        with EngineProxy.listening(path) as proxy:
            engine.observe(place.owner, ())
            proxy.sever()
            engine.observe(place.owner, ())


def test_events_that_break_off_are_told_as_an_engine_that_is_gone(
    place: World, tmp_path: Path
) -> None:
    with (
        EngineProxy.listening(tmp_path / "proxy.sock") as proxy,
        closing(DockerEngine(proxy.url)) as engine,
        pytest.raises(EngineUnreachableError),
    ):
        engine.wait_events(place.owner.instance, lambda _: proxy.sever(), lambda: False)
