"""
Every call that changes the real engine goes wrong in five ways; the next sync puts all right.

    make faults
    python -m tests.faults --act repair --mode lost

After each fault: no traceback, a stranger's container and volume as they were, and after the same
command once more the state of a run that nothing disturbed, the job run once, the journal whole.
"""

from __future__ import annotations

import argparse
import secrets
import sys
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tests.end_state import end_state, job_runs
from tests.engine_proxy import EngineProxy
from tests.fault_proxy import Fault, Mode
from tests.faults.acts import ACTS, Act
from tests.playground import Playground, engine
from tests.scenarios.crashing import CrashSite

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.engine_proxy import Request

MODES: Final = (Mode.REFUSED, Mode.LOST, Mode.TRUNCATED, Mode.SERVER_ERROR, Mode.CONFLICT)
SITES: Final = frozenset(
    {
        *(f"POST /{kind}/create" for kind in ("containers", "networks", "volumes")),
        *(f"DELETE /{kind}/*" for kind in ("containers", "networks", "volumes")),
        *(f"POST /containers/*/{verb}" for verb in ("start", "stop", "unpause", "rename")),
        *(f"POST /networks/*/{verb}" for verb in ("connect", "disconnect")),
        *("PUT /containers/*/archive", "POST /build", "POST /images/*/tag"),
    }
)
"""Where the adapter changes the engine; a pull needs a registry, and is not here."""


@dataclass(slots=True, kw_only=True)
class Found:
    """
    What the faults during one act showed.

    Attributes:
        calls: How many calls the act makes when nothing goes wrong.
        runs: How many faults were tried.
        sites: How often which call was hit.
        statuses: How the disturbed commands ended.
        broken: What did not hold, a line each.
    """

    calls: int = 0
    runs: int = 0
    sites: Counter[str] = field(default_factory=Counter[str])
    statuses: Counter[int] = field(default_factory=Counter[int])
    broken: list[str] = field(default_factory=list[str])


def site_of(request: Request) -> str:
    """
    Name *request* without names and ids: ``POST /containers/*/start``.
    """
    kind, *rest = request.path.strip("/").split("/")
    if rest and rest[-1] != "create":
        rest = ["*", *rest[-1:]] if len(rest) > 1 else ["*"]
    return f"{request.method} /{'/'.join((kind, *rest))}"


@contextmanager
def stranger() -> Iterator[dict[str, Any]]:
    """
    Somebody else's container with a volume, as the engine tells of it.
    """
    name = f"stranger-{secrets.token_hex(4)}"
    with engine() as client:
        host = client.create_host_config(binds=[f"{name}:/data"])
        made = client.create_container(
            "debian:trixie-slim", ["sleep", "1d"], name=name, host_config=host, volumes=["/data"]
        )
        client.start(made)
        try:
            yield client.inspect_container(made)
        finally:
            client.remove_container(made, force=True)
            client.remove_volume(name)


def state_of(ground: Playground) -> dict[str, Any]:
    """
    The end state; an image that is built again has another id.
    """
    state = end_state(ground)
    for name, container in state["containers"].items():
        if "-tool-" in name or ground.instance not in name:
            container["image"] = ""
    return state


def faults_during(act: Act, folder: Path, modes: Sequence[Mode]) -> Found:
    """
    Let each call of *act* go wrong in each of *modes*.
    """
    found = Found()
    with EngineProxy.listening(folder / "engine.sock") as proxy, stranger() as other:
        ground = act.ground(folder=folder / act.name)
        ground.environ["DOCKER_HOST"] = proxy.url
        site = CrashSite(ground=ground, proxy=proxy)
        try:
            act.begin(ground)
            found.calls = site.count(*act.command)
            wanted = state_of(ground)
            for mode in modes:
                for number in range(1, found.calls + 1):
                    _disturb(act, site, Fault(mode=mode, number=number), wanted, found)
                    if _now(other) != other:
                        found.broken.append(f"{act.name} {mode} {number}: a stranger was touched")
                how = f"{found.calls} faults, {len(found.broken)} broken so far"
                print(f"{act.name}: {mode}: {how}", file=sys.stderr, flush=True)
        finally:
            ground.clean_up()
    return found


def _now(other: dict[str, Any]) -> dict[str, Any]:
    with engine() as client:
        return dict(client.inspect_container(other["Id"]))


def _disturb(act: Act, site: CrashSite, fault: Fault, wanted: dict[str, Any], found: Found) -> None:
    ground = site.ground
    act.begin(ground)
    site.proxy.before = fault
    disturbed = ground.sandbox(*act.command, status=None)
    site.proxy.before = None
    found.runs += 1
    found.statuses[disturbed.status] += 1
    found.sites.update(map(site_of, fault.hit))
    where = f"{act.name}: {fault.mode} at {', '.join(each.text for each in fault.hit)}"
    try:
        assert "Traceback" not in disturbed.stderr, "a traceback"
        ground.sandbox(*act.command)
        assert state_of(ground) == wanted, "the end state differs"
        if act.has_job:
            assert job_runs(ground) == 1, "the job ran more than once"
        if act.command[0] == "sync":
            site.assert_well()
    except AssertionError as wrong:
        found.broken.append(f"{where}: {wrong}\n{disturbed.stdout}{disturbed.stderr}")
        print(found.broken[-1], file=sys.stderr, flush=True)


def main() -> int:
    """
    Go through all acts, two at a time, and print a table; 1 when something did not hold.
    """
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--act", action="append", choices=[act.name for act in ACTS])
    parser.add_argument("--mode", action="append", type=Mode, choices=MODES)
    parser.add_argument("--jobs", type=int, default=2)
    told = parser.parse_args()
    acts = [act for act in ACTS if not told.act or act.name in told.act]
    with (
        tempfile.TemporaryDirectory(prefix="faults-") as top,
        ThreadPoolExecutor(told.jobs) as pool,
    ):
        runs = [
            pool.submit(faults_during, act, Path(tempfile.mkdtemp(dir=top)), told.mode or MODES)
            for act in acts
        ]
        found = {act.name: run.result() for act, run in zip(acts, runs, strict=True)}
    for name, each in found.items():
        ended = ", ".join(f"{status}: {times}" for status, times in sorted(each.statuses.items()))
        broken = len(each.broken)
        print(f"{name:8} {each.calls:3} calls {each.runs:4} faults {broken} broken  ended {ended}")
    sites = sum((each.sites for each in found.values()), Counter[str]())
    missed = SITES - sites.keys()
    print(f"{len(SITES) - len(missed)} of {len(SITES)} calls hit, {sum(sites.values())} faults")
    print(*(f"not hit: {site}" for site in sorted(missed)), sep="\n")
    return 1 if any(each.broken for each in found.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
