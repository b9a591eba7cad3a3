"""A small application with a controller in the background, and what happens to it in one round."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import docker.errors
from typing_extensions import override

from sandbox.adapters.sqlite_journal import SqliteJournal
from sandbox.model.record import Outcome
from tests.benchmarks.measure import CannotMeasureError
from tests.playground import ENVIRONMENT_LABEL, INSTANCE_LABEL, SERVICE_LABEL, engine, until
from tests.rollouts.small_app import (
    COMPOSE_FILE,
    ENVIRONMENT,
    VARIABLES,
    SmallGround,
    compose_file,
    variables,
    web_service,
)
from tests.soak.heard import STRANGER_LABEL

IMAGE = "debian:trixie-slim"
TASK = "task"
ROLLOUT_EVERY = 10
"""Syncs: each replaces a container without ports; one of so many rolls `web` out as well."""
TURNS = 10
"""How often a stranger's container is paused and renamed in one round."""
RENAME_EVERY = 10
KILL_EVERY = 100
"""Rounds: more often, and the pause before a restart or the quarantine would be what is seen."""


@dataclass(kw_only=True)
class SoakGround(SmallGround):
    """A playground whose controller stays in the background."""

    @cached_property
    def journal(self) -> SqliteJournal:
        return SqliteJournal(str(self.folder / ".git" / "sandbox"))

    def bring_up(self) -> None:
        """Make the first commit, and have a controller look after whatever comes."""
        revision = self.begin(services=_task(0))
        self.sandbox("up", seconds=600.0)
        self.await_synced(ENVIRONMENT, revision)

    def await_synced(self, environment: str, revision: str) -> None:
        """Wait until *environment* runs *revision*."""

        def synced() -> bool:
            for record in self.journal.syncs(environment, limit=1):
                if record.revision == revision and record.outcome is not Outcome.SUCCEEDED:
                    raise CannotMeasureError(f"{environment}: {record.outcome}: {record.message}")
                return record.revision == revision
            return False

        until(synced, f"{environment} to run {revision[:7]}")

    # one round of each phase

    def sync(self, number: int) -> None:
        """Commit the cheapest change that replaces a container, and wait until it runs."""
        files = {COMPOSE_FILE: compose_file(services=_task(number))}
        if number % ROLLOUT_EVERY == 0:
            files[VARIABLES] = variables(f"v{number}", self.port)
        self.await_synced(ENVIRONMENT, self.commit(files, f"Round {number}"))

    def disturb(self, number: int, client: docker.APIClient) -> None:
        """Let a stranger's container live a short life, and lay hands on one of ours."""
        labels = {STRANGER_LABEL: self.instance}
        if number % 2:
            # It looks like ours, and is not: the controller has to look at each of its events.
            labels |= {INSTANCE_LABEL: self.instance, ENVIRONMENT_LABEL: ENVIRONMENT}
        stranger = client.create_container(IMAGE, ["sleep", "1d"], labels=labels)["Id"]
        try:
            client.start(stranger)
            for turn in range(TURNS):
                client.pause(stranger)
                client.unpause(stranger)
                client.rename(stranger, f"soak-{self.instance}-{turn}")
            client.kill(stranger)
        finally:
            client.remove_container(stranger, force=True)
        self._disturb_ours(number, client)

    def come_and_go(self, number: int) -> None:
        """Commit an environment, and remove it as docs/tasks/environment.md says."""
        name = f"e{number}"
        file = f"environments/{name}/compose.yaml"
        self.await_synced(name, self.commit({file: _environment(name)}, f"Add {name}"))
        self.sandbox("down", name, "--volumes")
        self.await_synced(ENVIRONMENT, self.commit({file: None}, f"Remove {name}"))

    def _disturb_ours(self, number: int, client: docker.APIClient) -> None:
        wanted = [f"{INSTANCE_LABEL}={self.instance}", f"{SERVICE_LABEL}={TASK}"]
        for found in client.containers(filters={"label": wanted}):
            ours = found["Id"]
            # The controller may be putting it right at the same time.
            with suppress(docker.errors.APIError):
                client.pause(ours)
                client.unpause(ours)
                if number % RENAME_EVERY == 0:
                    client.rename(ours, f"soak-{self.instance}-renamed")
                if number % KILL_EVERY == 0:
                    client.kill(ours)

    # the end

    def take_down(self) -> list[str]:
        """Have the product remove everything, and name what is left of it on the engine."""
        self.sandbox("down", "--volumes")
        left = [("container", each["Name"]) for each in self.containers()]
        left += [("network", each["Name"]) for each in self.networks()]
        left += [("volume", each["Name"]) for each in self.volumes()]
        return [f"{kind} {name.removeprefix('/')}" for kind, name in left]

    @override
    def clean_up(self) -> None:
        super().clean_up()
        with engine() as client:
            of_ours = {"label": f"{STRANGER_LABEL}={self.instance}"}
            for found in client.containers(all=True, filters=of_ours):
                client.remove_container(found["Id"], force=True)


def _task(number: int) -> dict[str, Any]:
    return {
        TASK: {
            "image": IMAGE,
            "command": ["sleep", "1d"],
            "stop_signal": "SIGKILL",
            "mem_limit": "64m",
            "environment": {"ROUND": str(number)},
        }
    }


def _environment(name: str) -> str:
    """The file of an environment with an ingress and a volume; its image is that of staging."""
    web = {**web_service(), "ports": ["8080"], "volumes": ["data:/data"]}
    document = {
        "name": f"roll-{name}",
        "x-sandbox": {},
        "services": {"web": web},
        "volumes": {"data": {}},
    }
    return json.dumps(document, indent=2) + "\n"
