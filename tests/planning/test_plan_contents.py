from dataclasses import replace

from sandbox.model.action import CreateContainer, FillVolume, RemoveVolume
from sandbox.model.container_file import FileKind
from sandbox.model.desired import DesiredState
from sandbox.model.gate import Gate, GatePhase
from sandbox.model.observed import ContainerState, ObservedState, ObservedVolume
from sandbox.model.plan import Plan, SyncPolicy
from sandbox.model.service import CommittedMount, Service
from sandbox.planning.contents import CARRIER, RENEWED, UNFILLED, service_contents
from sandbox.planning.down import plan_down
from sandbox.planning.labels import COMMITTED, owner_labels
from sandbox.planning.plan import is_in_sync, plan_sync
from sandbox.render.plan import plan_text
from tests.builders import (
    a_committed_mount,
    a_container,
    a_desired_state,
    a_running_state,
    a_service,
    an_observed_state,
    an_owner,
)

SITE = a_committed_mount("/site", "index.html", "old.html")
DATA = a_committed_mount("/data", ".gitkeep", "conf", volume="data-1a2b3c")


def a_web(*mounts: CommittedMount, **settings: object) -> Service:
    return replace(a_service("web", mounts=mounts), **settings)  # type: ignore[arg-type] # any field


def fills(plan: Plan) -> dict[str, str]:
    """Reason by target of every volume that is filled."""
    return {step.target: step.reason for step in plan.steps if isinstance(step.action, FillVolume)}


def removed(plan: Plan) -> list[str]:
    names = [step.action.name for step in plan.steps if isinstance(step.action, RemoveVolume)]
    return [name for name in names if not name.endswith(RENEWED)]


def sync(desired: DesiredState, observed: ObservedState) -> Plan:
    return plan_sync(desired, observed, SyncPolicy())


def changed(mount: CommittedMount, *paths: str, content: bytes = b"new") -> CommittedMount:
    """The same mount after a commit: these files with that content."""
    made = a_committed_mount(mount.target, *paths, content=content, volume=mount.volume)
    return replace(made, read_only=mount.read_only)


def test_a_volume_is_filled_after_its_image_and_before_its_container() -> None:
    desired = a_desired_state(a_web(SITE))
    plan = sync(desired, an_observed_state(desired, volumes=[], images={}))
    steps = {step.id: step.depends_on for step in plan.steps}
    (fill,) = (each for each in steps if each.startswith("fill"))
    assert steps[fill] == ("pull image web",)
    assert fill in steps["create web-1"]
    assert "web mounts files of the commit at /site" in plan_text(plan)


def test_what_runs_as_declared_is_in_sync() -> None:
    desired = a_desired_state(a_web(SITE, DATA))
    assert is_in_sync(sync(desired, a_running_state(desired)))


def test_replicas_and_services_share_one_copy_and_all_single_files_of_a_service_another() -> None:
    web, other = a_web(SITE, replicas=3), replace(a_web(SITE), name="other")
    files = [a_committed_mount(f"/run/secrets/{name}") for name in ("a", "b")]
    desired = a_desired_state(replace(web, mounts=(*files, SITE)), other)
    assert len(fills(sync(desired, an_observed_state(desired, volumes=[])))) == 2


def test_equal_content_has_one_name_and_any_difference_another() -> None:
    owner = an_owner()
    mounts = [
        SITE,
        changed(SITE, "index.html", "old.html", content=b"hello"),
        changed(SITE, "index.html", "old.html"),
        changed(SITE, "index.html", content=b"hello"),
        replace(SITE, files=tuple(replace(each, mode=0o755) for each in SITE.files)),
        replace(SITE, files=tuple(replace(each, kind=FileKind.LINK) for each in SITE.files)),
        replace(SITE, files=tuple(replace(each, uid=1) for each in SITE.files)),
    ]
    names = [service_contents(owner, a_web(mount))[0].name for mount in mounts]
    assert names[0] == names[1]
    assert len(set(names)) == len(mounts) - 1


def test_an_interrupted_filling_is_done_again() -> None:
    for mount in (SITE, DATA):
        desired = a_desired_state(a_web(mount))
        observed = an_observed_state(desired)
        (content,) = service_contents(observed.owner, desired.services[0])
        mark = ObservedVolume(name=f"{content.name}{UNFILLED}", labels=observed.volumes[0].labels)
        observed = replace(observed, volumes=(*observed.volumes, mark))
        plan = sync(desired, observed)
        assert list(fills(plan).values()) == ["an interrupted run may not have filled it"]
        assert removed(plan) == []


def test_what_carried_the_files_of_an_interrupted_run_goes_when_they_are_put_in_again() -> None:
    desired = a_desired_state(a_web(SITE))
    observed = an_observed_state(desired, volumes=[])
    (content,) = service_contents(observed.owner, desired.services[0])
    left = a_container(
        desired,
        desired.services[0],
        state=ContainerState.CREATED,
        name=f"{content.name}{CARRIER}",
        labels=owner_labels(observed.owner),
        volumes={"/sandbox-volume": content.name},
    )
    plan = sync(desired, replace(observed, containers=(left,)))
    (fill,) = (step for step in plan.steps if isinstance(step.action, FillVolume))
    assert isinstance(fill.action, FillVolume)
    assert fill.action.left == left.id
    assert not [step for step in plan.steps if left.name in step.id]
    filled = an_observed_state(desired, left)
    assert f"remove container {left.name}" in {step.id for step in sync(desired, filled).steps}


def test_a_file_of_which_the_label_tells_nothing_is_put_in_again() -> None:
    secret = replace(DATA, files=tuple(replace(each, secret=True) for each in DATA.files))
    before = a_desired_state(a_web(secret))
    after = a_desired_state(a_web(secret, environment={"A": "1"}))
    assert list(fills(sync(after, a_running_state(before)))) == ["volume data-1a2b3c"]


def test_a_copy_goes_with_the_last_container_that_mounts_it_and_data_stays() -> None:
    before = a_desired_state(a_web(SITE, DATA))
    after = a_desired_state(a_web(changed(SITE, "index.html"), changed(DATA, ".gitkeep", "conf")))
    plan = sync(after, a_running_state(before))
    (old,) = removed(plan)
    assert "_committed-" in old
    (step,) = (each for each in plan.steps if each.id == f"remove volume {old}")
    assert step.depends_on == ("remove web-1 (old)",)


def test_a_copy_that_somebody_else_mounts_or_a_container_keeps_is_left() -> None:
    before = a_desired_state(a_web(SITE))
    after = a_desired_state(a_web())
    observed = a_running_state(before)
    (name,) = (each.name for each in observed.volumes)
    assert removed(sync(after, observed)) == [name]
    assert removed(sync(after, replace(observed, foreign_mounts=frozenset({name})))) == []
    unlabelled = replace(observed.volumes[0], labels={COMMITTED: "true"})
    assert removed(sync(after, replace(observed, volumes=(unlabelled,)))) == []
    kept = replace(after, settings=a_desired_state(a_web(), prune=False).settings)
    assert removed(sync(kept, observed)) == []


def test_the_plan_says_what_becomes_of_a_folder_that_containers_write_to() -> None:
    before = a_desired_state(a_web(DATA))
    after = a_desired_state(a_web(changed(DATA, "conf")))
    plan = sync(after, a_running_state(before))
    assert fills(plan) == {
        "volume data-1a2b3c": "the commit changed; what containers wrote at /data stays;"
        " so do files that the commit removed: .gitkeep"
    }
    (fill,) = (step.action for step in plan.steps if isinstance(step.action, FillVolume))
    assert fill.present == (fill.name,)
    assert fill.renews
    (settled,) = (step for step in plan.steps if step.id.startswith("remove mark"))
    assert settled.depends_on == ("create web-1", "fill volume data-1a2b3c", "remove web-1 (old)")


def test_a_change_that_a_sync_did_not_end_is_taken_back_by_a_revert() -> None:
    desired = a_desired_state(a_web(DATA))
    observed = a_running_state(desired)
    (volume,) = observed.volumes
    mark = replace(volume, name=f"{volume.name}{RENEWED}")
    plan = sync(desired, replace(observed, volumes=(volume, mark)))
    assert [step.id for step in plan.steps] == [
        "fill volume data-1a2b3c",
        "remove mark of volume data-1a2b3c",
    ]
    (fill,) = (step.action for step in plan.steps if isinstance(step.action, FillVolume))
    assert fill.renews


def test_a_copy_of_a_service_without_replicas_goes() -> None:
    before, after = (a_desired_state(a_web(SITE, replicas=each)) for each in (1, 0))
    assert len(removed(sync(after, a_running_state(before)))) == 1


def test_a_folder_that_did_not_change_is_not_touched_when_its_service_does() -> None:
    before = a_desired_state(a_web(DATA))
    after = a_desired_state(a_web(DATA, environment={"A": "1"}))
    plan = sync(after, a_running_state(before))
    assert any(isinstance(step.action, CreateContainer) for step in plan.steps)
    assert fills(plan) == {}


def test_after_a_down_the_commit_is_put_into_the_data_that_stayed() -> None:
    desired = a_desired_state(a_web(DATA))
    plan = sync(desired, an_observed_state(desired))
    assert list(fills(plan).values()) == [
        "the commit is put into it; what containers wrote at /data stays"
    ]


def test_a_copy_that_was_removed_by_hand_is_made_again_for_a_container_that_stands_still() -> None:
    pin = a_committed_mount("/run/secrets/pin")
    desired = a_desired_state(a_web(pin))
    stopped = a_container(desired, desired.services[0], state=ContainerState.EXITED)
    plan = sync(desired, an_observed_state(desired, stopped, volumes=[]))
    (fill,) = (step for step in plan.steps if isinstance(step.action, FillVolume))
    assert fill.action.image == stopped.image_id  # type: ignore[union-attr] # a filling
    (start,) = (step for step in plan.steps if step.id == "start web-1")
    assert fill.id in start.depends_on


def test_a_gate_finds_its_files() -> None:
    gate = replace(a_web(SITE), name="smoke", gate=Gate(phase=GatePhase.BEFORE))
    desired = replace(a_desired_state(a_web()), gates=(gate,))
    plan = sync(desired, an_observed_state(desired, volumes=[], images={}))
    steps = {step.id: step.depends_on for step in plan.steps}
    (fill,) = (each for each in steps if each.startswith("fill"))
    assert fill in steps["gate smoke"]
    assert "gate smoke" not in steps[fill]
    assert "gate smoke" in steps["create web-1"]


def test_down_removes_copies_and_keeps_data() -> None:
    observed = a_running_state(a_desired_state(a_web(SITE, DATA)))
    (copy,) = removed(plan_down(observed, volumes=False))
    assert "_committed-" in copy
    both = removed(plan_down(observed, volumes=True))
    assert sorted(both) == sorted(each.name for each in observed.volumes)
