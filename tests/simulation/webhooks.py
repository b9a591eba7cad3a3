"""
A receiver of messages that is slow, down, or says no; and what docs/notifications.md promises.
"""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import Final

from sandbox.errors import DeliveryError
from sandbox.model.notification import Webhook, WebhookFile
from tests.simulation.baton import Baton
from tests.simulation.calls import Calls
from tests.simulation.oracle import Oracle

TRIES_MAX: Final = 4
TIMEOUT_S: Final = 5.0
WITHIN_S: Final = 20.0 + TRIES_MAX * TIMEOUT_S
USUAL: Final = Webhook(url="https://chat.example/hook", place="notify.yaml:2")
ANSWERS: Final = ("taken", "taken", "taken", "busy", "refused", "silent")


class SimulatedWebhooks:
    """
    `sandbox.ports.Webhooks`, with one webhook.

    Attributes:
        bodies: What was sent, once for each try.
    """

    def __init__(self, baton: Baton, calls: Calls, oracle: Oracle, random: Random) -> None:
        self.bodies: list[str] = []
        self._baton = baton
        self._calls = calls
        self._oracle = oracle
        self._random = random
        self._tries: Counter[tuple[int, str]] = Counter()
        self._first: dict[tuple[int, str], float] = {}
        self._over: set[tuple[int, str]] = set()

    def read(self) -> WebhookFile:
        return WebhookFile(path="notify.yaml", webhooks=(USUAL,))

    def post(self, webhook: Webhook, text: str) -> None:
        """Take it or not; another process may send what an earlier one sent."""
        self._calls.read("webhooks", "post")
        message = self._baton.current.number, text
        self.bodies.append(text)
        self._judge(message)
        answer = self._random.choice(ANSWERS)
        if answer in {"taken", "refused"}:
            self._over.add(message)
        if answer == "silent":
            self._baton.sleep(TIMEOUT_S)
        if answer != "taken":
            raise DeliveryError(f"chat.example: {answer}", temporary=answer != "refused")

    def _judge(self, message: tuple[int, str]) -> None:
        if message in self._over:
            self._oracle.say("WEBHOOK", f"sent again after its answer: {message[1][:120]}")
        self._tries[message] += 1
        first = self._first.setdefault(message, self._baton.now)
        if self._tries[message] > TRIES_MAX or self._baton.now - first > WITHIN_S:
            self._oracle.say("WEBHOOK", f"tried {self._tries[message]} times: {message[1][:120]}")
