"""
The file of a machine that says where messages go: ``<git common dir>/sandbox/notify.yaml``.

::

    webhooks:
      - url: https://hooks.slack.com/services/T000/B000/secret
        format: chat
        environments: [production]
        on: [degraded, quarantined, recovered]

No problem shows a URL, which is a secret.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sandbox.compose.document import parse
from sandbox.compose.findings import Findings, Place, key_mark
from sandbox.compose.known import suggestion
from sandbox.compose.node import ListNode, MapNode, Node, Scalar, is_null, items, text
from sandbox.model.event import EventKind
from sandbox.model.notification import ADDRESS, TOLD, USUAL, MessageFormat, Webhook, WebhookFile

if TYPE_CHECKING:
    from collections.abc import Collection

WEBHOOKS_MAX: Final = 20

_FIELDS: Final = ("url", "format", "environments", "on")
_KINDS: Final = tuple(kind.value for kind in EventKind if kind in TOLD)


def read_webhooks(content: bytes | None, path: str) -> WebhookFile:
    """
    Read the file; one that is not there, or says nothing, sends nothing.

    With a problem it sends nothing either: who asked for one environment shall not get all.
    """
    lines = (line.strip() for line in (content or b"").removeprefix(b"\xef\xbb\xbf").splitlines())
    if content is None or not any(line and not line.startswith(b"#") for line in lines):
        return WebhookFile(path=path)
    findings = Findings(path)
    tree = parse(content, path, findings, needs="webhooks:")
    webhooks = _webhooks(tree, Place(findings=findings, path=())) if tree else ()
    if findings.problems:
        return WebhookFile(path=path, problems=tuple(str(each) for each in findings.problems))
    return WebhookFile(path=path, webhooks=webhooks)


def _webhooks(tree: MapNode, place: Place) -> tuple[Webhook, ...]:
    _refuse_unknown(tree, ("webhooks",), place)
    found, here = tree.get("webhooks"), place.at("webhooks")
    if found is None or is_null(found):
        return ()
    if not isinstance(found, ListNode) or len(found.items) > WEBHOOKS_MAX:
        here.problem(found, f"a list of at most {WEBHOOKS_MAX} webhooks is expected")
        return ()
    read = [_webhook(item, here.at(at)) for at, item in enumerate(found.items)]
    return tuple(webhook for webhook in read if webhook)


def _webhook(item: Node, place: Place) -> Webhook | None:
    if not isinstance(item, MapNode):
        place.problem(item, f"a webhook has the keys {', '.join(_FIELDS)}")
        return None
    _refuse_unknown(item, _FIELDS, place)
    url = _url(item, place)
    form = _word(item.get("format"), place.at("format"), tuple(MessageFormat))
    kinds = _words(item, "on", place, _KINDS)
    if url is None:
        return None
    environments = _words(item, "environments", place) or ()
    places = (each.mark.text for each in items(item.get("environments")))
    return Webhook(
        url=url,
        format=MessageFormat(form or MessageFormat.JSON),
        environments=environments,
        on=USUAL if kinds is None else frozenset(map(EventKind, kinds)),
        place=item.mark.text,
        named=tuple(zip(environments, places, strict=True)),
    )


def _url(item: MapNode, place: Place) -> str | None:
    node = item.get("url")
    if node is not None and isinstance(node, Scalar) and ADDRESS.fullmatch(text(node)):
        return text(node)
    place.at("url").problem(node or item, "an address that begins with https:// is expected")
    return None


def _words(
    item: MapNode, key: str, place: Place, allowed: Collection[str] | None = None
) -> tuple[str, ...] | None:
    """Read a list of words; ``None`` when there is none, which means all."""
    node, here = item.get(key), place.at(key)
    if node is None or is_null(node):
        return None
    if not items(node):
        # An empty list would mean nothing, or everything: whoever wrote it shall say which.
        here.problem(node, "a list of words is expected", f"for all of them leave {key} out")
    return tuple(_word(each, here, allowed) for each in items(node))


def _word(node: Node | None, place: Place, allowed: Collection[str] | None) -> str:
    """Read one of *allowed*; empty when there is none, and after a problem."""
    if node is None or is_null(node):
        return ""
    word = text(node)
    if not isinstance(node, Scalar) or not word:
        place.problem(node, "a word is expected")
    elif allowed is not None and word not in allowed:
        hint = suggestion(word, allowed)
        place.problem(node, f"there is no {word[:40]!r} here{hint}", f"known: {', '.join(allowed)}")
    else:
        return word
    return next(iter(allowed or ("",)))


def _refuse_unknown(node: MapNode, allowed: tuple[str, ...], place: Place) -> None:
    for name in node.values:
        if name not in allowed:
            remedy = f"allowed: {', '.join(allowed)}"
            hint = suggestion(name, allowed)
            place.problem(key_mark(node, name), f"unknown key {name[:40]!r}{hint}", remedy)
