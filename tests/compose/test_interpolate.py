from hypothesis import given
from hypothesis import strategies as st

from sandbox.compose.document import parse
from sandbox.compose.findings import Findings
from sandbox.compose.interpolate import interpolate
from sandbox.compose.node import MapNode, Mark, Scalar
from sandbox.compose.template import Variables
from tests.compose.committed import load, service, service_problems


def test_values_are_interpolated_and_keys_are_not() -> None:
    found = service("labels: {$A: $A}\ncommand: [$A, '$$A']", env="A=1")

    assert found.labels == {"$A": "1"}
    assert found.command == ("1", "$A")


def test_a_variable_that_is_not_set_reads_as_empty_and_is_warned_of_with_its_place() -> None:
    state = load("services:\n  web:\n    image: nginx:1\n    user: $NOBODY\n")

    assert state.services[0].user == ""
    assert state.warnings == (
        (
            "environments/staging/compose.yaml:4: the variable NOBODY is not set; it reads as empty"
            " (set it in `environments/staging/.env`, or write `${NOBODY:-}` for empty,"
            " `$$` for a dollar sign)"
        ),
    )


def test_a_required_variable_is_a_problem_with_its_place_and_text() -> None:
    assert service_problems("user: '${WHO:?name a user}'") == [
        (
            "compose.yaml:4:11: services.web.user: "
            "the variable WHO is required but not set: name a user"
        )
    ]


def test_numbers_and_booleans_may_come_from_variables_or_be_quoted() -> None:
    found = service(
        "init: ${YES}\nscale: ${TWO}\nread_only: 'false'\npids_limit: '7'\n"
        "ulimits: {nofile: $TWO, nproc: {soft: '1', hard: $TWO}}\n"
        "healthcheck: {test: a, retries: $TWO}\n"
        "ports: [{target: $PORT}]",
        env="YES=yes\nTWO=2\nPORT=80",
    )

    assert (found.init, found.replicas, found.read_only, found.limits.pids) == (True, 2, False, 7)
    assert [(one.name, one.soft, one.hard) for one in found.ulimits] == [
        ("nofile", 2, 2),
        ("nproc", 1, 2),
    ]
    assert found.healthcheck is not None
    assert found.healthcheck.retries == 2
    assert found.ports[0].target == 80


def test_a_variable_that_is_no_number_where_one_is_needed_is_a_problem() -> None:
    assert service_problems("scale: $MANY", env="MANY=many") == [
        "compose.yaml:4:12: services.web.scale: must be a whole number, not 'many'"
    ]


def test_a_tree_without_variables_stays_equal() -> None:
    findings = Findings("f")
    tree = parse(b"services: {a: {image: x, ports: ['80'], init: true}}", "f", findings)
    assert tree is not None

    assert interpolate(tree, Variables({}), findings) == tree


@given(st.text(alphabet=st.sampled_from("${}:?-+A \n")))
def test_any_value_keeps_its_place(written: str) -> None:
    mark = Mark(file="f", line=3, column=4)
    tree = MapNode(values={"k": Scalar(value=written, mark=mark)}, key_marks={"k": mark}, mark=mark)

    value = interpolate(tree, Variables({"A": "1"}), Findings("f")).values["k"]

    assert value.mark == mark
