"""
The one way to the engine: it signs what is created, and changes only what was proven to be ours.

Everything else passes through. Objects that carry our labels and are not ours are taken out of each
look, so nothing above ever plans with them.
"""

from __future__ import annotations

import secrets
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from sandbox.errors import EngineError
from sandbox.model.observed import ObservedState, Owner
from sandbox.model.ownership import ADOPTED, MADE_MAX, Evidence, Kind, Made
from sandbox.planning.labels import ENVIRONMENT, TAG, implied_volume_labels
from sandbox.planning.ownership import CREATED_WITHIN_S, images_to_ask, sift, sign, signed_at
from sandbox.planning.place_volumes import engine_names, is_engine_name
from sandbox.runtime.remembered import Remembered, refuse_unlisted

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from sandbox.model.action import (
        BuildImage,
        ContainerSpec,
        CreateNetwork,
        CreateVolume,
        Endpoint,
    )
    from sandbox.model.container_file import ContainerFile
    from sandbox.model.observed import ObservedContainer, ObservedVolume
    from sandbox.model.ownership import Usage
    from sandbox.model.surroundings import Hook
    from sandbox.planning.ownership import Sifted
    from sandbox.ports import Clock, Engine, EngineInfo, Identity, Ledger, ProbeResult

PROVEN_MAX: Final = 20_000
NONCE_BYTES: Final = 8


class OwnedEngine:
    """
    Implements `sandbox.ports.Engine` on another one. Safe to use from several threads.

    Looking writes nothing, unless this process holds or has held the lock.
    """

    def __init__(
        self, engine: Engine, *, journal: Ledger, identity: Identity, clock: Clock
    ) -> None:
        self._engine = engine
        self._journal = journal
        self._identity = identity
        self._clock = clock
        self._lock = threading.RLock()
        self._remembered = Remembered(journal)
        self._ledger: dict[str, Made] | None = None
        self._unwritten: dict[str, Made] = {}
        self._ours: dict[str, None] = {}
        self._image_labels: dict[str, Mapping[str, str]] = {}

    # reads

    def info(self) -> EngineInfo:
        """Ask who answers."""
        return self._engine.info()

    def observe(self, owner: Owner, image_references: Collection[str]) -> ObservedState:
        """
        Take a snapshot; what only claims to be ours is in its `claims`.

        Raises:
            ImplausibleError: What was there before is not listed, and an inspect finds it.
        """
        before = self._remembered.of(owner.environment)
        observed = self._engine.observe(owner, image_references)
        refuse_unlisted(self._engine, before, observed)
        sifted = self._sift(observed)
        if sifted.observed.claims:
            # Somebody may have adopted it meanwhile, in another process.
            with self._lock:
                self._ledger = None
            sifted = self._sift(observed)
        self._remembered.looked(before, sifted.observed)
        self._learn(sifted)
        return sifted.observed

    def inspect_container(self, container_id: str) -> ObservedContainer | None:
        """Look at one container again; ``None`` when it is gone."""
        return self._engine.inspect_container(container_id)

    def inspect_volume(self, name: str) -> ObservedVolume | None:
        """Look at one volume; ``None`` when there is none."""
        return self._engine.inspect_volume(name)

    def image_labels(self, image_id: str) -> Mapping[str, str]:
        """Labels that containers inherit from an image."""
        return self._engine.image_labels(image_id)

    def survey(self) -> ObservedState:
        """List everything that carries the labels of any instance."""
        return self._engine.survey()

    def usage(self) -> Usage:
        """Measure what carries our labels."""
        return self._engine.usage()

    def image_volumes(self, reference: str) -> tuple[str, ...]:
        """Give the targets of the volumes that an image declares."""
        return self._engine.image_volumes(reference)

    def file_times(self, container_id: str, paths: Sequence[str]) -> Mapping[str, float]:
        """When each of *paths* in a container was written."""
        return self._engine.file_times(container_id, paths)

    def logs(
        self,
        container_id: str,
        *,
        tail: int | None = None,
        follow: bool = False,
        timestamps: bool = False,
    ) -> Iterator[str]:
        """Yield lines without their newline."""
        return self._engine.logs(container_id, tail=tail, follow=follow, timestamps=timestamps)

    def wait_events(
        self, owner_instance: str, wake: Callable[[str], None], stop: Callable[[], bool]
    ) -> None:
        """Call *wake* with the name of an environment whenever something of it may have changed."""
        self._engine.wait_events(owner_instance, wake, stop)

    # images, which nobody owns

    def build_image(
        self,
        action: BuildImage,
        context: bytes,
        on_output: Callable[[str], None],
        stop: Callable[[], bool],
    ) -> str:
        """Build from the tar *context* what is not there yet, tag it, return its id."""
        return self._engine.build_image(action, context, on_output, stop)

    def pull_image(
        self,
        reference: str,
        on_output: Callable[[str], None],
        stop: Callable[[], bool],
        *,
        platform: str = "",
    ) -> str:
        """Fetch an image from its registry, return its id."""
        return self._engine.pull_image(reference, on_output, stop, platform=platform)

    # creates, which are signed

    def create_network(self, action: CreateNetwork) -> str:
        """Create a network with a tag, or adopt the one that a lost answer left."""
        made = self._intend(Kind.NETWORK, action.name, action.labels)
        network_id = self._engine.create_network(
            replace(action, labels=_tagged(action.labels, made))
        )
        return self._created(made, network_id, action.labels[ENVIRONMENT])

    def create_volume(self, action: CreateVolume) -> None:
        """Create a volume with a tag, or adopt the one that a lost answer left."""
        made = self._intend(Kind.VOLUME, action.name, action.labels)
        self._engine.create_volume(replace(action, labels=_tagged(action.labels, made)))
        self._created(made, action.name, action.labels[ENVIRONMENT])

    def create_container(
        self, spec: ContainerSpec, on_warning: Callable[[str], None] | None = None
    ) -> str:
        """Create a container with a tag, or adopt the one that a lost answer left."""
        made = self._intend(Kind.CONTAINER, spec.name, spec.labels)
        implied = implied_volume_labels(spec.labels)
        signed = replace(
            spec,
            labels=_tagged(spec.labels, made),
            volume_tags={
                name: self._tag(Kind.VOLUME, name, implied)
                for name in (*spec.volume_names.values(), *spec.anonymous_volumes.values())
            },
        )
        container_id = self._engine.create_container(signed, on_warning)
        return self._created(made, container_id, spec.labels[ENVIRONMENT])

    # what exists, and must be ours

    def remove_network(self, network_id: str) -> None:
        """Remove it; one that is gone already is fine."""
        self._engine.remove_network(self._mine(Kind.NETWORK, network_id))

    def remove_volume(self, name: str) -> None:
        """Delete a volume and its data; it is looked at again first, for its name may be reused."""
        self._proven(Kind.VOLUME, name)
        # The engine never gives one of its own names twice, and cannot label what it names.
        volume = None if is_engine_name(name) else self._engine.inspect_volume(name)
        nobody = Owner(instance=self._identity.instance, application="", environment="")
        if volume and self._sift(ObservedState(owner=nobody, volumes=(volume,))).observed.claims:
            raise EngineError(f"volume {name} is another one than before and is left alone")
        self._engine.remove_volume(self._mine(Kind.VOLUME, name))

    def copy_files(self, container_id: str, files: Sequence[ContainerFile]) -> None:
        """Copy files into a container that has not been started yet."""
        self._engine.copy_files(self._mine(Kind.CONTAINER, container_id), files)

    def start_container(self, container_id: str) -> None:
        """Start it; one that runs is fine."""
        self._engine.start_container(self._mine(Kind.CONTAINER, container_id))

    def stop_container(self, container_id: str, grace_s: float) -> None:
        """Stop it within *grace_s* seconds, then kill it."""
        self._engine.stop_container(self._mine(Kind.CONTAINER, container_id), grace_s)

    def unpause_container(self, container_id: str) -> None:
        """Let a paused container go on."""
        self._engine.unpause_container(self._mine(Kind.CONTAINER, container_id))

    def rename_container(self, container_id: str, new_name: str) -> None:
        """Give it another name."""
        self._engine.rename_container(self._mine(Kind.CONTAINER, container_id), new_name)

    def remove_container(self, container_id: str, *, volumes: bool = False) -> None:
        """Remove it, but never one that runs; gone already is fine."""
        self._engine.remove_container(self._mine(Kind.CONTAINER, container_id), volumes=volumes)

    def connect_network(self, container_id: str, endpoint: Endpoint) -> None:
        """Attach it to a network; attached already is fine."""
        self._engine.connect_network(self._mine(Kind.CONTAINER, container_id), endpoint)

    def disconnect_network(self, container_id: str, network_name: str) -> None:
        """Detach it from a network; detached already is fine."""
        self._engine.disconnect_network(self._mine(Kind.CONTAINER, container_id), network_name)

    def probe(self, container_id: str, *, timeout_s: float) -> ProbeResult:
        """Run the container's own healthcheck once, now, inside it."""
        return self._engine.probe(self._proven(Kind.CONTAINER, container_id), timeout_s=timeout_s)

    def run_hook(self, container_id: str, hook: Hook, on_output: Callable[[str], None]) -> int:
        """Run *hook* inside the container to its end; return its exit status."""
        return self._engine.run_hook(self._proven(Kind.CONTAINER, container_id), hook, on_output)

    def exec_interactive(self, container_id: str, command: Sequence[str], *, tty: bool) -> int:
        """Run *command* on the terminal of this process; return its exit status."""
        mine = self._proven(Kind.CONTAINER, container_id)
        return self._engine.exec_interactive(mine, command, tty=tty)

    # evidence

    def _sift(self, observed: ObservedState) -> Sifted:
        evidence = self._evidence()
        asked = images_to_ask(observed, evidence)
        return sift(observed, replace(evidence, image_labels=self._labels_of(asked)))

    def _evidence(self) -> Evidence:
        with self._lock:
            made = {tag: each.object_id for tag, each in self._known().items()}
        return Evidence(
            instance=self._identity.instance, keyring=self._identity.keyring(), made=made
        )

    def _known(self) -> dict[str, Made]:
        """Everything that was created, also by earlier runs; read once."""
        if self._ledger is None:
            self._ledger = {each.tag: each for each in self._journal.made()} | self._unwritten
        return self._ledger

    def _keep(self, made: Made) -> None:
        """Know *made*, and forget what the journal forgets; its tag still proves an old object."""
        known = self._known()
        known.pop(made.tag, None)
        known[made.tag] = made
        if len(known) > MADE_MAX:
            known.pop(next((tag for tag in known if not tag.startswith(ADOPTED)), ""), None)

    def _labels_of(self, image_ids: Collection[str]) -> dict[str, Mapping[str, str]]:
        for image_id in image_ids:
            if image_id not in self._image_labels:
                self._image_labels[image_id] = self._engine.image_labels(image_id)
        return {image_id: self._image_labels[image_id] for image_id in image_ids}

    def _learn(self, sifted: Sifted) -> None:
        observed = sifted.observed
        kinds = (
            (Kind.CONTAINER, {each.id: each.name for each in observed.containers}),
            (Kind.NETWORK, {each.id: each.name for each in observed.networks}),
            (
                Kind.VOLUME,
                {each.name: each.name for each in observed.volumes}
                | {name: name for name in engine_names(observed)},
            ),
        )
        tags = {object_id: tag for tag, object_id in sifted.learned.items()}
        with self._lock:
            for kind, found in kinds:
                self._remember([f"{kind} {object_id}" for object_id in found])
                for object_id in found.keys() & tags.keys():
                    made = Made(
                        tag=tags[object_id], kind=kind, name=found[object_id], object_id=object_id
                    )
                    self._unwritten[made.tag] = made
                    self._keep(made)
        if self._identity.claimed:
            self._write_down()

    def _proven(self, kind: Kind, object_id: str) -> str:
        """
        Give *object_id* back if a look or a create has proven that it is ours.

        Raises:
            EngineError: It has not; nothing was changed.
        """
        with self._lock:
            if f"{kind} {object_id}" in self._ours:
                return object_id
        raise EngineError(f"{kind} {object_id[:12]} is not proven to be ours and is left alone")

    def _mine(self, kind: Kind, object_id: str) -> str:
        self._proven(kind, object_id)
        self._begin_mutation()
        return object_id

    def _remember(self, proven: Collection[str]) -> None:
        """Keep what is proven to be ours; of an id nothing can change, so the newest are enough."""
        for each in proven:
            self._ours.pop(each, None)
            self._ours[each] = None
        for each in list(self._ours)[:-PROVEN_MAX]:
            del self._ours[each]

    def _begin_mutation(self) -> None:
        self._identity.claim()
        self._write_down()

    def _write_down(self) -> None:
        """Keep what looks have taught: a proof by age or by image may be gone at the next one."""
        with self._lock:
            unwritten, self._unwritten = self._unwritten, {}
        for made in unwritten.values():
            self._journal.record_made(made)
        self._remembered.write_down()

    def _intend(self, kind: Kind, name: str, carried: Mapping[str, str]) -> Made:
        """Write down what is about to be created; a create whose answer was lost is repeated."""
        self._begin_mutation()
        with self._lock:
            known = self._known()
            repeated = (each for each in known.values() if self._repeats(each, kind, name, carried))
            made = next(repeated, None) or Made(
                tag=self._tag(kind, name, carried), kind=kind, name=name
            )
            self._keep(made)
        self._journal.record_made(made)
        return made

    def _repeats(self, made: Made, kind: Kind, name: str, carried: Mapping[str, str]) -> bool:
        """Tell whether *made* was meant for the same object a moment ago, and has no answer yet."""
        if made.object_id or (made.kind, made.name) != (kind, name):
            return False
        signed = signed_at(self._identity.keyring().keys, kind, name, _tagged(carried, made))
        return signed is not None and abs(self._clock.now() - signed) < CREATED_WITHIN_S / 2

    def _created(self, made: Made, object_id: str, environment: str) -> str:
        done = replace(made, object_id=object_id)
        with self._lock:
            self._keep(done)
            self._remember([f"{made.kind} {object_id}"])
        self._journal.record_made(done)
        self._remembered.created(environment, made.kind, object_id)
        return object_id

    def _tag(self, kind: Kind, name: str, carried: Mapping[str, str]) -> str:
        key = self._identity.keyring().keys[0]
        return sign(
            key, kind, name, carried, at=self._clock.now(), nonce=secrets.token_hex(NONCE_BYTES)
        )


def _tagged(carried: Mapping[str, str], made: Made) -> dict[str, str]:
    return dict(sorted({**carried, TAG: made.tag}.items()))
