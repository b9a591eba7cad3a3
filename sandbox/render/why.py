"""
Why a service is as it is, on a screen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.model.answer import ContainerFact, Origin, Why
from sandbox.model.observed import ContainerState, EngineHealth
from sandbox.model.status import Health
from sandbox.render.failures import log_lines
from sandbox.render.history import decision_text
from sandbox.render.style import PLAIN, Style
from sandbox.render.text import clean, day_and_time, headline, listed, short
from sandbox.words import count

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import tzinfo

    from sandbox.model.answer import SinceHealthy, StepFact
    from sandbox.model.past import PastDeed
    from sandbox.model.plan import Change

_LABEL_WIDTH = 12
_CHANGES_SHOWN = 6
_FAILURES_SHOWN = 3
_VALUE_WIDTH = 60
_SPEC_WIDTH = 12


def why_text(found: Why, *, zone: tzinfo | None = None, style: Style = PLAIN) -> str:
    """
    From the container to the commit, to what was done, to how it works; a screenful.

    ::

        web of staging: ● healthy
          declared    environments/base/compose.yaml:12
          container   shop-staging-web-1-4fd1, running since 2026-11-23 14:03:09, from shop/web:9c1d
          introduced  4b1c2d3  Say hello  (Ada, 2026-11-23 14:03:01)
          ...
    """
    name = style.paint(f"{clean(found.service)} of {clean(found.environment)}", "bold")
    health = found.gate_result.verdict.value if found.gate_result else style.health(found.health)
    detail = f": {clean(found.message)}" if found.message else ""
    rows = [
        *_quarantine_rows(found, zone),
        *_origin_rows(found),
        *_container_rows(found, zone),
        *_commit_rows(found, zone, style),
        *_step_rows(found, zone),
        *_gate_rows(found, zone),
        *_health_rows(found),
        *(_since_rows(found.since, zone) if found.since else ()),
        *_rows("to do", (clean(each) for each in found.pending)),
        *_rows("unknown", (clean(each) for each in found.notes)),
    ]
    lines = [f"  {style.paint(label.ljust(_LABEL_WIDTH), 'dim')}{text}" for label, text in rows]
    return "\n".join([f"{name}: {health}{detail}", *lines, *log_lines(found.log, style)])


def _rows(label: str, texts: Iterable[str]) -> Iterator[tuple[str, str]]:
    """
    One row a text; only the first has the label.
    """
    for number, text in enumerate(texts):
        yield ("" if number else label), text


def _quarantine_rows(found: Why, zone: tzinfo | None) -> Iterator[tuple[str, str]]:
    given_up = found.quarantine
    if given_up is not None:
        since = day_and_time(given_up.since, zone)
        failed, serving = short(given_up.revision), short(given_up.serving)
        yield "quarantine", f"{failed} is in quarantine since {since}; what runs is {serving}"
        yield "", clean(given_up.reason)


def _origin_rows(found: Why) -> Iterator[tuple[str, str]]:
    match found.origin:
        case Origin.DERIVED:
            others = listed(clean(each) for each in found.derived_from)
            yield (
                "declared",
                f"in no file: derived from the ports of {others or 'nothing any more'}",
            )
        case Origin.UNDECLARED:
            yield "declared", "in no file any more"
        case Origin.DECLARED | Origin.GATE:
            yield "declared", clean(found.place) or "in a file"
    if found.spec_hash:
        kind = ", a job: it runs once" if found.job else ""
        yield "spec", f"{found.spec_hash[:_SPEC_WIDTH]}{kind}"


def _container_rows(found: Why, zone: tzinfo | None) -> Iterator[tuple[str, str]]:
    texts = [_container_text(each, zone) for each in found.containers]
    if not texts and found.origin is not Origin.GATE and found.health is not Health.UNKNOWN:
        wanted = "" if found.replicas else "; none is wanted: replicas is 0"
        texts = [f"none{wanted}"]
    yield from _rows("container", texts)


def _container_text(container: ContainerFact, zone: tzinfo | None) -> str:
    since = f" since {day_and_time(container.started_at, zone)}" if container.started_at else ""
    state = container.words or f"{container.state.value}{since}"
    other = "" if container.current else f", made from another spec at {short(container.revision)}"
    return f"{clean(container.name)}, {clean(state)}, from {clean(container.image)}{other}"


def _commit_rows(found: Why, zone: tzinfo | None, style: Style) -> Iterator[tuple[str, str]]:
    since = found.introduced
    if since is not None:
        decided = decision_text(since.decision, zone=zone, style=style)
        yield "introduced", decided if since.complete else f"{decided}, or before"
        first = ["it was declared for the first time"] if since.first else []
        for text in first or _change_texts(since.changes):
            yield "", f"  {text}"
        if since.places:
            yield "", f"  at {listed(clean(each) for each in since.places)}"
    if found.source is not None and (since is None or found.source.commit != since.decision.commit):
        yield "source", decision_text(found.source, zone=zone, style=style)


def _change_texts(changes: tuple[Change, ...]) -> list[str]:
    texts = [
        f"{clean(each.field)}: {_value(each.old)} -> {_value(each.new)}"
        for each in changes[:_CHANGES_SHOWN]
    ]
    more = len(changes) - len(texts)
    return [*texts, f"and {more} more"] if more else texts


def _value(text: str | None) -> str:
    shown = "(absent)" if text is None else clean(text)
    return shown if len(shown) <= _VALUE_WIDTH else f"{shown[: _VALUE_WIDTH - 1]}…"


def _step_rows(found: Why, zone: tzinfo | None) -> Iterator[tuple[str, str]]:
    for fact in found.steps:
        yield _verb(fact), f"{_deed_text(fact.sync, zone)}: {clean(fact.step.reason)}"
    if found.containers and not found.steps:
        yield "created", "by no sync that is recorded"


def _verb(fact: StepFact) -> str:
    return "created" if fact.step.step_id.startswith("create ") else "started"


def _deed_text(deed: PastDeed, zone: tzinfo | None) -> str:
    """
    Sync, what it was and whose, the commit, when.
    """
    number = f"sync {deed.record.id}, " if deed.record else ""
    whose = f" by {clean(deed.who)}" if deed.who and deed.who != deed.deed.value else ""
    commit = f" {short(deed.revision)}" if deed.revision else ""
    return f"{number}{deed.deed.value}{whose}{commit}, {day_and_time(deed.at, zone)}"


def _gate_rows(found: Why, zone: tzinfo | None) -> Iterator[tuple[str, str]]:
    if found.gate is None:
        return
    yield "gate", f"runs {found.gate.phase.value} a sync"
    result = found.gate_result
    if result is None:
        yield "verdict", "it never ran, or the journal was deleted"
        return
    when = f"at {short(result.revision)}, {day_and_time(result.started_at, zone)}"
    first, *others = result.message.splitlines() or [""]
    why = f": {clean(first)}" if first else ""
    yield "verdict", f"{result.verdict.value} {when}{why}"
    yield from (("", f"  {clean(line)}") for line in others)
    yield from _rows("log", (clean(each) for each in result.log))


def _health_rows(found: Why) -> Iterator[tuple[str, str]]:
    if not found.containers:
        return
    newest = found.containers[0]
    texts = [
        _evidence(newest, ended_well=found.job and found.health is Health.HEALTHY, job=found.job)
    ]
    if newest.oom_killed:
        texts.append("it was killed for want of memory")
    if found.restarts:
        texts.append(f"started again {count(found.restarts, 'time')} since it was created")
    yield from _rows("health", texts)


def _evidence(container: ContainerFact, *, ended_well: bool, job: bool) -> str:
    if ended_well:
        return "it ran once and ended well"
    if container.state is not ContainerState.RUNNING:
        return f"it does not run: {clean(container.words) or container.state.value}"
    if job:
        return "it has not ended yet"
    if not container.probed:
        return "it runs, and has no healthcheck"
    if container.health is EngineHealth.UNHEALTHY:
        return "the engine says that its healthcheck fails"
    if container.health is EngineHealth.HEALTHY:
        return "the engine says that its healthcheck passes"
    if container.proven:
        return "our own probe passed; the engine has not said anything yet"
    return "its healthcheck has not passed since it started"


def _since_rows(since: SinceHealthy, zone: tzinfo | None) -> Iterator[tuple[str, str]]:
    yield "was healthy", f"at the end of {_deed_text(since.sync, zone)}"
    changes = [f"since then {each}" for each in _change_texts(since.changes)]
    for text in changes or ["nothing of its declaration changed since"]:
        yield "", text
    for failure in since.failures[:_FAILURES_SHOWN]:
        yield "", f"{_deed_text(failure, zone)}: {failure.verdict}: {headline(failure.message)}"
