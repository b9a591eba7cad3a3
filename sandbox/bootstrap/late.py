"""Adapters that are made when first used: importing one takes longer than most commands run."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager

    from sandbox.adapters.docker_engine import DockerEngine
    from sandbox.adapters.docker_engine.conversation import Conversation
    from sandbox.ports import ChangeFeed, Ingress, PipelineRuns, Webhooks


class _Late:
    """What *make* makes when it is first used."""

    def __init__(self, make: Callable[[], object]) -> None:
        self._lock = threading.Lock()
        self._make = make
        self._made: object = None

    def __getattr__(self, name: str) -> object:
        with self._lock:
            if self._made is None:
                self._made = self._make()
        return getattr(self._made, name)

    def close(self) -> None:
        """Close what was made, if it was."""
        if self._made is not None:
            cast("Ingress", self._made).close()


class LateEngine:
    """
    The engine, made when it is first used, and closed when it was.

    Importing docker takes longer than asking a running controller, who then uses the engine.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._engine: DockerEngine | None = None

    def __getattr__(self, name: str) -> object:
        return getattr(self._made(), name)

    def converse(
        self, container_id: str, command: Sequence[str], silence_s: float
    ) -> AbstractContextManager[Conversation]:
        """Start *command* inside a container, and talk with it."""
        return self._made().converse(container_id, command, silence_s)

    def close(self) -> None:
        """Close what was made."""
        if self._engine is not None:
            self._engine.close()

    def _made(self) -> DockerEngine:
        with self._lock:
            if self._engine is None:
                from sandbox.adapters.docker_engine import DockerEngine

                self._engine = DockerEngine()
            return self._engine


def late_ingress(engine: LateEngine) -> Ingress:
    """Control HAProxy through *engine*."""

    def make() -> object:
        from sandbox.adapters.haproxy import HaproxyIngress

        return HaproxyIngress(engine.converse)

    return cast("Ingress", _Late(make))


def late_runs(state_folder: str) -> PipelineRuns:
    """Keep the records of pipelines in *state_folder*."""

    def make() -> object:
        from sandbox.adapters.pipeline_files import PipelineFiles

        return PipelineFiles(state_folder)

    return cast("PipelineRuns", _Late(make))


def late_webhooks(state_folder: str) -> Webhooks:
    """Send messages to the webhooks that *state_folder* names."""

    def make() -> object:
        from sandbox.adapters.webhook import HttpWebhooks

        return HttpWebhooks(state_folder)

    return cast("Webhooks", _Late(make))


def late_feed(common_dir: str) -> ChangeFeed:
    """Watch the references in *common_dir*."""

    def make() -> object:
        from sandbox.adapters.file_watcher import RefWatcher

        return RefWatcher(common_dir)

    return cast("ChangeFeed", _Late(make))
