"""Events of the instance and of strangers count, those of everybody else do not."""

from __future__ import annotations

import pytest

from tests.playground import INSTANCE_LABEL, SERVICE_LABEL
from tests.soak.heard import STRANGER_LABEL, Exec, Heard

OURS = {INSTANCE_LABEL: "c0ffee", SERVICE_LABEL: "web"}
STRANGER = {STRANGER_LABEL: "c0ffee"}
ELSEWHERE = {INSTANCE_LABEL: "another", SERVICE_LABEL: "web"}


def heard(action: str, attributes: dict[str, str]) -> Heard:
    found = Heard(instance="c0ffee")
    found.hear({"Action": action, "Actor": {"ID": "one", "Attributes": attributes}})
    return found


@pytest.mark.parametrize(("attributes", "changes"), [(OURS, 1), (STRANGER, 1), (ELSEWHERE, 0)])
def test_a_change_counts_by_whose_container_it_is(attributes: dict[str, str], changes: int) -> None:
    assert heard("pause", attributes).changes == changes
    assert not heard("pause", attributes).execs


def test_an_exec_in_a_container_of_ours_counts_by_service_and_command_and_is_no_change() -> None:
    found = heard("exec_create: test -e /tmp/ready", OURS)
    assert found.execs == {Exec("one", "web", "test -e /tmp/ready"): 1}
    assert found.changes == 0


def test_a_command_without_arguments_is_its_name() -> None:
    assert heard("exec_create: ingress-health ", OURS).execs == {
        Exec("one", "web", "ingress-health"): 1
    }


@pytest.mark.parametrize("attributes", [STRANGER, ELSEWHERE])
def test_an_exec_elsewhere_does_not_count(attributes: dict[str, str]) -> None:
    found = heard("exec_create: true", attributes)
    assert (found.execs, found.changes) == ({}, 0)


def test_the_end_of_an_exec_is_neither() -> None:
    found = heard("exec_die", OURS)
    assert (found.execs, found.changes) == ({}, 0)
