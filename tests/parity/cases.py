"""
What services are made of, one line of YAML each: the cases of our own that both sides create.

`{image}` is a tiny image with an entrypoint, a command, a volume, a user and a healthcheck.
"""

PLAIN = """
command: sleep 1
command: [sleep, '1']
command: 'sh -c "echo a b; sleep 1"'
command: []
command: ''
entrypoint: [sh, -c]
entrypoint: sh -c "sleep 1"
{image: IMAGE, entrypoint: [], command: [sleep, '3']}
{image: IMAGE, entrypoint: '', command: ['true']}
{entrypoint: [sh], command: [-c, 'sleep 1']}
{image: IMAGE}
{image: IMAGE, command: [other]}
{image: IMAGE, entrypoint: [other]}
{image: IMAGE, entrypoint: [other], command: [more]}
{image: IMAGE, user: root}
{image: IMAGE, healthcheck: {disable: true}}
{image: IMAGE, healthcheck: {interval: 3s}}
{image: IMAGE, volumes: ['data:/image-data']}
{image: IMAGE, environment: {FROM_IMAGE: changed}}
{image: IMAGE, working_dir: /srv}
{image: IMAGE, labels: {from.image: changed}}
{image: IMAGE, stop_signal: SIGINT}
environment: {A: b, EMPTY: '', NUMBER: 1, FLAG: true}
environment: [A=b, EMPTY=, 'SPACES=a b', 'EQUALS=a=b']
environment: {UNSET: }
environment: ['DOLLAR=a$$b', 'LINES=a']
labels: {a: b, empty: ''}
labels: [a=b, c]
annotations: {}
user: '1000'
user: '1000:1000'
user: nobody
working_dir: /srv/app
hostname: mine
domainname: example.org
{hostname: mine, domainname: example.org}
tty: true
stdin_open: true
{tty: true, stdin_open: true}
init: true
init: false
read_only: true
privileged: true
stop_signal: SIGUSR1
stop_grace_period: 30s
stop_grace_period: 2.5s
stop_grace_period: 1m30s
restart: 'no'
restart: always
restart: unless-stopped
restart: on-failure
restart: on-failure:3
deploy: {restart_policy: {condition: any}}
deploy: {restart_policy: {condition: none}}
deploy: {restart_policy: {condition: on-failure, max_attempts: 4}}
deploy: {labels: {swarm: only}, placement: {constraints: [a == b]}}
{restart: always, deploy: {restart_policy: {condition: none}}}
healthcheck: {test: 'true'}
healthcheck: {test: [CMD, 'true'], interval: 5s, timeout: 1s, retries: 2, start_period: 3s}
healthcheck: {test: [CMD-SHELL, 'exit 0']}
healthcheck: {test: [NONE]}
healthcheck: {disable: true}
expose: [3000]
expose: ['3000', 3001/udp]
expose: [3000-3002]
ports: ['80']
ports: ['0:80']
ports: ['18080:80']
ports: ['127.0.0.1:18081:80', '127.0.0.1:18081:80/udp']
ports: ['0.0.0.0:18082:80']
ports: ['[::1]:18083:80']
ports: ['18100-18102:8100-8102']
ports: ['18200-18210:82']
ports: ['9000-9002']
ports: [{target: 80, published: 18084, host_ip: 127.0.0.1, protocol: tcp, mode: host}]
ports: [{target: 53, protocol: udp}]
ports: ['18085:5000/sctp']
logging: {driver: json-file}
logging: {driver: json-file, options: {max-size: 1m, max-file: '3'}}
logging: {driver: none}
logging: {driver: local}
extra_hosts: ['a:1.2.3.4', 'b=host-gateway']
extra_hosts: {a: 1.2.3.4, b: '::1'}
extra_hosts: {a: [1.2.3.4, 4.3.2.1]}
dns: 9.9.9.9
dns: [9.9.9.9, 1.1.1.1]
dns_search: example.org
dns_search: [a.example, b.example]
dns_opt: [use-vc, 'ndots:2']
pull_policy: missing
pull_policy: never
platform: linux/amd64
profiles: []
scale: 2
deploy: {replicas: 2}
attach: false
develop: {watch: []}
mac_address: '02:42:ac:11:00:05'
container_name: PREFIX-own-name
runtime: runc
""".strip().splitlines()

BOUNDS = """
mem_limit: 64m
mem_limit: 67108864
{mem_limit: 64m, memswap_limit: 128m}
{mem_limit: 64m, memswap_limit: -1}
{mem_limit: 64m, mem_reservation: 32m}
{mem_limit: 64m, mem_swappiness: 10}
mem_reservation: 32m
deploy: {resources: {limits: {memory: 64m}}}
deploy: {resources: {limits: {cpus: '0.5', pids: 50}}}
deploy: {resources: {reservations: {cpus: '0.1', memory: 16m}}}
cpus: 0.5
cpus: '1'
cpu_shares: 512
cpu_quota: 50000
{cpu_quota: 50000, cpu_period: 100000}
cpuset: '0'
pids_limit: 100
shm_size: 128m
oom_score_adj: 100
oom_kill_disable: false
{mem_limit: 64m, oom_kill_disable: true}
ulimits: {nofile: 1024}
ulimits: {nofile: {soft: 1, hard: 2}, nproc: 100}
sysctls: {net.core.somaxconn: 1024}
sysctls: [net.core.somaxconn=1024, net.ipv4.tcp_syncookies=0]
blkio_config: {device_read_bps: [{path: /dev/null, rate: 1048576}]}
blkio_config: {device_write_iops: [{path: /dev/null, rate: 30}]}
storage_opt: {}
cgroup_parent: /parity
cgroup: host
cgroup: private
""".strip().splitlines()

RIGHTS = """
cap_add: [NET_ADMIN]
cap_add: [cap_net_admin, SYS_TIME]
cap_add: [ALL]
cap_drop: [MKNOD]
cap_drop: [ALL]
{cap_add: [CHOWN], cap_drop: [ALL]}
{cap_add: [CHOWN], cap_drop: [CHOWN, MKNOD]}
security_opt: ['no-new-privileges:true']
security_opt: ['seccomp:unconfined']
security_opt: ['label:disable']
group_add: ['1000', staff]
group_add: [1000]
userns_mode: host
uts: host
pid: host
ipc: host
ipc: private
ipc: shareable
ipc: none
devices: ['/dev/null:/dev/xnull']
devices: ['/dev/null:/dev/xnull:r', /dev/zero]
devices: [{source: /dev/null, target: /dev/y, permissions: rw}]
device_cgroup_rules: ['c 1:3 mr', 'a 7:* rmw']
tmpfs: /run
tmpfs: ['/run:size=1m,mode=700', /tmp]
volumes: ['data:/data']
volumes: ['data:/data:ro']
volumes: [{type: volume, source: data, target: /data}]
volumes: [{type: volume, source: data, target: /data, read_only: true, volume: {nocopy: true}}]
volumes: [{type: volume, source: other, target: /data/}]
volumes: ['data:/data', 'other:/data/other']
volumes: [/anonymous]
volumes: [{type: volume, target: /anonymous}]
volumes: [{type: tmpfs, target: /memory}]
volumes: [{type: tmpfs, target: /memory, tmpfs: {size: 1m, mode: 0o1777}}]
volumes: ['/etc/hostname:/host/name:ro']
volumes: ['/tmp:/host/tmp']
volumes: ['/tmp:/host/tmp:rslave']
volumes: ['/tmp:/host/tmp:z']
volumes: [{type: bind, source: /tmp, target: /host/tmp}]
volumes: [{type: bind, source: /tmp, target: /host, read_only: true, bind: {propagation: rslave}}]
volumes: [{type: bind, source: /tmp, target: /host/tmp, bind: {create_host_path: true}}]
volumes: ['/var/run/docker.sock:/var/run/docker.sock']
""".strip().splitlines()

SHARED = """
depends_on: [leader]
depends_on: {leader: {condition: service_started, restart: true}}
links: [leader]
links: ['leader:chief']
network_mode: bridge
network_mode: host
network_mode: none
network_mode: service:leader
{network_mode: service:leader, pid: service:leader, ipc: service:leader}
pid: service:leader
volumes_from: [leader]
volumes_from: ['leader:ro']
networks: [front]
networks: [front, back]
networks: {front: {priority: 5}, back: {priority: 10}}
networks: {front: {aliases: [a, b]}}
networks: {fixed: {ipv4_address: SUBNET.5}}
networks: {front: {}, fixed: {ipv4_address: SUBNET.6, aliases: [six]}}
networks: {front: {link_local_ips: [169.254.8.8]}}
{networks: [front], mac_address: '02:42:ac:11:00:07'}
networks: {front: {driver_opts: {a: b}}}
{network_mode: none, hostname: lonely}
gpus: all
gpus: [{driver: nvidia, count: 1}]
deploy: {resources: {reservations: {devices: [{device_ids: ['0'], capabilities: [gpu, utility]}]}}}
""".strip().splitlines()

TOP = """
networks:
  front: {driver: bridge, labels: {a: b}, attachable: true}
  back: {internal: true, driver_opts: {com.docker.network.bridge.enable_icc: 'false'}}
  fixed:
    name: PREFIX-fixed
    ipam:
      config:
        - {subnet: SUBNET.0/24, gateway: SUBNET.1, ip_range: SUBNET.0/25}
      options: {o: p}
volumes:
  data: {labels: {a: b}}
  other: {name: PREFIX-other, driver: local, driver_opts: {type: tmpfs, device: tmpfs, o: size=1m}}
"""

GROUPS = {"plain": PLAIN, "bounds and rights": [*BOUNDS, *RIGHTS], "shared": SHARED}


def compose_file(lines: list[str], *, prefix: str, subnet: str, image: str) -> str:
    """Write one Compose file whose services are *lines*, and one that others share with."""
    leader = "image: BASE, command: [sleep, '9'], volumes: ['data:/led']"
    services = [f"  leader: {{{leader}, networks: [default, front], ipc: shareable}}"]
    for number, line in enumerate(lines):
        entry = line if line.startswith("{") else f"{{{line}}}"
        base = "" if "image:" in line else "image: BASE, "
        services.append(f"  s{number:03}: {{{base}{entry[1:]}")
    text = "x-sandbox: {}\nservices:\n" + "\n".join(services) + "\n" + TOP
    for name, value in (
        ("PREFIX", prefix),
        ("SUBNET", subnet),
        ("IMAGE", image),
        ("BASE", "debian:trixie-slim"),
    ):
        text = text.replace(name, value)
    return text
