"""Messages to people who look at no terminal, and where this machine sends them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from sandbox.model.event import EventKind

ADDRESS: Final = re.compile(
    r"https?://(?:[^/@\s?#]*@)?(?P<host>[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?(?:[/?#]\S*)?"
)

WEBHOOK_FILE: Final = "notify.yaml"
"""Name of the file that says where messages go."""

QUIET: Final = frozenset(
    {
        *(EventKind.PLANNED, EventKind.OUTPUT),
        *(EventKind.STEP_BEGAN, EventKind.STEP_ENDED, EventKind.STEP_FAILED),
    }
)
"""Kinds that nobody is told of: parts of what is told as a whole."""

TOLD: Final = frozenset(EventKind) - QUIET
USUAL: Final = TOLD - {EventKind.SEEN, EventKind.ABORTED}
"""What is told where the file does not say."""


class MessageFormat(StrEnum):
    """What the other end takes."""

    JSON = "json"
    """A document of ours."""
    CHAT = "chat"
    """``{"text": ...}``, as Slack and Mattermost have it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """
    One place to send messages to.

    Attributes:
        url: A secret: whoever knows it can post. Never shown; *host* is.
        environments: Whose events; empty is all of them.
        on: Which kinds.
        place: ``file:line`` of the entry.
        named: Each of *environments*, and ``file:line`` where it stands.
    """

    url: str = field(repr=False)
    format: MessageFormat = MessageFormat.JSON
    environments: tuple[str, ...] = ()
    on: frozenset[EventKind] = USUAL
    place: str = ""
    named: tuple[tuple[str, str], ...] = ()

    @property
    def host(self) -> str:
        """What may be shown of the address."""
        found = ADDRESS.fullmatch(self.url)
        return found["host"] if found else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookFile:
    """
    What this machine says about messages.

    Attributes:
        path: Where the file is, or would be.
        webhooks: In the order of the file; none when it has a problem.
        problems: All of them, each as a line with its place.
    """

    path: str = ""
    webhooks: tuple[Webhook, ...] = ()
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """
    One message.

    Attributes:
        at: Seconds since the epoch.
        environment: Empty for the controller itself.
        message: One line for people; no secrets.
        revision: Commit that it is about, when there is one.
        times: How often it happened; more than once only for what was summed up.
    """

    at: float
    environment: str
    kind: EventKind
    message: str
    revision: str = ""
    times: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """
    One message that was sent to try a webhook.

    Attributes:
        seconds: How long it took.
        error: Why it was not delivered; empty when it was.
    """

    webhook: Webhook
    seconds: float
    error: str = ""
