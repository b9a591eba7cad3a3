"""Samples over the work that was done, the line through them, and whether that line is flat."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

WARM_UP = 0.25
"""Part of a phase whose samples do not count."""
SAMPLES_MIN = 3
"""Fewer than that after the warm-up are no line to judge."""
HEAD = ("", "beginning", "end", "slope", "verdict")


Sample: TypeAlias = "tuple[float, Mapping[str, float]]"


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
        is_judged: Whether the phase lasted well beyond its warm-up.
    """

    figure: Figure
    is_judged: bool
    first: float
    last: float
    slope: float
    growth: float

    @property
    def is_flat(self) -> bool:
        """Whether it rises by no more than its figure may."""
        tolerance = self.figure.tolerance
        if tolerance is None or not self.is_judged:
            return True
        return self.slope <= tolerance or self.growth < self.figure.growth


@dataclass(kw_only=True)
class Phase:
    """
    Work of one kind.

    Attributes:
        unit: How much of the work a slope is told for, such as 1,000 syncs.
        warm_up: How much of the work is needed, whatever the part, until caches are full.
        samples: How much was done by then, and each figure.
    """

    name: str
    unit: int
    warm_up: int = 0
    samples: list[Sample] = field(default_factory=list)

    @property
    def done(self) -> float:
        return self.samples[-1][0] if self.samples else 0.0

    def lines(self, figures: Iterable[Figure]) -> tuple[Line, ...]:
        """The line of each figure; of all samples when too few come after the warm-up."""
        begin = max(WARM_UP * self.done, self.warm_up)
        counted = [sample for sample in self.samples if sample[0] >= begin]
        is_judged = len(counted) >= SAMPLES_MIN
        used = counted if is_judged else self.samples
        return tuple(_line(self.unit, figure, used, is_judged) for figure in figures if used)


def _line(unit: int, figure: Figure, samples: Sequence[Sample], is_judged: bool) -> Line:
    places = [place for place, _ in samples]
    values = [sample[figure.name] for _, sample in samples]
    slope = slope_of(places, values)
    return Line(
        figure=figure,
        is_judged=is_judged,
        first=values[0],
        last=values[-1],
        slope=slope * unit,
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
    name = f"  {line.figure.name}" + (f" ({line.figure.unit})" if line.figure.unit else "")
    return (name, _number(line.first), _number(line.last), f"{line.slope:+,.2f}", _verdict(line))


def _verdict(line: Line) -> str:
    if line.figure.tolerance is None:
        return ""
    if not line.is_judged:
        return "too short"
    return "flat" if line.is_flat else "NOT FLAT"


def _number(value: float) -> str:
    return f"{value:,.2f}"
