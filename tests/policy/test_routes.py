"""Whatever way a denied setting comes by, the plan denies it and names where it was written."""

import json
import re
from typing import Any

import pytest

from sandbox.compose.load import load_environment
from sandbox.errors import InvalidComposeError
from sandbox.model.plan import HoldReason, Plan, SyncPolicy
from sandbox.model.waiver import WaiverFile
from sandbox.planning.plan import plan_sync
from tests.builders import an_observed_state
from tests.compose.committed import MemorySource
from tests.policy.cases import FOREIGN, REFUSED_CASES, SERVICE_CASES, TOP_CASES, Case
from tests.policy.routes import ROUTES, Committed

PATH = "/repo/.git/sandbox/policy.yaml"
ROUTE = pytest.mark.parametrize("route", ROUTES)
_PLACE = re.compile(r"policy denies [\w.]+ \(([^:)]+):(\d+)\)")


def committed(case: Case, route: str) -> Committed:
    return ROUTES[route]({"web": case.service}, case.top)


def plan_of(commit: Committed) -> Plan:
    source = MemorySource(files={path: text.encode() for path, text in commit.files.items()})
    desired = load_environment("staging", source, default_application="shop")
    there = an_observed_state(
        desired, networks=[], volumes=[], foreign_networks=[FOREIGN], foreign_volumes=[FOREIGN]
    )
    policy = SyncPolicy(waiver_file=WaiverFile(path=PATH))
    return plan_sync(desired, there, policy)


def test_the_table_has_the_promised_length() -> None:
    keys = {(case.id, case.key) for case in (*SERVICE_CASES, *TOP_CASES, *REFUSED_CASES)}
    assert len(keys) >= 60
    assert len(ROUTES) == 5


@ROUTE
@pytest.mark.parametrize("case", [*SERVICE_CASES, *TOP_CASES], ids=lambda case: case.id)
def test_a_denied_setting_is_held_on_every_route(case: Case, route: str) -> None:
    commit = committed(case, route)
    plan = plan_of(commit)

    (message,) = (each.message for each in plan.holds if each.reason is HoldReason.POLICY)
    assert f"policy denies {case.key}" in message
    assert f"key: {case.key}" in message
    assert PATH in message
    assert "web-1" in {each.target for each in plan.holds}
    # Of everything that makes something only the network is left that nobody objects to, and what
    # is ours: the ingress.
    made = {step.id for step in plan.steps if not step.target.endswith(("edge", "ingress-1"))}
    assert made <= {"create network default", "build image sandbox-ingress"}
    place = _PLACE.search(message)
    assert place, message
    assert_written(case, commit, place[1], int(place[2]))


def assert_written(case: Case, commit: Committed, file: str, line: int) -> None:
    """The place that a denial names is where its value stands, or the key of one that has none."""
    text = commit.files[file].splitlines()[line - 1]
    assert file == commit.written_in or case in TOP_CASES
    written = case.top or case.service
    words = leaves(written)
    assert any(word in text for word in words) or '"${P' in text, text


def leaves(value: Any) -> set[str]:
    """Every value as JSON has it, and the keys of those that are no list."""
    if isinstance(value, dict):
        below = {word for each in value.values() for word in leaves(each)}
        return below | {f'"{key}":' for key, each in value.items() if not isinstance(each, dict)}
    if isinstance(value, list):
        return {word for each in value for word in leaves(each)}
    return {json.dumps(value)}


@ROUTE
@pytest.mark.parametrize("case", REFUSED_CASES, ids=lambda case: case.id)
def test_what_we_never_do_is_refused_on_every_route(case: Case, route: str) -> None:
    commit = committed(case, route)

    with pytest.raises(InvalidComposeError) as raised:
        plan_of(commit)

    said = [each for each in raised.value.problems if case.key.split(".")[-1] in str(each)]
    assert said
    assert said[0].line > 0
