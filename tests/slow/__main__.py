"""
The demo's story with every container slowed to a quarter of its processor share.

    python -m tests.slow

Both environments come up, a commit arrives in staging and is promoted to production under load, a
worker is killed and healed. Ends with 1 when a sync failed, a revision went into quarantine, or a
request was lost.
"""

from __future__ import annotations

import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.load.running import running
from tests.playground import engine, until
from tests.shop_ground import ENVIRONMENTS, ShopGround, shop_ground
from tests.slow.throttle import Throttle

if TYPE_CHECKING:
    from tests.load.running import Load

PART = 0.25
RPS = 4.0
PATIENCE_S = 600.0


def tell(began: float, words: str) -> None:
    print(f"{time.monotonic() - began:6.1f} s  {words}", flush=True)


def arrive(shop: ShopGround, environment: str, revision: str) -> None:
    words = ("wait", environment, "--healthy", "--revision", revision)
    shop.sandbox(*words, "--timeout", f"{PATIENCE_S:g}s", seconds=PATIENCE_S + 30)


def heal(shop: ShopGround) -> None:
    victim = shop.container("worker", "staging")
    with engine() as client:
        client.kill(victim["Id"])

    def runs() -> bool:
        found = shop.containers("worker", "staging")
        return any(each["State"]["StartedAt"] > victim["State"]["StartedAt"] for each in found)

    until(runs, "the worker to run again", seconds=PATIENCE_S)
    arrive(shop, "staging", shop.git("rev-parse", "HEAD"))


def story(shop: ShopGround, load: Load, began: float) -> None:
    revision = shop.commit_headline(shop.headline())
    arrive(shop, "staging", revision)
    shop.made.add(shop.image("web", "staging"))
    tell(began, "a commit arrived in staging")
    load.await_more(20)
    shop.sandbox("promote", "production")
    arrive(shop, "production", shop.git("rev-parse", "HEAD"))
    tell(began, "and was promoted to production")
    load.await_more(20)
    heal(shop)
    tell(began, "a killed worker was healed")
    load.await_more(20)


def syncs(shop: ShopGround) -> list[dict[str, Any]]:
    told = [shop.sandbox("history", name, "--output", "json").json for name in ENVIRONMENTS]
    return [each for one in told for each in one["history"] if each["outcome"]]


def main() -> int:
    """Tell the story, print its figures, and give the exit status."""
    folder = Path(tempfile.mkdtemp(prefix="slow-"))
    with contextmanager(shop_ground)(folder / "shop", gates=True) as shop:
        began = time.monotonic()
        with Throttle(instance=lambda: shop.instance, part=PART).at_work() as throttle:
            shop.sandbox("up", "--timeout", f"{PATIENCE_S:g}s", seconds=PATIENCE_S + 30)
            for name in ENVIRONMENTS:
                shop.until_ready(name)
            tell(began, "both environments are up")
            targets = [f"http://127.0.0.1:{port}/" for port in shop.ports.values()]
            with running(folder / "log", targets, rps=RPS, header="X-Shop-Release") as load:
                story(shop, load, began)
            summary = load.summary()
        ended = syncs(shop)
        bad = [each for each in ended if each["outcome"] in {"failed", "errored"}]
        quarantined = [name for name in ENVIRONMENTS if "not tried again" in message(shop, name)]
        print(f"{len(throttle.slowed)} starts of containers slowed to {PART:.0%} of their share")
        print(f"{len(ended)} syncs, {len(bad)} failed or errored, {len(quarantined)} in quarantine")
        for each in bad:
            print(f"  {each['environment']}: {each['outcome']}: {each['message']}")
        print(summary.text())
        return int(bool(bad or quarantined or summary.failed or not throttle.slowed))


def message(shop: ShopGround, environment: str) -> str:
    return str(shop.status(environment)["message"])


if __name__ == "__main__":
    sys.exit(main())
