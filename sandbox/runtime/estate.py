"""
Everything of ours on this machine, across repositories: look at it, adopt it, remove what is left.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sandbox.errors import ConflictError, EngineError, NotFoundError
from sandbox.model.observed import ContainerState, Owner
from sandbox.model.ownership import Evidence, Kind, Made, Present
from sandbox.planning.estate import all_labels, left_behind, sort_out
from sandbox.planning.labels import ENVIRONMENT, INSTANCE, pre_stop_hooks, stop_grace_s
from sandbox.planning.ownership import adopted_tag
from sandbox.runtime.owned_engine import OwnedEngine
from sandbox.words import count

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sandbox.model.observed import ObservedContainer, ObservedState
    from sandbox.model.ownership import Keyring, Known, Left, Usage
    from sandbox.ports import Clock, Engine, Ledger, Lock, Registry, Successor


@dataclass(frozen=True, slots=True, kw_only=True)
class Here:
    """The repository that asks."""

    identity: Successor
    ledger: Ledger
    lock: Lock


@dataclass(frozen=True, slots=True, kw_only=True)
class Estate:
    """
    What `doctor` looks at besides the machine itself.

    Attributes:
        engine: Not that of one repository: it is asked about all of them.
        here: ``None`` outside of any repository.
        release_all: Gives back what the adapters hold.
    """

    engine: Engine
    registry: Registry
    clock: Clock
    here: Here | None
    release_all: Callable[[], None]


def look_around(estate: Estate) -> tuple[Left, ...]:
    """Say what each instance has on the engine; changes nothing."""
    survey = estate.engine.survey()
    images = {
        image_id: estate.engine.image_labels(image_id)
        for image_id in sorted({each.image_id for each in survey.containers} - {""})
    }
    own = None
    if estate.here is not None:
        own = Evidence(
            instance=estate.here.identity.instance,
            keyring=estate.here.identity.keyring(),
            made={each.tag: each.object_id for each in estate.here.ledger.made()},
            image_labels=images,
        )
    return sort_out(survey, estate.registry.known(), own, images)


def measure(estate: Estate) -> Usage | None:
    """Measure what is stored; ``None`` when the engine does not say in time."""
    try:
        return estate.engine.usage()
    except EngineError:
        return None


def adopt(estate: Estate, what: str) -> str:
    """
    Make *what* this repository's own: a claim of it by name, or all of a repository that is gone.

    Returns:
        What was done, for people.

    Raises:
        NotFoundError: There is no repository here, or nothing of that name to adopt.
        ConflictError: This repository has objects of its own already.
    """
    if estate.here is None:
        raise NotFoundError(
            "there is no repository here that could adopt it",
            remedy="go to its folder, or name it: sandbox --repo DIR doctor --adopt …",
        )
    left = look_around(estate)
    mine = next((each for each in left if each.ours), None)
    if any(each.instance == what for each in left_behind(left)):
        if mine is not None and any(mine.proven.values()):
            raise ConflictError(
                "this repository already owns objects on the engine, so it cannot adopt those of"
                " another one",
                remedy="adopt them in a new clone, or first remove its own: sandbox down --volumes",
            )
        with estate.here.lock.hold():
            estate.here.identity.become(what)
        return f"this repository is {what} from now on; bring it up: sandbox up"
    claims = [each for each in (mine.claims if mine else ()) if what in (each.name, each.object_id)]
    if not claims:
        raise NotFoundError(
            f"sandbox doctor lists nothing of the name {what} to adopt",
            remedy="see what there is: sandbox doctor",
        )
    # A controller that runs reads it with its next look.
    estate.here.identity.claim()
    for claim in claims:
        tag = adopted_tag(claim.kind, claim.object_id)
        estate.here.ledger.record_made(
            Made(tag=tag, kind=claim.kind, name=claim.name, object_id=claim.object_id)
        )
    return f"adopted {', '.join(f'{each.kind} {each.name}' for each in claims)}"


def remove(estate: Estate, what: str) -> str:
    """
    Remove what a repository that is gone left: its containers and networks, or one volume by name.

    Raises:
        NotFoundError: Nothing that is left behind is called so; nothing was removed.
        EngineError: Something could not be removed.
    """
    left = left_behind(look_around(estate))
    for each in left:
        if each.instance == what:
            return _remove_all(estate, each)
        if what in each.proven[Kind.VOLUME]:
            return _remove_volume(estate, each, what)
    raise NotFoundError(
        f"sandbox doctor lists nothing of the name {what} to remove",
        remedy="see what there is: sandbox doctor; a volume is removed by its own name only",
    )


class _Departed:
    """Implements `ports.Identity` and `ports.Ledger` for a repository that is gone."""

    def __init__(self, known: Known) -> None:
        self._known = known

    @property
    def instance(self) -> str:
        return self._known.instance

    @property
    def claimed(self) -> bool:
        return True

    def keyring(self) -> Keyring:
        return self._known.keyring

    def claim(self) -> None:
        pass

    def record_made(self, made: Made) -> None:
        pass

    def made(self) -> tuple[Made, ...]:
        return ()

    def record_present(self, environment: str, present: Present) -> None:
        pass

    def present(self, environment: str) -> Present:  # noqa: ARG002 - it left no journal
        return Present()


def _remove_all(estate: Estate, left: Left) -> str:
    engine = _engine_of(estate, left)
    containers = networks = 0
    for observed in _environments(estate, engine, left):
        for container in observed.containers:
            _remove_container(engine, container)
            containers += 1
        for network in observed.networks:
            engine.remove_network(network.id)
            networks += 1
    volumes = left.proven[Kind.VOLUME]
    if not volumes:
        estate.registry.forget(left.instance)
    kept = f"; kept: {', '.join(volumes)}" if volumes else ""
    removed = f"{count(containers, 'container')} and {count(networks, 'network')}"
    return f"removed {removed}{kept}"


def _remove_volume(estate: Estate, left: Left, name: str) -> str:
    engine = _engine_of(estate, left)
    for _ in _environments(estate, engine, left):
        pass  # what was seen may be removed
    engine.remove_volume(name)
    others = {each for names in left.proven.values() for each in names} - {name}
    if not others:
        estate.registry.forget(left.instance)
    return f"removed volume {name} and its data"


def _engine_of(estate: Estate, left: Left) -> OwnedEngine:
    assert left.known, "only what is known is left behind"
    departed = _Departed(left.known)
    return OwnedEngine(estate.engine, journal=departed, identity=departed, clock=estate.clock)


def _environments(estate: Estate, engine: OwnedEngine, left: Left) -> Iterator[ObservedState]:
    names = {
        carried.get(ENVIRONMENT, "")
        for carried in all_labels(estate.engine.survey())
        if carried[INSTANCE] == left.instance
    }
    for name in sorted(names):
        yield engine.observe(Owner(instance=left.instance, application="", environment=name), ())


def _remove_container(engine: OwnedEngine, container: ObservedContainer) -> None:
    if container.state is ContainerState.PAUSED:
        engine.unpause_container(container.id)
    if container.state is ContainerState.RUNNING:
        for hook in pre_stop_hooks(container.labels):
            engine.run_hook(container.id, hook, lambda _: None)
    engine.stop_container(container.id, stop_grace_s(container.labels))
    engine.remove_container(container.id)
