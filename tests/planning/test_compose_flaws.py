"""
What `docker compose up` decides badly, each with a Compose file that shows ours without the flaw.
"""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from sandbox.model.action import RemoveContainer, RemoveNetwork, RemoveVolume, StopContainer
from sandbox.model.desired import DesiredState
from sandbox.model.observed import ContainerState, ObservedNetwork, ObservedState
from sandbox.model.plan import HoldReason, Plan, SyncPolicy
from sandbox.planning.plan import differences, is_in_sync, plan_sync
from sandbox.planning.spec import container_spec
from tests.builders import a_container, a_running_state, an_observed_state, an_owner
from tests.compose.committed import load

SHOP = """
services:
  web:
    image: x
    env_file: web.env
    configs: [c, f]
    secrets: [s]
    volumes: ['./conf:/etc/app:ro']
configs: {c: {content: 'a'}, f: {file: ./f}}
secrets: {s: {file: ./s}}
"""
FILES = {
    "environments/staging/web.env": "A=1",
    "environments/staging/f": "f",
    "environments/staging/s": "s",
    "environments/staging/conf/app.conf": "on",
}


def state(text: str, files: Mapping[str, str | bytes] = FILES, **more: str) -> DesiredState:
    return load(text, others=files, **more)


def plan(desired: DesiredState, observed: ObservedState) -> Plan:
    return plan_sync(desired, observed, SyncPolicy())


def spec_hash(desired: DesiredState) -> str:
    return container_spec(an_owner(), desired, desired.services[0], 1).spec_hash


@pytest.mark.parametrize("path", [*FILES, "compose.yaml"])
def test_content_that_a_container_gets_is_seen(path: str) -> None:
    before = state(SHOP)
    after = state(SHOP.replace("'a'", "'b'") if path == "compose.yaml" else SHOP, FILES)
    if path != "compose.yaml":
        after = state(SHOP, {**FILES, path: "A=2"})

    assert spec_hash(before) != spec_hash(after)
    assert not is_in_sync(plan(after, a_running_state(before)))


@pytest.mark.parametrize(
    "same",
    [
        "services: {web: {expose: [2, 1], cap_add: [B, A], image: x}}",
        """
        # a comment
        services:
            web: {"image": 'x', cap_add: [A, B],
                  expose: ['1', "2"]}
        """,
        """
        services: {web: {image: x, expose: [1, 2], cap_add: [A, B], attach: false, profiles: [],
                         develop: {watch: []}, deploy: {labels: {a: b}}, pull_policy: always}}
        """,
    ],
)
def test_order_of_sets_spelling_and_what_no_engine_sees_recreate_nothing(same: str) -> None:
    text = "services: {web: {image: x, expose: [1, 2], cap_add: [A, B]}}"

    assert spec_hash(load(text)) == spec_hash(load(same))


JOB = """
services:
  web: {image: x, depends_on: {job: {condition: service_completed_successfully}}}
  job: {image: y}
"""


def test_a_job_that_ended_well_does_not_run_again() -> None:
    desired = load(JOB)
    job, web = desired.services
    done = replace(
        a_container(desired, job), state=ContainerState.EXITED, exit_code=0, started_at=5.0
    )

    assert is_in_sync(plan(desired, an_observed_state(desired, done, a_container(desired, web))))


CHAIN = """
services:
  web: {image: x, depends_on: {db: {condition: service_healthy}}}
  db: {image: y, healthcheck: {test: [CMD, 'true']}}
"""


def test_nothing_stops_before_its_successor_is_created_and_could_start() -> None:
    before, after = load(CHAIN), load(CHAIN.replace("image:", "user: me, image:"))

    steps = {each.id: each for each in plan(after, a_running_state(before)).steps}

    assert {"create web-1", "create db-1"} <= {*steps["stop web-1 (old)"].depends_on}
    assert "await db-1" in steps["stop web-1 (old)"].depends_on


NETWORK = "services: {web: {image: x, networks: [n]}}\nnetworks: {n: {OPTIONS}}\n"


def test_a_stranger_on_a_network_stops_nothing_and_wedges_nothing() -> None:
    before, after = (load(NETWORK.replace("OPTIONS", text)) for text in ("", "internal: true"))
    running = a_running_state(before)
    (network,) = running.networks
    shared: ObservedNetwork = replace(network, endpoints=(*network.endpoints, "stranger"))

    found = plan(after, replace(running, networks=(shared,)))

    assert [hold.reason for hold in found.holds] == [HoldReason.NETWORK_IN_USE]
    assert not [
        each for each in found.steps if isinstance(each.action, StopContainer | RemoveNetwork)
    ]


VOLUME = "services: {web: {image: x, volumes: ['data:/d']}}\nvolumes: {data: {OPTIONS}}\n"


def test_a_volume_with_data_is_never_deleted_because_its_definition_changed() -> None:
    before, after = (load(VOLUME.replace("OPTIONS", text)) for text in ("", "labels: {a: b}"))

    found = plan(after, a_running_state(before))

    assert [hold.reason for hold in found.holds] == [HoldReason.VOLUME_CHANGED]
    assert not [each for each in found.steps if isinstance(each.action, RemoveVolume)]


PROFILE = "services: {web: {image: x}, debug: {image: y, profiles: [p]}}"


def test_a_service_of_a_profile_that_is_not_active_any_more_is_removed() -> None:
    before, after = load(PROFILE, env="COMPOSE_PROFILES=p"), load(PROFILE)

    found = plan(after, a_running_state(before))

    gone = [each.target for each in found.steps if isinstance(each.action, RemoveContainer)]
    assert gone == ["debug-1"]
    assert {each.target for each in differences(found)} == {"debug-1"}
