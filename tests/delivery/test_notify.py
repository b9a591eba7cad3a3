"""
From events to messages: each once, and storms summed up.
"""

import json
from collections.abc import Iterable

import pytest

from sandbox.delivery.notify import KEPT, STORM_S, Digest, body, digest, due, wanted_by
from sandbox.model.event import Event, EventKind
from sandbox.model.notification import QUIET, MessageFormat, Notification, Webhook
from tests.builders import NOW

A, B = "a" * 40, "b" * 40
DRIFT, SYNCED, DEGRADED = EventKind.DRIFT, EventKind.SYNCED, EventKind.DEGRADED
QUARANTINED, RECOVERED = EventKind.QUARANTINED, EventKind.RECOVERED


def an_event(
    kind: EventKind,
    revision: str = A,
    message: str = "",
    *,
    at: float = 0.0,
    environment: str = "staging",
) -> Event:
    return Event(
        at=NOW + at,
        environment=environment,
        kind=kind,
        message=message or f"{kind.value} {revision[:7]}",
        revision=revision,
    )


def told(events: Iterable[Event], known: Digest | None = None) -> list[Notification]:
    known, messages = known or {}, list[Notification]()
    for event in events:
        known, more = digest(known, event)
        messages += more
    return messages


def kinds(*events: Event) -> list[EventKind]:
    return [message.kind for message in told(events)]


@pytest.mark.parametrize("kind", sorted(QUIET))
def test_parts_of_a_sync_are_no_message(kind: EventKind) -> None:
    assert told([an_event(kind)]) == []


@pytest.mark.parametrize("kind", sorted(set(EventKind) - QUIET))
def test_the_same_is_told_once(kind: EventKind) -> None:
    assert kinds(*[an_event(kind)] * 5) == [kind]


def test_a_failure_that_is_tried_again_is_told_once_and_anew_after_it_was_well() -> None:
    failing = [an_event(DEGRADED, message=text) for text in ("no", "also no", "no", "also no")]
    assert kinds(*failing) == [DEGRADED, DEGRADED]
    assert (
        kinds(*failing, an_event(SYNCED), *failing) == [DEGRADED] * 2 + [RECOVERED] + [DEGRADED] * 2
    )


def test_the_health_of_a_service_is_told_each_time_and_hides_nothing_else() -> None:
    ill, well = an_event(EventKind.UNHEALTHY), an_event(EventKind.HEALTHY)
    assert kinds(ill, ill, well, ill) == [EventKind.UNHEALTHY, EventKind.HEALTHY, ill.kind]
    # A sync of something else is no recovery of what is unhealthy still.
    assert kinds(ill, an_event(SYNCED)) == [EventKind.UNHEALTHY, SYNCED]
    assert kinds(an_event(DEGRADED), ill, an_event(DEGRADED)) == [DEGRADED, ill.kind]


def test_environments_do_not_hide_one_another() -> None:
    events = [an_event(DEGRADED, environment=name) for name in ("staging", "production")]
    assert kinds(*events, *events) == [DEGRADED, DEGRADED]


def test_the_first_good_sync_after_a_bad_one_is_a_recovery_and_the_next_is_not() -> None:
    events = [an_event(DEGRADED), *[an_event(SYNCED, B)] * 2, an_event(SYNCED, A)]
    assert kinds(*events) == [DEGRADED, RECOVERED, SYNCED]


def test_the_way_back_of_a_quarantine_is_no_recovery_however_often_it_is_put_right() -> None:
    events = [
        *(an_event(DEGRADED, B), an_event(QUARANTINED, B), an_event(SYNCED, A)),
        *(an_event(DRIFT, A), an_event(SYNCED, A)),
    ]
    assert kinds(*events) == [DEGRADED, QUARANTINED, SYNCED, DRIFT]
    assert kinds(*events, an_event(SYNCED, "c" * 40))[-1] is RECOVERED


def test_an_engine_that_answers_again_is_told_as_such() -> None:
    lost = an_event(EventKind.UNREACHABLE, "", "no engine answers")
    found = an_event(RECOVERED, "", "the engine answers again")
    assert kinds(lost, found, lost, found) == [EventKind.UNREACHABLE, RECOVERED] * 2
    assert kinds(lost, found, an_event(SYNCED)) == [EventKind.UNREACHABLE, RECOVERED, SYNCED]


def test_drift_that_is_put_right_again_and_again_is_told_once_a_minute_with_how_often() -> None:
    known: Digest = {}
    messages: list[Notification] = []
    for second in range(0, 150, 5):
        for kind in (DRIFT, SYNCED):
            known, more = digest(known, an_event(kind, message=f"{kind} {second % 10}", at=second))
            messages += more if kind is DRIFT else ()
        known, summed = due(known, NOW + second)
        messages += summed
    assert [(each.at - NOW, each.times) for each in messages] == [(0, 1), (60, 12), (120, 12)]
    known, summed = due(known, NOW + 150 + STORM_S)
    assert [each.times for each in summed] == [5]
    assert due(known, NOW + 1000) == (known, ())


def test_single_drifts_far_apart_are_told_each() -> None:
    events = [an_event(DRIFT, at=STORM_S * count) for count in range(3)]
    assert kinds(*events) == [DRIFT] * 3


def test_what_is_remembered_does_not_grow_with_what_happens() -> None:
    known: Digest = {}
    for count in range(5 * KEPT):
        known, messages = digest(known, an_event(DEGRADED, message=f"no {count}"))
        assert len(messages) == 1
    assert len(known["staging"].keys) <= KEPT


@pytest.mark.parametrize(
    ("environments", "on", "wants"),
    [
        ((), {SYNCED}, True),
        (("staging",), {RECOVERED}, True),
        (("production",), {SYNCED}, False),
        ((), {DEGRADED}, False),
    ],
)
def test_a_webhook_gets_what_it_asks_for_and_a_recovery_is_a_sync(
    environments: tuple[str, ...], on: set[EventKind], wants: bool
) -> None:
    webhook = Webhook(url="https://a.example/x", environments=environments, on=frozenset(on))
    (_, message) = told([an_event(DEGRADED), an_event(SYNCED, B)])
    assert message.kind is RECOVERED
    assert wanted_by(webhook, message) is wants


def test_the_document_tells_all_and_the_chat_a_line_without_mentions() -> None:
    message = Notification(
        at=NOW,
        environment="staging",
        kind=DEGRADED,
        message="web-1: <!channel> & more",
        revision=A,
        times=3,
    )
    assert json.loads(body(message, MessageFormat.JSON, repository="shop", lost=2)) == {
        "schema": 1,
        "notification": {
            "at": NOW,
            "repository": "shop",
            "environment": "staging",
            "kind": "degraded",
            "message": "web-1: <!channel> & more",
            "revision": A,
            "times": 3,
            "lost": 2,
        },
    }
    text = json.loads(body(message, MessageFormat.CHAT, repository="shop", lost=2))["text"]
    assert text == (
        "\N{LARGE RED CIRCLE} *shop staging* degraded: web-1: &lt;!channel&gt; &amp; more"
        " `aaaaaaa` (3 times within a minute) (2 earlier messages could not be delivered)"
    )
    text = json.loads(body(message, MessageFormat.CHAT, repository="shop", lost=1))["text"]
    assert text.endswith(" (1 earlier message could not be delivered)")


def test_a_clock_that_is_set_back_silences_no_drift() -> None:
    known, first = digest({}, an_event(DRIFT, message="one"))
    known, counted = digest(known, an_event(DRIFT, message="two", at=10))
    assert (len(first), counted) == (1, ())
    known, summed = due(known, NOW - 3600)
    assert [each.message for each in summed] == ["two"]
    known, after = digest(known, an_event(DRIFT, message="three", at=-7200))
    assert [each.message for each in after] == ["three"]
