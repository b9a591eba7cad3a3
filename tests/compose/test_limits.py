import pytest

from sandbox.model.service import Limits, Ulimit
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

    assert f"`{name}` and `deploy.resources.limits." in found
    assert "have different values" in found


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

    assert "`scale` is 1, but `deploy.replicas` is 2" in found


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
        ("{nofile: many}", "must be a whole number or a mapping, not 'many'"),
    ],
)
def test_what_is_no_ulimit_is_told(written: str, message: str) -> None:
    assert message in service_problems(f"ulimits: {written}")[0]
