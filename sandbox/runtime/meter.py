"""Read the counters of an environment's ingress in laps: before, during and after each sync."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sandbox.delivery.receipt import traffic_of
from sandbox.delivery.window import Window, advance
from sandbox.errors import EngineError
from sandbox.model.ingress import IngressReport
from sandbox.planning.serving import running_ingress

if TYPE_CHECKING:
    from sandbox.model.observed import ObservedState
    from sandbox.model.receipt import Traffic
    from sandbox.ports import Clock, Ingress, Journal

LAP_S = 25.0
"""Between two syncs a lap is as long, or until the next look: so long are *before* and *after*."""


@dataclass(slots=True, kw_only=True)
class Meter:
    """
    What the ingress of one environment counted; used by one thread.

    A lap in which there is no ingress, or in which it does not answer, gives ``None``: figures are
    worth no failure. What was counted meanwhile is in the next one.
    """

    ingress: Ingress
    journal: Journal
    clock: Clock
    _lap_began: float = 0.0
    _last: tuple[str, IngressReport] | None = None
    _open_receipt: int = 0

    def look(self, observed: ObservedState) -> None:
        """End a lap that is long enough; to be called at every look of an environment at rest."""
        if self.clock.monotonic() - self._lap_began >= LAP_S:
            self.begin_sync(observed)

    def begin_sync(self, observed: ObservedState) -> Traffic | None:
        """Give what was counted up to now; it is what came after the last sync, too."""
        before = self._lap(observed)
        if self._open_receipt and before is not None:
            self.journal.complete_receipt(self._open_receipt, before)
        self._open_receipt = 0
        return before

    def end_sync(self, observed: ObservedState) -> Traffic | None:
        """Give what was counted since `begin_sync`; *observed* is as the sync left it."""
        return self._lap(observed)

    def recorded(self, number: int) -> None:
        """The sync that ended has this number in the journal: its receipt gets the next lap."""
        self._open_receipt = number

    def _lap(self, observed: ObservedState) -> Traffic | None:
        now, began = self.clock.monotonic(), self._lap_began
        container_id = running_ingress(observed)
        report = self._report(container_id)
        if report is None:
            return None
        last, self._last, self._lap_began = self._last, (container_id, report), now
        if last is None or not container_id:
            return None
        # A new container begins at zero: all that it says came since the lap began.
        before = last[1] if last[0] == container_id else IngressReport()
        return traffic_of(advance(Window(last=before), report), now - began)

    def _report(self, container_id: str) -> IngressReport | None:
        """Ask the ingress; one that is not there has counted nothing, ``None`` is no answer."""
        if not container_id:
            return IngressReport()
        try:
            return self.ingress.report(container_id)
        except EngineError:
            return None
