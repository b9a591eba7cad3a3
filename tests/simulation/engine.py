"""
The fake engine in simulated time: containers live their lives, lists lie, people meddle.

A list of what no inspect finds is refused, as `sandbox.adapters.docker_engine.snapshot` does, so a
lie that gets through here is one that gets through there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from typing_extensions import override

from sandbox.errors import (
    CancelledError,
    EngineUnreachableError,
    ImageError,
    ImplausibleError,
    StaleError,
)
from sandbox.model.action import BuildImage, ContainerSpec
from sandbox.model.observed import (
    ContainerState,
    EngineHealth,
    ObservedContainer,
    ObservedState,
    ObservedVolume,
    Owner,
)
from sandbox.model.service import CommittedMount
from sandbox.model.surroundings import Hook
from sandbox.planning.ingress_service import ingress_template
from sandbox.ports import ProbeResult
from tests.fakes.engine import FakeEngine
from tests.fakes.engine_objects import (
    Behaviour,
    FakeContainer,
    FakeFile,
    FakeImage,
    FakeNetwork,
)
from tests.fakes.engine_state import id_of
from tests.simulation.baton import EPOCH, Baton, Task, Waiting
from tests.simulation.calls import LIES, UNLISTED, Calls, FaultKind
from tests.simulation.models import (
    BUILT,
    CACHED,
    REGISTRY,
    WRITTEN,
    Life,
    Verdict,
    built_id,
    is_gate,
    life_of,
)
from tests.simulation.oracle import INGRESS, Oracle
from tests.simulation.promotions import Promotions

READY_S, SLOW_READY_S, CRASH_S, JOB_S, BUILD_S, HOOK_S = 0.3, 4.0, 0.3, 0.5, 1.0, 0.2
CACHE = "/cache"
IMAGE_LABELS = {"com.example.image": "of somebody else"}
CALL_S = 0.001
LOOK_AT_STOP_S = 4.0
NEVER = 10**9
PROGRAM = re.compile(rb"[a-z]+:[0-9]+-[a-z]+")
STOPPED = 143
RESTARTED = frozenset({"always", "unless-stopped"})
FOREIGN_LABELS = {"com.example.owner": "somebody else"}


class Registry(set[str]):
    """Has every image of its own but those whose tag says that they are missing."""

    @override
    def __contains__(self, reference: object) -> bool:
        name = str(reference)
        return name.startswith(f"{REGISTRY}/") and not name.endswith(Life.MISSING)


@dataclass(slots=True)
class Stream:
    """One stream of the events of an instance; an environment stands for each."""

    instance: str
    events: list[str] = field(default_factory=list[str])
    waiting: Waiting = field(default_factory=list)
    cut: bool = False


class SimulatedEngine(FakeEngine):
    def __init__(self, baton: Baton, calls: Calls, oracle: Oracle, promotions: Promotions) -> None:
        self.baton = baton
        self._sim_calls = calls
        super().__init__(images=[ingress_template().image])
        self.registry = Registry()
        calls.on_restart = self._restart
        self._oracle = oracle
        self._promotions = promotions
        self._streams: list[Stream] = []
        self._lists: dict[str, list[set[str]]] = {}
        oracle.containers, oracle.networks = self.containers, self.networks
        oracle.volumes, oracle.contents = self.volumes, self.contents

    @property  # type: ignore[explicit-override] # it is said below
    @override
    def now(self) -> float:
        """Seconds since the epoch, of the simulation."""
        return EPOCH + self.baton.now + self._sim_calls.ahead_s

    @now.setter
    def now(self, value: float) -> None:
        pass

    # calls

    @contextmanager
    @override
    def _reading(self) -> Iterator[None]:
        yield

    @contextmanager
    @override
    def _mutating(self, method: str, target: str) -> Iterator[None]:
        task = self.baton.current
        asked = self._oracle.read(task.environment)
        with self._sim_calls.change("engine", method, target):
            self.baton.now += CALL_S
            with self._oracle.judging():
                self._oracle.before(task, method, target, asked)
                if target in self.containers:
                    self._promotions.changes(task, method, self.containers[target])
            yield
            with self._oracle.judging():
                self._oracle.after(task, method, target)
                self._judge_change(task, method, target)

    def _judge_change(self, task: Task, method: str, target: str) -> None:
        if method == "start_container" and target in self.containers:
            self._promotions.started(self.containers[target])
        if method == "create_container":
            self._promotions.changes(task, method, self.named(target))

    @override
    def _wake(self, instance: str, environment: str) -> None:
        take = self._sim_calls.take
        for stream in self._streams:
            if instance not in {"", stream.instance}:
                continue
            if take(FaultKind.EVENT_LOST):
                continue
            stream.events += [environment] * (2 if take(FaultKind.EVENT_DOUBLED) else 1)
            stream.cut = stream.cut or take(FaultKind.EVENTS_CUT) is not None
            self.baton.wake_all(stream.waiting)

    @override
    def wait_events(
        self, owner_instance: str, wake: Callable[[str], None], stop: Callable[[], bool]
    ) -> None:
        self._sim_calls.read("engine", "wait_events")
        stream = Stream(owner_instance)
        self._streams.append(stream)
        try:
            wake("")
            while not stop():
                if not stream.events and not stream.cut:
                    self.baton.wait(stream.waiting, LOOK_AT_STOP_S)
                fresh, stream.events = stream.events, []
                for environment in fresh:
                    wake(environment)
                if stream.cut:
                    raise EngineUnreachableError("the engine ended its stream of events")
        finally:
            self._streams.remove(stream)

    @override
    def observe(self, owner: Owner, image_references: Collection[str]) -> ObservedState:
        self._sim_calls.read("engine", "observe", owner.environment)
        fresh = super().observe(owner, image_references)
        there = {each.id for each in fresh.containers}
        listed = self._listed(owner.environment, there)
        unlisted = self._sim_calls.take(*UNLISTED, method="observe")
        if unlisted is FaultKind.NETWORKS_UNLISTED:
            fresh = replace(fresh, networks=())
        if unlisted is FaultKind.VOLUMES_UNLISTED:
            fresh = replace(fresh, volumes=())
        lied = listed != there or unlisted is not None
        # Without an application it is a look for what a gate left behind.
        if owner.application:
            with self._oracle.judging():
                self._oracle.looked(self.baton.current, owner.environment, lied=lied)
                self._promotions.looked(self.baton.current, owner.environment)
        unknown = sorted(listed - there)
        if unknown:
            raise ImplausibleError(f"list and inspect of {unknown[0][:12]} differ")
        if listed == there:
            return fresh
        return replace(
            fresh, containers=tuple(each for each in fresh.containers if each.id in listed)
        )

    def _listed(self, environment: str, there: set[str]) -> set[str]:
        """Ids that a list has: those that are there, unless it lies."""
        past = self._lists.setdefault(environment, [])
        match self._sim_calls.take(*LIES, method="observe"):
            case FaultKind.EMPTY_LIST:
                return set()
            case FaultKind.PARTIAL_LIST:
                return set(sorted(there)[::2])
            case FaultKind.STALE_LIST if past:
                return past[0]
            case _:
                past.append(there)
                del past[:-4]
                return there

    @override
    def pull_image(
        self,
        reference: str,
        on_output: Callable[[str], None],
        stop: Callable[[], bool],
        *,
        platform: str = "",
    ) -> str:
        """Pull it; an image says by its reference whether it declares a volume."""
        image_id = super().pull_image(reference, on_output, stop, platform=platform)
        if reference.startswith(f"{REGISTRY}/{CACHED}/"):
            self.images[reference].volumes = (CACHE,)
        self.images[reference].labels = dict(IMAGE_LABELS)
        return image_id

    @override
    def run_hook(self, container_id: str, hook: Hook, on_output: Callable[[str], None]) -> int:
        """Run it for a moment; a sick program fails it, and one that ended cannot run it."""
        with self._mutating("run_hook", container_id):
            self.baton.sleep(HOOK_S)
            container = self._container(container_id)
            if container.state is not ContainerState.RUNNING:
                raise StaleError(f"cannot run {hook.command[0]}: {container.name} is not running")
            on_output(" ".join(hook.command))
            return int(_life(container) == Life.SICK)

    @override
    def build_image(
        self,
        action: BuildImage,
        context: bytes,
        on_output: Callable[[str], None],
        stop: Callable[[], bool],
    ) -> str:
        """Build from a context that is the program itself; a test brings a real one."""
        if not PROGRAM.fullmatch(context):
            return super().build_image(action, context, on_output, stop)
        program, tag = context.decode(), action.tags[0]
        with self._mutating("build_image", tag):
            self.baton.sleep(BUILD_S)
            if stop():
                raise CancelledError(f"stopped: build image {tag}")
            if program.endswith(Life.MISSING):
                raise ImageError(f"cannot build image {tag}: returned a non-zero code: 1")
            made = FakeImage(id=built_id(program), labels=dict(action.labels))
            self.images |= dict.fromkeys(action.tags, made)
            return made.id

    @override
    def logs(
        self,
        container_id: str,
        *,
        tail: int | None = None,
        follow: bool = False,
        timestamps: bool = False,
    ) -> Iterator[str]:
        self._sim_calls.read("engine", "logs", container_id[:12])
        return super().logs(container_id, tail=tail, follow=follow, timestamps=timestamps)

    @override
    def inspect_container(self, container_id: str) -> ObservedContainer | None:
        self._sim_calls.read("engine", "inspect_container", container_id[:12])
        with self._oracle.judging():
            self._oracle.inspected(self.baton.current, container_id)
            if container_id in self.containers:
                self._promotions.inspected(self.containers[container_id])
        return super().inspect_container(container_id)

    @override
    def inspect_volume(self, name: str) -> ObservedVolume | None:
        self._sim_calls.read("engine", "inspect_volume", name)
        return super().inspect_volume(name)

    @override
    def image_labels(self, image_id: str) -> Mapping[str, str]:
        self._sim_calls.read("engine", "image_labels", image_id[:19])
        return super().image_labels(image_id)

    @override
    def image_volumes(self, reference: str) -> tuple[str, ...]:
        self._sim_calls.read("engine", "image_volumes", reference)
        return super().image_volumes(reference)

    @override
    def file_times(self, container_id: str, paths: Sequence[str]) -> Mapping[str, float]:
        self._sim_calls.read("engine", "file_times", container_id[:12])
        return super().file_times(container_id, paths)

    @override
    def probe(self, container_id: str, *, timeout_s: float) -> ProbeResult:
        self._sim_calls.read("engine", "probe", container_id[:12])
        return super().probe(container_id, timeout_s=timeout_s)

    # lives

    @override
    def _created(self, spec: ContainerSpec) -> FakeContainer:
        made = super()._created(spec)
        made.probed = made.probed or spec.service.name == INGRESS
        match _life(made):
            case "":
                pass
            case Life.SICK:
                made.behaviour = Behaviour(healthy=False)
            case Life.GOOD:
                made.behaviour = Behaviour(probes_needed=NEVER, stop_code=0)
            case _:
                made.behaviour = Behaviour(probes_needed=NEVER)
        password = spec.service.environment.get("DB_PASSWORD")
        if password:
            made.behaviour = replace(made.behaviour, log=(f"connect with {password}", "failed"))
        return made

    @override
    def start_container(self, container_id: str) -> None:
        before = self.containers.get(container_id)
        started_at = before.started_at if before else 0.0
        try:
            super().start_container(container_id)
        finally:
            container = self.containers.get(container_id)
            if container is not None and container.started_at != started_at:
                self._live(container)

    def _live(self, container: FakeContainer) -> None:
        self._write(container)
        match _life(container):
            case "":
                pass
            case Life.CRASHES | Verdict.FAILS:
                self._later(container, CRASH_S, lambda: container.end(self.now, 1))
            case "job" | Verdict.PASSES:
                self._later(container, JOB_S, lambda: container.end(self.now, 0))
            case Life.SICK | Verdict.HANGS:
                pass
            case Life.SLOW:
                self._later(container, SLOW_READY_S, lambda: _be_ready(container))
            case _:
                self._later(container, READY_S, lambda: _be_ready(container))

    def _write(self, container: FakeContainer) -> None:
        """Have its program write into the committed folder, where it may."""
        for mount in container.spec.service.mounts:
            if isinstance(mount, CommittedMount) and mount.volume:
                held = self.contents.setdefault(container.volumes[mount.target], {})
                held.setdefault(WRITTEN, FakeFile(content=b"kettle", written_at=self.now))

    def _later(self, container: FakeContainer, seconds: float, change: Callable[[], None]) -> None:
        started_at = container.started_at

        def happen() -> None:
            if container.lives and container.started_at == started_at:
                change()
                self._notify(container.labels)

        self.baton.at(seconds, happen)

    def _restart(self) -> None:
        """End every container of ours, begin again those whose policy says so, and all streams."""
        for container in [*self.containers.values()]:
            if container.lives and container.id not in self._oracle.foreign:
                container.end(self.now, STOPPED)
                # A job that was ended from outside waits for a person, a gate may too.
                if is_gate(container) or life_of(container) == "job":
                    self._oracle.touch(container)
                    self._promotions.meddled(container)
                elif container.limits.restart in RESTARTED:
                    container.begin(self.now, container.host_ports)
                    self._live(container)
        for stream in self._streams:
            stream.cut = True
            self.baton.wake_all(stream.waiting)

    # what people do

    def run_foreign(self, name: str) -> None:
        """Run a container that is nobody's of ours, with a network and a volume."""
        image = self.images.setdefault("foreign:1", FakeImage(id=id_of("foreign")))
        network = FakeNetwork(
            id=self._new_id("network"), name=name, labels=FOREIGN_LABELS, subnet="10.77.0.0/24"
        )
        some = next(iter(self.containers.values()))
        self.networks[network.id] = network
        self.volumes[name] = dict(FOREIGN_LABELS)
        made = FakeContainer(
            id=self._new_id("container"),
            spec=replace(
                some.spec,
                service=replace(some.spec.service, mounts=()),
                name=name,
                labels=FOREIGN_LABELS,
                endpoints=(),
                volume_names={},
                anonymous_volumes={},
            ),
            name=name,
            image_id=image.id,
            probed=False,
            limits=some.limits,
            networks={name: ()},
            behaviour=Behaviour(),
            created_at=self.now,
            state=ContainerState.RUNNING,
            started_at=self.now,
        )
        self.containers[made.id] = made
        self._oracle.foreign |= {made.id, network.id, name}


def _life(container: FakeContainer) -> str:
    """What its image says of its program; nothing of one that a test brings."""
    service = container.spec.service
    if service.name == INGRESS:
        return INGRESS
    ours = service.image.startswith(REGISTRY) or container.image_id.startswith(BUILT)
    return life_of(container) if ours or is_gate(container) else ""


def _be_ready(container: FakeContainer) -> None:
    container.behaviour = replace(container.behaviour, probes_needed=0)
    if container.probed:
        container.health = EngineHealth.HEALTHY
