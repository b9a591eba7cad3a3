"""
The receipt of one sync, in full.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from sandbox.delivery.analysis import verdict_text
from sandbox.model.receipt import Receipt, Traffic
from sandbox.model.record import Outcome
from sandbox.render import documents
from sandbox.render.failures import log_lines
from sandbox.render.outcomes import OUTCOME_SIGNS
from sandbox.render.style import PLAIN, Style
from sandbox.render.text import clean, columns, day_and_time, duration, short
from sandbox.words import count

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import tzinfo

    from sandbox.model.record import PastSync, StepRecord, SyncRecord
    from sandbox.model.verdict import Figures
    from sandbox.render.documents import Json

_LABEL_WIDTH = 10
_SPANS = ("before", "during", "after")


def receipt_text(past: PastSync, *, zone: tzinfo | None = None, style: Style = PLAIN) -> str:
    """
    What it was, how it ended, seconds per stage, requests, what changed and why, last lines.

    ::

        receipt 12 of staging
          verdict   ● succeeded
          revision  4b1c2d3  Say hello
          ...
    """
    record = past.record
    receipt = record.receipt or Receipt()
    title = style.paint(f"receipt {record.id} of {clean(record.environment)}", "bold")
    return "\n".join(
        [
            title,
            *_facts(past, zone, style),
            *_stage_lines(receipt, style),
            *_traffic_lines(receipt, style),
            *_step_lines(record, style),
            *log_lines(record.log, style),
        ]
    )


def receipt_json(past: PastSync) -> dict[str, Json]:
    """
    ``{"receipt": {...}}``: the sync, its stages in seconds, and what the ingress counted.
    """
    receipt = past.record.receipt or Receipt()
    stages: dict[str, Json] = asdict(receipt.stages)
    traffic: dict[str, Json] = {span: _traffic_json(getattr(receipt, span)) for span in _SPANS}
    return {
        "receipt": {
            **documents.record(past.record),
            "subject": past.subject,
            "stages": stages,
            "traffic": traffic,
        }
    }


def _traffic_json(traffic: Traffic | None) -> Json:
    if traffic is None:
        return None
    services = {each.service_name: documents.figures(each.figures) for each in traffic.services}
    return {
        "seconds": traffic.seconds,
        **documents.figures(traffic.total),
        "services": services,
    }


def _facts(past: PastSync, zone: tzinfo | None, style: Style) -> Iterator[str]:
    record = past.record
    sign, color = OUTCOME_SIGNS[record.outcome]
    yield _labelled("verdict", style.paint(f"{sign} {record.outcome.value}", color), style)
    for line in record.message.splitlines():
        yield _labelled("", style.paint(clean(line), color), style)
    if record.remedy:
        yield _labelled("remedy", clean(record.remedy), style)
    if record.revision:
        commit = style.paint(short(record.revision), "yellow")
        yield _labelled("revision", f"{commit}  {clean(past.subject)}".rstrip(), style)
    if record.release:
        yield _labelled("release", style.paint(short(record.release), "yellow"), style)
    yield _labelled("trigger", record.trigger.value, style)
    took = duration(record.finished_at - record.started_at)
    yield _labelled("began", f"{day_and_time(record.started_at, zone)}, took {took}", style)


def _stage_lines(receipt: Receipt, style: Style) -> Iterator[str]:
    stages = [
        f"{name} {duration(seconds)}"
        for name, seconds in asdict(receipt.stages).items()
        if seconds is not None
    ]
    if stages:
        yield _labelled("stages", ", ".join(stages), style)


def _traffic_lines(receipt: Receipt, style: Style) -> Iterator[str]:
    spans: list[tuple[str, Traffic | None]] = [(name, getattr(receipt, name)) for name in _SPANS]
    if all(traffic is None for _, traffic in spans):
        yield _labelled("requests", style.paint("not counted: no ingress", "dim"), style)
        return
    rows: list[tuple[str, ...]] = [("", "", "served", "failed", "p50", "p95", "p99")]
    for name, traffic in spans:
        if traffic is None:
            rows.append((name, *("-",) * 6))
            continue
        rows.append((name, duration(traffic.seconds), *_cells(traffic.total)))
        rows += [
            (f"  {clean(each.service_name)}", "", *_cells(each.figures))
            for each in traffic.services
        ]
    for number, row in enumerate(columns(rows)):
        text = "".join(row)
        label = "requests" if not number else ""
        yield _labelled(label, text if number else style.paint(text, "dim"), style)


def _cells(found: Figures) -> tuple[str, ...]:
    times = (found.p50_ms, found.p95_ms, found.p99_ms)
    return (
        f"{found.requests - found.failed:,}",
        f"{found.failed:,}",
        *("-" if ms is None else f"{ms:,} ms" for ms in times),
    )


def _step_lines(record: SyncRecord, style: Style) -> Iterator[str]:
    label = count(len(record.steps), "step")
    if not record.steps:
        yield _labelled("steps", style.paint("nothing was to do", "dim"), style)
        return
    yield f"  {style.paint(label, 'dim')}"
    steps = sorted(record.steps, key=lambda step: step.began_at)
    rows = columns(
        [(clean(step.step_id), duration(step.seconds), clean(step.reason)) for step in steps]
    )
    for step, row in zip(steps, rows, strict=True):
        sign, color = OUTCOME_SIGNS[step.outcome]
        yield f"    {style.paint(sign, color)} {''.join(row)}"
        yield from _step_details(step, style)


def _step_details(step: StepRecord, style: Style) -> Iterator[str]:
    # The reason of a step names a single change already.
    for change in step.changes if len(step.changes) > 1 else ():
        old, new = (
            "(absent)" if text is None else clean(text) for text in (change.old, change.new)
        )
        yield f"        {clean(change.field)}: {old} -> {new}"
    if step.verdict is not None:
        yield f"        {verdict_text(step.verdict)}"
    if step.outcome is not Outcome.SUCCEEDED and step.message:
        yield f"        {style.paint(clean(step.message), OUTCOME_SIGNS[step.outcome][1])}"


def _labelled(label: str, text: str, style: Style) -> str:
    return f"  {style.paint(label.ljust(_LABEL_WIDTH), 'dim')}{text}".rstrip()
