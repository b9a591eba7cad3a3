"""
From events to messages: each once, storms summed up, and what the other end takes.

A message is told again only after something else happened. Drift, and being put right again, is
nothing else: of a container that somebody stops again and again people hear once a minute.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from sandbox.model.event import OF_HEALTH, Event, EventKind
from sandbox.model.notification import QUIET, MessageFormat, Notification, Webhook
from sandbox.secrecy.vault import shown, shown_fields
from sandbox.words import count

STORM_S: Final = 60.0
KEPT: Final = 100
MESSAGE_MAX: Final = 2000

_BAD: Final = frozenset(
    {EventKind.DEGRADED, EventKind.INVALID, EventKind.QUARANTINED, EventKind.UNREACHABLE}
)
_BESIDE: Final = frozenset({EventKind.HELD, EventKind.WAITING})
"""Neither good nor bad: what was told before stays told."""
_SIGNS: Final[Mapping[EventKind, str]] = {
    **dict.fromkeys(
        (EventKind.SYNCED, EventKind.RECOVERED, EventKind.HEALTHY), "\N{LARGE GREEN CIRCLE}"
    ),
    **dict.fromkeys((*_BAD, EventKind.UNHEALTHY, EventKind.FLAPPING), "\N{LARGE RED CIRCLE}"),
    **dict.fromkeys(
        (EventKind.DRIFT, EventKind.HELD, EventKind.WAITING, EventKind.ABORTED),
        "\N{LARGE YELLOW CIRCLE}",
    ),
}


Key = tuple[EventKind, str, str]
"""Kind, revision and message of what was told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """
    What was told of one environment.

    Attributes:
        keys: What was told since something good was.
        bad: Something bad was told, and nothing good since.
        quarantined: What was told last of it is a quarantine: the next sync is the way back.
        back_at: The revision that a quarantine went back to; not well, whatever it is in sync with.
        storm_until: Until when drift is counted only, in seconds since the epoch.
        health: What was told last of how its services do between syncs.
        uncounted: The last drift that was counted only, with how often there was one.
    """

    keys: frozenset[Key] = frozenset()
    bad: bool = False
    quarantined: bool = False
    back_at: str = ""
    storm_until: float = 0.0
    uncounted: Notification | None = None
    health: Key | None = None


Digest = Mapping[str, Told]
"""What was told, by environment."""


def digest(known: Digest, event: Event) -> tuple[Digest, tuple[Notification, ...]]:
    """
    Take *event* into account.

    Returns:
        What is known then, and what to tell now: at most one message.
    """
    if event.kind in QUIET:
        return known, ()
    told = known.get(event.environment, Told())
    if event.kind in OF_HEALTH:
        key = (event.kind, event.revision, event.message)
        known = {**known, event.environment: replace(told, health=key)}
        return known, () if key == told.health else (_message(event),)
    told, message = _drift(told, event) if event.kind is EventKind.DRIFT else _other(told, event)
    return {**known, event.environment: told}, () if message is None else (message,)


def due(known: Digest, now: float) -> tuple[Digest, tuple[Notification, ...]]:
    """Tell of the drift that was only counted, once its minute is over."""
    changed, messages = dict(known), list[Notification]()
    for environment, told in sorted(known.items()):
        if told.uncounted is not None and _is_over(told, now):
            messages.append(told.uncounted)
            changed[environment] = replace(told, uncounted=None, storm_until=now + STORM_S)
    return changed, tuple(messages)


def _is_over(told: Told, now: float) -> bool:
    """A minute that has not begun yet is of a clock that was set back since: it is over, too."""
    return not told.storm_until - STORM_S <= now < told.storm_until


def _drift(told: Told, event: Event) -> tuple[Told, Notification | None]:
    if _is_over(told, event.at) and told.uncounted is None:
        return replace(told, storm_until=event.at + STORM_S), _message(event)
    times = told.uncounted.times + 1 if told.uncounted else 1
    return replace(told, uncounted=replace(_message(event), times=times)), None


def _other(told: Told, event: Event) -> tuple[Told, Notification | None]:
    kind = _kind(told, event)
    after, key = _after(told, event, kind), (event.kind, event.revision, event.message)
    if key in told.keys:
        return after, None
    after = replace(after, keys=frozenset({*_kept(told, kind), key}))
    return after, replace(_message(event), kind=kind)


def _kept(told: Told, kind: EventKind) -> frozenset[Key]:
    """What stays told when *kind* is told: after something good everything may be told again."""
    if len(told.keys) >= KEPT or kind not in _BAD | _BESIDE:
        return frozenset()
    if kind in _BESIDE:
        return told.keys
    return frozenset(key for key in told.keys if key[0] in _BAD)


def _kind(told: Told, event: Event) -> EventKind:
    """A sync after something bad is a recovery, unless it is only the way back."""
    if event.kind is not EventKind.SYNCED or not told.bad or told.quarantined:
        return event.kind
    way_back = told.back_at and told.back_at == event.revision
    return event.kind if way_back else EventKind.RECOVERED


def _after(told: Told, event: Event, kind: EventKind) -> Told:
    match kind:
        case EventKind.QUARANTINED:
            return replace(told, bad=True, quarantined=True)
        case EventKind.DEGRADED | EventKind.INVALID | EventKind.UNREACHABLE:
            return replace(told, bad=True)
        case EventKind.SYNCED if told.quarantined:
            return replace(told, quarantined=False, back_at=event.revision)
        case EventKind.RECOVERED if event.kind is EventKind.SYNCED:
            return replace(told, bad=False, back_at="")
        case EventKind.RECOVERED:
            return replace(told, bad=told.quarantined or bool(told.back_at))
        case _:
            return told


def _message(event: Event) -> Notification:
    return Notification(
        at=event.at,
        environment=event.environment,
        kind=event.kind,
        message=shown(event.message)[:MESSAGE_MAX],
        revision=event.revision,
    )


def wanted_by(webhook: Webhook, message: Notification) -> bool:
    """Tell whether *webhook* is for *message*; a sync that recovers is a sync, too."""
    kinds = {message.kind}
    if message.kind is EventKind.RECOVERED and message.revision:
        kinds.add(EventKind.SYNCED)
    ours = not webhook.environments or message.environment in webhook.environments
    return ours and bool(kinds & webhook.on)


def body(message: Notification, form: MessageFormat, *, repository: str, lost: int = 0) -> str:
    """
    Write *message* as the other end takes it.

    Args:
        repository: Name of its folder.
        lost: How many messages before it could not be delivered.
    """
    if form is MessageFormat.CHAT:
        return json.dumps({"text": shown(_text(message, repository, lost))}, ensure_ascii=False)
    fields = {
        "at": message.at,
        "repository": repository,
        "environment": message.environment or None,
        "kind": message.kind.value,
        "message": message.message,
        "revision": message.revision or None,
        "times": message.times,
        "lost": lost,
    }
    return json.dumps({"schema": 1, "notification": shown_fields(fields)}, ensure_ascii=False)


def _text(message: Notification, repository: str, lost: int) -> str:
    sign = _SIGNS.get(message.kind, "\N{LARGE BLUE CIRCLE}")
    what = message.kind.value.replace("_", " ")
    times = f" ({count(message.times, 'time')} within a minute)" if message.times > 1 else ""
    commit = message.revision[:7]
    about = f" `{commit}`" if commit and commit not in message.message else ""
    where = f"{repository} {message.environment}".rstrip()
    missing = f" ({count(lost, 'earlier message')} could not be delivered)" if lost else ""
    return f"{sign} *{_plain(where)}* {what}: {_plain(message.message)}{about}{times}{missing}"


def _plain(text: str) -> str:
    """Take its meaning from what a chat reads as markup: mentions and links."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
