"""
The laboratory's page of a record that was written earlier, so that it can be looked at.

``python -m tests.lab_page lab.json > lab.html``; without a file, of a recording made by hand.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from sandbox.model.lab import (
    Answer,
    Better,
    BreakOff,
    Chapter,
    ChapterRun,
    Comparison,
    Figure,
    LabReport,
    Mark,
    Point,
    Recording,
    Row,
    Terms,
    TypedCommand,
    Unit,
    Verdict,
    Visit,
    Way,
)
from sandbox.render.lab_page import lab_page
from tests.lab_recordings import repeated


def report_in(record: Any) -> LabReport:
    """
    The report that `lab_json` wrote, its figures as they stand there.

    Requests were counted by second; here they are spread evenly over theirs.
    """
    ways = {Way(name): each for name, each in record["ways"].items()}
    return LabReport(
        terms=Terms(
            began_at=record["began_at"],
            machine=record["machine"],
            unattended_s=record["unattended_s"],
            visitors=record["visitors"],
            pause_s=record["pause_s"],
            chapters=tuple(map(Chapter, record["chapters"])),
            runs=record["runs"],
        ),
        rows=tuple(_row(each, ways) for each in record["measures"]),
        recordings=tuple(
            _recording(way, run)
            for number in range(record["runs"])
            for way, each in ways.items()
            for run in each["runs"][number : number + 1]
        ),
        breakoffs=tuple(
            BreakOff(
                way=Way(each["way"]),
                run=each["run"],
                chapter=Chapter(each["chapter"]) if each["chapter"] else None,
                message=each["message"],
                missing=tuple(each["missing"]),
            )
            for each in record["problems"]
        ),
    )


def _row(measure: Any, ways: Any) -> Row:
    difference = measure["difference"]
    return Row(
        key=measure["key"],
        title=measure["title"],
        meaning=measure["meaning"],
        unit=Unit(measure["unit"]),
        better=Better(measure["better"] or Better.NEITHER),
        figures=tuple(
            (
                way,
                Figure(
                    values=tuple(measure[way]["values"]),
                    out_of=measure[way]["out_of"] or 0,
                    reason=measure[way]["reason"],
                ),
            )
            for way in ways
        ),
        comparison=Comparison(
            verdict=Verdict(difference["verdict"]),
            winner=Way(difference["better"]) if difference["better"] else None,
        ),
        caveat=measure["caveat"],
        left_out=measure["left_out"],
    )


def _recording(way: Way, run: Any) -> Recording:
    return Recording(
        way=way,
        began_at=run["began_at"],
        ended_at=run["ended_at"],
        run=run["run"],
        problem=run["problem"],
        leftover=run["leftover"],
        load=run["load"],
        chapters=tuple(
            ChapterRun(
                chapter=Chapter(each["chapter"]),
                began_at=each["began_at"],
                ended_at=each["ended_at"],
                bad_release=each["bad_release"] or "",
                problem=each["problem"],
            )
            for each in run["chapters"]
        ),
        visits=_visits(run["requests"]),
        commands=tuple(
            TypedCommand(**{**each, "chapter": Chapter(each["chapter"])})
            for each in run["commands"]
        ),
        marks=tuple(
            Mark(
                chapter=Chapter(each["chapter"]),
                point=Point(each["point"]),
                at=each["at"],
                message=each["message"],
            )
            for each in run["marks"]
        ),
        answers=tuple(
            Answer(
                question=each["question"],
                truth=each["truth"],
                answer=each["answer"] or "",
                source=each["source"],
            )
            for each in run["answers"]
        ),
        releases=tuple(run["releases"].items()),
    )


def _visits(counted: Any) -> tuple[Visit, ...]:
    visits = [
        Visit(
            at=each["second"] + (number + 0.5) / each["requests"],
            seconds=each["slowest_ms"] / 1000,
            environment=each["environment"],
            release=each["release"] or "",
            failure=each["failure"],
        )
        for each in counted
        for number in range(each["requests"])
    ]
    return tuple(sorted(visits, key=lambda visit: visit.at))


if __name__ == "__main__":
    named = sys.argv[1:2]
    print(
        lab_page(
            report_in(json.loads(Path(named[0]).read_text())) if named else repeated(0.0, 0.4, 1.1)
        )
    )
