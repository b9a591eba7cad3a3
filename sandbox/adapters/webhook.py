"""
Webhooks over HTTP, and the file of this machine that names them. An address is a secret.
"""

from __future__ import annotations

import logging
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sandbox.compose.webhook_file import read_webhooks
from sandbox.errors import DeliveryError
from sandbox.model.notification import WEBHOOK_FILE, WebhookFile
from sandbox.secrecy.vault import learn

if TYPE_CHECKING:
    import httpx

    from sandbox.model.notification import Webhook

TIMEOUT_S: Final = 5.0
FILE_MAX_BYTES: Final = 2**20
_LATER: Final = frozenset({408, 425, 429, *range(500, 600)})
"""Statuses after which the same message may go through."""


class HttpWebhooks:
    """`sandbox.ports.Webhooks`; a redirect is not followed, for it may lead elsewhere."""

    def __init__(self, state_folder: str) -> None:
        self._path = Path(state_folder, WEBHOOK_FILE)
        self._lock = threading.Lock()
        self._client: httpx.Client | None = None

    def read(self) -> WebhookFile:
        """Read the file anew."""
        try:
            with self._path.open("rb") as file:
                content = file.read(FILE_MAX_BYTES + 1)
        except FileNotFoundError:
            return WebhookFile(path=str(self._path))
        except OSError as error:
            problem = f"{self._path}: it cannot be read: {error.strerror}"
            return WebhookFile(path=str(self._path), problems=(problem,))
        found = read_webhooks(content, str(self._path))
        for webhook in found.webhooks:
            # Not its host, which is shown.
            learn((webhook.url, webhook.url.partition("://")[2].partition("/")[2]))
        return found

    def post(self, webhook: Webhook, text: str) -> None:
        """
        Send *text*.

        Raises:
            DeliveryError: It was not accepted.
        """
        import httpx  # noqa: PLC0415 - it takes long to import, and most machines send nothing

        try:
            with self._made().stream(
                "POST",
                webhook.url,
                content=text.encode("utf-8", "replace"),
                headers={"Content-Type": "application/json"},
                timeout=TIMEOUT_S,
            ) as response:
                status = response.status_code
        # Whatever httpx raises names the address, so it is neither shown nor kept as the cause.
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            raise _unreachable(webhook, error) from None
        if not 200 <= status < 300:  # noqa: PLR2004 - what HTTP calls success
            raise DeliveryError(
                f"{webhook.host} answered with status {status}",
                remedy=f"see whether the address in {WEBHOOK_FILE} is still right: {webhook.place}",
                temporary=status in _LATER,
            )

    def _made(self) -> httpx.Client:
        """Give the client; to make one reads all certificates of this machine."""
        import httpx  # noqa: PLC0415 - see above

        with self._lock:
            if self._client is None:
                for library in ("httpx", "httpcore"):
                    # They would write each address to a log.
                    logging.getLogger(library).setLevel(logging.WARNING)
                # Messages are rare: a connection that was kept would be dead by the next one.
                self._client = httpx.Client(limits=httpx.Limits(max_keepalive_connections=0))
            return self._client


def _unreachable(webhook: Webhook, error: Exception) -> DeliveryError:
    import httpx  # noqa: PLC0415 - see above

    what = (
        f"did not answer within {TIMEOUT_S:g} s"
        if isinstance(error, httpx.TimeoutException)
        else f"cannot be reached ({type(error).__name__})"
    )
    remedy = f"see whether the address in {WEBHOOK_FILE} is right: {webhook.place}"
    temporary = isinstance(error, httpx.TransportError)
    return DeliveryError(f"{webhook.host} {what}", remedy=remedy, temporary=temporary)
