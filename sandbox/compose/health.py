"""``healthcheck``."""

from __future__ import annotations

from sandbox.compose.findings import Place
from sandbox.compose.given import seconds, words
from sandbox.compose.node import MapNode, Node, flag, integer, items
from sandbox.model.service import Healthcheck

_KINDS = ("NONE", "CMD", "CMD-SHELL")


def read_healthcheck(node: Node | None, place: Place) -> Healthcheck | None:
    """Read it; ``None`` keeps what the image says."""
    if not isinstance(node, MapNode):
        return None
    test = _test(node.get("test"), place.at("test"))
    if flag(node.get("disable"), default=False):
        test = ("NONE",)
    return Healthcheck(
        test=test,
        interval_s=seconds(node.get("interval"), place.at("interval")),
        timeout_s=seconds(node.get("timeout"), place.at("timeout")),
        start_period_s=seconds(node.get("start_period"), place.at("start_period")),
        start_interval_s=seconds(node.get("start_interval"), place.at("start_interval")),
        retries=integer(node.get("retries")),
    )


def _test(node: Node | None, place: Place) -> tuple[str, ...]:
    found = words(node)
    if not found:
        return ()
    first = items(node)[0]
    if found[0] not in _KINDS:
        place.problem(
            first,
            f"a list must begin with CMD, CMD-SHELL or NONE, not {found[0]!r}",
            "add CMD before the command",
        )
        return ()
    if found[0] != "NONE" and len(found) == 1:
        place.problem(first, f"nothing follows {found[0]}")
        return ()
    return ("CMD-SHELL", " ".join(found[1:])) if found[0] == "CMD-SHELL" else found
