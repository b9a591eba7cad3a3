import time

import pytest

from sandbox.compose.attributes import SERVICE
from sandbox.compose.findings import Findings
from sandbox.compose.schema import validate
from tests.compose.canonical.trees import tree_of
from tests.compose.committed import load, problems, service_problems


@pytest.mark.parametrize(
    ("attributes", "problem"),
    [
        ("imag: x", "services.web.imag: the key `imag` is unknown; did you mean 'image'?"),
        ("zzzz: x", "services.web.zzzz: the key `zzzz` is unknown"),
        ("pre_start: []", ("services.web.pre_start: the key `pre_start` is newer than the Compose"
         " Specification that is followed here")),
        ("build: {ssh: x}", ("services.web.build.ssh: must be a mapping, or a list of NAME=value,"
         " not 'x'")),
        ("gpus: some", "services.web.gpus: must be `all`, or a list of mappings, not 'some'"),
        ("container_name: x", ("services.web.container_name: must be a name of at least two"
         " letters, digits, `_`, `.` or `-`, not 'x'")),
        ("oom_score_adj: 5000", ("services.web.oom_score_adj: must be a number from -1000 to 1000,"
         " not a number (5000)")),
        ("cgroup: x", "services.web.cgroup: must be host or private, not 'x'"),
        ("environment: {'': x}", "services.web.environment.: a key must not be empty"),
        ("init:", "services.web.init: has no value; give it one or remove the key"),
        ("init: 1", "services.web.init: must be true or false, not a number (1)"),
        ("user: 1000", ("services.web.user: must be a string, not a number (1000);"
         " write it in quotes")),
        ("user: 2026-11-23", ("services.web.user: must be a string, not a date (2026-11-23);"
         " write it in quotes")),
        ("cap_add: ALL", "services.web.cap_add: must be a list, not 'ALL'"),
        ("ports: 80", "services.web.ports: must be a list, not a number (80)"),
        ("command: {a: b}", "services.web.command: must be a string or a list, not a mapping"),
        ("depends_on: {web: {}}", "services.web.depends_on.web: the key `condition` is missing"),
        ("group_add: [1, '1', {a: 1}]", ("services.web.group_add[2]: must be a string or a number,"
         " not a mapping")),
        ("security_opt: [a, b, a]",
         "services.web.security_opt[2]: 'a' is in the list already"),
        ("stop_grace_period: 10",
         ("services.web.stop_grace_period: must be a duration such as 500ms, 10s, 1m30s or 2h,"
         " not a number (10)")),
        ("mem_limit: lots", ("services.web.mem_limit: must be a size such as 512k, 64m or 1.5g"
         " (1k is 1024 bytes), not 'lots'")),
        ("cpus: many", "services.web.cpus: must be a number, not 'many'"),
        ("scale: 1000000", "services.web.scale: must be a number from 0 to 100, not 1000000"),
        (
            "env_file: [{path: ''}]",
            "services.web.env_file[0].path: a path is needed here",
        ),
        ("scale: -1", "services.web.scale: must not be less than 0, not -1"),
        ("cpu_count: -1", "services.web.cpu_count: must be at least 0, not a number (-1)"),
        ("restart: false", ("services.web.restart: must be a string, not a boolean (false);"
         " write it in quotes")),
        ("x-sandbox: {probe: 1}", ("services.web.x-sandbox.probe: the key `probe` is not supported"
         " yet")),
        ("x-sandbox: {foo: 1}", ("services.web.x-sandbox.foo: the key `foo` is unknown; allowed"
         " here: gate, migrations, rollout, route")),
    ],
)  # fmt: skip
def test_what_may_not_be_written_is_told_in_words(attributes: str, problem: str) -> None:
    (found,) = service_problems(attributes)

    place, _, said = found.partition(": ")
    assert place.startswith("compose.yaml:4:")
    assert said == problem


def test_a_condition_that_does_not_exist_is_told_with_the_nearest() -> None:
    (found,) = problems(
        "services:\n"
        "  web: {image: x, depends_on: {db: {condition: service_helthy}}}\n"
        "  db: {image: x}\n"
    )

    assert found.endswith(
        "services.web.depends_on.db.condition: must be service_started, service_healthy or"
        " service_completed_successfully, not 'service_helthy'; did you mean 'service_healthy'?"
    )


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("servces: {}", "1:1: servces: the key `servces` is unknown; did you mean 'services'?"),
        ("networks:", "1:1: networks: has no value; give it one or remove the key"),
        ("networks: []", "1:1: networks: must be a mapping, not a list"),
        ("version: 3", "1:10: version: must be a string, not a number (3); write it in quotes"),
        ("services: {web: nginx}", "1:17: services.web: must be a mapping, not 'nginx'"),
        ("services: {web: }", "1:12: services.web: has no value; give it one or remove the key"),
        ("services: {a b: {image: x}}", ("1:12: services.a b: the name of a service consists of"
         " letters, digits, `.`, `_` and `-`")),
        ("networks: {n: {drivr: x}}", ("1:16: networks.n.drivr: the key `drivr` is unknown;"
         " did you mean 'driver'?")),
        ("networks: {n: {ipam: {config: [{subnet: 1}]}}}",
         ("1:41: networks.n.ipam.config[0].subnet: must be a string, not a number (1);"
         " write it in quotes")),
        ("volumes: {v: {external: maybe}}",
         "1:25: volumes.v.external: must be true or false, not 'maybe'"),
        ("secrets: {s: {flie: S}}",
         "1:15: secrets.s.flie: the key `flie` is unknown; did you mean 'file'?"),
        ("models: {m: {}}", "1:10: models.m: the key `model` is missing"),
        ("name: [a]", "1:1: name: must be a string, not a list"),
    ],
)  # fmt: skip
def test_the_top_of_a_file_is_checked_too(text: str, problem: str) -> None:
    assert problems(text) == [f"compose.yaml:{problem}"]


def test_all_problems_are_told_at_once_by_place() -> None:
    found = problems(
        "services:\n"
        "  b: {image: x, imag: 1, init: 2, depends_on: [c], ports: ['x']}\n"
        "  a: {image: x, restart: [x], volumes: ['nope:/a']}\n"
        "networks: {n: {foo: 1}}\n"
    )

    assert [line.split(": ")[1] for line in found] == [
        "services.b.imag",
        "services.b.init",
        "services.b.depends_on.c",
        "services.b.ports[0]",
        "services.a.restart",
        "services.a.volumes[0]",
        "networks.n.foo",
    ]


def test_a_schema_problem_does_not_bring_others_that_follow_from_it() -> None:
    assert (
        len(problems("services:\n  web: {imag: nginx}\n  db: {image: x, depends_on: [web]}")) == 1
    )
    assert (
        len(problems("services: {a: {image: x, secrets: [s]}}\nsecrets: {s: {external: true}}"))
        == 1
    )


def test_the_path_of_a_later_item_counts_those_that_are_wrong_too() -> None:
    found = service_problems(
        "ports: [true, {foo: 1}, x]\nnetworks: [1, n]\nvolumes: [1, 'nope:/a']"
    )

    assert [line.split(": ")[1] for line in found] == [
        "services.web.ports[0]",
        "services.web.ports[1]",
        "services.web.ports[1].foo",
        "services.web.ports[2]",
        "services.web.networks[0]",
        "services.web.networks.n",
        "services.web.volumes[0]",
        "services.web.volumes[1]",
    ]


@pytest.mark.parametrize(
    "attribute", ["environment: {PASSWORD: [hunter2]}", "labels: {a: {b: hunter2}}"]
)
def test_a_value_that_may_be_secret_is_not_shown(attribute: str) -> None:
    assert "hunter2" not in service_problems(attribute)[0]


def test_a_long_value_is_cut() -> None:
    assert len(service_problems(f"cgroup: {'x' * 1000}")[0]) < 250


def test_extension_fields_are_ignored_everywhere() -> None:
    state = load(
        "x-a: {b: [c]}\n"
        "services:\n"
        "  a:\n"
        "    image: x\n"
        "    x-b: 1\n"
        "    x-sandbox: {}\n"
        "    healthcheck: {test: a, x-c: 1}\n"
        "    deploy: {x-d: 1}\n"
        "volumes: {x-v: {x-e: 1}}\n"
    )

    assert [one.name for one in state.services] == ["a"]


@pytest.mark.parametrize("key", sorted(SERVICE["properties"].keys() - {"x-sandbox"}))
def test_null_is_no_value_but_where_compose_says_so(key: str) -> None:
    findings = Findings("compose.yaml")

    validate(tree_of(f"services: {{a: {{{key}: }}}}"), findings)

    taken = key in {"command", "entrypoint", "deploy", "develop"}
    assert bool(findings.problems) != taken


def test_every_attribute_of_the_specification_is_known() -> None:
    assert len(SERVICE["properties"].keys() - {"x-sandbox"}) == 92


def test_a_schema_fault_in_a_disabled_service_is_told() -> None:
    assert service_problems("profiles: [debug]\ninit: 3") != []


def test_many_problems_end_in_a_note_that_there_are_more() -> None:
    found = problems("services:\n" + "".join(f"  s{i}: {{imag: x}}\n" for i in range(1200)))

    assert len(found) == 1001
    assert any("more than 1,000 problems" in line for line in found)


@pytest.mark.parametrize(
    ("items", "repeated"),
    [
        ("{target: 1}, {target: 2}", False),
        ("{target: 1}, {target: 1}", True),
        ("1, '1'", False),
        ("1, 1.0", True),
    ],
)
def test_equal_entries_of_a_list_are_told(items: str, repeated: bool) -> None:
    findings = Findings("compose.yaml")

    validate(tree_of(f"services: {{a: {{ports: [{items}]}}}}"), findings)

    assert bool(findings.problems) == repeated


def test_a_long_list_of_many_kinds_is_compared_at_once() -> None:
    """One by one, this takes minutes."""
    ports = ", ".join(f"{{target: {port}}}, '{port}'" for port in range(1, 10_000))
    findings = Findings("compose.yaml")
    started = time.perf_counter()

    validate(tree_of(f"services: {{a: {{ports: [{ports}]}}}}"), findings)

    assert findings.problems == ()
    assert time.perf_counter() - started < 20
