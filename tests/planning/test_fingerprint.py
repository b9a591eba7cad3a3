from dataclasses import fields, replace
from typing import Any

import pytest

from sandbox.model.gate import Gate, GatePhase
from sandbox.model.ingress import RouteMode
from sandbox.model.rollout import Rollout, UpdateConfig
from sandbox.model.service import (
    Attachment,
    Dependency,
    Healthcheck,
    HostMount,
    Limits,
    Logging,
    Port,
    PullPolicy,
    Service,
    TmpfsMount,
    Ulimit,
    VolumeMount,
)
from sandbox.model.surroundings import (
    BlockIo,
    Device,
    DeviceRate,
    DeviceRequest,
    Devices,
    Hook,
    Hooks,
    Namespaces,
    Resolver,
    Tuning,
    VolumesFrom,
)
from sandbox.model.written import Written
from sandbox.planning.fingerprint import digest, service_fields
from tests.builders import a_file, a_service


def fields_of(service: Service) -> dict[str, str]:
    return service_fields(service, network_names={}, volume_names={})


CHANGES: dict[str, object] = {
    "image": "other:2",
    "command": ("run",),
    "entrypoint": (),
    "environment": {"A": ""},
    "ports": (Port(target=80),),
    "expose": ("80",),
    "mounts": (VolumeMount(volume="v", target="/v"),),
    "files": (a_file(),),
    "attachments": (Attachment(network="default", aliases=("x",)),),
    "healthcheck": Healthcheck(test=("NONE",)),
    "limits": Limits(pids=5),
    "labels": {"x": "y"},
    "user": "nobody",
    "working_dir": "/srv",
    "init": False,
    "read_only": True,
    "cap_add": ("NET_ADMIN",),
    "cap_drop": ("ALL",),
    "security_opt": ("no-new-privileges",),
    "ulimits": (Ulimit(name="nofile", soft=1, hard=2),),
    "stop_signal": "SIGINT",
    "stop_grace_period_s": 3.0,
    "hostname": "h",
    "extra_hosts": ("a:1.2.3.4",),
    "logging": Logging(driver="none"),
    "platform": "linux/arm64",
    "unset_environment": ("A",),
    "container_name": "mine",
    "volumes_from": (VolumesFrom(container_name="other"),),
    "namespaces": Namespaces(ipc="host"),
    "external_links": ("other:o",),
    "mac_address": "02:42:ac:11:00:05",
    "tuning": Tuning(oom_score_adj=1),
    "devices": Devices(cgroup_rules=("c 1:3 r",)),
    "annotations": {"a": "b"},
    "group_add": ("1",),
    "tty": True,
    "stdin_open": True,
    "privileged": True,
    "runtime": "runsc",
    "sysctls": {"net.core.somaxconn": "1"},
    "hooks": Hooks(post_start=(Hook(command=("true",)),)),
    "domainname": "example",
    "resolver": Resolver(servers=("1.1.1.1",)),
}
# By group: each of its fields with a value that is not its default.
RATES = (DeviceRate(path="/dev/sda", rate=1),)
GROUPS: dict[str, list[Any]] = {
    "limits": [
        Limits(memory_bytes=1),
        Limits(nano_cpus=1),
        Limits(pids=1),
        Limits(memory_reservation_bytes=1),
        Limits(memory_swap_bytes=1),
        Limits(cpu_shares=1),
        Limits(cpu_quota_us=1),
        Limits(cpu_period_us=1),
        Limits(cpuset="0"),
        Limits(restart="always"),
    ],
    "namespaces": [Namespaces(**{each.name: "host"}) for each in fields(Namespaces)],
    "tuning": [
        Tuning(shm_size_bytes=1),
        Tuning(memory_swappiness=0),
        Tuning(oom_kill_disable=True),
        Tuning(oom_score_adj=1),
        Tuning(cpu_rt_period_us=1),
        Tuning(cpu_rt_runtime_us=1),
        Tuning(storage={"size": "1g"}),
        *(
            Tuning(block_io=BlockIo(**{each.name: 1 if each.name == "weight" else RATES}))  # type: ignore[arg-type] # any field
            for each in fields(BlockIo)
        ),
    ],
    "devices": [
        Devices(mapped=(Device(source="/dev/a", target="/dev/a"),)),
        Devices(mapped=(Device(source="/dev/a", target="/dev/a", permissions="r"),)),
        Devices(requested=(DeviceRequest(count=-1),)),
        Devices(requested=(DeviceRequest(count=-1, options={"a": "b"}),)),
        Devices(cgroup_rules=("c 1:3 r",)),
    ],
    "resolver": [Resolver(**{each.name: ("a", "b")}) for each in fields(Resolver)]
    + [Resolver(servers=("b", "a"))],
    "hooks": [
        Hooks(post_start=(Hook(command=("a",)),)),
        Hooks(pre_stop=(Hook(command=("a",)),)),
        Hooks(pre_stop=(Hook(command=("a",), user="root"),)),
        Hooks(pre_stop=(Hook(command=("a",), environment={"A": "1"}),)),
    ],
    "attachments": [
        (Attachment(network="default", **each),)
        for each in (
            {"ipv4_address": "10.0.0.1"},
            {"ipv6_address": "fd00::1"},
            {"link_local_ips": ("169.254.1.1",)},
            {"mac_address": "02:42:ac:11:00:05"},
            {"driver_opts": {"a": "b"}},
            {"gw_priority": 1},
        )
    ],
    "mounts": [
        (VolumeMount(volume="", target="/d"),),
        (VolumeMount(volume="v", target="/d"),),
        (VolumeMount(volume="v", target="/d", subpath="s"),),
        (HostMount(source="/v", target="/d"),),
        (HostMount(source="/v", target="/d", read_only=True),),
        (HostMount(source="/v", target="/d", create=False),),
        (HostMount(source="/v", target="/d", propagation="rslave"),),
        (HostMount(source="/v", target="/d", selinux="z"),),
        (HostMount(source="/v", target="/d", recursive="disabled"),),
        (TmpfsMount(target="/d"),),
        (TmpfsMount(target="/d", listed=True),),
        (TmpfsMount(target="/d", read_only=True),),
    ],
    "volumes_from": [
        (VolumesFrom(container_name="a"),),
        (VolumesFrom(container_name="a", read_only=True),),
    ],
}
NOT_IN_IT: dict[str, object] = {
    "name": "other",
    "build": None,
    "depends_on": (Dependency(service_name="db"),),
    "replicas": 5,
    "route": RouteMode.TCP,
    "rollout": Rollout(update=UpdateConfig(parallelism=2)),
    "pull_policy": PullPolicy.ALWAYS,
    "migrations": "sql",
    "gate": Gate(phase=GatePhase.AFTER),
    "place": "file:1",
    "places": {"image": "file:2"},
    "written": {"image": ((Written(text="x", place="file:2"),),)},
}


def test_every_field_of_a_service_is_either_in_the_fingerprint_or_left_out_on_purpose() -> None:
    assert CHANGES.keys() | NOT_IN_IT.keys() == set(Service.__slots__)


@pytest.mark.parametrize("field", sorted(CHANGES))
def test_a_field_that_reaches_the_engine_changes_the_hash(field: str) -> None:
    service = a_service()
    changed = replace(service, **{field: CHANGES[field]})  # type: ignore[arg-type] # any field
    assert digest(fields_of(service)) != digest(fields_of(changed))


@pytest.mark.parametrize("field", sorted(NOT_IN_IT))
def test_a_field_that_does_not_reach_the_engine_leaves_the_hash(field: str) -> None:
    service = a_service()
    changed = replace(service, **{field: NOT_IN_IT[field]})  # type: ignore[arg-type] # any field
    assert digest(fields_of(service)) == digest(fields_of(changed))


def test_what_is_spoken_at_a_port_leaves_the_hash() -> None:
    plain, told = (a_service(ports=[Port(target=80, app_protocol=each)]) for each in ("", "http"))
    assert digest(fields_of(plain)) == digest(fields_of(told))


@pytest.mark.parametrize("group", GROUPS)
def test_each_part_of_a_group_changes_the_hash_in_its_own_way(group: str) -> None:
    plain = a_service()
    changed = [replace(plain, **{group: value}) for value in GROUPS[group]]
    hashes = {digest(fields_of(each)) for each in (plain, *changed)}
    assert len(hashes) == 1 + len(changed)


def test_the_spec_of_what_it_shares_with_changes_the_hash() -> None:
    one, other = (
        service_fields(a_service(), network_names={}, volume_names={}, followed={"db": spec})
        for spec in ("1", "2")
    )
    assert digest(one) != digest(other)


def test_order_counts_for_words_and_not_for_sets() -> None:
    service = a_service(command=("a", "b"))
    assert fields_of(service) != fields_of(replace(service, command=("b", "a")))
    rules = ("c 1:3 r", "c 1:5 r")
    sets = replace(
        service,
        cap_add=("A", "B"),
        security_opt=("x", "y"),
        extra_hosts=("a:1", "b:1"),
        devices=Devices(cgroup_rules=rules),
    )
    turned = replace(
        sets,
        cap_add=("B", "A"),
        security_opt=("y", "x"),
        extra_hosts=("b:1", "a:1"),
        devices=Devices(cgroup_rules=rules[::-1]),
    )
    assert fields_of(sets) == fields_of(turned)


def test_the_main_network_counts_and_the_number_that_makes_it_so_does_not() -> None:
    back, front = (Attachment(network=name) for name in ("back", "front"))
    plain = fields_of(a_service(attachments=(back, front)))
    assert fields_of(a_service(attachments=(replace(back, priority=5), front))) == plain
    assert fields_of(a_service(attachments=(front, back))) == {**plain, "networks": "front, back"}


def test_absent_and_empty_are_two_things() -> None:
    nothing, empty = a_service(), a_service(environment={"A": ""})
    quotes = a_service(environment={"A": '""'})
    assert len({digest(fields_of(each)) for each in (nothing, empty, quotes)}) == 3


def test_a_default_is_not_in_the_mapping_so_that_new_fields_recreate_nothing() -> None:
    assert set(fields_of(a_service())) == {"image", "networks.default"}


def test_content_mode_and_owner_of_a_file_count_and_where_it_came_from_does_not() -> None:
    one = a_file()
    others = [replace(one, content=b"off"), replace(one, mode=0o400), replace(one, uid=5)]
    assert len({str(fields_of(a_service(files=[each]))) for each in (one, *others)}) == 4
    moved = a_service(files=[replace(one, source="config other")])
    assert fields_of(a_service(files=[one])) == fields_of(moved)


def test_mounts_of_memory_and_of_volumes_are_told_apart() -> None:
    memory = a_service(mounts=[TmpfsMount(target="/d", size_bytes=1, mode=0o700)])
    volume = a_service(mounts=[VolumeMount(volume="d", target="/d", read_only=True)])
    assert fields_of(memory)["volumes./d"] == "memory size=1 mode=0700"
    assert fields_of(volume)["volumes./d"] == "d:ro"


def test_the_hash_is_the_same_in_every_version_of_this_schema() -> None:
    # When this fails every container of every user is recreated: raise SCHEMA on purpose, or mend.
    assert digest(fields_of(a_service()))[:16] == "0d14cd5a0523fdc5"
