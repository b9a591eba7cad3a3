"""
What is ours is kept track of whatever is lost; what only claims to be ours is left alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest

from sandbox.errors import EngineError
from sandbox.model import action as actions
from sandbox.model.action import Endpoint
from sandbox.model.observed import ContainerState
from sandbox.model.ownership import Kind, Made, Present
from sandbox.model.plan import SyncPolicy
from sandbox.model.surroundings import Hook
from sandbox.planning.labels import ENVIRONMENT, INSTANCE, PREFIX, REPLICA, SPEC, TAG
from sandbox.planning.ownership import CREATED_WITHIN_S, adopted_tag
from sandbox.planning.plan import plan_sync
from sandbox.runtime import owned_engine
from tests.builders import a_desired_state, an_owner
from tests.fakes.engine_objects import EngineDiedError, Fault
from tests.fakes.identity import FakeIdentity
from tests.owned_ground import (
    NETWORK,
    PROJECT,
    SERVICES,
    VOLUME,
    WEB,
    Act,
    Ground,
    changed,
    untagged,
)

HOUR_S = 3600.0
TWO_LABELS = {INSTANCE: an_owner().instance, ENVIRONMENT: "staging"}


def ground_at_work() -> Ground:
    ground = Ground()
    ground.sync()
    assert ground.look().claims == ()
    return ground


def web(ground: Ground) -> Mapping[str, str]:
    return ground.container("web").labels


def data(ground: Ground) -> Mapping[str, str]:
    return ground.engine.volumes[VOLUME]


def signed_elsewhere(machine: str = "another", instance: str = "") -> Ground:
    """Give the same environment where another key signed."""
    other = Ground(machine)
    if instance:
        other.identity = FakeIdentity(instance, machine)
        other.restart()
    other.sync()
    return other


def replace_web(ground: Ground) -> Mapping[str, str]:
    """Have us replace the container of web; give the labels of the one that is gone."""
    old = web(ground)
    for _ in range(2):
        ground.sync(changed(ground))
    ground.desired = changed(ground)
    assert web(ground)[TAG] != old[TAG]
    return old


def after_upgrade(ground: Ground, labels: Mapping[str, str]) -> None:
    ground.identity = FakeIdentity(an_owner().instance, legacy_before=ground.clock.now() - 1)
    ground.restart()
    ground.run(labels)


def before_upgrade(ground: Ground, act: Act) -> None:
    act(ground)
    ground.pass_time(1.0)
    ground.identity = FakeIdentity(an_owner().instance, legacy_before=ground.clock.now())
    ground.restart()


def with_tag(labels: Mapping[str, str], tag: str) -> dict[str, str]:
    return {**labels, TAG: tag}


def part(labels: Mapping[str, str], number: int, text: str) -> dict[str, str]:
    """Change one part of the tag: version, time, number used once, keyed hash."""
    parts = labels[TAG].split("-")
    parts[number] = text
    return with_tag(labels, "-".join(parts))


def beside_the_lost_journal(act: Act) -> Act:
    def do(ground: Ground) -> None:
        act(ground)
        ground.lose_journal()

    return do


def run_gone(ground: Ground) -> None:
    """Run an image that was made of a container of ours, which is gone; the journal is as well."""
    ground.commit_and_run(ground.container("web"))
    replace_web(ground)
    ground.lose_journal()


def run_late(ground: Ground) -> None:
    """Copy the labels of a container that is gone, much later, without any journal."""
    old = replace_web(ground)
    ground.pass_time(HOUR_S)
    ground.run(old)
    ground.lose_journal()


def rename_and_pose(ground: Ground) -> None:
    ours = ground.container("web")
    name, ours.name = ours.name, "renamed-by-hand"
    ground.run(ours.labels, name=name)


def pose_as_removed(ground: Ground) -> None:
    name = ground.container("web").name
    ground.run(replace_web(ground), name=name)


def run_untagged_image(ground: Ground) -> None:
    ours = ground.container("web")
    ours.spec = replace(ours.spec, labels=untagged(ours.labels))
    ground.commit_and_run(ours)


FAKES: dict[str, Act] = {
    # containers
    "two labels by hand": lambda g: g.run(TWO_LABELS),
    "two labels by hand, under our prefix": lambda g: g.run(TWO_LABELS, name=f"{PROJECT}-web-2"),
    "every label but the tag": lambda g: g.run(untagged(web(g))),
    "every label, by hand": lambda g: g.run(web(g)),
    "every label, created at the same moment": lambda g: g.run(
        web(g), created_at=g.container("web").created_at
    ),
    "every label, stopped": lambda g: g.run(web(g), state=ContainerState.EXITED),
    "every label, paused": lambda g: g.run(web(g), state=ContainerState.PAUSED),
    "docker commit and run": lambda g: g.commit_and_run(g.container("web")),
    "docker commit and run, on our network": lambda g: g.commit_and_run(
        g.container("web"), networks={NETWORK: ("web",)}
    ),
    "docker commit and run, with our volume": lambda g: g.commit_and_run(g.container("db")),
    "labels of a container that is gone": lambda g: g.run(replace_web(g)),
    "labels and name of a container that is gone": pose_as_removed,
    "name of a container that a person renamed": rename_and_pose,
    "tag of another machine": lambda g: g.run(signed_elsewhere().container("web").labels),
    "tag of another repository": lambda g: g.run(
        {**signed_elsewhere("ours", "0123456789ab").container("web").labels, **TWO_LABELS}
    ),
    "tag of another service": lambda g: g.run(with_tag(g.container("db").labels, web(g)[TAG])),
    "tag of another replica": lambda g: g.run({**web(g), REPLICA: "2"}),
    "tag of another spec": lambda g: g.run({**web(g), SPEC: "0" * 64}),
    "tag of a network": lambda g: g.run(with_tag(web(g), g.network().labels[TAG])),
    "tag of a volume": lambda g: g.run(with_tag(web(g), data(g)[TAG])),
    "an empty tag": lambda g: g.run(with_tag(web(g), "")),
    "half a tag": lambda g: g.run(with_tag(web(g), web(g)[TAG][:20])),
    "a tag with another time": lambda g: g.run(part(web(g), 1, "1800000999")),
    "a tag with another number": lambda g: g.run(part(web(g), 2, "0" * 16)),
    "a tag with another hash": lambda g: g.run(part(web(g), 3, "é" * 32)),
    "labels of an earlier version, made today": lambda g: after_upgrade(g, untagged(web(g))),
    "labels of an earlier version, inherited": lambda g: before_upgrade(g, run_untagged_image),
    "two labels, from before the upgrade": lambda g: before_upgrade(g, lambda g: g.run(TWO_LABELS)),
    "every label; journal deleted": beside_the_lost_journal(lambda g: g.run(web(g))),
    "docker commit and run; original and journal gone": run_gone,
    "labels copied later; original and journal gone": run_late,
    # networks
    "a network with two labels": lambda g: g.make_network(TWO_LABELS),
    "a network with every label but the tag": lambda g: g.make_network(
        untagged(g.network().labels)
    ),
    "a network with every label": lambda g: g.make_network(g.network().labels),
    "a second network of our name": lambda g: g.make_network(g.network().labels, name=NETWORK),
    "a second network of our name; journal deleted": beside_the_lost_journal(
        lambda g: g.make_network(
            g.network().labels, name=NETWORK, created_at=g.network().created_at + 1
        )
    ),
    # volumes
    "a volume with two labels": lambda g: g.make_volume(TWO_LABELS),
    "a volume with every label but the tag": lambda g: g.make_volume(untagged(data(g))),
    "a backup of our volume, every label copied": lambda g: g.make_volume(
        data(g), name=f"{VOLUME}-backup"
    ),
    "a volume of another machine": lambda g: g.make_volume(
        signed_elsewhere().engine.volumes[VOLUME]
    ),
}


def is_harmed(fake: Act) -> bool:
    """Put a fake beside ours, then change, heal and take down everything; look at the fake."""
    ground = ground_at_work()
    fake(ground)
    before = ground.picture()
    assert before
    ground.restart()
    for desired in (ground.desired, changed(ground), ground.desired):
        ground.sync(desired)
        ground.sync(desired)
    ground.down()
    return ground.picture() != before


@pytest.mark.parametrize("fake", FAKES.values(), ids=FAKES)
def test_what_only_claims_to_be_ours_is_left_alone(fake: Act) -> None:
    assert not is_harmed(fake)


@pytest.mark.parametrize("fake", FAKES.values(), ids=FAKES)
def test_a_claim_is_told_and_never_counted_as_observed(fake: Act) -> None:
    ground = ground_at_work()
    fake(ground)
    observed = ground.look()
    seen = {
        *(each.id for each in observed.containers),
        *(each.id for each in observed.networks),
        *(each.name for each in observed.volumes),
    }
    assert {each.object_id for each in observed.claims} == set(ground.foreign)
    assert not seen & set(ground.foreign)
    assert all(each.reason for each in observed.claims)
    names = {name for found in observed.foreign_names.values() for name in found}
    assert {each.name for each in observed.claims} <= names


# what is ours, whatever is lost


def lost_answer(method: str) -> Act:
    def do(ground: Ground) -> None:
        error = EngineError("the connection broke", temporary=True)
        ground.engine.faults.append(Fault(error=error, method=method, after=True))
        ground.sync()

    return do


def killed(method: str, *, after: bool, journal: bool = True) -> Act:
    def do(ground: Ground) -> None:
        error = EngineDiedError()
        ground.engine.faults.append(Fault(error=error, method=method, after=after))
        with pytest.raises(EngineDiedError):
            create_by_hand(ground)
        if journal:
            ground.restart()
        else:
            ground.lose_journal()
        ground.sync()

    return do


def create_by_hand(ground: Ground) -> None:
    """Walk the creates of the plan in this very thread, so that a kill ends it."""
    for step in plan_sync(ground.desired, ground.look(), SyncPolicy()).steps:
        match step.action:
            case actions.CreateNetwork():
                ground.owned.create_network(step.action)
            case actions.CreateVolume():
                ground.owned.create_volume(step.action)
            case actions.CreateContainer():
                ground.owned.create_container(step.action.spec)
            case _:
                pass


def rename(ground: Ground) -> None:
    ground.sync()
    ground.container("web").name = "renamed-by-hand"


def rename_without_journal(ground: Ground) -> None:
    rename(ground)
    ground.lose_journal()


def set_back(ground: Ground) -> None:
    ground.sync()
    ground.clock.jump(-24 * HOUR_S)
    ground.lose_journal()


def upgrade(ground: Ground) -> None:
    """Let an earlier version have made everything: it knew no tags."""
    ground.sync()
    for container in ground.engine.containers.values():
        container.spec = replace(container.spec, labels=untagged(container.labels))
    for network in ground.engine.networks.values():
        network.labels = untagged(network.labels)
    ground.pass_time(1.0)
    ground.identity = FakeIdentity(an_owner().instance, legacy_before=ground.clock.now())
    ground.lose_journal()


def another_key(ground: Ground) -> None:
    """Lose the key and make another one: the journal still knows what it created."""
    ground.sync()
    # A volume is known by its name, so its tag is all that it has.
    ground.engine.volumes.clear()
    ground.engine.containers = {
        each.id: each for each in ground.engine.containers.values() if not each.volumes
    }
    ground.desired = replace(ground.desired, services=ground.desired.services[1:], volumes=())
    ground.identity = FakeIdentity(an_owner().instance, "another")
    ground.restart()


def implied_volume(ground: Ground) -> None:
    """Let a person delete the volume just before the engine makes it along with the container."""
    ground.sync()
    carried = data(ground)
    ground.engine.remove_by_force(ground.container("db").id)
    ground.engine.volumes.clear()
    plan = ground.sync()
    assert any(step.id == "create volume data" for step in plan.steps)
    del ground.engine.volumes[VOLUME]
    ground.engine.remove_by_force(ground.container("db").id)
    spec = next(s.action.spec for s in plan.steps if s.id.startswith("create db"))  # type: ignore[union-attr]
    ground.owned.create_container(spec)
    assert SPEC not in data(ground)
    assert data(ground)[TAG] != carried[TAG]


def copied_first(ground: Ground) -> None:
    """A copy beside it makes nothing of ours foreign, journal or not."""
    ground.sync()
    ground.pass_time(2.0)
    ground.run(web(ground))
    ground.make_network(ground.network().labels, name=NETWORK)
    ground.lose_journal()


def after_sync(*acts: Act) -> Act:
    def do(ground: Ground) -> None:
        ground.sync()
        for act in acts:
            act(ground)

    return do


OURS: dict[str, Act] = {
    "nothing is lost": lambda g: g.sync(),
    "the answer to a create of a container is lost": lost_answer("create_container"),
    "the answer to a create of a network is lost": lost_answer("create_network"),
    "the answer to a create of a volume is lost": lost_answer("create_volume"),
    "killed before a container is created": killed("create_container", after=False),
    "killed between create and record, container": killed("create_container", after=True),
    "killed between create and record, network": killed("create_network", after=True),
    "killed between create and record, volume": killed("create_volume", after=True),
    "killed between create and record, journal deleted": killed(
        "create_container", after=True, journal=False
    ),
    "a new process": after_sync(Ground.restart),
    "the journal is deleted": after_sync(Ground.lose_journal),
    "the journal is deleted a day later": after_sync(
        lambda g: g.pass_time(24 * HOUR_S), Ground.lose_journal
    ),
    "the journal is deleted, clock set back": set_back,
    "renamed by a person": rename,
    "renamed by a person, journal deleted": rename_without_journal,
    "killed by a person, journal deleted": after_sync(
        lambda g: g.engine.kill(g.container("web").id), Ground.lose_journal
    ),
    "its image is gone": after_sync(lambda g: g.engine.images.pop(WEB), Ground.lose_journal),
    "another key": another_key,
    "an upgrade": upgrade,
    "a volume that the engine made along the way": implied_volume,
    "copies beside it": copied_first,
}


def is_forgotten(act: Act) -> bool:
    """Do *act*, look, and take everything down: is anything of ours unseen, or left?"""
    ground = Ground()
    act(ground)
    claims = {each.object_id for each in ground.look().claims} - set(ground.foreign)
    ground.down()
    return bool(claims or ground.left())


@pytest.mark.parametrize("act", OURS.values(), ids=OURS)
def test_what_is_ours_is_not_forgotten(act: Act) -> None:
    assert not is_forgotten(act)


@pytest.mark.slow
def test_the_figure(capsys: pytest.CaptureFixture[str]) -> None:
    assert len(FAKES) == 40
    harmed = sum(is_harmed(fake) for fake in FAKES.values())
    forgotten = sum(is_forgotten(act) for act in OURS.values())
    with capsys.disabled():
        print(f"\n{harmed} of {len(FAKES)} harmed, {forgotten} of ours forgotten")
    assert (harmed, forgotten) == (0, 0)


# the rest of the mechanism


def test_an_id_that_was_never_proven_cannot_be_changed() -> None:
    ground = ground_at_work()
    theirs = ground.run(TWO_LABELS)
    network = ground.make_network(TWO_LABELS)
    ground.make_volume(TWO_LABELS)
    before = len(ground.engine.calls)
    engine = ground.owned
    changes: tuple[Callable[[], object], ...] = (
        lambda: engine.stop_container(theirs.id, 0.0),
        lambda: engine.start_container(theirs.id),
        lambda: engine.remove_container(theirs.id),
        lambda: engine.rename_container(theirs.id, "x"),
        lambda: engine.unpause_container(theirs.id),
        lambda: engine.copy_files(theirs.id, ()),
        lambda: engine.connect_network(theirs.id, Endpoint(network_name=NETWORK)),
        lambda: engine.disconnect_network(theirs.id, "x"),
        lambda: engine.run_hook(theirs.id, Hook(command=("true",)), print),
        lambda: engine.exec_interactive(theirs.id, ("true",), tty=False),
        lambda: engine.remove_network(network.id),
        lambda: engine.remove_volume("foreign"),
    )
    for change in changes:
        with pytest.raises(EngineError, match="not proven to be ours and is left alone"):
            change()
    assert len(ground.engine.calls) == before


def test_a_volume_that_took_the_place_of_ours_is_not_removed() -> None:
    ground = ground_at_work()
    ground.look()
    carried = data(ground)
    ground.make_volume(TWO_LABELS, name=VOLUME)
    with pytest.raises(EngineError, match="another one than before"):
        ground.owned.remove_volume(VOLUME)
    ground.make_volume(carried, name=VOLUME)
    ground.engine.containers.clear()
    ground.owned.remove_volume(VOLUME)
    assert VOLUME not in ground.engine.volumes


def test_looking_writes_nothing() -> None:
    ground = ground_at_work()
    ground.identity = FakeIdentity(an_owner().instance)
    ground.lose_journal()
    ground.look()
    assert ground.journal.made() == ()
    assert ground.journal.present("staging") == Present()
    assert ground.identity.claims == 0
    ground.owned.start_container(ground.container("web").id)
    assert {each.object_id for each in ground.journal.made()} >= {ground.container("web").id}
    assert ground.identity.claims == 1


def test_who_holds_the_lock_writes_down_what_a_look_teaches_though_nothing_is_to_do() -> None:
    ground = Ground()
    upgrade(ground)
    ground.identity.claim()
    ground.look()
    made = {each.object_id for each in ground.journal.made()}
    assert made >= {ground.container("web").id, ground.container("db").id, ground.network().id}


def test_a_claim_that_a_person_adopts_is_ours() -> None:
    ground = ground_at_work()
    theirs = ground.run(TWO_LABELS)
    assert len(ground.look().claims) == 1
    tag = adopted_tag(Kind.CONTAINER, theirs.id)
    ground.journal.record_made(
        Made(tag=tag, kind=Kind.CONTAINER, name=theirs.name, object_id=theirs.id)
    )
    observed = ground.look()
    assert observed.claims == ()
    assert theirs.id in {each.id for each in observed.containers}


def test_a_volume_that_looks_like_ours_is_used_and_never_deleted() -> None:
    ground = ground_at_work()
    ground.engine.volumes[VOLUME] = untagged(data(ground))
    plan = ground.sync()
    assert plan.steps == ()
    assert plan.holds == ()
    ground.down()
    assert VOLUME in ground.engine.volumes
    ground.sync()
    assert ground.container("db").state is ContainerState.RUNNING


def test_a_volume_with_our_name_and_two_labels_is_not_used() -> None:
    ground = Ground()
    ground.make_volume(TWO_LABELS, name=VOLUME)
    plan = ground.sync()
    assert any("is not ours" in hold.message for hold in plan.holds)
    assert [each.spec.service.name for each in ground.engine.containers.values()] == ["web"]


def test_a_tag_is_no_part_of_the_spec() -> None:
    ground = ground_at_work()
    plan = ground.sync()
    assert plan.steps == ()
    again = Ground()
    again.sync()
    assert web(again)[SPEC] == web(ground)[SPEC]
    assert web(again)[TAG] != web(ground)[TAG]


def test_a_create_that_failed_long_ago_lends_its_tag_to_no_other() -> None:
    ground = Ground()
    error = EngineError("no space left")
    ground.engine.faults.append(Fault(error=error, method="create_volume"))
    ground.sync()
    (intent,) = [each for each in ground.journal.made() if each.kind is Kind.VOLUME]
    ground.pass_time(CREATED_WITHIN_S)
    ground.sync()
    assert data(ground)[TAG] != intent.tag


def test_no_label_of_an_image_is_run_as_a_hook() -> None:
    assert web(ground_at_work())[PREFIX + "pre-stop"] == "[]"


def test_of_all_that_was_created_the_newest_and_the_adopted_are_kept_in_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(owned_engine, "MADE_MAX", 8)
    ground = Ground()
    adopted = Made(
        tag=adopted_tag(Kind.CONTAINER, "old"), kind=Kind.CONTAINER, name="old", object_id="old"
    )
    ground.journal.record_made(adopted)
    database, website = SERVICES
    for number in range(20):
        again = replace(website, environment={"ROUND": str(number)})
        ground.sync(a_desired_state(database, again))
    known = ground.owned._known()
    assert len(known) == 8
    assert adopted.tag in known
    assert web(ground)[TAG] in known
    assert ground.look().claims == ()
