"""
One controller through thousands of syncs, events and environments, watched for leaks: `make soak`.

Ends with 1 when memory, threads or descriptors go on rising with the work, or when anything of the
instance is left on the engine. With ``--idle`` it also shows what two idle environments cost.
"""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tests.benchmarks.measure import CannotMeasureError
from tests.benchmarks.report import aligned
from tests.playground import free_port
from tests.shop_ground import ShopGround
from tests.soak.ground import SoakGround
from tests.soak.heard import listening
from tests.soak.idle_shop import watch_shop
from tests.soak.phases import FIGURES, Soak
from tests.soak.trend import rising, table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.playground import Playground


def say(line: str) -> None:
    """Tell how far it is."""
    print(line, file=sys.stderr, flush=True)


def main() -> int:
    """Give 1 when something is not flat, is left behind or did not happen; 130 after Ctrl-C."""
    options = _options()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    faults: list[str] = []
    with tempfile.TemporaryDirectory(prefix="sandbox-soak-", ignore_cleanup_errors=True) as top:
        try:
            if options.syncs or options.events or options.environments:
                faults += _soak(Path(top), options)
            if options.idle:
                _idle(Path(top), options.idle)
        except KeyboardInterrupt:
            return 130
        except (CannotMeasureError, AssertionError) as error:
            faults.append(str(error))
    for fault in faults:
        print(fault)
    return 1 if faults else 0


def _soak(top: Path, options: argparse.Namespace) -> list[str]:
    """Do the work, print the table, and name what is not as it should be."""
    ground = SoakGround(folder=top / "repository", environ=_environ(top))
    with _cleaned_up(ground), listening(ground.instance) as heard:
        say("bringing a small application up")
        ground.bring_up()
        soak = Soak(ground=ground, heard=heard, say=say)
        try:
            soak.syncs(options.syncs)
            soak.events(options.events)
            soak.environments(options.environments)
        finally:
            print(aligned(table(soak.phases, FIGURES)))
        left = ground.take_down()
    return [*rising(soak.phases, FIGURES), *(f"left on the engine: {each}" for each in left)]


def _idle(top: Path, seconds: float) -> None:
    """Print what two idle environments cost."""
    shop = ShopGround(folder=top / "shop", environ=_environ(top))
    with _cleaned_up(shop):
        found = watch_shop(shop, seconds, say)
    print("\n".join([aligned(found.rows()), *found.lines()]))


def _environ(top: Path) -> dict[str, str]:
    """A state folder and a port of the edge that are nobody else's."""
    return {"XDG_STATE_HOME": str(top / "state"), "SANDBOX_EDGE_PORT": str(free_port())}


@contextmanager
def _cleaned_up(ground: Playground) -> Iterator[None]:
    """Remove what *ground* made, whatever happens; a second Ctrl-C does not cut this."""
    try:
        yield
    finally:
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
        say("cleaning up")
        ground.clean_up()
        signal.signal(signal.SIGINT, before)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--syncs", type=int, default=2000)
    parser.add_argument("--events", type=int, default=20_000)
    parser.add_argument("--environments", type=int, default=100)
    parser.add_argument("--idle", type=float, default=0.0, metavar="SECONDS")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
