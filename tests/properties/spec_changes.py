"""
Every part of a service, before and after a change: what makes another container, and what does not.

Attributes are lines of YAML of one service, which are the whole of it but for an image.
"""

from itertools import pairwise
from typing import Final, TypeAlias

Change: TypeAlias = tuple[str, str]


def _each(path: str, *values: str) -> tuple[Change, ...]:
    """
    Change each of *values* into the next; ``{}`` in *path* is where they stand.
    """
    texts = [path.replace("{}", value) for value in values]
    return tuple(pairwise(texts))


def _of(group: str, key: str, *values: str, beside: str = "") -> tuple[Change, ...]:
    return _each(f"{group}: {{{beside}{key}: {{}}}}", *values)


def _in(group: str, key: str, *values: str, beside: str = "") -> tuple[Change, ...]:
    return _each(f"{group}: [{{{beside}{key}: {{}}}}]", *values)


_LIMITS: Final = "deploy: {resources: {limits: {KEY: {}}}}"
_KEPT: Final = "deploy: {resources: {reservations: {KEY: {}}}}"
_MOUNT: Final = "volumes: [{TYPE, target: /t, KEY: {}}]"
_GATE: Final = "profiles: [gate]\n    x-sandbox: {gate: {KEY}}"
_CANARY: Final = "ports: ['80']\n    x-sandbox: {rollout: {steps: [{KEY}]}}"

REACHING: Final[dict[str, tuple[Change, ...]]] = {
    "annotations": (("", "annotations: {a: b}"), *_each("annotations: {a: {}}", "b", "c")),
    "blkio_config.weight": _of("blkio_config", "weight", "10", "20"),
    "blkio_config.weight_device": (
        ("", "blkio_config: {weight_device: [{path: /dev/a, weight: 10}]}"),
    ),
    "blkio_config.weight_device.path": _each(
        "blkio_config: {weight_device: [{path: {}, weight: 10}]}", "/dev/a", "/dev/b"
    ),
    "blkio_config.weight_device.weight": _each(
        "blkio_config: {weight_device: [{path: /dev/a, weight: {}}]}", "10", "20"
    ),
    "build.args": _of("build", "args", "{A: 1}", "{A: 2}", "{B: 2}", beside="context: app, "),
    "build.context": _of("build", "context", "app", "lib"),
    "build.dockerfile": _of("build", "dockerfile", "A", "B", beside="context: app, "),
    "build.dockerfile_inline": _of(
        "build", "dockerfile_inline", "FROM a", "FROM b", beside="context: app, "
    ),
    "build.extra_hosts": _of(
        "build", "extra_hosts", "['a:1.1.1.1']", "['a:1.1.1.2']", beside="context: app, "
    ),
    "build.labels": _of("build", "labels", "{a: b}", "{a: c}", beside="context: app, "),
    "build.network": _of("build", "network", "host", "none", beside="context: app, "),
    "build.platforms": _of("build", "platforms", "[linux/a]", "[linux/b]", beside="context: app, "),
    "build.target": _of("build", "target", "a", "b", beside="context: app, "),
    "cap_add": (("", "cap_add: [NET_ADMIN]"), ("cap_add: [SYS_TIME]", "cap_add: [NET_ADMIN]")),
    "cap_drop": (("", "cap_drop: [ALL]"), ("cap_drop: [MKNOD]", "cap_drop: [MKNOD, CHOWN]")),
    "cgroup": (("", "cgroup: host"), ("cgroup: private", "cgroup: host")),
    "cgroup_parent": _each("cgroup_parent: {}", "a", "b"),
    "command": (
        ("", "command: a"),
        ("command: a b", "command: [a b]"),
        ("command: [a, b]", "command: [b, a]"),
        ("", "command: []"),
    ),
    "configs": (("", "configs: [c]"),),
    "configs.source": _in("configs", "source", "c", "c2", beside="target: /t/x, "),
    "configs.target": _in("configs", "target", "/a/x", "/b/x", beside="source: c, "),
    "configs.uid": _in("configs", "uid", "'1'", "'2'", beside="source: c, "),
    "configs.gid": _in("configs", "gid", "'1'", "'2'", beside="source: c, "),
    "configs.mode": _in("configs", "mode", "0o400", "0o444", "'0440'", beside="source: c, "),
    "container_name": (("", "container_name: aa"), *_each("container_name: {}", "aa", "bb")),
    "cpu_period": _each("cpu_period: {}", "1000", "2000"),
    "cpu_quota": _each("cpu_quota: {}", "1000", "2000"),
    "cpu_rt_period": _each("cpu_rt_period: {}", "1000", "2000"),
    "cpu_rt_runtime": _each("cpu_rt_runtime: {}", "1000", "2000"),
    "cpu_shares": _each("cpu_shares: {}", "10", "20"),
    "cpus": _each("cpus: {}", "0.5", "1.5", "1.500000001"),
    "cpuset": _each("cpuset: {}", "'0'", "0-1"),
    "deploy.resources.limits.cpus": _each(_LIMITS.replace("KEY", "cpus"), "'0.5'", "'0.6'"),
    "deploy.resources.limits.memory": _each(_LIMITS.replace("KEY", "memory"), "64m", "65m"),
    "deploy.resources.limits.pids": _each(_LIMITS.replace("KEY", "pids"), "5", "6"),
    "deploy.resources.reservations.memory": _each(_KEPT.replace("KEY", "memory"), "64m", "65m"),
    "deploy.resources.reservations.devices": (
        ("", f"{_KEPT.replace('KEY', 'devices').replace('{}', '[{capabilities: [gpu]}]')}"),
    ),
    **{
        f"deploy.resources.reservations.devices.{key}": _each(
            _KEPT.replace("KEY", "devices").replace("{}", f"[{{{beside}{key}: {{}}}}]"), *values
        )
        for key, beside, values in (
            ("capabilities", "count: 1, ", ("[gpu]", "[gpu, compute]")),
            ("count", "capabilities: [gpu], ", ("1", "2", "all")),
            ("device_ids", "capabilities: [gpu], ", ("['0']", "['1']")),
            ("driver", "capabilities: [gpu], ", ("a", "b")),
            ("options", "capabilities: [gpu], ", ("{a: b}", "{a: c}")),
        )
    },
    "deploy.restart_policy": (("", "deploy: {restart_policy: {condition: any}}"),),
    "deploy.restart_policy.condition": _each(
        "deploy: {restart_policy: {condition: {}}}", "any", "on-failure", "none"
    ),
    "deploy.restart_policy.max_attempts": _each(
        "deploy: {restart_policy: {condition: on-failure, max_attempts: {}}}", "1", "2"
    ),
    "device_cgroup_rules": _each("device_cgroup_rules: [{}]", "'c 1:3 r'", "'c 1:3 mr'"),
    "devices": (("", "devices: [/dev/a]"), *_each("devices: [{}]", "/dev/a", "'/dev/a:/dev/b:r'")),
    "devices.source": _in("devices", "source", "/dev/a", "/dev/b", beside="target: /dev/x, "),
    "devices.target": _in("devices", "target", "/dev/a", "/dev/b", beside="source: /dev/x, "),
    "devices.permissions": _in(
        "devices", "permissions", "r", "rw", beside="source: /dev/x, target: /dev/x, "
    ),
    "dns": _each("dns: {}", "1.1.1.1", "[1.1.1.1, 8.8.8.8]", "[8.8.8.8, 1.1.1.1]"),
    "dns_opt": _each("dns_opt: {}", "[a]", "[a, b]"),
    "dns_search": _each("dns_search: {}", "a", "[a, b]", "[b, a]"),
    "domainname": _each("domainname: {}", "a", "b"),
    "entrypoint": (("", "entrypoint: []"), *_each("entrypoint: {}", "a", "[a, b]", "[b, a]")),
    "env_file": (("", "env_file: a.env"), *_each("env_file: {}", "a.env", "b.env")),
    "env_file.path": _in("env_file", "path", "a.env", "b.env"),
    "env_file.format": (("env_file: [{path: q.env}]", "env_file: [{path: q.env, format: raw}]"),),
    "environment": (
        ("", "environment: {A: ''}"),
        ("environment: [A=1]", "environment: [A=2]"),
        ("environment: {A: 1, B: 2}", "environment: {A: 2, B: 1}"),
        ("environment: {AB: C}", "environment: {A: BC}"),
    ),
    "expose": (("", "expose: [80]"), *_each("expose: [{}]", "80", "81", "80/udp", "80-81")),
    "external_links": _each("external_links: [{}]", "a", "'a:b'", "'c:b'"),
    "extra_hosts": _each("extra_hosts: ['{}']", "a:1.1.1.1", "a:1.1.1.2", "b:1.1.1.2"),
    "gpus": (("", "gpus: all"),),
    "gpus.capabilities": _in("gpus", "capabilities", "[a]", "[b]", beside="count: 1, "),
    "gpus.count": _in("gpus", "count", "1", "2"),
    "gpus.device_ids": _in("gpus", "device_ids", "['0']", "['1']"),
    "gpus.driver": _in("gpus", "driver", "a", "b", beside="count: 1, "),
    "gpus.options": _in("gpus", "options", "{a: b}", "{a: c}", beside="count: 1, "),
    "group_add": (("", "group_add: [a]"), *_each("group_add: [{}]", "a", "5")),
    "healthcheck.test": _of("healthcheck", "test", "a", "[CMD, a]", "[CMD, b]", "NONE"),
    **{
        f"healthcheck.{key}": _of(
            "healthcheck", key, "1s", "1001ms", "1h", "3600001ms", beside="test: a, "
        )
        for key in ("interval", "timeout", "start_period", "start_interval")
    },
    "healthcheck.retries": _of("healthcheck", "retries", "1", "2", beside="test: a, "),
    "healthcheck.disable": (("", "healthcheck: {disable: true}"),),
    "hostname": (("", "hostname: a"), *_each("hostname: {}", "a", "b")),
    "image": _each("image: {}", "a", "a:1", "b:1"),
    "init": (("", "init: false"), *_each("init: {}", "true", "false")),
    "ipc": (("", "ipc: shareable"), *_each("ipc: {}", "host", "'service:db'")),
    "label_file": (("", "label_file: a.env"), *_each("label_file: {}", "a.env", "b.env")),
    "labels": (("", "labels: {a: ''}"), *_each("labels: {a: {}}", "b", "c")),
    "logging": (("", "logging: {driver: none}"),),
    "logging.driver": _of("logging", "driver", "none", "json-file"),
    "logging.options": _of("logging", "options", "{a: 1}", "{a: 2}", beside="driver: json-file, "),
    "mac_address": _each("mac_address: {}", "'02:42:ac:11:00:05'", "'02:42:ac:11:00:06'"),
    "mem_limit": (("", "mem_limit: 64m"), *_each("mem_limit: {}", "64m", "67108865")),
    "mem_reservation": _each("mem_reservation: {}", "64m", "65m"),
    "mem_swappiness": (("", "mem_swappiness: 10"), *_each("mem_swappiness: {}", "10", "20")),
    "memswap_limit": _each("memswap_limit: {}", "64m", "65m", "-1"),
    "network_mode": (("", "network_mode: none"), *_each("network_mode: {}", "none", "host")),
    "networks": (("", "networks: [front]"), *_each("networks: [{}]", "front", "back")),
    "networks.*.aliases": _each("networks: {front: {aliases: [{}]}}", "a", "b", "'a,b'", "a, b"),
    **{
        f"networks.*.{key}": _each(f"networks: {{front: {{{key}: {{}}}}}}", *values)
        for key, values in {
            "driver_opts": ("{a: b}", "{a: c}"),
            "gw_priority": ("1", "2"),
            "interface_name": ("eth7", "eth8"),
            "ipv4_address": ("10.1.0.5", "10.1.0.6"),
            "ipv6_address": ("'2001:db8::5'", "'2001:db8::6'"),
            "link_local_ips": ("[169.254.1.1]", "[169.254.1.2]"),
            "mac_address": ("'02:42:ac:11:00:05'", "'02:42:ac:11:00:06'"),
        }.items()
    },
    "networks.*.priority": (
        ("networks: {front: {priority: 1}, back: }", "networks: {front: , back: {priority: 1}}"),
    ),
    "oom_kill_disable": (("", "oom_kill_disable: true"),),
    "oom_score_adj": _each("oom_score_adj: {}", "1", "-1"),
    "pid": (("", "pid: host"), ("pid: host", "pid: 'service:db'")),
    "pids_limit": _each("pids_limit: {}", "1", "2"),
    "platform": _each("platform: {}", "linux/amd64", "linux/arm64"),
    "ports": (
        ("", "ports: [80]"),
        *_each("ports: ['{}']", "80", "81", "8080:81", "8080:81/udp", "0.0.0.0:8080:81/udp"),
        ("ports: ['8000-8001:80']", "ports: ['8000-8002:80']"),
    ),
    "ports.target": _in("ports", "target", "80", "81"),
    "ports.published": _in("ports", "published", "'80'", "'81'", beside="target: 80, "),
    "ports.host_ip": _in("ports", "host_ip", "127.0.0.1", "127.0.0.2", beside="target: 80, "),
    "ports.protocol": _in("ports", "protocol", "tcp", "udp", beside="target: 80, "),
    **{
        f"{hook}.{key}": _in(hook, key, *values, beside="" if key == "command" else "command: x, ")
        for hook in ("post_start", "pre_stop")
        for key, values in {
            "command": ("a", "[a, b]"),
            "user": ("a", "b"),
            "privileged": ("false", "true"),
            "working_dir": ("/a", "/b"),
            "environment": ("{A: 1}", "{A: 2}"),
        }.items()
    },
    "post_start": (("", "post_start: [{command: a}]"),),
    "pre_stop": (("", "pre_stop: [{command: a}]"),),
    "privileged": (("", "privileged: true"),),
    "read_only": (("", "read_only: true"),),
    "restart": (("", "restart: always"), *_each("restart: {}", "on-failure:3", "on-failure")),
    "runtime": _each("runtime: {}", "a", "b"),
    "secrets": (("", "secrets: [s]"),),
    "secrets.source": _in("secrets", "source", "s", "s2", beside="target: x, "),
    "secrets.target": _in("secrets", "target", "a", "b", beside="source: s, "),
    "secrets.uid": _in("secrets", "uid", "'1'", "'2'", beside="source: s, "),
    "secrets.gid": _in("secrets", "gid", "'1'", "'2'", beside="source: s, "),
    "secrets.mode": _in("secrets", "mode", "0o400", "0o444", beside="source: s, "),
    "security_opt": _each("security_opt: [{}]", "", "a", "'a, b'", "a, b"),
    "shm_size": _each("shm_size: {}", "64m", "65m"),
    "stdin_open": (("", "stdin_open: true"),),
    "stop_grace_period": (
        ("", "stop_grace_period: 20s"),
        *_each("stop_grace_period: {}", "1s", "2s", "1000000s", "1000001s"),
    ),
    "stop_signal": _each("stop_signal: {}", "SIGINT", "SIGQUIT"),
    "storage_opt": _each("storage_opt: {size: {}}", "1g", "2g"),
    "sysctls": (("", "sysctls: {a.b: 1}"), ("sysctls: {a.b: 1}", "sysctls: [a.b=2]")),
    "tmpfs": (("", "tmpfs: /a"), *_each("tmpfs: ['{}']", "/a", "/b", "/b:size=1m")),
    "tty": (("", "tty: true"),),
    "ulimits": (("", "ulimits: {nofile: 5}"), *_each("ulimits: {{}: 5}", "nofile", "nproc")),
    "ulimits.*.soft": _each("ulimits: {nofile: {soft: {}, hard: 9}}", "1", "2"),
    "ulimits.*.hard": _each("ulimits: {nofile: {soft: 1, hard: {}}}", "8", "9"),
    "user": _each("user: {}", "a", "'1000'"),
    "userns_mode": (("", "userns_mode: host"),),
    "uts": (("", "uts: host"),),
    "volumes": (
        ("", "volumes: ['data:/t']"),
        *_each("volumes: ['{}']", "data:/t", "more:/t", "more:/u", "more:/u:ro", "/u", "/h:/u"),
        ("volumes: [./conf:/c]", "volumes: [./conf2:/c]"),
        ("volumes: ['/a:/t:ro']", "volumes: [{type: bind, source: '/a:ro', target: /t}]"),
    ),
    "volumes.type": _each(_MOUNT.replace("TYPE, ", "").replace("KEY", "type"), "volume", "tmpfs"),
    "volumes.source": (
        *_each(_MOUNT.replace("TYPE", "type: volume").replace("KEY", "source"), "data", "more"),
        *_each(_MOUNT.replace("TYPE", "type: bind").replace("KEY", "source"), "/a", "/b"),
    ),
    "volumes.target": _in("volumes", "target", "/a", "/b", beside="type: volume, source: data, "),
    "volumes.read_only": _each(
        _MOUNT.replace("TYPE", "type: volume, source: data").replace("KEY", "read_only"),
        "false",
        "true",
    ),
    **{
        f"volumes.{kind}.{key}": _each(
            _MOUNT.replace("TYPE", beside).replace("KEY", kind).replace("{}", f"{{{key}: {{}}}}"),
            *values,
        )
        for kind, key, beside, values in (
            ("bind", "create_host_path", "type: bind, source: /a", ("false", "true")),
            ("bind", "propagation", "type: bind, source: /a", ("rslave", "rshared")),
            ("bind", "recursive", "type: bind, source: /a", ("disabled", "readonly")),
            ("bind", "selinux", "type: bind, source: /a", ("z", "Z")),
            ("volume", "nocopy", "type: volume, source: data", ("false", "true")),
            ("volume", "subpath", "type: volume, source: data", ("a", "b")),
            ("tmpfs", "size", "type: tmpfs", ("1m", "2m")),
            ("tmpfs", "mode", "type: tmpfs", ("0o700", "0o777")),
        )
    },
    "volumes_from": (("", "volumes_from: [db]"), ("volumes_from: [db]", "volumes_from: ['db:ro']")),
    "working_dir": _each("working_dir: {}", "/a", "/b"),
} | {
    f"blkio_config.{key}{part}": changes
    for key in ("device_read_bps", "device_read_iops", "device_write_bps", "device_write_iops")
    for part, changes in {
        "": (("", f"blkio_config: {{{key}: [{{path: /a, rate: 1}}]}}"),),
        ".path": _each(f"blkio_config: {{{key}: [{{path: {{}}, rate: 1}}]}}", "/a", "/b"),
        ".rate": _each(f"blkio_config: {{{key}: [{{path: /a, rate: {{}}}}]}}", "1", "2"),
    }.items()
}  # fmt: skip
"""What the engine is told: another container comes of it."""

SILENT: Final[dict[str, tuple[Change, ...]]] = {
    "attach": (("", "attach: false"),),
    "build.cache_from": _of("build", "cache_from", "[a]", "[b]", beside="context: app, "),
    "build.no_cache": _of("build", "no_cache", "false", "true", beside="context: app, "),
    "build.pull": _of("build", "pull", "false", "true", beside="context: app, "),
    "build.shm_size": _of("build", "shm_size", "64m", "65m", beside="context: app, "),
    "build.tags": _of("build", "tags", "['a:1']", "['b:1']", beside="context: app, "),
    "depends_on": (("", "depends_on: [db]"),),
    "depends_on.*.condition": _each(
        "depends_on: {db: {condition: {}}}", "service_started", "service_completed_successfully"
    ),
    "depends_on.*.required": _each(
        "depends_on: {db: {condition: service_started, required: {}}}", "true", "false"
    ),
    "depends_on.*.restart": _each(
        "depends_on: {db: {condition: service_started, restart: {}}}", "true", "false"
    ),
    "deploy.mode": (("", "deploy: {mode: replicated}"), ("", "deploy: {mode: global}")),
    "deploy.endpoint_mode": _each("deploy: {endpoint_mode: {}}", "vip", "dnsrr"),
    "deploy.replicas": _each("deploy: {replicas: {}}", "1", "2"),
    "deploy.labels": _each("deploy: {labels: {a: {}}}", "b", "c"),
    "deploy.placement": (("", "deploy: {placement: {constraints: [a==b]}}"),),
    **{
        f"deploy.{which}.{key}": _each(f"deploy: {{{which}: {{{key}: {{}}}}}}", *values)
        for which in ("update_config", "rollback_config")
        for key, values in {
            "order": ("start-first", "stop-first"),
            "parallelism": ("1", "2"),
            "delay": ("0s", "1s"),
            "failure_action": ("continue", "pause"),
            "monitor": ("0s", "1s"),
            "max_failure_ratio": ("0", "0.5"),
        }.items()
    },
    "deploy.resources": (("", "deploy: {resources: {limits: {}}}"),),
    "deploy.resources.reservations.cpus": _each(_KEPT.replace("KEY", "cpus"), "'0.5'", "'0.6'"),
    "deploy.restart_policy.delay": _each(
        "deploy: {restart_policy: {condition: any, delay: {}}}", "1s", "2s"
    ),
    "deploy.restart_policy.window": _each(
        "deploy: {restart_policy: {condition: any, window: {}}}", "1s", "2s"
    ),
    "develop": (("", "develop: {watch: [{path: ., action: rebuild}]}"),),
    "env_file.required": (
        ("env_file: [{path: a.env}]", "env_file: [{path: a.env, required: false}]"),
    ),
    "links": (("", "links: [db]"),),
    "networks.*.priority": _each("networks: {front: {priority: {}}}", "1", "2"),
    "ports.mode": _in("ports", "mode", "host", "ingress", beside="target: 80, "),
    "ports.name": _in("ports", "name", "a", "b", beside="target: 80, "),
    "ports.app_protocol": _in("ports", "app_protocol", "http", "https", beside="target: 80, "),
    "profiles": (("", "profiles: []"),),
    "pull_policy": _each("pull_policy: {}", "missing", "always"),
    "pull_refresh_after": _each("pull_refresh_after: {}", "24h", "25h"),
    "scale": _each("scale: {}", "1", "2"),
    "volumes.consistency": _each(
        "volumes: [{type: bind, source: /a, target: /b, consistency: {}}]", "cached", "delegated"
    ),
    "x-sandbox": (("", "x-sandbox: {}"),),
    "x-sandbox.route": _each("x-sandbox: {route: {}}", "http", "tcp", "direct"),
    "x-sandbox.migrations": _each("build: .\n    x-sandbox: {migrations: {}}", "sql", "more"),
    "x-sandbox.gate": _each("profiles: [gate]\n    x-sandbox: {gate: {}}", "before", "after"),
    "x-sandbox.gate.phase": _each(_GATE.replace("KEY", "phase: {}"), "before", "after"),
    "x-sandbox.gate.deadline": _each(
        _GATE.replace("KEY", "phase: after, deadline: {}"), "1s", "2s"
    ),
    "x-sandbox.rollout.steps": (("ports: ['80']", _CANARY.replace("KEY", "weight: 5, for: 1s")),),
    **{
        f"x-sandbox.rollout.{key}": _each(_CANARY.replace("KEY", text), *values)
        for key, text, values in (
            ("steps.weight", "weight: {}, for: 1s", ("5", "6")),
            ("steps.for", "weight: 5, for: {}", ("1s", "2s")),
        )
    },
    **{
        f"x-sandbox.rollout.analysis.{key}": _each(
            _CANARY.replace("KEY", "weight: 5, for: 1s").replace(
                "]}", f"], analysis: {{{beside}{key}: {{}}}}}}"
            ),
            *values,
        )
        for key, beside, values in (
            ("max_error_rate", "", ("1%", "2%")),
            ("max_p95_ms", "", ("1", "2")),
            ("min_requests", "max_p95_ms: 1, ", ("1", "2")),
        )
    },
}
"""What the engine is not told: the container stays."""

REFUSED: Final = frozenset(
    {
        *("build.additional_contexts", "build.cache_to", "build.entitlements", "build.isolation"),
        *("build.privileged", "build.provenance", "build.sbom", "build.secrets", "build.ssh"),
        *("build.ulimits", "cpu_count", "cpu_percent", "credential_spec", "isolation", "models"),
        *("deploy.resources.reservations.generic_resources", "provider"),
        *("use_api_socket", "volumes.image", "volumes.volume.labels"),
    }
)
"""What nobody here acts on, so that it is an error; with all that is in it."""

ELSEWHERE: Final = frozenset({"extends"})
"""What is gone before a service is read."""

SAME: Final[tuple[Change, ...]] = (
    ("command: a b", "command: [a, b]"),
    ("cap_add: [A, B]", "cap_add: [B, A]"),
    ("cap_drop: [A, B]", "cap_drop: [B, A]"),
    ("cap_add: [NET_ADMIN]", "cap_add: [CAP_NET_ADMIN]"),
    ("security_opt: [a, b]", "security_opt: [b, a]"),
    ("group_add: [a, b]", "group_add: [b, a]"),
    ("group_add: [5]", "group_add: ['5']"),
    ("expose: [80, 81]", "expose: ['81', 80]"),
    ("ports: ['80:80', '81:81']", "ports: ['81:81', '80:80']"),
    ("ports: ['80:80']", "ports: [{target: 80, published: '80', host_ip: 127.0.0.1}]"),
    ("ports: ['80-81:80-81']", "ports: ['80:80', '81:81']"),
    ("volumes: ['data:/a', 'more:/b']", "volumes: ['more:/b', 'data:/a']"),
    ("volumes: ['data:/a']", "volumes: [{type: volume, source: data, target: /a/}]"),
    ("environment: {A: 1, B: 2}", "environment: [B=2, A=1]"),
    ("labels: {a: 1, b: 2}", "labels: [b=2, a=1]"),
    ("sysctls: {a: 1, b: 2}", "sysctls: [b=2, a=1]"),
    ("extra_hosts: ['a:1.1.1.1', 'b:1.1.1.1']", "extra_hosts: {b: 1.1.1.1, a: 1.1.1.1}"),
    ("devices: [/dev/a, /dev/b]", "devices: ['/dev/b:/dev/b', '/dev/a:/dev/a:rwm']"),
    ("device_cgroup_rules: ['c 1:3 r', 'c 1:5 r']", "device_cgroup_rules: ['c 1:5 r', 'c 1:3 r']"),
    ("networks: [front, back]", "networks: {back: , front: {}}"),
    ("networks: {front: {aliases: [a, b]}}", "networks: {front: {aliases: [b, a]}}"),
    ("ulimits: {nofile: 5, nproc: 6}", "ulimits: {nproc: 6, nofile: {soft: 5, hard: 5}}"),
    ("secrets: [s, s2]", "secrets: [s2, {source: s}]"),
    ("secrets: [s]", "secrets: [{source: s, target: /run/secrets/s}]"),
    ("mem_limit: 64m", "mem_limit: 67108864"),
    ("mem_limit: 64m", "deploy: {resources: {limits: {memory: 64m}}}"),
    ("cpus: 0.5", "deploy: {resources: {limits: {cpus: '0.50'}}}"),
    (
        "healthcheck: {test: a, interval: 90s}",
        "healthcheck: {test: [CMD-SHELL, a], interval: 1m30s}",
    ),
    ("stop_grace_period: 90s", "stop_grace_period: 1m30s"),
    ("healthcheck: {disable: true}", "healthcheck: {test: [NONE]}"),
    ("", "stop_grace_period: 10s"),
    ("", "restart: 'no'"),
    ("", "tty: false"),
    ("", "privileged: 'false'"),
    ("", "networks: [default]"),
    ("env_file: a.env", "environment: [A=1]"),
    ("label_file: a.env", "labels: [A=1]"),
    ("dns: 1.1.1.1", "dns: [1.1.1.1]"),
    ("tmpfs: /a", "tmpfs: [/a]"),
    ("user: '1000'", 'user: "1000"'),
    ("gpus: all", "gpus: [{count: -1}]"),
    ("build: app", "build: {context: ./app/, dockerfile: ./Dockerfile}"),
    ("build: {context: app, args: {A: 1}}", "build: {context: app, args: [A=1]}"),
)
"""Two ways to say one thing."""
