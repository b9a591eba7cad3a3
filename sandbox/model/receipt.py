"""What a sync did to the people who used the application meanwhile."""

from __future__ import annotations

from dataclasses import dataclass, field

from sandbox.model.verdict import Figures


@dataclass(frozen=True, slots=True, kw_only=True)
class Stages:
    """
    Seconds of each stage of a sync; ``None`` for one that there was not.

    Steps run side by side, so stages overlap: a stage lasts while any of its steps runs.

    Attributes:
        seen: From the commit to our noticing it.
        loaded: Reading commit and engine, and planning.
        built: Building and fetching images.
        created: Making networks, volumes and containers, with their files.
        ready: Starting containers, and waiting until they are ready.
        switched: Moving traffic; all steps of a canary.
        drained: Waiting for what is under way in the old containers; stopping and removing them.
        gates: Running checks.
    """

    seen: float | None = None
    loaded: float | None = None
    built: float | None = None
    created: float | None = None
    ready: float | None = None
    switched: float | None = None
    drained: float | None = None
    gates: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceFigures:
    """The requests of one service."""

    service_name: str
    figures: Figures


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """
    What the ingress of an environment counted over *seconds*.

    Attributes:
        total: Of the whole environment.
        services: Those with a request, sorted by name.
    """

    seconds: float
    total: Figures = field(default_factory=Figures)
    services: tuple[ServiceFigures, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """
    What is measured of one sync; what it was and did is in its `SyncRecord`.

    Attributes:
        before: Up to its beginning; ``None`` when there was no ingress to ask, as in the others.
        during: From its beginning to its end.
        after: From its end on; ``None`` until it is known.
    """

    stages: Stages = field(default_factory=Stages)
    before: Traffic | None = None
    during: Traffic | None = None
    after: Traffic | None = None
