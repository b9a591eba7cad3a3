from dataclasses import replace

import pytest

from sandbox.errors import EngineUnreachableError, SetupError
from sandbox.model.diagnosis import (
    BuildBaseImage,
    CheckStatus,
    InstallPackages,
    PullImage,
    Reach,
    StartDaemon,
    StartService,
)
from sandbox.planning.doctor import assess
from sandbox.runtime.set_up import set_up
from tests.fakes.machine import ABSENT, ANSWERING, FRESH, HEALTHY, FakeMachine


def kinds(machine: FakeMachine) -> list[type]:
    return [type(repair) for repair in machine.performed]


def test_a_machine_that_has_everything_is_not_touched() -> None:
    machine = FakeMachine(facts=HEALTHY)

    set_up(machine)

    assert machine.performed == []


def test_a_fresh_machine_without_a_registry_gets_an_engine_and_a_built_image() -> None:
    machine = FakeMachine(facts=FRESH)

    facts = set_up(machine)

    assert kinds(machine) == [
        InstallPackages,
        StartDaemon,
        PullImage,
        InstallPackages,
        BuildBaseImage,
    ]
    assert all(check.status is CheckStatus.PASS for check in assess(facts))


def test_a_registry_that_answers_spares_the_build() -> None:
    machine = FakeMachine(facts=FRESH, registry_answers=True)

    set_up(machine)

    assert kinds(machine) == [InstallPackages, StartDaemon, PullImage]


def test_the_init_system_starts_the_engine_where_one_runs() -> None:
    machine = FakeMachine(facts=replace(FRESH, systemd=True, daemon_installed=True))

    set_up(machine)

    assert kinds(machine)[0] is StartService


def test_an_installed_engine_that_is_down_is_only_started() -> None:
    machine = FakeMachine(facts=replace(HEALTHY, engine=ABSENT))

    set_up(machine)

    assert kinds(machine) == [StartDaemon]


@pytest.mark.parametrize("reach", [Reach.ABSENT, Reach.DENIED, Reach.SILENT])
def test_an_engine_that_somebody_chose_is_never_mended(reach: Reach) -> None:
    chosen = replace(ABSENT, endpoint="tcp://build:2376", chosen=True, reach=reach)
    machine = FakeMachine(facts=replace(FRESH, engine=chosen))

    with pytest.raises(EngineUnreachableError) as caught:
        set_up(machine)

    assert machine.performed == []
    assert "tcp://build:2376" in caught.value.message
    assert "DOCKER_HOST" in caught.value.remedy


@pytest.mark.parametrize("reach", [Reach.DENIED, Reach.SILENT])
def test_an_engine_that_runs_but_does_not_serve_us_is_left_alone(reach: Reach) -> None:
    machine = FakeMachine(facts=replace(FRESH, engine=replace(ABSENT, reach=reach)))

    with pytest.raises(EngineUnreachableError):
        set_up(machine)

    assert machine.performed == []


def test_without_root_the_command_to_run_is_said() -> None:
    machine = FakeMachine(facts=replace(FRESH, root=False))

    with pytest.raises(EngineUnreachableError) as caught:
        set_up(machine)

    assert machine.performed == []
    assert caught.value.exit_status == 6
    assert caught.value.remedy.startswith(
        "sudo apt-get install -y --no-install-recommends docker.io"
    )


def test_a_distribution_that_is_not_like_debian_is_not_guessed_at() -> None:
    machine = FakeMachine(facts=replace(FRESH, debian_like=False))

    with pytest.raises(EngineUnreachableError, match="no container engine answers"):
        set_up(machine)

    assert machine.performed == []


@pytest.mark.parametrize(
    "broken", [InstallPackages, StartDaemon, BuildBaseImage], ids=lambda kind: kind.__name__
)
def test_a_repair_that_changes_nothing_is_not_tried_for_ever(broken: type) -> None:
    machine = FakeMachine(facts=FRESH, broken=(broken,))

    with pytest.raises((EngineUnreachableError, SetupError)):
        set_up(machine)

    assert kinds(machine)[-1] is broken
    assert len(machine.performed) == len(set(machine.performed))


def test_a_missing_image_without_root_names_the_command_that_builds_it() -> None:
    machine = FakeMachine(facts=replace(HEALTHY, root=False, base_image_present=False))

    with pytest.raises(SetupError) as caught:
        set_up(machine)

    assert kinds(machine) == [PullImage]
    assert "mmdebstrap" in caught.value.remedy
    assert "docker import - debian:trixie-slim" in caught.value.remedy


def test_a_registry_behind_the_engines_proxy_is_not_judged_from_here() -> None:
    proxied = replace(ANSWERING, registry_known=True)
    machine = FakeMachine(
        facts=replace(HEALTHY, engine=proxied, base_image_present=False), registry_answers=True
    )

    set_up(machine)

    assert machine.performed == [PullImage(reference="debian:trixie-slim", look_first=False)]
