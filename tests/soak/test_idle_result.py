"""Shares of a processor are told for the time that was watched, and ours for each environment."""

from __future__ import annotations

from tests.benchmarks.idle import Idle
from tests.soak.idle_result import IdleShop, Service
from tests.soak.idle_shop import probe_command

CONTROLLER = Idle(
    watched_s=120.0, cpu_s=0.6, memory_mib=55.0, private_mib=50.0, threads=9, descriptors=30
)


def service(name: str, *, probes: int, probe_s: float, others: int = 0) -> Service:
    return Service(
        name=name,
        containers=2,
        probes=probes,
        others=others,
        shim_s=6.0,
        probe_shim_s=probe_s - 0.02,
        probe_daemons_s=0.02,
    )


def found() -> IdleShop:
    services = (
        service("db", probes=24, probe_s=0.05),
        service("sandbox-edge", probes=4, probe_s=0.06, others=4),
        service("sandbox-ingress", probes=8, probe_s=0.06),
    )
    daemons = {"dockerd": 2.4, "containerd": 1.2}
    return IdleShop(environments=2, controller=CONTROLLER, daemons=daemons, services=services)


def test_probes_of_ours_are_those_of_ingress_and_edge_shared_by_the_environments() -> None:
    assert round(found().probes_percent, 6) == 0.3


def test_the_engine_side_is_daemons_and_shims() -> None:
    assert round(found().engine_percent, 6) == 18.0


def test_rows_tell_probes_per_minute_and_what_they_cost() -> None:
    assert found().rows()[1:] == [
        ("db", "2", "12.0", "0.0", "30 + 20 ms", "1.00 %", "5.00 %"),
        ("sandbox-edge", "2", "2.0", "2.0", "40 + 20 ms", "0.20 %", "5.00 %"),
        ("sandbox-ingress", "2", "4.0", "0.0", "40 + 20 ms", "0.40 %", "5.00 %"),
        ("dockerd", "", "", "", "", "", "2.00 %"),
        ("containerd", "", "", "", "", "", "1.00 %"),
    ]


def test_each_goal_is_met_or_missed() -> None:
    assert found().lines() == [
        "controller: 0.50 % of a core, the goal of 0.2 is missed",
        "controller, resident memory: 55.00 MiB, the goal of 60 is met",
        "probes of ours, each environment: 0.30 % of a core, the goal of 0.5 is met",
        "engine side: 18.00 % of a core",
    ]


def test_the_command_of_a_probe_is_what_the_engine_tells_of() -> None:
    def container(test: list[str] | None) -> dict[str, object]:
        return {"Config": {"Healthcheck": {"Test": test}} if test else {}}

    assert probe_command(container(["CMD", "pg_isready", "-q"])) == ["pg_isready", "-q"]
    assert probe_command(container(["CMD-SHELL", "a && b"])) == ["/bin/sh", "-c", "a && b"]
    assert probe_command(container(["NONE"])) == []
    assert probe_command(container(None)) == []
