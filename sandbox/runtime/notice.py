"""Send one message to each webhook, because a person asked whether they get there."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

from sandbox.delivery.notify import body
from sandbox.errors import DeliveryError, SetupError, one_line
from sandbox.model.event import EventKind
from sandbox.model.notification import Notification, Trial
from sandbox.runtime.person import person

if TYPE_CHECKING:
    from sandbox.model.notification import Webhook
    from sandbox.runtime.workspace import Workspace


def try_webhooks(workspace: Workspace) -> tuple[Trial, ...]:
    """
    Send one message to each, side by side.

    Raises:
        SetupError: The file is wrong, or names none.
    """
    file = workspace.webhooks.read()
    if file.problems:
        raise SetupError("\n".join(file.problems), remedy="correct what is named above")
    if not file.webhooks:
        message = f"no webhook is configured: {file.path} names none"
        raise SetupError(message, remedy='write into it: webhooks: [{url: "https://…"}]')
    with ThreadPoolExecutor(max_workers=len(file.webhooks)) as pool:
        return tuple(pool.map(partial(_try, workspace), file.webhooks))


def _try(workspace: Workspace, webhook: Webhook) -> Trial:
    message = Notification(
        at=workspace.clock.now(),
        environment="",
        kind=EventKind.SEEN,
        message=f"a message to try this webhook, sent by {person() or 'an unknown user'}",
    )
    text = body(message, webhook.format, repository=workspace.repository.name)
    began = workspace.clock.monotonic()
    error = ""
    try:
        workspace.webhooks.post(webhook, text)
    except DeliveryError as refused:
        error = one_line(refused)
    return Trial(webhook=webhook, seconds=workspace.clock.monotonic() - began, error=error)
