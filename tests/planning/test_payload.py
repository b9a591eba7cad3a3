import dataclasses
from typing import Any

import pytest

from sandbox.model.action import ContainerSpec, CreateNetwork, CreateVolume, Endpoint
from sandbox.model.desired import AddressPool, Network
from sandbox.model.service import (
    Healthcheck,
    HostMount,
    Limits,
    Logging,
    Port,
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
    Namespaces,
    Resolver,
    Tuning,
    VolumesFrom,
)
from sandbox.planning import labels
from sandbox.planning.contents import path_in_volume
from sandbox.planning.payload import (
    container_payload,
    network_payload,
    volume_payload,
)
from sandbox.planning.payload_host import capabilities
from sandbox.planning.spec import container_spec
from tests.builders import a_committed_mount, a_desired_state, a_service, an_owner

RATES = (DeviceRate(path="/dev/sda", rate=9),)
FRONT = Endpoint(network_name="shop-front", aliases=("web", "www"), ipv4_address="10.1.2.3")
OWNER_LABELS = {labels.INSTANCE: "i", labels.APP: "a", labels.ENVIRONMENT: "e"}


def payload(*endpoints: Endpoint, **service: Any) -> dict[str, Any]:
    spec = ContainerSpec(
        name="shop-web-1",
        service=Service(name="web", image="shop/web:1", **service),
        replica=1,
        labels={**OWNER_LABELS, "mine": "1"},
        endpoints=endpoints,
        volume_names={"data": "shop-data"},
        followed={"db": "shop-db-1"},
        spec_hash="1",
    )
    return container_payload(spec, endpoints)


# By field of a service: a value, and what of the payload it becomes.
FIELDS: dict[str, tuple[Any, dict[str, Any]]] = {
    "command": (("a", "b c"), {"Cmd": ["a", "b c"]}),
    "entrypoint": (("sh", "-c"), {"Entrypoint": ["sh", "-c"]}),
    "environment": ({"A": "b=c", "E": ""}, {"Env": ["A=b=c", "E="]}),
    "expose": (
        ("80", "81/udp", "90-91"),
        {"ExposedPorts": ["80/tcp", "81/udp", "90/tcp", "91/tcp"]},
    ),
    "healthcheck": (
        Healthcheck(test=("CMD", "true"), interval_s=1.5, timeout_s=2, start_period_s=0, retries=4),
        {
            "Healthcheck": {
                "Test": ["CMD", "true"],
                "Interval": 1_500_000_000,
                "Timeout": 2_000_000_000,
                "StartPeriod": 0,
                "Retries": 4,
            }
        },
    ),
    "user": ("app:app", {"User": "app:app"}),
    "working_dir": ("/app", {"WorkingDir": "/app"}),
    "hostname": ("web1", {"Hostname": "web1"}),
    "stop_signal": ("SIGQUIT", {"StopSignal": "SIGQUIT"}),
    "stop_grace_period_s": (1.2, {"StopTimeout": 2}),
    "image": ("shop/web:2", {"Image": "shop/web:2"}),
    "unset_environment": (("A",), {"Env": ["A"]}),
    "domainname": ("example", {"Domainname": "example"}),
    "mac_address": ("02:42:ac:11:00:05", {"MacAddress": "02:42:ac:11:00:05"}),
    "tty": (True, {"Tty": True}),
    "stdin_open": (True, {"OpenStdin": True}),
}
HOST_FIELDS: dict[str, tuple[Any, dict[str, Any]]] = {
    "ports": (
        (
            Port(target=80, published=8081),
            Port(target=80, host_ip="0.0.0.0"),
            Port(target=53, published=5000, published_end=5010, protocol="udp"),
        ),
        {
            "PortBindings": {
                "80/tcp": [
                    {"HostIp": "127.0.0.1", "HostPort": "8081"},
                    {"HostIp": "0.0.0.0", "HostPort": ""},
                ],
                "53/udp": [{"HostIp": "127.0.0.1", "HostPort": "5000-5010"}],
            }
        },
    ),
    "mounts": (
        (
            VolumeMount(volume="data", target="/data", read_only=True, no_copy=True),
            VolumeMount(volume="", target="/anon"),
            VolumeMount(volume="data", target="/sub", subpath="s"),
            HostMount(source="/srv", target="/srv"),
            HostMount(source="/srv", target="/old", read_only=True, selinux="z"),
            HostMount(source="/srv", target="/new", create=False, propagation="rslave"),
            HostMount(source="/srv", target="/ro", create=False, recursive="readonly"),
            TmpfsMount(target="/mem", size_bytes=1024, mode=0o1777, read_only=True),
            TmpfsMount(target="/tmp", options="noexec,size=1k", listed=True),
            TmpfsMount(target="/run", listed=True),
        ),
        {
            "Mounts": [
                {
                    "Type": "volume",
                    "Source": "shop-data",
                    "Target": "/data",
                    "ReadOnly": True,
                    "VolumeOptions": {"NoCopy": True, "Labels": OWNER_LABELS},
                },
                {
                    "Type": "volume",
                    "Target": "/anon",
                    "ReadOnly": False,
                    "VolumeOptions": {"NoCopy": False},
                },
                {
                    "Type": "volume",
                    "Source": "shop-data",
                    "Target": "/sub",
                    "ReadOnly": False,
                    "VolumeOptions": {"NoCopy": False, "Subpath": "s", "Labels": OWNER_LABELS},
                },
                {
                    "Type": "bind",
                    "Source": "/srv",
                    "Target": "/new",
                    "ReadOnly": False,
                    "BindOptions": {"Propagation": "rslave"},
                },
                {
                    "Type": "bind",
                    "Source": "/srv",
                    "Target": "/ro",
                    "ReadOnly": False,
                    "BindOptions": {"ReadOnlyForceRecursive": True},
                },
                {
                    "Type": "tmpfs",
                    "Target": "/mem",
                    "ReadOnly": True,
                    "TmpfsOptions": {"SizeBytes": 1024, "Mode": 0o1777},
                },
            ],
            "Binds": ["/srv:/srv:rw", "/srv:/old:ro,z"],
            "Tmpfs": {"/tmp": "noexec,size=1k", "/run": ""},
        },
    ),
    "volumes_from": (
        (VolumesFrom(service_name="db", read_only=True), VolumesFrom(container_name="other")),
        {"VolumesFrom": ["shop-db-1:ro", "other"]},
    ),
    "namespaces": (
        Namespaces(
            network="service:db",
            ipc="shareable",
            pid="container:other",
            uts="host",
            user="host",
            cgroup="private",
            cgroup_parent="/mine",
        ),
        {
            "NetworkMode": "container:shop-db-1",
            "IpcMode": "shareable",
            "PidMode": "container:other",
            "UTSMode": "host",
            "UsernsMode": "host",
            "CgroupnsMode": "private",
            "CgroupParent": "/mine",
        },
    ),
    "tuning": (
        Tuning(
            shm_size_bytes=1,
            memory_swappiness=0,
            oom_kill_disable=True,
            oom_score_adj=-2,
            cpu_rt_period_us=3,
            cpu_rt_runtime_us=4,
            storage={"size": "1g"},
            block_io=BlockIo(weight=5, read_bytes=RATES, weights=RATES),
        ),
        {
            "ShmSize": 1,
            "MemorySwappiness": 0,
            "OomKillDisable": True,
            "OomScoreAdj": -2,
            "CpuRealtimePeriod": 3,
            "CpuRealtimeRuntime": 4,
            "StorageOpt": {"size": "1g"},
            "BlkioWeight": 5,
            "BlkioWeightDevice": [{"Path": "/dev/sda", "Weight": 9}],
            "BlkioDeviceReadBps": [{"Path": "/dev/sda", "Rate": 9}],
        },
    ),
    "devices": (
        Devices(
            mapped=(Device(source="/dev/a", target="/dev/b", permissions="r"),),
            requested=(DeviceRequest(driver="nvidia", count=-1, capabilities=("gpu",)),),
            cgroup_rules=("c 1:3 r",),
        ),
        {
            "Devices": [
                {"PathOnHost": "/dev/a", "PathInContainer": "/dev/b", "CgroupPermissions": "r"}
            ],
            "DeviceRequests": [
                {
                    "Driver": "nvidia",
                    "Count": -1,
                    "DeviceIDs": None,
                    "Capabilities": [["gpu"]],
                    "Options": None,
                }
            ],
            "DeviceCgroupRules": ["c 1:3 r"],
        },
    ),
    "resolver": (
        Resolver(servers=("9.9.9.9",), search=("a",), options=("use-vc",)),
        {"Dns": ["9.9.9.9"], "DnsSearch": ["a"], "DnsOptions": ["use-vc"]},
    ),
    "annotations": ({"a": "b"}, {"Annotations": {"a": "b"}}),
    "group_add": (("1",), {"GroupAdd": ["1"]}),
    "privileged": (True, {"Privileged": True}),
    "runtime": ("runsc", {"Runtime": "runsc"}),
    "sysctls": ({"a": "1"}, {"Sysctls": {"a": "1"}}),
    "limits": (
        Limits(
            memory_bytes=5,
            nano_cpus=6,
            pids=7,
            memory_reservation_bytes=8,
            memory_swap_bytes=-1,
            cpu_shares=9,
            cpu_quota_us=10,
            cpu_period_us=11,
            cpuset="0-1",
            restart="on-failure:3",
        ),
        {
            "MemoryReservation": 8,
            "MemorySwap": -1,
            "CpuShares": 9,
            "CpuQuota": 10,
            "CpuPeriod": 11,
            "CpusetCpus": "0-1",
            "Memory": 5,
            "NanoCpus": 6,
            "PidsLimit": 7,
            "RestartPolicy": {"Name": "on-failure", "MaximumRetryCount": 3},
        },
    ),
    "init": (True, {"Init": True}),
    "read_only": (True, {"ReadonlyRootfs": True}),
    "cap_add": (("NET_ADMIN", "cap_chown"), {"CapAdd": ["CAP_CHOWN", "CAP_NET_ADMIN"]}),
    "cap_drop": (("ALL",), {"CapDrop": ["ALL"]}),
    "security_opt": (("no-new-privileges",), {"SecurityOpt": ["no-new-privileges"]}),
    "ulimits": (
        (Ulimit(name="nofile", soft=1, hard=2),),
        {"Ulimits": [{"Name": "nofile", "Soft": 1, "Hard": 2}]},
    ),
    "extra_hosts": (("a:1.2.3.4", "b=::1"), {"ExtraHosts": ["a:1.2.3.4", "b:::1"]}),
    "logging": (
        Logging(driver="json-file", options={"max-size": "1m"}),
        {"LogConfig": {"Type": "json-file", "Config": {"max-size": "1m"}}},
    ),
}
# What the create call does not carry, and who does.
ELSEWHERE = {
    "name": "labels",
    "build": "BuildImage",
    "files": "CopyFiles",
    "attachments": "endpoints of the spec",
    "depends_on": "the plan",
    "replicas": "the plan",
    "rollout": "the plan",
    "gate": "the plan",
    "migrations": "the answer to a rollback",
    "route": "the ingress",
    "labels": "labels of the spec",
    "place": "messages",
    "places": "messages",
    "written": "messages",
    "pull_policy": "the plan",
    "platform": "the query of the call",
    "container_name": "the name of the spec",
    "external_links": "endpoints of the spec",
    "hooks": "StartContainer and StopContainer",
}


@pytest.mark.parametrize("name", FIELDS)
def test_each_setting_of_a_service_reaches_the_engine(name: str) -> None:
    value, expected = FIELDS[name]
    found = container_payload(
        ContainerSpec(
            name="x",
            service=dataclasses.replace(Service(name="web", image="i"), **{name: value}),
            replica=1,
            labels={},
            spec_hash="1",
        ),
        (),
    )
    for key, wanted in expected.items():
        assert (list(found[key]) if key == "ExposedPorts" else found[key]) == wanted


@pytest.mark.parametrize("name", HOST_FIELDS)
def test_each_setting_of_a_service_s_surroundings_reaches_the_engine(name: str) -> None:
    value, expected = HOST_FIELDS[name]
    assert payload(**{name: value})["HostConfig"].items() >= expected.items()


def test_no_setting_of_a_service_is_forgotten() -> None:
    known = {*FIELDS, *HOST_FIELDS, *ELSEWHERE}
    assert {field.name for field in dataclasses.fields(Service)} == known


def test_what_is_not_asked_for_is_left_to_the_image_and_the_engine() -> None:
    plain = payload()
    left = {"Cmd", "Entrypoint", "Healthcheck", "User", "WorkingDir", "Hostname", "StopSignal"}
    assert not left & set(plain)
    left = {"Memory", "NanoCpus", "PidsLimit", "RestartPolicy", "Init", "LogConfig"}
    assert not left & set(plain["HostConfig"])


def test_an_empty_entrypoint_takes_the_image_s_away() -> None:
    assert payload(entrypoint=())["Entrypoint"] == [""]


def test_a_healthcheck_without_a_test_keeps_that_of_the_image() -> None:
    assert payload(healthcheck=Healthcheck(retries=2))["Healthcheck"] == {"Retries": 2}


def test_published_ports_are_exposed() -> None:
    assert payload(ports=(Port(target=80, published=1),))["ExposedPorts"] == {"80/tcp": {}}


def test_the_first_network_is_the_main_one_and_each_has_its_names_and_address() -> None:
    found = payload(FRONT, Endpoint(network_name="shop-back"))
    assert found["HostConfig"]["NetworkMode"] == "shop-front"
    assert found["NetworkingConfig"]["EndpointsConfig"] == {
        "shop-front": {"Aliases": ["web", "www"], "IPAMConfig": {"IPv4Address": "10.1.2.3"}},
        "shop-back": {"Aliases": []},
    }


def test_a_container_without_networks_has_none_instead_of_the_engine_s_own() -> None:
    assert payload()["HostConfig"]["NetworkMode"] == "none"


def test_files_of_the_commit_are_volumes_that_nothing_of_the_image_gets_into() -> None:
    pin = a_committed_mount("/run/secrets/pin")
    service = a_service(
        "web",
        mounts=[
            pin,
            a_committed_mount("/site", "a", "b/c"),
            a_committed_mount("/var/lib/db", ".gitkeep", volume="data-1a2b3c"),
        ],
    )
    spec = container_spec(an_owner(), a_desired_state(service), service, 1)
    secret, site, data = container_payload(spec, [])["HostConfig"]["Mounts"]
    names = spec.volume_names

    assert all(each["VolumeOptions"]["NoCopy"] for each in (secret, site, data))
    assert [each["ReadOnly"] for each in (secret, site, data)] == [True, True, False]
    assert secret["VolumeOptions"]["Subpath"] == path_in_volume(pin)
    assert "Subpath" not in site["VolumeOptions"]
    assert site["Source"] == names["committed /site"] != secret["Source"]
    assert data["Source"] == names["data-1a2b3c"]
    assert data["Source"].endswith("_data-1a2b3c")


def test_all_of_an_endpoint_is_sent() -> None:
    full = Endpoint(
        network_name="shop-front",
        aliases=("web",),
        ipv6_address="fd00::5",
        link_local_ips=("169.254.1.1",),
        links=("other:o",),
        mac_address="02:42:ac:11:00:05",
        driver_opts={"a": "b"},
        gw_priority=3,
    )
    assert payload(full)["NetworkingConfig"]["EndpointsConfig"]["shop-front"] == {
        "Aliases": ["web"],
        "IPAMConfig": {"IPv6Address": "fd00::5", "LinkLocalIPs": ["169.254.1.1"]},
        "Links": ["other:o"],
        "MacAddress": "02:42:ac:11:00:05",
        "DriverOpts": {"a": "b"},
        "GwPriority": 3,
    }


def test_links_of_the_engine_s_own_bridge_are_sent_the_old_way() -> None:
    bridge = payload(namespaces=Namespaces(network="bridge"), external_links=("other:o",))
    assert bridge["HostConfig"]["NetworkMode"] == "bridge"
    assert bridge["HostConfig"]["Links"] == ["other:o"]


@pytest.mark.parametrize(
    ("added", "dropped", "expected"),
    [
        (("NET_ADMIN",), ("cap_mknod",), (("CAP_NET_ADMIN",), ("CAP_MKNOD",))),
        (("ALL", "NET_ADMIN"), ("MKNOD",), (("ALL",), ("CAP_MKNOD",))),
        (("CHOWN",), ("ALL", "MKNOD"), (("CAP_CHOWN",), ("ALL",))),
    ],
)
def test_capabilities_are_written_as_the_engine_keeps_them(
    added: tuple[str, ...],
    dropped: tuple[str, ...],
    expected: tuple[tuple[str, ...], tuple[str, ...]],
) -> None:
    assert capabilities(added, dropped) == expected


def test_all_of_a_network_is_sent() -> None:
    network = Network(
        key="front",
        driver="macvlan",
        driver_opts={"parent": "eth0"},
        internal=True,
        attachable=True,
        enable_ipv4=False,
        enable_ipv6=True,
        ipam_driver="other",
        ipam_options={"x": "y"},
        pools=(
            AddressPool(
                subnet="10.1.0.0/16",
                ip_range="10.1.1.0/24",
                gateway="10.1.0.1",
                reserved={"router": "10.1.0.9"},
            ),
        ),
    )
    assert network_payload(CreateNetwork(name="n", network=network, labels={"a": "b"})) == {
        "Name": "n",
        "Driver": "macvlan",
        "CheckDuplicate": True,
        "Labels": {"a": "b"},
        "Internal": True,
        "Attachable": True,
        "Options": {"parent": "eth0"},
        "EnableIPv4": False,
        "EnableIPv6": True,
        "IPAM": {
            "Driver": "other",
            "Options": {"x": "y"},
            "Config": [
                {
                    "Subnet": "10.1.0.0/16",
                    "IPRange": "10.1.1.0/24",
                    "Gateway": "10.1.0.1",
                    "AuxiliaryAddresses": {"router": "10.1.0.9"},
                }
            ],
        },
    }


def test_a_subnet_that_we_chose_is_sent_and_none_is_left_to_the_engine() -> None:
    plain = Network(key="front")
    chosen = CreateNetwork(name="n", network=plain, subnet="10.213.0.0/26", labels={})
    assert network_payload(chosen)["IPAM"]["Config"] == [{"Subnet": "10.213.0.0/26"}]
    assert "IPAM" not in network_payload(CreateNetwork(name="n", network=plain, labels={}))


def test_all_of_a_volume_is_sent() -> None:
    action = CreateVolume(name="v", driver="d", driver_opts={"o": "bind"}, labels={"a": "b"})
    assert volume_payload(action) == {
        "Name": "v",
        "Driver": "d",
        "DriverOpts": {"o": "bind"},
        "Labels": {"a": "b"},
    }
