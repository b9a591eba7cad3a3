"""Every key of the table is denied, with what a person needs; what is harmless passes."""

from typing import Any

import pytest

from sandbox.model.waiver import Subject, Waiver
from sandbox.policy.admit import Asker, admit, admit_build
from sandbox.policy.denial import Denial
from sandbox.policy.own import Own
from tests.policy.cases import FOREIGN, SERVICE_CASES, Case

OWN = Own(
    networks=frozenset({"shop-staging_default"}),
    volumes=frozenset({"shop-staging_data"}),
    containers=frozenset({"shop-staging-db-1"}),
)
CASES = pytest.mark.parametrize("case", SERVICE_CASES, ids=lambda case: case.id)


def judged(
    host: dict[str, Any], *waivers: Waiver, key: str = "", **config: Any
) -> tuple[Denial, ...]:
    asker = Asker(
        environment="staging",
        name="web",
        places={"": "compose.yaml:3", key: "compose.yaml:7"} if key else {"": "compose.yaml:3"},
        waivers=waivers,
    )
    return admit({"Image": "x", "HostConfig": host, **config}, asker, OWN)


def waiver(key: str, **fields: Any) -> Waiver:
    given = {"environment": "staging", "name": "web", "reason": "because", **fields}
    return Waiver(key=key, **given)


def test_the_table_is_as_long_as_promised() -> None:
    assert len({(case.id, case.key) for case in SERVICE_CASES}) >= 45


@CASES
def test_what_hands_over_the_host_is_denied_with_its_place_and_its_remedy(case: Case) -> None:
    (denial, *more) = judged(case.host, key=case.key)

    assert not more
    assert (denial.environment, denial.subject, denial.name) == ("staging", Subject.SERVICE, "web")
    assert (denial.key, denial.place) == (case.key, "compose.yaml:7")
    assert denial.what
    assert denial.why
    assert denial.text.startswith(f"policy denies {case.key} (compose.yaml:7): ")
    assert denial.waiver.startswith(f"- {{environment: staging, service: web, key: {case.key}")


@CASES
def test_a_waiver_of_the_very_value_allows_it(case: Case) -> None:
    (denial,) = judged(case.host)

    assert judged(case.host, waiver(case.key, value=denial.value)) == ()


@CASES
def test_a_waiver_of_the_key_alone_allows_all_but_the_keys_to_the_host(case: Case) -> None:
    assert bool(judged(case.host, waiver(case.key))) == case.explicit


@CASES
@pytest.mark.parametrize(
    "of_others",
    [
        {"environment": "production"},
        {"name": "db"},
        {"subject": Subject.VOLUME},
        {"reason": ""},
        {"value": "/another"},
    ],
    ids=str,
)
def test_a_waiver_of_something_else_allows_nothing(case: Case, of_others: dict[str, Any]) -> None:
    assert judged(case.host, waiver(case.key, **of_others))


@CASES
def test_a_waiver_of_another_key_allows_nothing(case: Case) -> None:
    assert judged(case.host, waiver("oom_score_adj" if case.key == "pid" else "pid"))


def test_a_star_stands_for_every_environment_and_every_service() -> None:
    allowed = waiver("privileged", environment="*", name="*")

    assert judged({"Privileged": True}, allowed) == ()


def test_a_star_is_no_key() -> None:
    assert judged({"Privileged": True}, waiver("*"))


@pytest.mark.parametrize(
    "host",
    [
        {},
        {"Privileged": False, "Devices": [], "CapAdd": None, "Sysctls": {}, "OomScoreAdj": 0},
        {"PortBindings": {"80/tcp": [{"HostIp": "127.0.0.1", "HostPort": "8080"}]}},
        {"PortBindings": {"80/tcp": [{"HostIp": "127.1.2.3", "HostPort": ""}]}},
        {"PortBindings": {"80/tcp": [{"HostIp": "::1", "HostPort": "8080"}]}},
        {"NetworkMode": "none"},
        {"NetworkMode": "bridge"},
        {"NetworkMode": "shop-staging_default"},
        {"NetworkMode": "container:shop-staging-db-1"},
        {"PidMode": "container:shop-staging-db-1", "IpcMode": "container:shop-staging-db-1"},
        {"IpcMode": "private"},
        {"IpcMode": "shareable"},
        {"CgroupnsMode": "private"},
        {"VolumesFrom": ["shop-staging-db-1:ro"]},
        {"Links": ["shop-staging-db-1:db"]},
        {"CapAdd": ["NET_BIND_SERVICE", "cap_chown", "MKNOD"], "CapDrop": ["ALL"]},
        {"SecurityOpt": ["no-new-privileges:true"]},
        {"SecurityOpt": ["no-new-privileges", "no-new-privileges=false", "seccomp=builtin"]},
        {"Binds": ["shop-staging_data:/data", "/anonymous"]},
        {"Mounts": [{"Type": "volume", "Source": "shop-staging_data", "Target": "/data"}]},
        {"Mounts": [{"Type": "volume", "Target": "/anonymous"}]},
        {"Mounts": [{"Type": "tmpfs", "Target": "/tmp", "TmpfsOptions": {"SizeBytes": 1}}]},
        {"Tmpfs": {"/tmp": "size=1m"}, "ShmSize": 1, "ReadonlyRootfs": True, "Init": True},
        {"LogConfig": {"Type": "json-file", "Config": {"max-size": "1m", "tag": "/{{.Name}}"}}},
        {"OomScoreAdj": 500, "StorageOpt": {"size": "1G"}, "Memory": 1, "GroupAdd": ["docker"]},
        {"ExtraHosts": ["host.docker.internal:host-gateway"], "Isolation": "default"},
    ],
    ids=str,
)
def test_what_stays_inside_is_allowed(host: dict[str, Any]) -> None:
    assert judged(host) == ()


@pytest.mark.parametrize(
    ("host", "key"),
    [
        ({"Binds": ["theirs:/x"]}, "volumes"),
        ({"Binds": [":/x"]}, "volumes"),
        ({"Binds": ["../x:/x"]}, "volumes"),
        ({"Binds": [r"\\.\pipe\docker_engine:/x"]}, "volumes"),
        ({"Mounts": [{"Type": "npipe", "Source": "x", "Target": "/x"}]}, "volumes"),
        ({"Mounts": [{"Type": "cluster", "Source": "x", "Target": "/x"}]}, "volumes"),
        ({"Mounts": [{"Source": "/etc", "Target": "/x"}]}, "volumes"),
        ({"Mounts": [{"Type": "volume", "Source": "/etc", "Target": "/x"}]}, "volumes"),
        ({"VolumeDriver": "vieux/sshfs"}, "volumes"),
        ({"PortBindings": {"80/tcp": None}}, "ports"),
        ({"PortBindings": {"80/tcp": [{"HostPort": "80"}]}}, "ports"),
        ({"PortBindings": {"80/tcp": [{"HostIp": "localhost", "HostPort": "80"}]}}, "ports"),
        ({"PortBindings": {"80/tcp": [{"HostIp": "::ffff:0.0.0.0", "HostPort": "80"}]}}, "ports"),
        ({"PublishAllPorts": True}, "ports"),
        ({"NetworkMode": "theirs"}, "networks"),
        ({"NetworkMode": "ns:/proc/1/ns/net"}, "network_mode"),
        ({"PidMode": "container:"}, "pid"),
        ({"UsernsMode": "keep-id"}, "userns_mode"),
        ({"Cgroup": "container:x"}, "cgroup"),
        ({"SecurityOpt": ["seccomp={}"]}, "security_opt"),
        ({"SecurityOpt": ["apparmor=mine"]}, "security_opt"),
        ({"SecurityOpt": ["writable-cgroups=true"]}, "security_opt"),
        ({"ReadonlyPaths": []}, "security_opt"),
        ({"OomScoreAdj": "-1"}, "oom_score_adj"),
        ({"Devices": "/dev/sda"}, "devices"),
        ({"DeviceRequests": [{"Driver": "cdi"}]}, "devices"),
        ({"Privileged": "yes"}, "privileged"),
        ({"Runtime": "runc"}, "runtime"),
        ({"Isolation": "hyperv"}, "isolation"),
        ({"LogConfig": {"Config": {"splunk-capath": "/etc/shadow"}}}, "logging"),
    ],
    ids=str,
)
def test_other_ways_to_say_it_are_denied_as_well(host: dict[str, Any], key: str) -> None:
    assert [denial.key for denial in judged(host)] == [key]


def test_a_volume_in_a_mount_binds_no_more_than_one_at_the_top() -> None:
    options = {"type": "none", "o": "bind", "device": "/etc"}
    mount = {"Type": "volume", "Target": "/x", "VolumeOptions": {"DriverConfig": {}}}
    mount["VolumeOptions"] = {"DriverConfig": {"Name": "local", "Options": options}}

    (denial,) = judged({"Mounts": [mount]})
    assert (denial.key, denial.value) == ("volumes", "/etc")


@pytest.mark.parametrize(
    "host",
    [
        {"Binds": ["/srv:/x:ro,rshared"]},
        {
            "Mounts": [
                {
                    "Type": "bind",
                    "Source": "/srv",
                    "Target": "/x",
                    "BindOptions": {"Propagation": "shared"},
                }
            ]
        },
    ],
    ids=str,
)
def test_a_path_that_is_allowed_passes_no_mounts_back_to_the_host(host: dict[str, Any]) -> None:
    (denial,) = judged(host, waiver("volumes", value="/srv"))

    assert denial.value.startswith("propagation=")


@pytest.mark.parametrize("word", ["host", "container:theirs", "ns:/proc/1/ns/net"])
def test_a_network_of_our_own_that_is_named_like_a_word_of_the_engine_is_no_way_in(
    word: str,
) -> None:
    own = Own(networks=frozenset({word}))
    asker = Asker(environment="staging", name="web")
    bodies: list[dict[str, Any]] = [
        {"HostConfig": {"NetworkMode": word}},
        {"NetworkingConfig": {"EndpointsConfig": {word: {}}}},
    ]
    for body in bodies:
        assert [each.key for each in admit(body, asker, own)] == ["network_mode"]
    assert admit_build({"networkmode": word}, asker, own)


def test_an_endpoint_on_a_foreign_network_is_denied() -> None:
    endpoints = {"shop-staging_default": {"Aliases": ["web"]}, "theirs": {}}

    (denial,) = judged(
        {"NetworkMode": "shop-staging_default"}, NetworkingConfig={"EndpointsConfig": endpoints}
    )
    assert (denial.key, denial.value) == ("networks", "theirs")


NET = {"net.ipv4.ip_unprivileged_port_start": "0"}
IPC = {"fs.mqueue.msg_max": "9", "kernel.shmmax": "9", "kernel.msgmni": "9", "kernel.sem": "1 2"}
UTS = {"kernel.domainname": "x"}


@pytest.mark.parametrize(
    ("host", "denied"),
    [
        ({}, ()),
        ({"NetworkMode": "none", "IpcMode": "private"}, ()),
        ({"NetworkMode": "shop-staging_default", "IpcMode": "shareable"}, ()),
        ({"NetworkMode": "bridge", "IpcMode": "none"}, ()),
        ({"NetworkMode": "host"}, NET),
        ({"NetworkMode": "container:shop-staging-db-1"}, NET),
        ({"NetworkMode": f"container:{FOREIGN}"}, NET),
        ({"IpcMode": "host"}, IPC),
        ({"IpcMode": "container:shop-staging-db-1"}, IPC),
        ({"UTSMode": "host"}, UTS),
        ({"NetworkMode": "host", "IpcMode": "host", "UTSMode": "host"}, {**NET, **IPC, **UTS}),
    ],
)  # fmt: skip
def test_a_sysctl_is_denied_unless_its_namespace_is_the_container_s_own(
    host: dict[str, object], denied: dict[str, str]
) -> None:
    found = judged({**host, "Sysctls": {**NET, **IPC, **UTS}})

    said = {denial.value for denial in found if denial.key == "sysctls"}
    assert said == {f"{name}={value}" for name, value in dict(denied).items()}


@pytest.mark.parametrize(
    "name",
    [
        "kernel.panic", "kernel.core_pattern", "kernel.shm", "kernel.hostname", "vm.overcommit",
        "fs.file-max", "fs.mqueue", "user.max_user_namespaces", "net", "net.", "netx.ipv4.a",
        "net/ipv4/ip_forward", "net.ipv4/../../kernel/panic", "net...kernel.panic",
        "fs.mqueue./../file-max", "NET.ipv4.a", "net.ipv4.a\n", "",
    ],
)  # fmt: skip
def test_a_sysctl_of_the_whole_machine_is_denied(name: str) -> None:
    (denial,) = judged({"Sysctls": {name: "1"}})

    assert (denial.key, denial.value) == ("sysctls", f"{name}=1")


def test_an_option_of_an_endpoint_is_denied_unless_it_only_names() -> None:
    options = {
        "com.docker.network.endpoint.ifname": "eth7",
        "com.docker.network.endpoint.sysctls": "net.ipv4.conf.IFNAME.forwarding=1",
    }
    endpoints = {"shop-staging_default": {"DriverOpts": options, "Links": [f"{FOREIGN}:x"]}}

    found = judged({}, NetworkingConfig={"EndpointsConfig": endpoints})
    assert [denial.key for denial in found] == ["networks.driver_opts", "external_links"]


@pytest.mark.parametrize(
    ("host", "config", "field"),
    [
        ({"ContainerIDFile": "/etc/passwd"}, {}, "HostConfig.ContainerIDFile"),
        ({"privileged": True}, {}, "HostConfig.privileged"),
        ({"maskedPaths": []}, {}, "HostConfig.maskedPaths"),
        ({}, {"hostconfig": {"Privileged": True}}, "hostconfig"),
        ({}, {"NetworkingConfig": {"endpointsConfig": {}}}, "NetworkingConfig.endpointsConfig"),
    ],
    ids=str,
)
def test_a_field_that_nobody_judged_is_denied_and_cannot_be_waived(
    host: dict[str, Any], config: dict[str, Any], field: str
) -> None:
    (denial,) = judged(host, waiver(field, environment="*", name="*"), **config)

    assert denial.key == field
    assert not denial.waivable
    assert denial.waiver == ""


def test_every_fault_is_named_and_none_hides_another() -> None:
    host = {"Privileged": True, "PidMode": "host", "CapAdd": ["ALL", "SYS_ADMIN"]}

    assert {(each.key, each.value) for each in judged(host)} == {
        ("privileged", ""),
        ("pid", "host"),
        ("cap_add", "ALL"),
        ("cap_add", "SYS_ADMIN"),
    }


def test_a_value_is_allowed_however_it_is_written() -> None:
    assert judged({"CapAdd": ["CAP_SYS_ADMIN"]}, waiver("cap_add", value="sys_admin")) == ()
    assert (
        judged(
            {"SecurityOpt": ["seccomp=unconfined"]},
            waiver("security_opt", value="seccomp:unconfined"),
        )
        == ()
    )
    assert judged({"Binds": ["/srv//data/:/x"]}, waiver("volumes", value="/srv/./data")) == ()


def test_one_value_allowed_leaves_the_others_denied() -> None:
    (denial,) = judged({"CapAdd": ["SYS_ADMIN", "NET_ADMIN"]}, waiver("cap_add", value="NET_ADMIN"))

    assert denial.value == "SYS_ADMIN"


def test_a_key_that_has_another_spelling_is_named_as_the_file_names_it() -> None:
    asker = Asker(environment="staging", name="web", places={"deploy": "f:9", "": "f:1"})
    (denial,) = admit({"HostConfig": {"DeviceRequests": [{"Count": 1}]}}, asker, OWN)

    assert (denial.key, denial.place) == ("deploy.resources.reservations.devices", "f:9")


def test_the_entry_to_add_is_quoted_where_it_must_be() -> None:
    (denial,) = judged({"Devices": [{"PathOnHost": '/dev/a: "b"'}]})

    assert denial.waiver == (
        "- {environment: staging, service: web, key: devices, "
        'value: "/dev/a: \\"b\\"", reason: "…"}'
    )
