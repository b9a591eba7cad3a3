"""Samples over the work that was done, the line through them, and whether that line is flat."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

WARM_UP = 0.25
"""Part of a phase whose samples do not count: caches fill until then."""
HEAD = ("", "beginning", "end", "slope", "verdict")


@dataclass(frozen=True, kw_only=True)
class Figure:
    """
    Something that is sampled.

    Attributes:
        tolerance: Largest slope that is flat; ``None`` when it may grow, and is only shown.
        growth: What the whole phase may add, whatever the slope: too little to tell.
    """

    name: str
    unit: str = ""
    tolerance: float | None = None
    growth: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Line:
    """
    The least-squares line through the samples of one figure in one phase.

    Attributes:
        slope: Per unit of work of the phase.
        growth: How much the line rises from the first sample that counts to the last.
    """

    figure: Figure
    first: float
    last: float
    slope: float
    growth: float

    @property
    def is_flat(self) -> bool:
        """Whether it rises by no more than its figure may."""
        tolerance = self.figure.tolerance
        if tolerance is None:
            return True
        return self.slope <= tolerance or self.growth < self.figure.growth


@dataclass(kw_only=True)
class Phase:
    """
    Work of one kind.

    Attributes:
        unit: How much of the work a slope is told for, such as 1,000 syncs.
        samples: How much was done by then, and each figure.
    """

    name: str
    unit: int
    samples: list[tuple[float, Mapping[str, float]]] = field(default_factory=list)

    @property
    def done(self) -> float:
        return self.samples[-1][0] if self.samples else 0.0

    def lines(self, figures: Iterable[Figure]) -> tuple[Line, ...]:
        """The line of each figure, after the warm-up; none with fewer than two samples."""
        counted = [sample for sample in self.samples if sample[0] >= WARM_UP * self.done]
        if len(counted) < 2:
            return ()
        return tuple(self._line(figure, counted) for figure in figures)

    def _line(self, figure: Figure, counted: Sequence[tuple[float, Mapping[str, float]]]) -> Line:
        places = [place for place, _ in counted]
        values = [sample[figure.name] for _, sample in counted]
        slope = slope_of(places, values)
        return Line(
            figure=figure,
            first=values[0],
            last=values[-1],
            slope=slope * self.unit,
            growth=slope * (places[-1] - places[0]),
        )


def slope_of(places: Sequence[float], values: Sequence[float]) -> float:
    """Slope of the least-squares line; 0 when all places are the same."""
    middle, mean = sum(places) / len(places), sum(values) / len(values)
    spread = sum((place - middle) ** 2 for place in places)
    if not spread:
        return 0.0
    pairs = zip(places, values, strict=True)
    return sum((place - middle) * (value - mean) for place, value in pairs) / spread


def rising(phases: Iterable[Phase], figures: Sequence[Figure]) -> list[str]:
    """Name every figure of every phase that is not flat; empty when all is well."""
    return [
        f"{phase.name}: {line.figure.name} rises by {_number(line.slope)} per {phase.unit:,}"
        f" {phase.name}, tolerated are {_number(line.figure.tolerance or 0.0)}"
        for phase in phases
        for line in phase.lines(figures)
        if not line.is_flat
    ]


def table(phases: Iterable[Phase], figures: Sequence[Figure]) -> list[tuple[str, ...]]:
    """Rows of a table: each phase, and below it each figure."""
    rows: list[tuple[str, ...]] = []
    for phase in phases:
        slope = f"per {phase.unit:,}"
        rows.append((f"{phase.done:,.0f} {phase.name}", *HEAD[1:3], slope, HEAD[4]))
        rows += [_row(line) for line in phase.lines(figures)]
    return rows


def _row(line: Line) -> tuple[str, ...]:
    verdict = "" if line.figure.tolerance is None else "flat" if line.is_flat else "NOT FLAT"
    name = f"  {line.figure.name}" + (f" ({line.figure.unit})" if line.figure.unit else "")
    return (name, _number(line.first), _number(line.last), f"{line.slope:+,.2f}", verdict)


def _number(value: float) -> str:
    return f"{value:,.2f}"
