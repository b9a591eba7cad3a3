"""What an idle shop costs, as a table and beside the goals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sandbox.planning.edge import EDGE
from sandbox.planning.routes import INGRESS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.benchmarks.idle import Idle

CONTROLLER_PERCENT: Final = 0.2
CONTROLLER_MIB: Final = 60.0
PROBES_PERCENT: Final = 0.5
"""Goals: shares of one processor, the last one for all probes of ours in one environment."""
OF_OURS: Final = (INGRESS, EDGE)
HEAD: Final = (
    *("idle", "containers", "probes/min", "other execs/min"),
    *("one probe, shim + daemons", "all probes", "shims and children"),
)


@dataclass(frozen=True, kw_only=True)
class Service:
    """
    What the containers of one service cause while they are idle, all environments together.

    Attributes:
        probes: Health probes that the engine ran.
        others: Commands that the controller started.
        shim_s: Processor seconds of shims, of runc and of the commands that ended.
        probe_shim_s: Of that, what one probe takes.
        probe_daemons_s: What one takes of the daemons; other users of the engine add to it.
    """

    name: str
    containers: int
    probes: int
    others: int
    shim_s: float
    probe_shim_s: float
    probe_daemons_s: float

    @property
    def probes_s(self) -> float:
        """Processor seconds of all probes."""
        return self.probes * (self.probe_shim_s + self.probe_daemons_s)


@dataclass(frozen=True, kw_only=True)
class IdleShop:
    """
    What was found.

    Attributes:
        environments: How many there are.
        daemons: Processor seconds by name.
    """

    environments: int
    controller: Idle
    daemons: Mapping[str, float]
    services: tuple[Service, ...]

    @property
    def probes_percent(self) -> float:
        """Share of one processor that probes of ours take, for each environment."""
        used = sum(each.probes_s for each in self.services if each.name in OF_OURS)
        return self._percent(used) / self.environments

    @property
    def engine_percent(self) -> float:
        """Share of one processor that the engine's processes take, probes included."""
        return self._percent(
            sum(self.daemons.values()) + sum(each.shim_s for each in self.services)
        )

    def rows(self) -> list[tuple[str, ...]]:
        """Services and daemons as rows of a table."""
        services = [self._row(each) for each in self.services]
        daemons = [
            (name, *[""] * 5, _share(self._percent(seconds)))
            for name, seconds in self.daemons.items()
        ]
        return [HEAD, *services, *daemons]

    def lines(self) -> list[str]:
        """Totals, and the goals that there are for them."""
        percent, memory_mib = self.controller.percent, self.controller.memory_mib
        figures = (
            ("controller", percent, "% of a core", CONTROLLER_PERCENT),
            ("controller, resident memory", memory_mib, "MiB", CONTROLLER_MIB),
            (
                "probes of ours, each environment",
                self.probes_percent,
                "% of a core",
                PROBES_PERCENT,
            ),
        )
        return [
            *(
                f"{name}: {value:.2f} {unit}, the goal of {goal:g} is "
                + ("met" if value <= goal else "missed")
                for name, value, unit, goal in figures
            ),
            f"engine side: {self.engine_percent:.2f} % of a core",
        ]

    def _row(self, each: Service) -> tuple[str, ...]:
        minutes = self.controller.watched_s / 60
        return (
            each.name,
            str(each.containers),
            f"{each.probes / minutes:.1f}",
            f"{each.others / minutes:.1f}",
            f"{each.probe_shim_s * 1000:.0f} + {each.probe_daemons_s * 1000:.0f} ms",
            _share(self._percent(each.probes_s)),
            _share(self._percent(each.shim_s)),
        )

    def _percent(self, seconds: float) -> float:
        return 100.0 * seconds / self.controller.watched_s


def _share(percent: float) -> str:
    return f"{percent:.2f} %"
