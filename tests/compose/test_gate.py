import pytest

from sandbox.model.desired import DesiredState
from sandbox.model.gate import Gate, GatePhase
from tests.compose.committed import load, problems

WEB = "x-sandbox: {}\nservices:\n  web: {image: shop}\n"


def with_gate(attributes: str, top: str = "") -> str:
    return f"{WEB}  check:\n    image: checker\n    {attributes}\n{top}"


def gate(written: str) -> Gate | None:
    (found,) = load(with_gate(f"profiles: [gate]\n    x-sandbox: {{gate: {written}}}")).gates
    return found.gate


def gate_problems(attributes: str) -> list[str]:
    return problems(with_gate(f"profiles: [gate]\n    {attributes}"))


def names(desired: DesiredState) -> tuple[list[str], list[str]]:
    return [each.name for each in desired.services], [each.name for each in desired.gates]


def test_a_gate_is_none_of_the_services() -> None:
    desired = load(with_gate("profiles: [gate]\n    x-sandbox: {gate: after}"))

    assert names(desired) == (["web"], ["check"])


def test_a_gate_stays_one_when_its_profile_is_active() -> None:
    text = with_gate("profiles: [gate]\n    x-sandbox: {gate: after}")

    assert names(load(text, env="COMPOSE_PROFILES=gate")) == (["web"], ["check"])


def test_a_service_of_the_profile_that_is_no_gate_stays_out() -> None:
    assert names(load(with_gate("profiles: [gate]"))) == (["web"], [])


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("before", Gate(phase=GatePhase.BEFORE, deadline_s=120.0)),
        ("after", Gate(phase=GatePhase.AFTER, deadline_s=120.0)),
        ("{phase: after}", Gate(phase=GatePhase.AFTER, deadline_s=120.0)),
        ("{phase: before, deadline: 1m30s}", Gate(phase=GatePhase.BEFORE, deadline_s=90.0)),
    ],
)
def test_word_and_mapping_are_read(written: str, meant: Gate) -> None:
    assert gate(written) == meant


def test_networks_and_volumes_that_only_a_gate_uses_are_there() -> None:
    desired = load(
        with_gate(
            "profiles: [gate]\n    x-sandbox: {gate: after}\n    networks: [own]\n"
            "    volumes: ['results:/results']",
            "networks: {own: , other: }\nvolumes: {results: , unused: }\n",
        )
    )

    assert [each.key for each in desired.networks] == ["default", "own"]
    assert [each.key for each in desired.volumes] == ["results"]


@pytest.mark.parametrize("profiles", ["user: x", "profiles: [tools]", "profiles: [gate, x]"])
def test_a_gate_that_compose_would_run_as_a_service_is_refused(profiles: str) -> None:
    (problem,) = problems(with_gate(f"{profiles}\n    x-sandbox: {{gate: before}}"))

    assert problem.startswith("compose.yaml:7:23: services.check.x-sandbox.gate: a gate needs")
    assert "add `profiles: [gate]`" in problem


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("during", "must be before or after, not 'during'"),
        ("befor", "did you mean"),
        ("{deadline: 5s}", "phase"),
        ("{phase: after, deadline: 0s}", "must be more than 0"),
        ("{phase: after, deadline: soon}", "duration"),
        ("{phase: after, dead: 5s}", "dead"),
        ("[before]", "before or after, or a mapping"),
        ("5", "before or after, or a mapping"),
    ],
)
def test_what_is_no_gate_is_refused_with_its_line(written: str, says: str) -> None:
    (problem,) = gate_problems(f"x-sandbox: {{gate: {written}}}")

    assert problem.startswith("compose.yaml:7:")
    assert says in problem


@pytest.mark.parametrize(
    ("attributes", "says"),
    [
        ("ports: ['80']", "publishes no port"),
        ("restart: always", "runs once"),
        ("deploy: {restart_policy: {condition: on-failure}}", "runs once"),
        ("deploy: {replicas: 2}", "runs once"),
        ("scale: 0", "runs once"),
        ("post_start: [{command: x}]", "no hooks"),
        ("depends_on: [web]", "cannot need a service"),
        ("network_mode: 'service:web'", "cannot need a service"),
        ("pid: 'service:web'", "cannot need a service"),
    ],
)
def test_what_a_gate_cannot_have_is_refused_with_its_line(attributes: str, says: str) -> None:
    (problem,) = gate_problems(f"x-sandbox: {{gate: before}}\n    {attributes}")

    assert problem.startswith("compose.yaml:8:")
    assert says in problem


def test_a_gate_that_runs_after_may_name_services() -> None:
    (found,) = load(
        with_gate(
            "profiles: [gate]\n    x-sandbox: {gate: after}\n    depends_on: [web]\n"
            "    network_mode: 'service:web'"
        )
    ).gates

    assert [each.service_name for each in found.depends_on] == ["web"]


@pytest.mark.parametrize(
    "attributes",
    ["depends_on: [check]", "network_mode: 'service:check'", "volumes_from: [check]"],
)
def test_a_service_cannot_need_a_gate(attributes: str) -> None:
    text = with_gate(
        "profiles: [gate]\n    x-sandbox: {gate: after}",
        f"  api:\n    image: x\n    {attributes}\n",
    )

    (problem,) = problems(text)

    assert problem.startswith("compose.yaml:8:")
    assert "api needs check, which is a gate and no service" in problem


def test_a_gate_without_a_service_beside_it_leaves_the_environment_empty() -> None:
    text = (
        "x-sandbox: {}\nservices:\n  check: {image: x, profiles: [gate], x-sandbox: {gate: after}}"
    )

    assert names(load(text)) == ([], ["check"])
