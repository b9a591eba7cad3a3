"""
`lab`: the same scenario by pipeline and by reconciliation, measured side by side.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sandbox.cli.command import SET_UP, command, parse_span
from sandbox.cli.invocation import Invocation
from sandbox.model.lab import NEEDS_A_RELEASE, Chapter, Way

if TYPE_CHECKING:
    from collections.abc import Collection
    from contextlib import AbstractContextManager

    from sandbox.cli.lab_ground import Ground
    from sandbox.model.lab import LabReport, Recording, Terms
    from sandbox.runtime.workspace import Workspace

UNATTENDED = "20s"


def _span(text: str) -> str:
    if parse_span(text) is None:
        raise typer.BadParameter(f"{text!r} is no span of time; write 20s or 2m")
    return text


@command("lab", panel=SET_UP)
def lab(
    invocation: Invocation,
    scenario: Annotated[
        list[Chapter] | None,
        typer.Option(
            "--scenario",
            metavar="NAME",
            help=f"Go through this part only; may be repeated: {', '.join(Chapter)}.",
            show_default=False,
        ),
    ] = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Write the raw record there.")
    ] = None,
    html_file: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write a page with charts there.")
    ] = None,
    unattended: Annotated[
        str,
        typer.Option(
            "--unattended",
            metavar="SPAN",
            callback=_span,
            help="How long nobody looks after something was changed by hand.",
        ),
    ] = UNATTENDED,
    keep: Annotated[
        bool, typer.Option("--keep", help="Leave repositories and containers for a look.")
    ] = False,
) -> None:
    """
    Deliver the demo shop in two ways, with visitors in it, and measure both.

    DevOps is `pipeline run`, GitOps is `up` and `promote`; each has a repository and containers of
    its own, one after the other. Takes some minutes.
    """
    from sandbox.delivery.lab import report_of

    places = [place for place in (json_file, html_file) if place is not None]
    _require_writable(places)
    chapters = chosen_chapters(scenario or ())
    unattended_s = parse_span(unattended) or 0.0
    terms: Terms | None = None
    recordings: list[Recording] = []
    for way in Way:
        with _ground(invocation, way, keep=keep) as ground:
            from sandbox.cli.lab_story import tell_story

            terms = terms or _terms(ground.workspace, unattended_s)
            recordings.append(tell_story(way, ground, chapters, unattended_s=unattended_s))
    assert terms is not None, "there are ways"
    _publish(invocation, report_of(terms, recordings), json_file, html_file)


def chosen_chapters(named: Collection[Chapter]) -> tuple[Chapter, ...]:
    """
    Put chapters into their order, with what they need; all when none is named.
    """
    wanted = set(named or Chapter)
    if wanted & NEEDS_A_RELEASE:
        wanted.add(Chapter.FEATURE)
    return tuple(chapter for chapter in Chapter if chapter in wanted)


def _ground(invocation: Invocation, way: Way, *, keep: bool) -> AbstractContextManager[Ground]:
    """
    Give this way its ground, and tell which one it is.
    """
    from sandbox.cli.lab_ground import ground
    from sandbox.render.demo import line
    from sandbox.render.lab import WAY_NAMES

    def say(text: str) -> None:
        tick(0)
        invocation.note(line(text))

    def tick(waited: int) -> None:
        if invocation.live:
            sys.stderr.write(f"\r\x1b[K{line(f'{waited} s')}" if waited else "\r\x1b[K")
            sys.stderr.flush()

    invocation.note(f"\n{invocation.note_style.paint(WAY_NAMES[way], 'bold')}")
    return ground(way.value, say, tick, keep=keep)


def _terms(workspace: Workspace, unattended_s: float) -> Terms:
    import os

    from sandbox.cli.lab_ground import PAUSE_S, VISITORS
    from sandbox.model.lab import Terms
    from sandbox.render.text import count

    cores = count(os.cpu_count() or 1, "core")
    return Terms(
        began_at=workspace.clock.now(),
        machine=f"{cores}, engine {workspace.engine.info().version}",
        unattended_s=unattended_s,
        visitors=VISITORS,
        pause_s=PAUSE_S,
    )


def _require_writable(places: Collection[Path]) -> None:
    """
    Refuse before minutes of work what could not be written after them.
    """
    from sandbox.errors import UsageError

    for place in places:
        if not place.absolute().parent.is_dir():
            raise UsageError(f"{place.parent} is not a folder", remedy="name one that is there")


def _publish(
    invocation: Invocation, report: LabReport, json_file: Path | None, html_file: Path | None
) -> None:
    from sandbox.render.documents import document
    from sandbox.render.lab import lab_json, lab_text
    from sandbox.render.lab_page import lab_page

    fields = lab_json(report)
    if json_file is not None:
        json_file.write_text(f"{document(fields)}\n", encoding="utf-8")
    if html_file is not None:
        html_file.write_text(lab_page(report), encoding="utf-8")
    if invocation.json:
        invocation.show_json(fields)
        return
    invocation.note()
    invocation.show(lab_text(report, style=invocation.style))
    for place in (json_file, html_file):
        if place is not None:
            invocation.note(f"written: {place}")
