"""
Two converged environments of the shop that nobody visits: what that costs, and who causes it.

Every health probe is a process that the engine starts in a container. One probe is measured by
starting the same command many times through the engine, less what the engine uses meanwhile anyway.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from tests.benchmarks.idle import watch_idle
from tests.playground import SERVICE_LABEL, engine
from tests.shop_ground import ENVIRONMENTS
from tests.soak.engine_side import DAEMONS, engine_seconds
from tests.soak.heard import Heard, listening
from tests.soak.idle_result import IdleShop, Service

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    import docker

    from tests.shop_ground import ShopGround

TIMES: Final = 100
QUIET_S: Final = 15.0
"""After it converged, before it is watched: the last of a start comes late."""


def watch_shop(shop: ShopGround, seconds: float, say: Callable[[str], None]) -> IdleShop:
    """Bring both environments up, leave them alone, and watch for *seconds*."""
    say("bringing the shop up")
    shop.sandbox("up", seconds=900.0)
    for name in ENVIRONMENTS:
        shop.until_ready(name)
    time.sleep(QUIET_S)
    say(f"watching the idle shop for {seconds:g} s")
    with listening(shop.instance) as heard:
        before = engine_seconds()
        controller = watch_idle(shop.controller(), seconds=seconds)
        used = engine_seconds(since=before)
    running = [each for each in shop.containers() if each["State"]["Running"]]
    say(f"running each probe {TIMES} times")
    return IdleShop(
        environments=len(ENVIRONMENTS),
        controller=controller,
        daemons={name: used[name] for name in DAEMONS},
        services=tuple(_services(running, heard, used, controller.watched_s)),
    )


def _services(
    running: Iterable[dict[str, Any]], heard: Heard, used: Mapping[str, float], watched_s: float
) -> Iterator[Service]:
    by_name: dict[str, list[dict[str, Any]]] = {}
    for each in running:
        by_name.setdefault(each["Config"]["Labels"][SERVICE_LABEL], []).append(each)
    with engine() as client:
        for name, found in sorted(by_name.items()):
            command = probe_command(found[0])
            execs = [each for each in heard.execs.items() if each[0].service == name]
            probes = sum(times for each, times in execs if each.command == " ".join(command))
            probe = _Probe(container=found[0]["Id"], command=command)
            shim_s, daemons_s = probe.measure(client, used, watched_s) if command else (0.0, 0.0)
            yield Service(
                name=name,
                containers=len(found),
                probes=probes,
                others=sum(times for _, times in execs) - probes,
                shim_s=sum(used.get(each["Id"], 0.0) for each in found),
                probe_shim_s=shim_s,
                probe_daemons_s=daemons_s,
            )


def probe_command(container: dict[str, Any]) -> list[str]:
    """Give what the engine runs as its health probe; nothing when there is none."""
    kind, *words = (container["Config"].get("Healthcheck") or {}).get("Test") or ["NONE"]
    if kind == "CMD-SHELL":
        return ["/bin/sh", "-c", *words]
    return words if kind == "CMD" else []


@dataclass(frozen=True, kw_only=True)
class _Probe:
    """The health probe of a container."""

    container: str
    command: list[str]

    def measure(
        self, client: docker.APIClient, idle: Mapping[str, float], idle_s: float
    ) -> tuple[float, float]:
        """
        Run it many times; give the seconds that one takes of its shim, and of the daemons.

        Args:
            idle: What was used in *idle_s* seconds without it.
        """
        before, began = engine_seconds(), time.monotonic()
        for _ in range(TIMES):
            client.exec_start(client.exec_create(self.container, self.command)["Id"])
        used, part = engine_seconds(since=before), (time.monotonic() - began) / idle_s
        more = {
            name: (used[name] - idle[name] * part) / TIMES for name in (self.container, *DAEMONS)
        }
        return max(0.0, more[self.container]), max(0.0, sum(more[name] for name in DAEMONS))
