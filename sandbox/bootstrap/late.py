"""Adapters that are made when first used: importing one takes longer than most commands run."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager

    from sandbox.adapters.docker_engine import DockerEngine
    from sandbox.adapters.docker_engine.conversation import Conversation
    from sandbox.model.notification import Webhook, WebhookFile
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


class LateWebhooks:
    """
    The webhooks that *state_folder* names; where it has no file, nothing more is loaded.

    Every command that shows warnings reads the file, and most machines have none.
    """

    def __init__(self, state_folder: str) -> None:
        def make() -> object:
            from sandbox.adapters.webhook import HttpWebhooks

            return HttpWebhooks(state_folder)

        self._folder = state_folder
        self._made = cast("Webhooks", _Late(make))

    def read(self) -> WebhookFile:
        """Read the file anew, so that an edit counts at once."""
        from sandbox.model.notification import WEBHOOK_FILE, WebhookFile

        file = Path(self._folder, WEBHOOK_FILE)
        return self._made.read() if file.exists() else WebhookFile(path=str(file))

    def post(self, webhook: Webhook, text: str) -> None:
        """Send *text*; `DeliveryError` when it was not accepted."""
        self._made.post(webhook, text)


def late_feed(common_dir: str) -> ChangeFeed:
    """Watch the references in *common_dir*."""

    def make() -> object:
        from sandbox.adapters.file_watcher import RefWatcher

        return RefWatcher(common_dir)

    return cast("ChangeFeed", _Late(make))
