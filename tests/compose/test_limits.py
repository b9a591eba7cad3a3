import pytest

from sandbox.model.service import Limits, Ulimit
from sandbox.model.surroundings import BlockIo, DeviceRate, Tuning
from tests.compose.committed import service, service_problems


@pytest.mark.parametrize(
    ("attributes", "limits"),
    [
        ("user: x", Limits()),
        ("mem_limit: 64m\ncpus: 0.5\npids_limit: 10\nrestart: always",
         Limits(memory_bytes=67108864, nano_cpus=500_000_000, pids=10, restart="always")),
        ("mem_limit: 1024\ncpus: '1'\npids_limit: -1",
         Limits(memory_bytes=1024, nano_cpus=1_000_000_000)),
        ("deploy: {resources: {limits: {memory: 64m, cpus: '0.5', pids: 10}}}",
         Limits(memory_bytes=67108864, nano_cpus=500_000_000, pids=10)),
        ("deploy: {resources: {limits: {memory: 64m}}}\nmem_limit: 65536k",
         Limits(memory_bytes=67108864)),
        ("restart: 'no'", Limits()),
        ("restart: no", Limits()),
        ("restart: on-failure:3", Limits(restart="on-failure:3")),
        ("restart: unless-stopped", Limits(restart="unless-stopped")),
    ],
)  # fmt: skip
def test_limits_come_from_both_places(attributes: str, limits: Limits) -> None:
    assert service(attributes).limits == limits


@pytest.mark.parametrize(
    ("attributes", "name"),
    [
        ("mem_limit: 1m\ndeploy: {resources: {limits: {memory: 2m}}}", "mem_limit"),
        ("mem_limit: 1m\ndeploy: {resources: {limits: {cpus: '1'}}}", "mem_limit"),
        ("cpus: 1\ndeploy: {resources: {limits: {cpus: '2'}}}", "cpus"),
        ("pids_limit: 1\ndeploy: {resources: {limits: {pids: 2}}}", "pids_limit"),
    ],
)
def test_two_different_values_are_a_problem_as_in_compose(attributes: str, name: str) -> None:
    (found,) = service_problems(attributes)

    assert f"`{name}` is 1" in found
    assert "and `deploy.resources.limits." in found


@pytest.mark.parametrize(
    ("attributes", "replicas"),
    [
        ("user: x", 1),
        ("scale: 0", 0),
        ("scale: 3", 3),
        ("deploy: {replicas: 2}", 2),
        ("deploy: {mode: replicated, replicas: 0}", 0),
        ("deploy: {replicas: 2}\nscale: 2", 2),
        ("deploy:", 1),
    ],
)
def test_replicas_come_from_both_places(attributes: str, replicas: int) -> None:
    assert service(attributes).replicas == replicas


def test_two_different_counts_are_a_problem() -> None:
    (found,) = service_problems("scale: 1\ndeploy: {replicas: 2}")

    assert "`scale` is 1 and `deploy.replicas` is 2" in found


@pytest.mark.parametrize("written", ["scale: 101", "deploy: {replicas: 1000000}"])
def test_a_count_that_no_service_can_have_is_told(written: str) -> None:
    assert "must be a number from 0 to 100" in service_problems(written)[0]


@pytest.mark.parametrize(
    "written", ["restart: sometimes", "restart: on-failure:x",
                "deploy: {restart_policy: {condition: often}}"]
)  # fmt: skip
def test_what_is_no_way_to_restart_is_told(written: str) -> None:
    assert "must be no" in service_problems(written)[0]


@pytest.mark.parametrize(
    ("policy", "restart"),
    [
        ("{condition: any}", "always"),
        ("{condition: none}", "no"),
        ("{condition: on-failure}", "on-failure"),
        ("{condition: on-failure, max_attempts: 3}", "on-failure:3"),
        ("{max_attempts: 3}", "no"),
    ],
)
def test_what_deploy_says_of_restarts_wins_as_in_compose(policy: str, restart: str) -> None:
    found = service(f"restart: unless-stopped\ndeploy: {{restart_policy: {policy}}}")

    assert found.limits.restart == restart


def test_the_rarer_limits_are_read() -> None:
    found = service(
        "mem_limit: 2m\nmem_reservation: 1m\nmemswap_limit: -1\ncpu_shares: 5\ncpu_quota: 6\n"
        "cpu_period: 7\ncpuset: 0-1\nshm_size: 1k\nmem_swappiness: 10\noom_kill_disable: true\n"
        "oom_score_adj: -5\ncpu_rt_period: 8\ncpu_rt_runtime: 9\nstorage_opt: {size: 1G}\n"
        "blkio_config: {weight: 10, weight_device: [{path: /dev/b, weight: 20}],"
        " device_read_bps: [{path: /dev/a, rate: 1m}], device_write_iops: [{path: /dev/a,"
        " rate: 30}]}"
    )

    assert found.limits == Limits(
        memory_bytes=2 << 20,
        memory_reservation_bytes=1 << 20,
        memory_swap_bytes=-1,
        cpu_shares=5,
        cpu_quota_us=6,
        cpu_period_us=7,
        cpuset="0-1",
    )
    assert found.tuning == Tuning(
        shm_size_bytes=1024,
        memory_swappiness=10,
        oom_kill_disable=True,
        oom_score_adj=-5,
        cpu_rt_period_us=8,
        cpu_rt_runtime_us=9,
        storage={"size": "1G"},
        block_io=BlockIo(
            weight=10,
            weights=(DeviceRate(path="/dev/b", rate=20),),
            read_bytes=(DeviceRate(path="/dev/a", rate=1 << 20),),
            write_operations=(DeviceRate(path="/dev/a", rate=30),),
        ),
    )


def test_ulimits_take_both_forms() -> None:
    assert service("ulimits: {nproc: 5, nofile: {soft: 1, hard: 2}, core: -1}").ulimits == (
        Ulimit(name="core", soft=-1, hard=-1),
        Ulimit(name="nofile", soft=1, hard=2),
        Ulimit(name="nproc", soft=5, hard=5),
    )


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("{nofile: {soft: 2, hard: 1}}", "soft (2) is more than hard (1)"),
        ("{nofile: {soft: 2}}", "the key `hard` is missing"),
        ("{nofile: many}", "must be a whole number, not 'many'"),
    ],
)
def test_what_is_no_ulimit_is_told(written: str, message: str) -> None:
    assert message in service_problems(f"ulimits: {written}")[0]
