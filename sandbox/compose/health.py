"""``healthcheck``."""

from __future__ import annotations

from sandbox.compose.findings import Place
from sandbox.compose.node import ListNode, MapNode, Node, flag, integer, text
from sandbox.compose.units import duration_s
from sandbox.model.service import Healthcheck

_KINDS = ("NONE", "CMD", "CMD-SHELL")


def read_healthcheck(node: Node | None, place: Place) -> Healthcheck | None:
    """Read it; ``None`` keeps what the image says."""
    if not isinstance(node, MapNode):
        return None
    test = _test(node.get("test"), place.at("test"))
    if flag(node.get("disable"), default=False):
        test = ("NONE",)
    if "start_interval" in node.values:
        place.warn(
            node.key_marks["start_interval"],
            "start_interval changes nothing: tests run at short intervals from the start anyway",
        )
    return Healthcheck(
        test=test,
        interval_s=_seconds(node.get("interval")),
        timeout_s=_seconds(node.get("timeout")),
        start_period_s=_seconds(node.get("start_period")),
        retries=integer(node.get("retries")),
    )


def _test(node: Node | None, place: Place) -> tuple[str, ...]:
    if not isinstance(node, ListNode):
        return ("CMD-SHELL", text(node)) if text(node) else ()
    words = tuple(text(item) for item in node.items)
    if not words:
        return ()
    if words[0] not in _KINDS:
        place.problem(
            node.items[0],
            f"a list must begin with CMD, CMD-SHELL or NONE, not {words[0]!r}",
            "add CMD before the command",
        )
        return ()
    if words[0] != "NONE" and len(words) == 1:
        place.problem(node.items[0], f"nothing follows {words[0]}")
        return ()
    return ("CMD-SHELL", " ".join(words[1:])) if words[0] == "CMD-SHELL" else words


def _seconds(node: Node | None) -> float | None:
    return duration_s(text(node)) if node is not None else None
