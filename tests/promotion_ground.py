"""A repository with staging and production, real Git, and an engine in memory: for promotions."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from sandbox.bootstrap import open_workspace
from sandbox.runtime.control import LocalControl
from sandbox.runtime.promoter import commit_proposal
from sandbox.runtime.proposal import propose_promotion
from tests.fakes.clock import FakeClock
from tests.fakes.engine import FakeEngine
from tests.repositories import DiskRepository

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sandbox.model.promotion import ObjectionKind, Proposal
    from sandbox.model.record import SyncRecord
    from sandbox.runtime.workspace import Workspace

PINNED = "environments/production/.env"
PRODUCTION = "environments/production/compose.yaml"
FILE = """\
name: shop-{name}
x-sandbox: {{{settings}}}
services:
  web:
    build: ../../app
    x-sandbox: {{migrations: sql}}
"""


def staging() -> str:
    """Give the text of staging, which follows main."""
    return FILE.format(name="staging", settings="")


def production(source: str = "staging") -> str:
    """Give the text of production; *source* is what it promotes from."""
    settings = f'release: "${{RELEASE:-}}", promote_from: {source}'
    return FILE.format(name="production", settings=settings)


def pinned(release: str) -> str:
    """Give the variables of production."""
    return f"# What runs here.\nRELEASE={release}\nNAME=x\n"


@dataclass(kw_only=True)
class PromotionGround:
    """
    Two environments; `workspace` is the repository as it was opened at its top.

    Attributes:
        first: Commit whose source production is pinned to.
    """

    disk: DiskRepository
    engine: FakeEngine
    clock: FakeClock
    stack: ExitStack
    first: str = ""
    workspace: Workspace = field(init=False)

    def __post_init__(self) -> None:
        self.workspace = self.open(self.disk.top)

    def open(self, top: Path) -> Workspace:
        """Open the repository at *top* on the same engine; it is closed with the ground."""
        opened = self.stack.enter_context(open_workspace(str(top)))
        return replace(opened, engine=self.engine, clock=self.clock, edge_port=0)

    def begin(self, *, source: str = "staging") -> None:
        """Commit the environments, production pinned to the first release, and bring both up."""
        files = {
            "app/Dockerfile": "FROM debian:trixie-slim\n",
            "app/page": "first",
            "app/sql/0.sql": "CREATE TABLE first ();\n",
            "environments/staging/compose.yaml": staging(),
            PRODUCTION: production(source),
            PINNED: pinned(""),
        }
        self.first = self.disk.commit("Begin", **files)
        self.disk.commit("Pin production", **{PINNED: pinned(self.first)})
        self.sync("staging")
        self.sync("production")

    def release(self, text: str, **files: str) -> str:
        """Commit another version of the application's source, and bring staging to it."""
        commit = self.disk.commit(f"Say {text}", **{"app/page": text, **files})
        self.sync("staging")
        return commit

    def sync(self, environment: str, workspace: Workspace | None = None) -> SyncRecord:
        """Reconcile once."""
        control = LocalControl(workspace or self.workspace)
        return control.sync(environment, lambda _: None)

    def promote(self) -> Proposal:
        """Promote production, and bring it there."""
        proposal = propose_promotion(self.workspace, "production")
        commit_proposal(self.workspace, proposal)
        self.sync("production")
        return proposal

    def image_ids(self, environment: str) -> set[str]:
        """Images that the live containers of *environment* were made from."""
        return {
            each.observed().image_id
            for each in self.engine.containers.values()
            if each.labels["dev.sandbox.environment"] == environment and each.lives
        }


def kinds(proposal: Proposal) -> set[ObjectionKind]:
    """Everything that speaks against *proposal*."""
    return {each.kind for each in proposal.objections}


def promotion_ground(top: Path) -> Iterator[PromotionGround]:
    """Give one at *top*, without a commit; for fixtures."""
    with ExitStack() as stack:
        yield PromotionGround(
            disk=DiskRepository.make(top), engine=FakeEngine(), clock=FakeClock(), stack=stack
        )
