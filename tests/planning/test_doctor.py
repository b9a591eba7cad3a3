from dataclasses import replace

import pytest

from sandbox.model.diagnosis import EDGE, Check, CheckStatus, Facts, PortFacts
from sandbox.planning.doctor import assess
from tests.fakes.machine import ABSENT, ANSWERING, FRESH, HEALTHY

GIB = 1 << 30


def check(facts: Facts, name: str) -> Check:
    (found,) = (check for check in assess(facts) if check.name == name)
    return found


def test_a_healthy_machine_passes_every_check_and_needs_no_remedy() -> None:
    checks = assess(HEALTHY)

    assert [c.name for c in checks] == [
        "engine",
        "engine API",
        "base image",
        "git",
        "git identity",
        "disk",
        "inotify",
        "port 8081",
        "port 8082",
    ]
    assert {c.status for c in checks} == {CheckStatus.PASS}
    assert {c.remedy for c in checks} == {""}


def test_everything_that_fails_says_how_to_mend_it() -> None:
    nothing = replace(FRESH, git_version="", disk_free_bytes=0)

    failed = [c for c in assess(nothing) if c.status is CheckStatus.FAIL]

    assert [c.name for c in failed] == ["engine", "engine API", "base image", "git", "disk"]
    assert all(c.remedy for c in failed)


def test_the_remedy_is_ours_where_we_may_mend_and_a_command_where_not() -> None:
    assert check(FRESH, "engine").remedy == "sandbox doctor --fix"
    assert check(replace(FRESH, root=False), "engine").remedy == (
        "sudo apt-get install -y --no-install-recommends docker.io iptables ca-certificates"
        " && sudo dockerd"
    )


def test_an_installed_engine_is_started_by_the_init_system_where_there_is_one() -> None:
    stopped = replace(HEALTHY, engine=ABSENT, systemd=True, root=False)

    assert check(stopped, "engine").remedy == "sudo systemctl start docker"


@pytest.mark.parametrize(
    ("version", "status"),
    [
        ("1.40", CheckStatus.FAIL),
        ("1.41", CheckStatus.PASS),
        ("1.5", CheckStatus.FAIL),
        ("1.52", CheckStatus.PASS),
        ("", CheckStatus.FAIL),
    ],
)
def test_api_versions_are_compared_as_numbers(version: str, status: CheckStatus) -> None:
    facts = replace(HEALTHY, engine=replace(ANSWERING, api_version=version))

    assert check(facts, "engine API").status is status


@pytest.mark.parametrize(
    ("version", "status"),
    [
        ("2.9.5", CheckStatus.FAIL),
        ("2.36.0", CheckStatus.PASS),
        ("2.47.3.windows.1", CheckStatus.PASS),
        ("3.0", CheckStatus.PASS),
    ],
)
def test_git_versions_are_compared_as_numbers(version: str, status: CheckStatus) -> None:
    assert check(replace(HEALTHY, git_version=version), "git").status is status


@pytest.mark.parametrize(
    ("free_bytes", "status"),
    [
        (2 * GIB - 1, CheckStatus.FAIL),
        (2 * GIB, CheckStatus.WARN),
        (5 * GIB, CheckStatus.PASS),
    ],
)
def test_little_free_space_is_a_warning_before_it_is_a_failure(
    free_bytes: int, status: CheckStatus
) -> None:
    assert check(replace(HEALTHY, disk_free_bytes=free_bytes), "disk").status is status


def test_a_remedy_for_a_full_disk_never_removes_volumes() -> None:
    remedy = check(replace(HEALTHY, disk_free_bytes=0), "disk").remedy

    assert remedy
    assert "volume" not in remedy
    assert "system prune" not in remedy


@pytest.mark.parametrize(
    ("watches", "instances"), [(8191, 128), (8192, 63), (None, 128), (8192, None)]
)
def test_scarce_inotify_is_a_warning_because_polling_remains(
    watches: int | None, instances: int | None
) -> None:
    facts = replace(HEALTHY, inotify_watches=watches, inotify_instances=instances)

    found = check(facts, "inotify")

    assert found.status is CheckStatus.WARN
    assert "polling" in found.detail


def test_a_port_that_a_sandbox_holds_is_fine_and_a_strangers_is_named() -> None:
    facts = replace(
        HEALTHY,
        ports=(
            PortFacts(number=8081, holder="container shop-web-1", ours=True),
            PortFacts(number=8082, holder="nginx (pid 812)", users=("production", "trial")),
            PortFacts(number=8080, holder="nginx (pid 812)", users=(EDGE,)),
        ),
    )

    assert check(facts, "port 8081").status is CheckStatus.PASS
    stranger = check(facts, "port 8082")
    assert stranger.status is CheckStatus.WARN
    assert stranger.detail == "held by nginx (pid 812), but published by production, trial"
    assert stranger.remedy == (
        "stop nginx (pid 812), or commit another port in "
        "environments/production/compose.yaml and environments/trial/compose.yaml"
    )
    edge = check(facts, "port 8080")
    assert edge.status is CheckStatus.WARN
    assert edge.detail == "held by nginx (pid 812); the edge takes the next free port"
    assert "SANDBOX_EDGE_PORT=" in edge.remedy


@pytest.mark.parametrize(
    ("name", "email", "remedy"),
    [
        ("Ada", "ada@example.org", ""),
        ("Ada", "", "git config --global user.email ada@example.org"),
        ("", "a@b.c", 'git config --global user.name "Ada Lovelace"'),
        (
            "",
            "",
            (
                'git config --global user.name "Ada Lovelace"'
                " && git config --global user.email ada@example.org"
            ),
        ),
    ],
)
def test_an_identity_that_git_lacks_is_told_with_the_command(
    name: str, email: str, remedy: str
) -> None:
    found = check(replace(HEALTHY, git_name=name, git_email=email), "git identity")
    assert found.status is (CheckStatus.WARN if remedy else CheckStatus.PASS)
    assert found.remedy == remedy
