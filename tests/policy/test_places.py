"""A denial names the line of the entry, tells reading from writing, and sees what nobody wrote."""

from collections.abc import Mapping

import pytest

from sandbox.compose.load import load_environment
from sandbox.model.plan import HoldReason, Plan, SyncPolicy
from sandbox.planning.plan import plan_sync
from sandbox.runtime.sync import hold_text
from tests.builders import an_observed_state
from tests.compose.committed import FILE, FOLDER, MemorySource, problems, with_service

BASE = "environments/base/compose.yaml"
PORTS = """\
ports:
  - 127.0.0.1:8081:81
  - target: 80
    published: 8080
    host_ip: 0.0.0.0
x-sandbox: {route: direct}
"""
LOGGING = """\
logging:
  driver: gelf
  options:
    tag: web
    gelf-address: unix:/run/x
"""
RESERVED = """\
deploy:
  resources:
    reservations:
      devices:
        - capabilities: [gpu]
"""


def planned(text: str, env: str = "", others: Mapping[str, str] | None = None) -> Plan:
    files = {FILE: text, **(others or {}), **({f"{FOLDER}/.env": env} if env else {})}
    source = MemorySource(files={path: each.encode() for path, each in files.items()})
    desired = load_environment("staging", source, default_application="shop")
    return plan_sync(desired, an_observed_state(desired, networks=[], volumes=[]), SyncPolicy())


def denial(text: str, env: str = "", others: Mapping[str, str] | None = None) -> str:
    """The first line of the one denial."""
    holds = planned(text, env, others).holds
    (message,) = (each.message for each in holds if each.reason is HoldReason.POLICY)
    return message.splitlines()[0]


@pytest.mark.parametrize(
    ("attributes", "line", "key"),
    [
        ("volumes:\n  - data:/d\n  - /etc:/e:ro\n  - /tmp", 6, "volumes"),
        ("volumes:\n  - type: bind\n    target: /x\n    source: /etc", 7, "volumes"),
        ("volumes:\n  - /d\n  - {type: tmpfs, target: /y}\n  - /srv/../etc:/x", 7, "volumes"),
        ("cap_add:\n  - CHOWN\n  - CAP_SYS_ADMIN", 6, "cap_add"),
        ("security_opt:\n  - no-new-privileges\n  - seccomp:unconfined", 6, "security_opt"),
        ("devices:\n  - /dev/fuse", 5, "devices"),
        ("sysctls:\n  net.ipv4.ip_forward: 1\n  vm.swappiness: 1", 6, "sysctls"),
        ("sysctls:\n  - net.ipv4.ip_forward=1\n  - vm.swappiness=1", 6, "sysctls"),
        (PORTS, 6, "ports"),
        ("volumes_from:\n  - container:theirs:ro", 5, "volumes_from"),
        ("external_links:\n  - theirs:db", 5, "external_links"),
        (LOGGING, 8, "logging"),
        ("post_start:\n  - command: id\n  - command: id\n    privileged: true", 7, "post_start"),
        ("build:\n  context: .\n  network: host", 6, "build.network"),
        (RESERVED, 7, "deploy.resources.reservations.devices"),
        ("network_mode:\n  host", 5, "network_mode"),
    ],
)
def test_the_place_is_the_line_of_the_entry(attributes: str, line: int, key: str) -> None:
    text = with_service(attributes, "volumes: {data: }\n")

    told = denial(text, others={f"{FOLDER}/Dockerfile": "FROM scratch\n"})

    assert told.startswith(f"policy denies {key} ({FILE}:{line}): ")


def test_the_place_of_a_network_and_of_a_volume_is_the_line_of_the_option() -> None:
    top = (
        "volumes:\n  data:\n    driver_opts:\n      type: none\n      o: bind\n      device: /srv\n"
    )

    told = denial(with_service("volumes: ['data:/d']", top))

    assert told.startswith(f"policy denies driver_opts ({FILE}:10): ")


def test_an_entry_of_a_file_laid_over_another_is_found_in_that_file() -> None:
    base = "services:\n  web:\n    image: x:1\n    volumes:\n      - /d\n      - /srv:/s\n"
    own = (
        "services:\n  web:\n    extends: {file: ../base/compose.yaml, service: web}\n"
        "    volumes:\n      - /e\n"
    )

    assert f"({BASE}:6): " in denial(own, others={BASE: base})
    assert f"({BASE}:6): " in denial("include: [../base/compose.yaml]\n", others={BASE: base})
    override = {f"{FOLDER}/compose.override.yaml": base}
    assert f"({FOLDER}/compose.override.yaml:6): " in denial(
        "services:\n  web:\n    volumes: [/e]\n", others=override
    )


def test_a_value_from_a_variable_names_the_line_of_both() -> None:
    told = denial(with_service("volumes:\n  - ${SOCK}:/x"), env="A=1\nSOCK=/etc\n")

    assert told.startswith(f"policy denies volumes ({FILE}:5): the mount of /etc, ")
    assert f", from SOCK ({FOLDER}/.env:2); " in told


@pytest.mark.parametrize(
    ("entry", "env", "name"),
    [
        ("${DATA}/cache:/x", "", "DATA"),
        ("$DATA/cache:/x", "DATA=\n", ""),
        ("${DATA}/cache:/x", "DATA=$HOMEDIR\n", "HOMEDIR"),
        ("/cache:/x", "", ""),
    ],
)
def test_a_path_that_nobody_wrote_is_told_from_one_that_somebody_did(
    entry: str, env: str, name: str
) -> None:
    (hold,) = (
        each
        for each in planned(with_service(f"volumes:\n  - {entry}"), env).holds
        if each.reason is HoldReason.POLICY
    )

    first, *rest = hold.message.splitlines()
    assert (f"{name} is not set, so this is the mount of /cache" in first) is bool(name)
    assert ("key: volumes, value: /cache" in hold.message) is not bool(name)
    if name:
        assert rest == [f"set {name} in {FOLDER}/.env, or write out what is meant"]


def test_a_problem_that_an_unset_variable_causes_names_it() -> None:
    (problem,) = problems(with_service("volumes:\n  - ${DATA}:/x"))

    assert problem.startswith("compose.yaml:5:9: services.web.volumes[0]: ':/x' is no mount: ")
    assert (
        f"; the variable DATA is not set here (set DATA in `{FOLDER}/.env`; write volume" in problem
    )


@pytest.mark.parametrize(
    ("entry", "what", "why"),
    [
        ("/srv:/x:ro", "the read-only mount of /srv, a path", "it reads files of the host"),
        ("/srv:/x", "the mount of /srv, a path", "it reads and writes files of the host"),
        (
            "/var/run/docker.sock:/x:ro",
            "the mount of /var/run/docker.sock, through which",
            "a process that opens it controls this machine, also with `:ro`",
        ),
    ],
)
def test_reading_is_told_from_writing(entry: str, what: str, why: str) -> None:
    told = denial(with_service(f"volumes: ['{entry}']"))

    assert what in told
    assert told.endswith(f"; {why}")


def test_a_denial_names_no_line_but_that_of_the_entry() -> None:
    plan = planned(with_service("volumes:\n  - /etc:/x"))
    source = MemorySource(files={FILE: with_service("volumes:\n  - /etc:/x").encode()})
    desired = load_environment("staging", source, default_application="shop")
    (hold,) = (each for each in plan.holds if each.reason is HoldReason.POLICY)

    text = hold_text(desired, hold)

    assert text.startswith(f"web-1: policy denies volumes ({FILE}:5): ")
    assert text.count(FILE) == 1
