"""
A bad commit harms nothing that runs, says what is wrong, and is forgotten with the next good one.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from tests.end_state import container_ids
from tests.playground import Playground, playground, small, until

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator

pytestmark = pytest.mark.engine

FILE = "environments/staging/compose.yaml"
REFUSED = {"invalid"}
FAILED = {"degraded"}


class Listener:
    """Somebody with `watch` open: what the controller says, as it says it."""

    def __init__(self, ground: Playground) -> None:
        self.events: list[Any] = []
        self._process: subprocess.Popen[bytes] = ground.start("watch", "--output", "json")
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            self.events.append(json.loads(line)["event"])

    def begin(self, ground: Playground) -> None:
        """Wait until it hears; it hears what comes after its beginning, so let something come."""

        def nudged() -> bool:
            ground.sandbox("suspend", "staging")
            ground.sandbox("resume", "staging")
            return bool(self.events)

        until(nudged, "the listener to hear")

    def heard(self, revision: str, kinds: set[str]) -> list[Any]:
        return [
            event
            for event in self.events
            if event["revision"] == revision and event["kind"] in kinds
        ]

    def hear(self, revision: str, kinds: set[str]) -> Any:
        """Wait for the first event of *kinds* about *revision*."""
        return until(lambda: self.heard(revision, kinds), f"{kinds} of {revision}", seconds=40)[0]

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()
        self._thread.join()


@dataclass(kw_only=True)
class Stage:
    """A healthy environment that a controller looks after, and somebody who listens."""

    ground: Playground
    listener: Listener
    greetings: int = 0

    def good(self) -> str:
        """Text of the next good commit: `web` is another than before."""
        self.greetings += 1
        return small(greeting=f"hello {self.greetings}")

    def converge(self) -> None:
        """Commit what is good; the controller alone must bring it about."""
        revision = self.ground.commit_environment(self.good())
        self.listener.hear(revision, {"synced"})
        assert f"GREETING=hello {self.greetings}" in self.ground.container("web")["Config"]["Env"]
        # `container_ids` fails when something is left over.
        assert set(container_ids(self.ground)) == {"db", "prepare", "web"}
        assert running(self.ground).keys() == {"db", "web"}


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    for ground in playground(tmp_path_factory.mktemp("bad") / "play"):
        ground.commit_environment(small())
        process = ground.start_controller()
        ground.wait_healthy()
        listener = Listener(ground)
        try:
            listener.begin(ground)
            yield Stage(ground=ground, listener=listener)
        finally:
            listener.close()
            ground.end_controller(process)


def running(ground: Playground) -> dict[str, tuple[str, str]]:
    """Give id and start of what runs, by service."""
    return {
        item["Config"]["Labels"]["dev.sandbox.service"]: (item["Id"], item["State"]["StartedAt"])
        for item in ground.containers()
        if item["State"]["Running"]
    }


def volumes(ground: Playground) -> list[tuple[str, str]]:
    return [(item["Name"], item["CreatedAt"]) for item in ground.volumes()]


def edited(text: str, *edits: tuple[str, str]) -> str:
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text


@dataclass(frozen=True, slots=True, kw_only=True)
class Bad:
    """
    One kind of bad commit.

    Attributes:
        edits: Of the good file: old text and new text.
        text: Instead of edits: the whole file; ``None`` deletes it.
        files: Other files of the same commit.
        told: Patterns that both the event and the status must match: place, cause.
        remedy: Pattern that the event, and the status with its next step, must match.
        is_taken_back: It is the commit's fault; what may be the machine's is tried again.
    """

    name: str
    edits: tuple[tuple[str, str], ...] = ()
    text: str | None = ""
    files: Mapping[str, str] = field(default_factory=dict)
    told: tuple[str, ...]
    remedy: str
    is_taken_back: bool = True

    def commit(self, stage: Stage) -> str:
        text = edited(stage.good(), *self.edits) if self.edits else self.text
        return stage.ground.commit({FILE: text, **self.files})


DB, WEB, IMAGE = "  db:\n", "  web:\n", "    image: debian:trixie-slim\n"
A_FIX = "commit a fix; what runs is left alone"
RESTORE = "restore it and commit, or give the environment up: sandbox down staging"
NO_SERVICE = (rf"^{FILE}: no service is left in [0-9a-f]{{7}}; what runs is left alone",)
UNUSABLE = (
    Bad(
        name="syntax error",
        edits=(("networks: {back", "networks: [back"),),
        told=(rf"^{FILE}:30:\d+: this is not YAML",),
        remedy=A_FIX,
    ),
    Bad(
        name="tab",
        edits=((WEB, "\tweb:\n"),),
        told=(rf"^{FILE}:18:1: this is not YAML: a tab",),
        remedy="indent with spaces",
    ),
    Bad(
        name="duplicate key",
        edits=((WEB + IMAGE, WEB + IMAGE + IMAGE),),
        told=(rf"^{FILE}:20:5: services.web.image: .* twice; the first one is on line 19",),
        remedy=A_FIX,
    ),
    Bad(
        name="unknown key",
        edits=(("    mem_limit:", "    memlimit:"),),
        told=(rf"^{FILE}:8:5: services.db.memlimit: .* unknown",),
        remedy="did you mean 'mem_limit'",
    ),
    Bad(
        name="cycle",
        edits=((DB, DB + "    depends_on: [web]\n"),),
        told=(rf"^{FILE}:5:18: services.db.depends_on: services wait for each other: db -> web",),
        remedy="remove one of these",
    ),
    Bad(
        name="missing env_file",
        edits=((DB, DB + "    env_file: missing.env\n"),),
        told=(rf"^{FILE}:5:15: services.db.env_file\[0\]: .* no file .*staging/missing.env",),
        remedy="commit it, or correct the path",
    ),
    Bad(
        name="missing file to extend",
        edits=((DB, DB + "    extends: {file: ../base/compose.yaml, service: db}\n"),),
        told=(rf"^{FILE}:5:21: .* there is no file environments/base/compose.yaml",),
        remedy="commit it, or correct the path",
    ),
    Bad(
        name="missing mounted file",
        edits=(("[data:/data]", "[data:/data, ./missing.conf:/etc/missing.conf]"),),
        told=(rf"^{FILE}:9:27: services.db.volumes\[1\]: .*staging/missing.conf",),
        remedy="commit it",
    ),
    Bad(
        name="missing build context",
        edits=((DB, DB + "    build: ../../nowhere\n"),),
        told=(rf"^{FILE}:5:12: services.db.build: the build context nowhere is not in",),
        remedy="commit the folder, or correct the path",
    ),
    Bad(
        name="no Dockerfile",
        edits=((DB, DB + "    build: {context: ../../app, dockerfile: X}\n"),),
        files={"app/Dockerfile": "FROM debian:trixie-slim\n"},
        told=(rf"^{FILE}:5:45: services.db.build.dockerfile: there is no file app/X in",),
        remedy="commit the file, or correct `dockerfile`",
    ),
    Bad(name="empty", text="", told=(rf"^{FILE}: the file is empty in",), remedy=RESTORE),
    Bad(
        name="no x-sandbox",
        text="services: {web: {image: x}}\n",
        told=(rf"^{FILE}: the file has no top-level x-sandbox in",),
        remedy=RESTORE,
    ),
    Bad(name="deleted", text=None, told=(rf"^{FILE}: the file is gone in",), remedy=RESTORE),
    Bad(
        name="no services",
        text="name: play-staging\nx-sandbox: {}\nservices: {}\n",
        told=NO_SERVICE,
        remedy="restore a service .*allow_empty: true",
    ),
    Bad(
        name="all behind profiles",
        text=re.sub(r"(?m)^(  (?:db|prepare|web):\n)", r"\1    profiles: [later]\n", small()),
        told=NO_SERVICE,
        remedy="COMPOSE_PROFILES in environments/staging/.env",
    ),
)


@pytest.mark.parametrize("bad", UNUSABLE, ids=[each.name for each in UNUSABLE])
def test_a_commit_that_cannot_be_used_changes_nothing_and_says_why(stage: Stage, bad: Bad) -> None:
    ground = stage.ground
    before = (running(ground), container_ids(ground), ground.networks(), volumes(ground))

    revision = bad.commit(stage)
    event = stage.listener.hear(revision, REFUSED)
    status = ground.status()

    assert (event["environment"], status["name"]) == ("staging", "staging")
    for pattern in bad.told:
        assert re.search(pattern, event["message"]), event
        assert re.search(pattern, status["message"]), status
    assert re.search(bad.remedy, event["message"]), event
    assert re.search(bad.remedy, f"{status['message']} {status['next']}"), status
    assert "\n" not in event["message"]
    assert (status["revision"], status["sync"]) == (revision, "out_of_sync")
    assert {each["name"]: each["ready"] for each in status["services"]} == {
        "db": 1,
        "prepare": 1,
        "web": 1,
    }
    assert (running(ground), container_ids(ground), ground.networks(), volumes(ground)) == before
    stage.converge()
    assert volumes(ground) == before[-1]


EXTRA = "  extra:\n    build: "
UP, RUN = "touch /tmp/ready; exec", "echo still warming up; exec"
FAILING = (
    Bad(
        name="failing build",
        edits=((DB, EXTRA + "../../app\n" + DB),),
        files={"app/Dockerfile": "FROM debian:trixie-slim\nRUN echo cannot compile; exit 9\n"},
        told=(rf"^{FILE}:4: extra: cannot build image play/extra:", "cannot compile.* code: 9"),
        remedy="fix app/Dockerfile",
    ),
    Bad(
        name="image that nobody has",
        edits=((DB, "  extra:\n    image: 127.0.0.1:1/nobody/has:it\n" + DB),),
        told=(rf"^{FILE}:4: extra: cannot pull image 127.0.0.1:1/nobody/has:it", "refused"),
        remedy="check that 127.0.0.1:1 can be reached",
        is_taken_back=False,
    ),
    Bad(
        name="container that exits",
        edits=(("touch /tmp/ready; exec sleep 1d", "echo cannot read settings >&2; exit 3"),),
        told=(rf"^{FILE}:18: web: .*-web-1-.* exit code 3; its last line: cannot read settings",),
        remedy="commit a fix",
    ),
    Bad(
        name="failing job",
        edits=(("echo prepared >> /data/prepared", "echo no schema >&2; exit 4"),),
        told=(rf"^{FILE}:12: prepare: .* ended with exit code 4; its last line: no schema",),
        remedy="commit a fix",
    ),
    Bad(
        name="health that never comes",
        edits=((UP, RUN), ("deadline: 30s", "deadline: 1s")),
        told=(rf"^{FILE}:18: web: .* did not become ready within 1 s; .*: still warming up",),
        remedy="fix it or its healthcheck, or raise x-sandbox.rollout.deadline",
    ),
)


@pytest.mark.parametrize("bad", FAILING, ids=[each.name for each in FAILING])
def test_a_commit_that_does_not_start_is_taken_back_and_says_why(stage: Stage, bad: Bad) -> None:
    ground = stage.ground
    before, data, good = running(ground), volumes(ground), ground.status()["revision"]

    revision = bad.commit(stage)
    event = stage.listener.hear(revision, FAILED)
    said = f"{revision[:7]} failed and is not tried again" if bad.is_taken_back else ""
    status = until(
        lambda: said in (now := ground.status())["message"] and now, "the way back to begin"
    )

    assert not bad.is_taken_back or status["serving"] == good
    for pattern in bad.told:
        assert re.search(pattern, event["message"]), event
        assert re.search(pattern.removeprefix("^"), status["message"]), status
    assert re.search(bad.remedy, event["message"]), event
    assert re.search(bad.remedy, f"{status['message']} {status['next']}"), status
    assert (status["revision"], status["sync"]) == (revision, "out_of_sync")
    assert status["health"] == "degraded"
    until(lambda: running(ground) == before, "what served to serve on alone")
    assert volumes(ground) == data
    # Asked by hand it fails again, now with an exit status; a degraded environment is 4.
    asked = ground.sandbox("sync", "staging", status=4)
    assert FILE in asked.stderr
    stage.converge()
    assert volumes(ground) == data


OTHER_ID = "0123456789" * 4
DAMAGED = ("the branch main is damaged: refs/heads/main does not name a commit",)
REFS: tuple[tuple[str, str | None, str, str], ...] = (
    ("deleted", None, "there is no branch main", "git branch main COMMIT"),
    ("emptied", "", DAMAGED[0], "git update-ref refs/heads/main COMMIT"),
    ("truncated", "0123456789", DAMAGED[0], "git update-ref refs/heads/main COMMIT"),
    ("garbage", "\0\1 no ref \n\n", DAMAGED[0], "git update-ref refs/heads/main COMMIT"),
    ("of no commit", f"{OTHER_ID}\n", DAMAGED[0], "git update-ref refs/heads/main COMMIT"),
)


@pytest.mark.parametrize(
    ("content", "cause", "remedy"), [each[1:] for each in REFS], ids=[each[0] for each in REFS]
)
def test_a_branch_that_cannot_be_read_changes_nothing_and_is_told(
    stage: Stage, content: str | None, cause: str, remedy: str
) -> None:
    ground = stage.ground
    before = (running(ground), container_ids(ground), ground.networks(), volumes(ground))
    head = ground.git("rev-parse", "HEAD")
    ref = ground.folder / ".git/refs/heads/main"
    seen = len(stage.listener.events)

    if content is None:
        ref.unlink()
    else:
        ref.write_text(content)
    told = until(
        lambda: [each for each in stage.listener.events[seen:] if each["kind"] == "invalid"],
        "the controller to tell",
    )
    status = ground.status()

    for message in (told[0]["message"], f"{status['message']} {status['next']}"):
        assert cause in message
        assert remedy in message
    assert (told[0]["environment"], status["sync"], status["revision"]) == (
        "staging",
        "unknown",
        None,
    )
    assert {each["name"] for each in status["services"]} == {"db", "prepare", "web"}
    assert (running(ground), container_ids(ground), ground.networks(), volumes(ground)) == before
    ref.write_text(f"{head}\n")
    stage.converge()
    assert volumes(ground) == before[-1]


def test_edits_that_nobody_committed_change_nothing_and_status_names_them(stage: Stage) -> None:
    ground = stage.ground
    stage.converge()
    before = (running(ground), container_ids(ground))
    folder = ground.folder / "environments/staging"
    revision = ground.git("rev-parse", "HEAD")

    (folder / ".env").write_text("STAGED=1\n")
    ground.git("add", "environments/staging/.env")
    (folder / "compose.yaml").write_text("unstaged: [\n")
    (folder / "untracked.conf").write_text("untracked\n")
    try:
        status = ground.status()
        shown = ground.sandbox("status", "staging").stdout
        ground.sandbox("sync", "staging")
    finally:
        ground.git("reset", "--quiet", "--hard")
        (folder / "untracked.conf").unlink()

    assert status["ignored_edits"] == [
        f"environments/staging/{name}" for name in (".env", "compose.yaml", "untracked.conf")
    ]
    assert (status["revision"], status["sync"]) == (revision, "synced")
    assert "3 uncommitted edits change nothing" in shown
    assert (running(ground), container_ids(ground)) == before
