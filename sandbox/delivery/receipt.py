"""Derive the receipt of a sync from its steps and from what the ingress counted meanwhile."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Literal, TypeAlias, assert_never

from sandbox.delivery.window import figures, sample
from sandbox.model import action as actions
from sandbox.model.receipt import Receipt, ServiceFigures, Stages, Traffic

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sandbox.delivery.window import Window
    from sandbox.model.ingress import ServerCounters
    from sandbox.model.record import StepRecord

Stage: TypeAlias = Literal["built", "created", "ready", "switched", "drained", "gates"]


def receipt_of(
    steps: Iterable[tuple[actions.Action, StepRecord]],
    *,
    seen_s: float | None = None,
    loaded_s: float | None = None,
    before: Traffic | None = None,
    during: Traffic | None = None,
) -> Receipt:
    """
    Put together what is known at the end of a sync; `Receipt.after` comes later.

    Args:
        steps: Every executed step, what it did and how it went.
        seen_s: Seconds from the commit to our noticing it; ``None`` when no commit was the reason.
        loaded_s: Seconds that reading commit and engine and planning took.
        before: What the ingress counted up to the beginning; ``None`` without an ingress.
        during: What it counted from the beginning to the end; likewise.
    """
    spans: dict[Stage, list[tuple[float, float]]] = {}
    for action, record in steps:
        span = (record.began_at, record.began_at + record.seconds)
        spans.setdefault(_stage(action), []).append(span)
    seconds = {stage: _covered_s(found) for stage, found in spans.items()}
    stages = Stages(
        seen=seen_s,
        loaded=loaded_s,
        built=seconds.get("built"),
        created=seconds.get("created"),
        ready=seconds.get("ready"),
        switched=seconds.get("switched"),
        drained=seconds.get("drained"),
        gates=seconds.get("gates"),
    )
    return Receipt(stages=stages, before=before, during=during)


def traffic_of(window: Window, seconds: float) -> Traffic:
    """Give what an ingress counted within *window*, which lasted so many *seconds*."""
    active = [each for each in window.counted if each.requests]
    by_service = groupby(sorted(active, key=_service_name), key=_service_name)
    return Traffic(
        seconds=seconds,
        total=figures(sample(active)),
        services=tuple(_services(by_service)),
    )


def _services(
    by_service: Iterable[tuple[str, Iterable[ServerCounters]]],
) -> Iterator[ServiceFigures]:
    for service_name, counters in by_service:
        if service_name:
            yield ServiceFigures(service_name=service_name, figures=figures(sample(counters)))


def _service_name(counters: ServerCounters) -> str:
    """Service of a backend, which is called ``<service>-<target port>``."""
    return counters.backend.rpartition("-")[0]


def _covered_s(spans: list[tuple[float, float]]) -> float:
    """Seconds that are in at least one of *spans*."""
    total = 0.0
    reached = float("-inf")
    for begin, end in sorted(spans):
        total += max(end - max(begin, reached), 0.0)
        reached = max(end, reached)
    return total


def _stage(action: actions.Action) -> Stage:
    match action:
        case actions.BuildImage() | actions.PullImage():
            return "built"
        case (
            actions.CreateNetwork()
            | actions.CreateVolume()
            | actions.FillVolume()
            | actions.CreateContainer()
            | actions.CopyFiles()
            | actions.RenameContainer()
            | actions.ConnectNetwork()
            | actions.DisconnectNetwork()
        ):
            return "created"
        case (
            actions.StartContainer()
            | actions.UnpauseContainer()
            | actions.AwaitContainer()
            | actions.WatchContainer()
        ):
            return "ready"
        case (
            actions.ConfigureIngress()
            | actions.ShiftTraffic()
            | actions.AnalyseTraffic()
            | actions.Pause()
        ):
            return "switched"
        case (
            actions.DrainContainer()
            | actions.StopContainer()
            | actions.RemoveContainer()
            | actions.RemoveNetwork()
            | actions.RemoveVolume()
        ):
            return "drained"
        case actions.RunGate():
            return "gates"
        case _:
            assert_never(action)
