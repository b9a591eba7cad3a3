"""
What repositories leave on the engine is told, and goes only when it is named.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import pytest

from sandbox.errors import ConflictError, NotFoundError
from sandbox.model.diagnosis import Check, CheckStatus
from sandbox.model.ownership import Known, Usage
from sandbox.planning.estate import check_estate, size_text
from sandbox.planning.labels import ENVIRONMENT, INSTANCE
from sandbox.runtime.estate import Estate, Here, adopt, look_around, measure, remove
from tests.builders import an_owner
from tests.fakes.identity import FakeIdentity
from tests.fakes.journal import FakeJournal
from tests.owned_ground import VOLUME, Ground

GONE = an_owner().instance
HERE = "0123456789ab"


@dataclass
class FakeRegistry:
    repositories: list[Known]
    forgotten: list[str] = field(default_factory=list)

    def known(self) -> tuple[Known, ...]:
        return tuple(self.repositories)

    def forget(self, instance: str) -> None:
        self.forgotten.append(instance)


class FakeLock:
    @contextmanager
    def hold(self) -> Generator[None]:
        yield

    def holder(self) -> str | None:
        return None

    def still_held(self) -> bool:
        return True


class Machine:
    """An engine with what one repository made, and another one that looks at it."""

    def __init__(self, *, living: bool = False, here: str = HERE, known: bool = True) -> None:
        self.ground = Ground()
        self.ground.sync()
        keyring = self.ground.identity.keyring()
        gone = Known(instance=GONE, place="/home/ada/shop/.git", living=living, keyring=keyring)
        self.registry = FakeRegistry([gone] if known else [])
        self.identity = FakeIdentity(here)
        self.journal = FakeJournal() if here != GONE else self.ground.journal
        self.estate = Estate(
            engine=self.ground.engine,
            registry=self.registry,
            clock=self.ground.clock,
            here=Here(identity=self.identity, ledger=self.journal, lock=FakeLock()),
            release_all=lambda: None,
        )

    def checks(self) -> dict[str, Check]:
        found = check_estate(look_around(self.estate), measure(self.estate))
        return {each.name: each for each in found}


def test_what_a_gone_repository_left_is_told_with_what_to_do() -> None:
    check = Machine().checks()[f"left {GONE}"]
    assert check.status is CheckStatus.WARN
    assert check.detail == (
        "the repository at /home/ada/shop/.git is gone and left 2 containers, 1 network,"
        f" 1 volume ({VOLUME})"
    )
    assert check.remedy == (
        f"in the repository that follows it: sandbox doctor --adopt {GONE}; or remove it:"
        f" sandbox doctor --remove {GONE}; sandbox doctor --remove {VOLUME}"
    )


def test_a_living_repository_leaves_nothing_behind() -> None:
    machine = Machine(living=True)
    assert set(machine.checks()) == {"space"}
    for what in (GONE, VOLUME):
        with pytest.raises(NotFoundError):
            remove(machine.estate, what)


def test_objects_of_somebody_who_is_not_known_are_told_and_left_alone() -> None:
    machine = Machine(known=False)
    assert set(machine.checks()) == {"others", "space"}
    assert GONE in machine.checks()["others"].detail
    calls = len(machine.ground.engine.calls)
    for what in (GONE, VOLUME):
        with pytest.raises(NotFoundError):
            remove(machine.estate, what)
        with pytest.raises(NotFoundError):
            adopt(machine.estate, what)
    assert len(machine.ground.engine.calls) == calls


def test_looking_around_changes_nothing() -> None:
    machine = Machine()
    calls = len(machine.ground.engine.calls)
    machine.checks()
    assert len(machine.ground.engine.calls) == calls
    assert machine.journal.made() == ()
    assert machine.identity.claims == 0


def test_a_removal_takes_containers_and_networks_and_keeps_the_volumes() -> None:
    machine = Machine()
    engine = machine.ground.engine
    theirs = machine.ground.run({INSTANCE: GONE, ENVIRONMENT: "staging"})
    before = machine.ground.picture()

    done = remove(machine.estate, GONE)

    assert done == f"removed 2 containers and 1 network; kept: {VOLUME}"
    assert list(engine.containers) == [theirs.id]
    assert engine.networks == {}
    assert list(engine.volumes) == [VOLUME]
    assert machine.ground.picture() == before
    assert machine.registry.forgotten == []


def test_a_volume_is_removed_by_its_name_and_then_nothing_is_known_of_the_repository() -> None:
    machine = Machine()
    remove(machine.estate, GONE)
    assert remove(machine.estate, VOLUME) == f"removed volume {VOLUME} and its data"
    assert machine.ground.engine.volumes == {}
    assert machine.registry.forgotten == [GONE]


def test_a_repository_takes_over_what_another_left() -> None:
    machine = Machine()
    adopt(machine.estate, GONE)
    assert machine.identity.instance == GONE


def test_a_repository_that_has_something_takes_over_nothing() -> None:
    machine = Machine()
    labels = {INSTANCE: HERE, ENVIRONMENT: "staging"}
    theirs = machine.ground.run(labels, name="by-hand")
    adopt(machine.estate, "by-hand")
    assert theirs.id in {each.object_id for each in machine.journal.made()}
    with pytest.raises(ConflictError, match="already owns objects on the engine"):
        adopt(machine.estate, GONE)
    assert machine.identity.instance == HERE


def test_a_claim_is_told_and_adopted_by_its_name() -> None:
    machine = Machine(living=True, here=GONE)
    theirs = machine.ground.run({INSTANCE: GONE, ENVIRONMENT: "staging"}, name="by-hand")
    check = machine.checks()["ownership"]
    assert check.status is CheckStatus.WARN
    assert "container by-hand (it has no tag, so sandbox did not create it)" in check.detail
    assert "sandbox doctor --adopt by-hand" in check.remedy

    assert adopt(machine.estate, "by-hand") == "adopted container by-hand"

    assert "ownership" not in machine.checks()
    assert theirs.id in {each.id for each in machine.ground.look().containers}
    with pytest.raises(NotFoundError):
        adopt(machine.estate, "by-hand")


def test_outside_of_a_repository_nothing_can_be_adopted() -> None:
    machine = Machine()
    outside = replace(machine.estate, here=None)
    with pytest.raises(NotFoundError, match="there is no repository here"):
        adopt(outside, GONE)
    assert f"left {GONE}" in {each.name for each in check_estate(look_around(outside), None)}


def test_sizes_are_told_and_a_log_without_bounds_is_a_warning() -> None:
    usage = Usage(
        logs={"web": 1 << 20, "db": 5}, images={"a": 3 << 30}, volumes={"data": 2048, "x": 1}
    )
    (check,) = check_estate((), usage)
    assert check.status is CheckStatus.PASS
    assert check.detail == (
        "used by what sandbox made: logs 1.0 MiB, images 3.0 GiB, volumes 2.0 KiB;"
        " largest: data, 2.0 KiB"
    )
    (check,) = check_estate((), replace(usage, logs={"web": 3 << 30}))
    assert check.status is CheckStatus.WARN
    assert "the log of web has 3.0 GiB" in check.detail
    assert "max-size" in check.remedy
    (check,) = check_estate((), replace(usage, logs=None))
    assert "logs unknown (not readable by this user)" in check.detail


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 bytes"), (1023, "1023 bytes"), (1024, "1.0 KiB"), (1 << 50, "1024.0 TiB")],
)
def test_a_size_has_the_unit_that_suits_it(size: int, text: str) -> None:
    assert size_text(size) == text
