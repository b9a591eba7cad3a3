"""
What is done while a call goes wrong: together they come by every call that changes the engine.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from tests.playground import Playground, engine, small
from tests.rollouts.small_app import SmallGround

BEFORE: Final = "hello"
AFTER: Final = "good day"
SYNC: Final = ("sync", "staging")
DOWN: Final = ("down", "staging", "--volumes")
TOOL: Final = """\
  tool:
    build: {context: ../../tool, tags: ["APPLICATION/tool:also"]}
    configs: [motd]
    networks: [back]
    stop_signal: SIGKILL
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """
    One command of a person, and what was before.

    Attributes:
        begin: Brings the repository and the engine to where the command starts.
        has_job: The small environment, whose job leaves a line on a volume at each run.
    """

    name: str
    begin: Callable[[Any], None]
    command: tuple[str, ...] = SYNC
    ground: type[Playground] = Playground
    has_job: bool = True


def commit(ground: Playground, word: str) -> None:
    """
    Commit an environment that builds, mounts, joins networks and runs a job, all of it with *word*.
    """
    compose = small(greeting=word).replace("play-", f"{_application(ground)}-", 1)
    tool = TOOL.replace("APPLICATION", _application(ground))
    compose = compose.replace("services:\n", f"services:\n{tool}", 1)
    words = f'WORD="{word}" OF="{_application(ground)}"'
    compose = compose.replace("mem_limit: 64m", f"mem_limit: {64 + len(word)}m")
    files = {
        "environments/staging/compose.yaml": f"{compose}configs: {{motd: {{content: {word}}}}}\n",
        "tool/Dockerfile": f'FROM debian:trixie-slim\nENV {words}\nCMD ["sleep", "1d"]\n',
        "count": str(time.time_ns()),
    }
    ground.commit(dict(files), word)


def _application(ground: Playground) -> str:
    """One of its own for each act: they go on side by side, and images belong to applications."""
    return f"faults-{ground.folder.name}"


def _nothing(ground: Playground) -> None:
    ground.sandbox(*DOWN, status=None)
    with engine() as client:
        for image in client.images(f"{_application(ground)}/tool", quiet=True):
            client.remove_image(image, force=True)
    commit(ground, BEFORE)


def _running(ground: Playground) -> None:
    _nothing(ground)
    ground.sandbox(*SYNC)


def _older(ground: Playground) -> None:
    _running(ground)
    commit(ground, AFTER)


def _meddled(ground: Playground) -> None:
    """
    A person pauses one container, connects one elsewhere, and renames one to what another is.
    """
    _running(ground)
    with engine() as client:
        tool, web = ground.container("tool"), ground.container("web")
        client.pause(ground.container("db")["Id"])
        (front,) = (each for each in ground.networks() if each["Name"].endswith("front"))
        client.connect_container_to_network(tool["Id"], front["Id"])
        client.rename(web["Id"], f"{ground.instance}-by-hand")
        client.rename(tool["Id"], web["Name"].strip("/"))


def _released(ground: SmallGround) -> None:
    if ground.port:
        ground.release("v1")
    else:
        ground.begin()
    ground.sandbox(*SYNC)
    ground.release("v2")


ACTS: Final = (
    Act(name="first", begin=_nothing),
    Act(name="change", begin=_older),
    Act(name="repair", begin=_meddled),
    Act(name="down", begin=_running, command=DOWN, has_job=False),
    Act(name="rollout", begin=_released, ground=SmallGround, has_job=False),
)
