"""What the tries of one environment so far bear on the next one."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from sandbox.model.action import BuildImage
from sandbox.model.record import Outcome, SyncRecord, Trigger
from sandbox.planning.backoff import (
    REPAIR_DELAY_MAX_S,
    delay_s,
    repair_delay_s,
    retry_delay_s,
    start_times,
)
from sandbox.planning.crashes import crashed_services
from sandbox.planning.recurrence import drifts
from sandbox.words import count

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sandbox.model.plan import Plan, SyncPolicy
    from sandbox.ports import Clock
    from sandbox.runtime.sync import Look

CRASHES_MAX = 3
FORGOTTEN_S = 2 * REPAIR_DELAY_MAX_S
"""A repair that lasted this long counts no more."""
CHANGES = frozenset({Trigger.COMMIT, Trigger.ROLLBACK})
FAILURES = frozenset({Outcome.FAILED, Outcome.ERRORED})


@dataclass(slots=True, kw_only=True)
class Experience:
    """
    Remembers failures, and how often what was restarted or crashed; forgets them with a change.

    How often what was started outlives changes that leave it as it is.

    Attributes:
        failures: In a row, up to now.
    """

    clock: Clock
    failures: int = 0
    _is_new: bool = False
    _retry_at: float = 0.0
    _changed_at: float = -math.inf
    _starts: dict[str, list[float]] = field(default_factory=dict[str, list[float]])
    _broken_images: dict[str, str] = field(default_factory=dict[str, str])
    _crashes: dict[str, int] = field(default_factory=dict[str, int])
    _repairs: dict[str, list[float]] = field(default_factory=dict[str, list[float]])

    def recall(self, steps: Iterable[tuple[str, float]]) -> None:
        """Take in the *steps* of the process before: ids with seconds since the epoch."""
        wall_s, now = self.clock.now(), self.clock.monotonic()
        self._starts = start_times((step_id, now - max(0.0, wall_s - at)) for step_id, at in steps)

    def forget(self) -> None:
        """Begin anew: a person asked."""
        self._forget_tries()
        self._starts.clear()

    def _forget_tries(self) -> None:
        self.failures = 0
        self._retry_at = 0.0
        self._broken_images.clear()
        self._crashes.clear()
        self._repairs.clear()

    def begin_change(self) -> None:
        """Begin anew, for a revision that counts as new from when it is brought up."""
        self._forget_tries()
        self._is_new = True

    def fail(self) -> float:
        """Count a look that failed; give the seconds until the next one."""
        self.failures += 1
        return retry_delay_s(self.failures)

    def learn(self, plan: Plan, trigger: Trigger, record: SyncRecord) -> None:
        """Take in how carrying out *plan* ended."""
        if record.outcome in FAILURES:
            self._retry_at = self.clock.monotonic() + self.fail()
        elif record.outcome is not Outcome.ABORTED:
            self.failures = 0
            for key in drifts(plan) if trigger not in CHANGES else ():
                self._repairs.setdefault(key, []).append(self.clock.monotonic())
            # What brings it up may be a retry: the first try may have met a fault of the engine.
            if trigger in CHANGES or self._is_new:
                self._is_new = False
                self._changed_at = self.clock.monotonic()
        now = self.clock.monotonic()
        self._starts = start_times(((step.step_id, now) for step in record.steps), self._starts)
        ended = {step.step_id: step for step in record.steps}
        for step in plan.steps:
            how = ended.get(step.id)
            if how is None:
                continue
            if isinstance(step.action, BuildImage) and how.outcome is Outcome.FAILED:
                self._broken_images.update(dict.fromkeys(step.action.tags, how.message))

    def crash_loop(self, seen: Look) -> str:
        """
        Say which service of a new revision ends by itself again and again; empty when none does.

        Asked once for each time that what was *seen* was put right.
        """
        if self.clock.monotonic() - self._changed_at > seen.desired.settings.rollout.deadline_s:
            return ""
        for name in sorted(crashed_services(seen.observed)):
            self._crashes[name] = self._crashes.get(name, 0) + 1
            if self._crashes[name] >= CRASHES_MAX:
                return f"{name} crashed {count(self._crashes[name], 'time')} after it was ready"
        return ""

    def brake(self, plan: Plan) -> tuple[float, str]:
        """
        Say how long the repairs of *plan* wait because they did not last, and why.

        Returns:
            Seconds and a sentence; 0.0 and nothing when something of it is due.
        """
        now = self.clock.monotonic()
        waits: list[tuple[float, str]] = []
        for key, words in drifts(plan).items():
            times = [at for at in self._repairs.get(key, ()) if now - at < FORGOTTEN_S]
            wait_s = times[-1] + repair_delay_s(len(times)) - now if times else 0.0
            repairs = count(len(times), "repair")
            text = f"{words}; it came back after {repairs}, so the next one waits"
            waits.append((max(0.0, wait_s), text))
        return min(waits, default=(0.0, ""))

    def policy(self, base: SyncPolicy) -> SyncPolicy:
        """Complete *base* with what has to wait, and what cannot be built."""
        now = self.clock.monotonic()
        waits = ((target, delay_s(times, now)) for target, times in sorted(self._starts.items()))
        backing_off = {target: wait_s for target, wait_s in waits if wait_s > 0.0}
        return replace(base, backing_off=backing_off, broken_images=dict(self._broken_images))

    def wait_s(self) -> float:
        """Seconds until what failed is tried again."""
        return max(0.0, self._retry_at - self.clock.monotonic())
