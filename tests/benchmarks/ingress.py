"""
What the way through the ingress costs beside a direct port: the same service, both at full speed.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.benchmarks.measure import CannotMeasureError
from tests.load.exchange import FailedError, connect, exchange
from tests.load.summary import percentile
from tests.load.target import parse
from tests.playground import free_port
from tests.rollouts.small_app import SmallGround, web_service

if TYPE_CHECKING:
    from pathlib import Path

    from tests.load.target import Target

CONNECTIONS = 16
DIRECT, ROUTED = "direct port", "through the ingress"


@dataclass(kw_only=True)
class FullSpeed:
    """
    What one way gave.

    Attributes:
        latencies_ms: Of every request.
    """

    name: str
    seconds: float = 0.0
    latencies_ms: list[float] = field(default_factory=list[float])

    @property
    def rate(self) -> float:
        """Requests per second."""
        return len(self.latencies_ms) / self.seconds

    def document(self) -> dict[str, Any]:
        ordered = sorted(self.latencies_ms)
        return {
            "name": self.name,
            "requests": len(ordered),
            "rate": self.rate,
            **{f"p{percent}_ms": percentile(ordered, percent) for percent in (50, 95, 99)},
        }


def measure_overhead(folder: Path, *, rounds: int, round_s: float) -> tuple[FullSpeed, ...]:
    """
    Ask one service both ways in turn, *rounds* times for *round_s* seconds each.

    Both ways lead to containers of the same image on the same engine; only the way differs.
    """
    ground = SmallGround(folder=folder)
    try:
        ground.begin(services={"plain": _plain(port := free_port())})
        ground.sandbox("up", seconds=300.0)
        ways = (
            (FullSpeed(name=DIRECT), parse(f"http://127.0.0.1:{port}/")),
            (FullSpeed(name=ROUTED), parse(f"{ground.published}/")),
        )
        for _ in range(rounds):
            for way, target in ways:
                asyncio.run(_ask(way, target, round_s))
        return tuple(way for way, _ in ways)
    finally:
        ground.clean_up()


def _plain(port: int) -> dict[str, Any]:
    """The same service, published by its container as plain Compose does."""
    return {
        **web_service(),
        "ports": [f"127.0.0.1:{port}:8080"],
        "x-sandbox": {"route": "direct"},
    }


async def _ask(way: FullSpeed, target: Target, seconds: float) -> None:
    """Ask over `CONNECTIONS` connections, each as soon as it has its answer."""
    loop = asyncio.get_running_loop()
    began = loop.time()

    async def keep_asking() -> None:
        connection = await connect(target.address)
        while (asked := loop.time()) < began + seconds:
            reply = await exchange(connection, target.kept)
            way.latencies_ms.append((loop.time() - asked) * 1000)
            if not reply.keeps:
                connection.writer.close()
                connection = await connect(target.address)
        connection.writer.close()

    try:
        await asyncio.gather(*(keep_asking() for _ in range(CONNECTIONS)))
    except FailedError as error:
        raise CannotMeasureError(f"{way.name}: {error}") from error
    way.seconds += loop.time() - began
