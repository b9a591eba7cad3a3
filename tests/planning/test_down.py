from dataclasses import replace

from sandbox.model.action import RemoveVolume, StopContainer
from sandbox.model.observed import ContainerState, ObservedState
from sandbox.model.surroundings import Hook, Hooks
from sandbox.planning.down import plan_down
from sandbox.planning.routes import INGRESS
from sandbox.render.plan import plan_text
from tests.builders import a_container, a_desired_state, a_running_state, an_observed_state
from tests.planning.cases import a_db, the_shop


def the_running_shop() -> ObservedState:
    # `down` works without Git, so nobody knows the name of the application.
    observed = a_running_state(the_shop())
    return replace(observed, owner=replace(observed.owner, application=""))


def test_dependents_stop_before_what_they_depend_on_and_volumes_stay() -> None:
    plan = plan_down(the_running_shop(), volumes=False)
    assert [step.id.rpartition(" id-")[0] or step.id for step in plan.steps] == [
        "stop sandbox-ingress-1",
        "stop web-1",
        "stop db-1",
        "remove db-1",
        "remove migrate-1",
        "remove sandbox-ingress-1",
        "remove web-1",
        "remove network default",
        "remove network sandbox-edge",
    ]
    assert {step.id: step.after for step in plan.steps}["stop db-1"] == ("stop web-1",)


def test_volumes_go_only_when_they_are_named_and_after_all_containers() -> None:
    plan = plan_down(the_running_shop(), volumes=True)
    assert plan.steps[-1].action == RemoveVolume(name="shop-staging-c0ffee_db-data")
    assert plan.steps[-1].depends_on == tuple(
        f"remove {name}-1" for name in ("db", "migrate", INGRESS, "web")
    )


def test_a_network_that_a_stranger_uses_stays() -> None:
    observed = the_running_shop()
    busy = [replace(each, endpoints=(*each.endpoints, "stranger")) for each in observed.networks]
    plan = plan_down(replace(observed, networks=tuple(busy)), volumes=False)
    assert "remove network" not in plan_text(plan)
    assert [hold.target for hold in plan.holds] == ["network default", "network sandbox-edge"]


def test_an_environment_that_is_gone_already_needs_nothing() -> None:
    empty = an_observed_state(the_shop(), networks=[], volumes=[])
    assert plan_down(empty, volumes=True).steps == ()


def test_what_stands_still_is_removed_without_a_stop() -> None:
    shop = the_shop()
    observed = an_observed_state(
        shop, a_container(shop, a_db(), state=ContainerState.CREATED), networks=[], volumes=[]
    )
    assert [step.id for step in plan_down(observed, volumes=False).steps] == ["remove db-1"]


def test_every_stop_runs_the_hooks_that_the_container_was_created_with() -> None:
    hook = Hook(command=("drain", "--now"))
    shop = a_desired_state(replace(a_db(), hooks=Hooks(pre_stop=(hook,))))
    for state, hooks in ((ContainerState.RUNNING, (hook,)), (ContainerState.PAUSED, ())):
        observed = an_observed_state(shop, a_container(shop, shop.services[0], state=state))
        stop = plan_down(observed, volumes=False).steps[0].action
        assert isinstance(stop, StopContainer)
        assert stop.hooks == hooks
