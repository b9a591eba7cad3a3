"""
The main screen: where each environment stands, and what to do next.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.model.pin import BEHIND_MAX
from sandbox.model.status import EnvironmentStatus, Health, ServiceStatus, Suspension, SyncStatus
from sandbox.render.progress import syncing_text
from sandbox.render.style import GATE_RUNS, GATE_SIGNS, HEALTH_SIGNS, PLAIN, Style
from sandbox.render.text import clean, columns, duration, listed, short
from sandbox.render.warnings import warning_lines
from sandbox.words import count, one_or_many

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sandbox.model.gate import GateStatus
    from sandbox.model.pin import Pin

NO_ENVIRONMENT = (
    "No environment here. One is a folder environments/<name>/ whose compose.yaml"
    " has a top-level x-sandbox."
)
_LABEL_WIDTH = 10
_SHOWN_DIFFERENCES = 6
_SHOWN_EDITS = 3
_SHOWN_WARNINGS = 10


def status_text(statuses: Sequence[EnvironmentStatus], *, now: float, style: Style = PLAIN) -> str:
    """
    All of *statuses*, one block each, the warnings of their files, and whether a controller runs.

    *now* is in seconds since the epoch, for what is told as a span.
    """
    if not statuses:
        return NO_ENVIRONMENT
    name_width = max(len(status.name) for status in statuses)
    blocks = [
        "\n".join(_block(status, now=now, name_width=name_width, style=style))
        for status in statuses
    ]
    warnings = {status.name: status.warnings for status in statuses}
    found = warning_lines(warnings, most=_SHOWN_WARNINGS, style=style)
    if found:
        blocks.append("\n".join(found))
    controller = controller_text(statuses)
    if all(status.reconciled for status in statuses):
        controller = style.paint(controller, "dim")
    return "\n\n".join([*blocks, controller])


def status_line(status: EnvironmentStatus, *, style: Style = PLAIN) -> str:
    """
    One environment in a line: health, sync, revision, and which services are not ready.

    ::

        staging  ◐ progressing · out of sync  at 4b1c2d3, waiting for: web 0/1, worker 0/1
    """
    waiting = [
        f"{clean(each.name)} {each.ready}/{each.desired}"
        for each in status.services
        if each.health is not Health.HEALTHY
    ]
    revision = f"  at {style.paint(short(status.revision), 'yellow')}" if status.revision else ""
    rest = f", waiting for: {', '.join(waiting)}" if waiting else ""
    name = style.paint(clean(status.name), "bold")
    return f"{name}  {style.health(status.health)} · {style.sync(status.sync)}{revision}{rest}"


def state_text(status: EnvironmentStatus, now: float, style: Style) -> str:
    """
    Health, sync status, and how far a sync is that runs now.

    ::

        ◐ progressing · out of sync · syncing 3/16, build image db 2 min
    """
    text = f"{style.health(status.health)} · {style.sync(status.sync)}"
    if status.syncing is None:
        return text
    return f"{text} · {style.paint(syncing_text(status.syncing, now), 'cyan')}"


def _block(
    status: EnvironmentStatus, *, now: float, name_width: int, style: Style
) -> Iterator[str]:
    title = style.paint(clean(status.name).ljust(max(name_width, _LABEL_WIDTH - 1)), "bold")
    yield f"{title}   {state_text(status, now, style)}"
    if status.syncing and status.syncing.output:
        yield _labelled("", style.paint(f"| {clean(status.syncing.output[-1])}", "dim"), style)
    yield from _revision_lines(status, style)
    if status.suspension:
        yield _labelled("suspended", suspension_text(status.suspension, now), style, "magenta")
    if _none_exists(status):
        names = ", ".join(clean(service.name) for service in status.services)
        yield _labelled("services", f"{names}  {style.paint('(none exists)', 'dim')}", style)
    else:
        yield from _service_lines(status.services, now, style)
    yield from _gate_lines(status.gates, now, style)
    for number, url in enumerate(status.urls):
        yield _labelled("open" if not number else "", style.paint(clean(url), "cyan"), style)
    for note in status.notes:
        yield _labelled("note", clean(note), style, "yellow")
    yield from _difference_lines(status, style)
    if status.message and not status.suspension:
        color = "red" if status.health is Health.DEGRADED else "yellow"
        first, *others = status.message.splitlines()
        yield _labelled("message", style.paint(clean(first), color), style)
        for line in others:
            yield _labelled("", style.paint(clean(line), color), style)
    if status.ignored_edits:
        yield _labelled("ignored", _edits_text(status.ignored_edits), style, "yellow")
    if status.next_step:
        yield _labelled("next", style.paint(clean(status.next_step), "bold"), style)


def suspension_text(suspension: Suspension, now: float) -> str:
    """
    Why, by whom, and until when.
    """
    reason = clean(suspension.reason) or "no reason given"
    who = f", by {clean(suspension.author)}" if suspension.author else ""
    if not suspension.until:
        return f"{reason}{who}, until: sandbox resume"
    return f"{reason}, for another {duration(suspension.until - now)}{who}"


def _none_exists(status: EnvironmentStatus) -> bool:
    return bool(status.services) and all(
        service.health is Health.MISSING for service in status.services
    )


def _revision_lines(status: EnvironmentStatus, style: Style) -> Iterator[str]:
    if not status.revision:
        yield _labelled("revision", style.paint("cannot be read", "yellow"), style)
        return
    branch = f"{clean(status.branch)} " if status.branch else ""
    commit = style.paint(short(status.revision), "yellow")
    serving = ""
    if status.serving and status.serving != status.revision:
        serving = style.paint(f"  ({short(status.serving)} serves)", "yellow")
    # Of what is pinned, other source than that of this commit runs.
    subject = "" if status.pin else clean(status.subject)
    text = f"{branch}{commit}  {subject}".rstrip()
    yield _labelled("revision", f"{text}{serving}", style)
    if status.release:
        yield _labelled("release", _release_text(status, style), style)
    if status.pin:
        yield _labelled("pinned", pin_text(status.pin), style)


def _release_text(status: EnvironmentStatus, style: Style) -> str:
    """
    Release that is wanted, and what serves instead of it or beside it.
    """
    release = style.paint(short(status.release), "yellow")
    if status.pin:
        release = f"{release}  {clean(status.pin.subject)}".rstrip()
    if status.running_releases not in {(), (status.release,)}:
        verb = one_or_many(len(status.running_releases), "serves", "serve")
        served = listed(short(each) for each in status.running_releases)
        return f"{release}{style.paint(f'  ({served} {verb})', 'yellow')}"
    same = "  (the revision itself)" if status.release == status.revision else ""
    return f"{release}{same}"


def pin_text(pin: Pin) -> str:
    """
    How far what is pinned is behind, such as ``1 commit behind staging (4b1c2d3  Sell tea)``.
    """
    source = clean(pin.source)
    newest = f"({short(pin.newest)}  {clean(pin.newest_subject)})"
    if pin.behind is None:
        return f"unknown how far behind {source}: its commit cannot be read"
    if pin.release == pin.newest:
        return f"to the release of {source}"
    if not pin.behind:
        return f"to all that {source} has {newest}"
    more = " or more" if pin.behind >= BEHIND_MAX else ""
    return f"{count(pin.behind, 'commit')}{more} behind {source} {newest}"


def _service_lines(services: Sequence[ServiceStatus], now: float, style: Style) -> Iterator[str]:
    rows = columns([_service_row(service, now) for service in services])
    for number, (service, row) in enumerate(zip(services, rows, strict=True)):
        name, ready, health, rest = row
        sign, color = HEALTH_SIGNS[service.health]
        shown = style.paint(health if rest else health.rstrip(), color)
        text = f"{style.paint(sign, color)} {name}{ready}{shown}"
        text += style.paint(rest, "dim" if service.health is Health.HEALTHY else color)
        yield _labelled("services" if not number else "", text, style)


def _service_row(service: ServiceStatus, now: float) -> tuple[str, str, str, str]:
    return (
        clean(service.name),
        ready_text(service),
        service.health.value,
        service_rest(service, now),
    )


def ready_text(service: ServiceStatus) -> str:
    """
    How many of its containers are ready, or whether it is done.
    """
    if service.job:
        return "done" if service.ready >= service.desired else "job"
    return f"{service.ready}/{service.desired}"


def service_rest(service: ServiceStatus, now: float) -> str:
    """
    What is wrong with it, or how long it has been up; and how its requests are spread.
    """
    rest = clean(service.message)
    if not rest and service.started_at and not service.job:
        rest = f"up {duration(max(now - service.started_at, 0.0))}"
    return ", ".join(filter(None, (rest, shares_text(service))))


def shares_text(service: ServiceStatus) -> str:
    """
    How the requests are spread, such as ``90 % fffffff, 10 % 0a1b2c3``; empty when one gets all.

    Releases are named, or revisions where several of one release serve.
    """
    if len(service.releases) <= 1:
        return ""
    one_release = len({each.release for each in service.releases}) == 1
    return ", ".join(
        f"{each.weight} % {short(each.revision if one_release else each.release)}"
        for each in service.releases
    )


def _gate_lines(gates: Sequence[GateStatus], now: float, style: Style) -> Iterator[str]:
    rows = columns([(clean(gate.name), gate.phase.value, gate_text(gate, now)) for gate in gates])
    for number, (gate, row) in enumerate(zip(gates, rows, strict=True)):
        sign, color = GATE_RUNS if gate.running else GATE_SIGNS[gate.verdict]
        name, phase, text = row
        shown = f"{style.paint(sign, color)} {name}{phase}{style.paint(text, color)}"
        yield _labelled("gates" if not number else "", shown, style)
        for line in gate.message.splitlines()[1:]:
            yield _labelled("", f"    {style.paint(clean(line), color)}", style)


def gate_text(gate: GateStatus, now: float) -> str:
    """
    How it ended and how long ago, or since when it runs.
    """
    if gate.running:
        return f"running {duration(max(now - gate.began_at, 0.0))}"
    if gate.verdict is None:
        return "not run yet"
    text = f"{gate.verdict.value} {duration(max(now - gate.ended_at, 0.0))} ago"
    first = next(iter(gate.message.splitlines()), "")
    return f"{text}: {clean(first)}" if first else text


def _difference_lines(status: EnvironmentStatus, style: Style) -> Iterator[str]:
    if status.sync is SyncStatus.SYNCED:
        return
    if _none_exists(status) and status.pending:
        yield _labelled("differs", f"everything: sandbox plan {clean(status.name)}", style)
        return
    for number, line in enumerate(status.pending[:_SHOWN_DIFFERENCES]):
        yield _labelled("differs" if not number else "", clean(line), style)
    more = len(status.pending) - _SHOWN_DIFFERENCES
    if more > 0:
        yield _labelled("", f"... and {more} more: sandbox plan {clean(status.name)}", style)


def _edits_text(paths: Sequence[str]) -> str:
    verb = one_or_many(len(paths), "changes", "change")
    shown = listed((clean(path) for path in paths), most=_SHOWN_EDITS)
    return f"{count(len(paths), 'uncommitted edit')} {verb} nothing: {shown}"


def _labelled(label: str, text: str, style: Style, *colors: str) -> str:
    return f"  {style.paint(label.ljust(_LABEL_WIDTH), 'dim')} {style.paint(text, *colors)}"


def controller_text(statuses: Sequence[EnvironmentStatus]) -> str:
    """
    Say which of *statuses* a controller looks after.
    """
    looked_after = [clean(status.name) for status in statuses if status.reconciled]
    if len(looked_after) == len(statuses):
        whom = one_or_many(len(statuses), "it", "all of them")
        return f"A controller looks after {whom}; commits and drift are acted upon."
    if looked_after:
        others = [clean(status.name) for status in statuses if not status.reconciled]
        return (
            f"A controller looks after {listed(looked_after)}, not after {listed(others)}: "
            f"sandbox up {' '.join(others)}"
        )
    return "No controller runs; commits and drift change nothing until: sandbox up"
