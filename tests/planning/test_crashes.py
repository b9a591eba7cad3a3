import pytest

from sandbox.model.observed import ContainerState
from sandbox.planning.crashes import crashed_services
from tests.builders import a_container, a_desired_state, a_service, an_observed_state


@pytest.mark.parametrize(
    ("state", "exit_code", "oom_killed", "crashed"),
    [
        (ContainerState.EXITED, 1, False, True),
        (ContainerState.EXITED, 137, True, True),
        (ContainerState.EXITED, 137, False, False),
        (ContainerState.EXITED, 143, False, False),
        (ContainerState.EXITED, 0, False, False),
        (ContainerState.RUNNING, 1, False, False),
    ],
)
def test_who_ended_by_itself_crashed_and_who_was_ended_did_not(
    state: ContainerState, exit_code: int, oom_killed: bool, crashed: bool
) -> None:
    desired = a_desired_state(a_service())
    container = a_container(
        desired,
        desired.services[0],
        state=state,
        exit_code=exit_code,
        oom_killed=oom_killed,
        started_at=1.0,
    )

    found = crashed_services(an_observed_state(desired, container))

    assert found == (frozenset({"web"}) if crashed else frozenset())
