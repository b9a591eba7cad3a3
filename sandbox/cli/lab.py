"""
`lab`: the same scenario by pipeline and by reconciliation, measured side by side.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sandbox.cli.command import command, parse_span
from sandbox.cli.guard import Ended
from sandbox.cli.invocation import Invocation
from sandbox.cli.values import one_of, whole_number
from sandbox.model.lab import NEEDS_A_RELEASE, Chapter

if TYPE_CHECKING:
    from collections.abc import Collection

    from sandbox.model.lab import LabReport

UNATTENDED = "20s"


def _span(text: str) -> str:
    if parse_span(text) is None:
        raise typer.BadParameter(f"{text!r} is no span of time; write 20s or 2m")
    return text


@command("lab")
def lab(
    invocation: Invocation,
    scenario: Annotated[
        list[Chapter] | None,
        typer.Option(
            "--scenario",
            metavar="NAME",
            parser=one_of(Chapter),
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
    repeat: Annotated[
        int,
        typer.Option(
            "--repeat",
            metavar="N",
            parser=whole_number(1),
            help="Go through each way N times; from 3 on, differences are claimed.",
        ),
    ] = 1,
    keep: Annotated[
        bool, typer.Option("--keep", help="Leave repositories and containers for a look.")
    ] = False,
) -> None:
    """
    Deliver the demo shop in two ways, under load, and measure both.

    DevOps is `pipeline run`, GitOps is `up` and `promote`; each has a repository and containers of
    its own, one after the other. Takes some minutes, N times as long with --repeat N.

    What breaks off is named in the results, which are made of everything else; the exit status
    is 1 then.
    """
    places = [place for place in (json_file, html_file) if place is not None]
    _require_writable(places)
    from sandbox.cli.lab_runs import LabRuns

    runs = LabRuns(
        invocation=invocation,
        chapters=chosen_chapters(scenario or ()),
        unattended_s=parse_span(unattended) or 0.0,
        repeat=repeat,
        keep=keep,
    )
    try:
        runs.make()
    except BaseException:
        report = runs.report()
        if report is not None and any(each.chapters for each in report.recordings):
            _write(invocation, report, json_file, html_file)
        raise
    report = runs.report()
    assert report is not None, "there are ways"
    _publish(invocation, report, json_file, html_file)


def chosen_chapters(named: Collection[Chapter]) -> tuple[Chapter, ...]:
    """
    Put chapters into their order, with what they need; all when none is named.
    """
    wanted = set(named or Chapter)
    if wanted & NEEDS_A_RELEASE:
        wanted.add(Chapter.FEATURE)
    return tuple(chapter for chapter in Chapter if chapter in wanted)


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
    """
    Write and show the results.

    Raises:
        SandboxError: Something broke off or was left behind; the results were shown before.
    """
    from sandbox.cli.lab_runs import problem_of
    from sandbox.render.documents import failure
    from sandbox.render.lab import lab_text
    from sandbox.render.lab_document import lab_json

    error = problem_of(report)
    if invocation.json:
        _write(invocation, report, json_file, html_file)
        invocation.show_json({**lab_json(report), **(failure(error) if error else {})})
        if error:
            raise Ended(error.exit_status)
        return
    invocation.note()
    invocation.show(lab_text(report, style=invocation.style))
    _write(invocation, report, json_file, html_file)
    if error:
        raise error


def _write(
    invocation: Invocation, report: LabReport, json_file: Path | None, html_file: Path | None
) -> None:
    from sandbox.render.documents import document
    from sandbox.render.lab_document import lab_json
    from sandbox.render.lab_page import lab_page

    if json_file is not None:
        json_file.write_text(f"{document(lab_json(report))}\n", encoding="utf-8")
    if html_file is not None:
        html_file.write_text(lab_page(report), encoding="utf-8")
    for place in (json_file, html_file):
        if place is not None:
            invocation.note(f"written: {place}")
