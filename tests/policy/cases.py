"""
What must be denied: as a service asks for it in a Compose file, and as the engine would get it.

``FOREIGN`` stands for a container that is not ours.
"""

from dataclasses import dataclass, field
from typing import Any

FOREIGN = "somebody-elses"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """
    Attributes:
        id: For people.
        key: That the denial names.
        service: Attributes of the service.
        host: The fields of ``HostConfig`` that they become; empty for what has none.
        top: Further top-level keys of the file.
        explicit: Only a waiver with the value allows it.
    """

    id: str
    key: str
    service: dict[str, Any]
    host: dict[str, Any] = field(default_factory=dict)
    top: dict[str, Any] = field(default_factory=dict)
    explicit: bool = False


def bind(source: str) -> dict[str, Any]:
    return {"Mounts": [{"Type": "bind", "Source": source, "Target": "/x"}]}


def binding(host_ip: str) -> dict[str, Any]:
    return {"PortBindings": {"80/tcp": [{"HostIp": host_ip, "HostPort": "18080"}]}}


def volume(name: str, **options: Any) -> dict[str, Any]:
    config = {"VolumeOptions": {"DriverConfig": {"Options": options}}} if options else {}
    return {"Mounts": [{"Type": "volume", "Source": name, "Target": "/x", **config}]}


def case(id_: str, key: str, value: Any, **host: Any) -> Case:
    """One attribute of the name of the key."""
    return Case(id=id_, key=key, service={key: value}, host=host)


def mount(id_: str, source: str, *, explicit: bool = False) -> Case:
    service = {"volumes": [f"{source}:/x"]}
    return Case(id=id_, key="volumes", service=service, host=bind(source), explicit=explicit)


REQUEST = [{"Driver": "", "Count": -1, "Capabilities": [["gpu"]]}]

SERVICE_CASES = (
    case("privileged", "privileged", True, Privileged=True),
    case("device", "devices", ["/dev/null:/dev/x"], Devices=[{"PathOnHost": "/dev/null"}]),
    case("device of a disk", "devices", ["/dev/sda"], Devices=[{"PathOnHost": "/dev/sda"}]),
    case(
        "device by CDI",
        "devices",
        ["vendor.com/class=one"],
        DeviceRequests=[{"Driver": "cdi", "DeviceIDs": ["vendor.com/class=one"]}],
    ),
    case("device rule", "device_cgroup_rules", ["c 1:3 mr"], DeviceCgroupRules=["c 1:3 mr"]),
    case("gpus", "gpus", "all", DeviceRequests=REQUEST),
    Case(
        id="reserved devices",
        key="deploy.resources.reservations.devices",
        service={
            "deploy": {
                "resources": {"reservations": {"devices": [{"capabilities": ["gpu"], "count": 1}]}}
            }
        },
        host={"DeviceRequests": REQUEST},
    ),
    mount("engine's socket", "/var/run/docker.sock", explicit=True),
    mount("engine's socket by its real path", "/run/docker.sock", explicit=True),
    mount("engine's socket by dots", "/var/run/../run/docker.sock", explicit=True),
    mount("engine's socket by slashes", "//var//run/./docker.sock", explicit=True),
    mount("engine's socket by a process", "/proc/1/root/run/docker.sock", explicit=True),
    mount("folder of the engine's socket", "/var/run", explicit=True),
    mount("folder above that", "/var", explicit=True),
    mount("whole host", "/", explicit=True),
    mount("whole host by dots", "/etc/..", explicit=True),
    mount("data of the engine", "/var/lib/docker/volumes", explicit=True),
    mount("path of the host", "/etc"),
    mount("path in nobody's home", "/srv/data"),
    Case(
        id="long form of a bind",
        key="volumes",
        service={"volumes": [{"type": "bind", "source": "/srv", "target": "/x"}]},
        host=bind("/srv"),
    ),
    Case(
        id="read-only bind",
        key="volumes",
        service={"volumes": ["/srv/data:/x:ro"]},
        host={"Binds": ["/srv/data:/x:ro"]},
    ),
    Case(
        id="volumes of a foreign container",
        key="volumes_from",
        service={"volumes_from": [f"container:{FOREIGN}:ro"]},
        host={"VolumesFrom": [f"{FOREIGN}:ro"]},
    ),
    case("processes of the host", "pid", "host", PidMode="host"),
    case(
        "processes of a foreign container",
        "pid",
        f"container:{FOREIGN}",
        PidMode=f"container:{FOREIGN}",
    ),
    case("memory of the host", "ipc", "host", IpcMode="host"),
    case(
        "memory of a foreign container",
        "ipc",
        f"container:{FOREIGN}",
        IpcMode=f"container:{FOREIGN}",
    ),
    case("network of the host", "network_mode", "host", NetworkMode="host"),
    case(
        "network of a foreign container",
        "network_mode",
        f"container:{FOREIGN}",
        NetworkMode=f"container:{FOREIGN}",
    ),
    case("users of the host", "userns_mode", "host", UsernsMode="host"),
    case("names of the host", "uts", "host", UTSMode="host"),
    case("control groups of the host", "cgroup", "host", CgroupnsMode="host"),
    case("parent of the control group", "cgroup_parent", "/x", CgroupParent="/x"),
    case("every capability", "cap_add", ["ALL"], CapAdd=["ALL"]),
    case("administration", "cap_add", ["SYS_ADMIN"], CapAdd=["SYS_ADMIN"]),
    case("administration by its long name", "cap_add", ["CAP_NET_ADMIN"], CapAdd=["CAP_NET_ADMIN"]),
    case("tracing", "cap_add", ["sys_ptrace"], CapAdd=["sys_ptrace"]),
    case(
        "no system call filter",
        "security_opt",
        ["seccomp:unconfined"],
        SecurityOpt=["seccomp:unconfined"],
    ),
    case(
        "no AppArmor", "security_opt", ["apparmor=unconfined"], SecurityOpt=["apparmor=unconfined"]
    ),
    case("no SELinux", "security_opt", ["label:disable"], SecurityOpt=["label:disable"]),
    case(
        "other type of SELinux",
        "security_opt",
        ["label:type:spc_t"],
        SecurityOpt=["label:type:spc_t"],
    ),
    case(
        "system paths", "security_opt", ["systempaths=unconfined"], MaskedPaths=[], ReadonlyPaths=[]
    ),
    case(
        "system paths as an option",
        "security_opt",
        ["systempaths=unconfined"],
        SecurityOpt=["systempaths=unconfined"],
    ),
    case("sysctl", "sysctls", {"kernel.panic": 1}, Sysctls={"kernel.panic": "1"}),
    case(
        "sysctl in a list",
        "sysctls",
        ["vm.swappiness=1"],
        Sysctls={"vm.swappiness": "1"},
    ),
    Case(
        id="port on every address",
        key="ports",
        service={"ports": ["0.0.0.0:18080:80"]},
        host=binding("0.0.0.0"),
    ),
    Case(
        id="port on one address",
        key="ports",
        service={"ports": ["192.0.2.1:18081:80"]},
        host=binding("192.0.2.1"),
    ),
    Case(
        id="port on every address of IPv6",
        key="ports",
        service={"ports": ["[::]:18082:80"]},
        host=binding("::"),
    ),
    Case(
        id="long form of a port",
        key="ports",
        service={"ports": [{"target": 80, "published": "18083", "host_ip": "0.0.0.0"}]},
        host=binding("0.0.0.0"),
    ),
    case("runtime", "runtime", "nvidia", Runtime="nvidia"),
    case("never ended", "oom_kill_disable", True, OomKillDisable=True),
    case("ended last", "oom_score_adj", -500, OomScoreAdj=-500),
    case("option of the storage", "storage_opt", {"dm.fs": "xfs"}, StorageOpt={"dm.fs": "xfs"}),
    Case(
        id="link to a foreign container",
        key="external_links",
        service={"external_links": [f"{FOREIGN}:db"]},
        host={"Links": [f"{FOREIGN}:db"]},
    ),
    Case(
        id="log into a socket of the host",
        key="logging",
        service={
            "logging": {"driver": "syslog", "options": {"syslog-address": "unixgram:///dev/log"}}
        },
        host={"LogConfig": {"Type": "syslog", "Config": {"syslog-address": "unixgram:///dev/log"}}},
    ),
    Case(
        id="annotation",
        key="annotations",
        service={"annotations": {"org.systemd.property.Nice": "1"}},
        host={"Annotations": {"org.systemd.property.Nice": "1"}},
    ),
)

TOP_CASES = (
    Case(
        id="foreign volume",
        key="external",
        service={"volumes": ["theirs:/x"]},
        top={"volumes": {"theirs": {"external": True, "name": FOREIGN}}},
    ),
    Case(
        id="foreign network",
        key="external",
        service={"networks": ["theirs"]},
        top={"networks": {"theirs": {"external": True, "name": FOREIGN}}},
    ),
    Case(
        id="volume that binds",
        key="driver_opts",
        service={"volumes": ["data:/x"]},
        top={"volumes": {"data": {"driver_opts": {"type": "none", "o": "bind", "device": "/etc"}}}},
    ),
    Case(
        id="volume that binds without a type",
        key="driver_opts",
        service={"volumes": ["data:/x"]},
        top={"volumes": {"data": {"driver_opts": {"o": "rbind,ro", "device": "/srv"}}}},
    ),
    Case(
        id="volume that binds as if it were memory",
        key="driver_opts",
        service={"volumes": ["data:/x"]},
        top={
            "volumes": {"data": {"driver_opts": {"type": "tmpfs", "o": "bind", "device": "/srv"}}}
        },
    ),
    Case(
        id="volume of the engine's socket",
        key="driver_opts",
        service={"volumes": ["data:/x"]},
        top={
            "volumes": {
                "data": {"driver_opts": {"type": "none", "o": "bind", "device": "/run/../run"}}
            }
        },
        explicit=True,
    ),
    Case(
        id="volume of another machine",
        key="driver_opts",
        service={"volumes": ["data:/x"]},
        top={
            "volumes": {
                "data": {
                    "driver_opts": {"type": "nfs", "o": "addr=192.0.2.1,rw", "device": ":/export"}
                }
            }
        },
    ),
    Case(
        id="volume of a disk",
        key="driver_opts",
        service={"volumes": ["data:/x"]},
        top={"volumes": {"data": {"driver_opts": {"type": "ext4", "device": "/dev/sda1"}}}},
    ),
    Case(
        id="volume driver",
        key="driver",
        service={"volumes": ["data:/x"]},
        top={"volumes": {"data": {"driver": "vieux/sshfs"}}},
    ),
    Case(
        id="network driver",
        key="driver",
        service={"networks": ["lan"]},
        top={"networks": {"lan": {"driver": "macvlan", "driver_opts": {"parent": "eth0"}}}},
    ),
    Case(
        id="bridge of the host",
        key="driver_opts",
        service={"networks": ["lan"]},
        top={"networks": {"lan": {"driver_opts": {"com.docker.network.bridge.name": "docker0"}}}},
    ),
    Case(
        id="default address of ports",
        key="driver_opts",
        service={"networks": ["lan"]},
        top={
            "networks": {
                "lan": {"driver_opts": {"com.docker.network.bridge.host_binding_ipv4": "0.0.0.0"}}
            }
        },
    ),
)

REFUSED_CASES = (
    case("engine's socket by its own key", "use_api_socket", True),
    case("program of the host", "provider", {"type": "mine", "options": {"a": "b"}}),
    case("isolation", "isolation", "hyperv", Isolation="hyperv"),
    case("identity of the host", "credential_spec", {"file": "x.json"}),
    Case(
        id="build with every right",
        key="build.privileged",
        service={"build": {"context": ".", "privileged": True}},
    ),
    Case(
        id="build with entitlements",
        key="build.entitlements",
        service={"build": {"context": ".", "entitlements": ["network.host"]}},
    ),
)
