"""The four races: the same change on both sides, pair by pair, who begins alternating."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.benchmarks.compose_side import ComposeSide
from tests.benchmarks.measure import Series
from tests.benchmarks.sandbox_side import SandboxSide

Attempt = Callable[[int], float]


@dataclass(frozen=True, kw_only=True)
class Contest:
    """
    One change, made by several contestants.

    Attributes:
        attempts: By label, what makes the change for the nth time and gives the seconds.
        theirs: Label of the one that the others are compared with.
    """

    name: str
    pairs: int
    attempts: dict[str, Attempt]
    theirs: str


@dataclass(frozen=True, kw_only=True)
class Result:
    """The samples of one contest, by label."""

    name: str
    theirs: Series
    ours: tuple[Series, ...]

    def ratio(self, series: Series) -> float:
        """How long ours takes for one second of theirs, by the medians."""
        return series.median / self.theirs.median


def contests(ours: SandboxSide, theirs: ComposeSide, *, pairs: tuple[int, ...]) -> list[Contest]:
    """The four contests, each so many times."""
    no_op, configure, rewrite, cold = pairs
    return [
        Contest(
            name="no-op sync",
            pairs=no_op,
            attempts={
                "commit to in sync": lambda _: ours.no_op(),
                "sandbox sync": lambda _: ours.sync(),
                "docker compose up -d --wait": lambda _: theirs.no_op(),
            },
            theirs="docker compose up -d --wait",
        ),
        Contest(
            name="configuration change of web",
            pairs=configure,
            attempts={
                "commit to healthy": lambda n: ours.configure(f"ours{n}"),
                "docker compose up -d --wait": lambda n: theirs.configure(f"theirs{n}"),
            },
            theirs="docker compose up -d --wait",
        ),
        Contest(
            name="source change of web",
            pairs=rewrite,
            attempts={
                "commit to healthy": lambda n: ours.rewrite(f"Ours {n}"),
                "docker compose up -d --build --wait": lambda n: theirs.rewrite(f"Theirs {n}"),
            },
            theirs="docker compose up -d --build --wait",
        ),
        Contest(
            name="cold start",
            pairs=cold,
            attempts={
                "sandbox up": lambda _: ours.cold_start(),
                "commit to healthy": lambda _: ours.cold_commit(),
                "docker compose up -d --wait": lambda _: theirs.cold_start(),
            },
            theirs="docker compose up -d --wait",
        ),
    ]


def hold(contest: Contest, say: Callable[[str], None]) -> Result:
    """Run all pairs of *contest*; *say* is told each time."""
    taken: dict[str, Series] = {label: Series(name=label) for label in contest.attempts}
    for pair in range(contest.pairs):
        labels = list(contest.attempts)
        for label in labels if pair % 2 == 0 else reversed(labels):
            seconds = contest.attempts[label](pair)
            taken[label].samples.append(seconds)
            say(f"{contest.name} {pair + 1}/{contest.pairs}: {label}: {seconds:.2f} s")
    theirs = taken.pop(contest.theirs)
    return Result(name=contest.name, theirs=theirs, ours=tuple(taken.values()))
