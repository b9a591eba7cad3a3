"""
What must hold, judged from what is on the engine and from the schedule; no code of the planner.

The invariants are named as in the list of the project: S1 ownership, S2 uniqueness, S3 serve before
kill, S4 fresh evidence, S5 no intent no change, S6 provenance, S7 jobs, S8 data, S16 rate,
S19 isolation, S21 plausibility, L1 convergence, L3 quiescence, L7 bad commit.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from tests.simulation.models import (
    EDGE,
    FOLDER,
    SETTINGS,
    VOLUME,
    WRITTEN,
    CommitModel,
    ServiceModel,
    is_gate,
    life_of,
    program_of,
    settings_of,
)

if TYPE_CHECKING:
    from tests.fakes.engine_objects import FakeContainer, FakeFile, FakeNetwork
    from tests.fakes.ingress import FakeIngress
    from tests.simulation.baton import Task

ENVIRONMENT: Final = "dev.sandbox.environment"
SERVICE: Final = "dev.sandbox.service"
REPLICA: Final = "dev.sandbox.replica"
SPEC: Final = "dev.sandbox.spec"
REVISION: Final = "dev.sandbox.revision"
RELEASE: Final = "dev.sandbox.release"
INGRESS: Final = "sandbox-ingress"
COPY: Final = "dev.sandbox.committed"
MARKS: Final = (".unfilled", ".renewed")
GENERATIONS_MAX: Final = 2
PROVENANCE: Final = (REVISION, RELEASE, SPEC)
STARTS_MAX: Final = 12
RATE_S: Final = 600.0
LOOKS_MAX: Final = 40
LOOKS_S: Final = 10.0
ENDED_MAX: Final = 3
DESTROYS: Final = frozenset({"stop_container", "remove_container"})


@dataclass(slots=True)
class Violation:
    """An invariant that did not hold: its name, and what was seen."""

    invariant: str
    what: str


@dataclass(slots=True)
class LastLook:
    """The last look at an environment: was its list a lie, and did its branch hold a bad commit."""

    lied: bool = False
    broken: bool = False


@dataclass(slots=True)
class Oracle:
    """
    Attributes:
        wanted: What the newest commit of each environment says.
        good: The good commits of each environment, oldest first.
        read: What the commit says that was read last for an environment.
        is_back: Tells of an environment whether it went back to its last good revision.
        refused: Gives the commit of an environment that is in quarantine.
        approved: Gives the commit of an environment whose sync, the last one, went well.
        served: Gives the containers of an environment that its ingress sends requests to.
        contents: Files of each volume, by path in it.
        going_down: Environments that a person takes down.
        by_hand: How many commands the controller carries out now, by environment.
        foreign: Ids and names of what is not ours.
        touched: Ids of jobs that a person ended or removed.
        changed: Ids of containers that a person did something to.
        mutations: How many calls changed something, by environment.
        looks: How often an environment was looked at.
    """

    wanted: dict[str, CommitModel] = field(default_factory=dict[str, CommitModel])
    good: dict[str, list[CommitModel]] = field(default_factory=dict[str, list[CommitModel]])
    read: Callable[[str], CommitModel | None] = lambda _: None
    is_back: Callable[[str], bool] = lambda _: False
    refused: Callable[[str], CommitModel | None] = lambda _: None
    approved: Callable[[str], CommitModel | None] = lambda _: None
    served: Callable[[str], set[str]] = lambda _: set()
    containers: Mapping[str, FakeContainer] = field(default_factory=dict)
    networks: Mapping[str, FakeNetwork] = field(default_factory=dict)
    volumes: Mapping[str, dict[str, str]] = field(default_factory=dict)
    contents: Mapping[str, Mapping[str, FakeFile]] = field(default_factory=dict)
    foreign: set[str] = field(default_factory=set[str])
    going_down: set[str] = field(default_factory=set[str])
    by_hand: Counter[str] = field(default_factory=Counter[str])
    touched: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])
    changed: set[str] = field(default_factory=set[str])
    mutations: Counter[str] = field(default_factory=Counter[str])
    looks: Counter[str] = field(default_factory=Counter[str])
    violations: list[Violation] = field(default_factory=list[Violation])
    now: Callable[[], float] = lambda: 0.0
    is_clock_set: Callable[[], bool] = lambda: False
    _picture: tuple[object, ...] = ()
    _looks: dict[str, LastLook] = field(default_factory=dict[str, LastLook])
    _inspected: set[tuple[int, str]] = field(default_factory=set[tuple[int, str]])
    _seen_ready: set[tuple[int, str]] = field(default_factory=set[tuple[int, str]])
    _last_job: dict[tuple[str, str], str] = field(default_factory=dict[tuple[str, str], str])
    _jobs: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])
    _has_good: set[str] = field(default_factory=set[str])
    _starts: dict[tuple[str, ...], deque[float]] = field(default_factory=dict)
    _looked_at: dict[str, deque[float]] = field(default_factory=dict[str, deque[float]])
    _touches: Counter[str] = field(default_factory=Counter[str])
    _stored: set[str] = field(default_factory=set[str])
    _written: set[str] = field(default_factory=set[str])

    # what is told to it

    @contextmanager
    def judging(self) -> Iterator[None]:
        """Tell of a bug of the oracle, which the program under test would take for one of its."""
        try:
            yield
        except Exception as bug:  # noqa: BLE001 - whatever it is
            self.say("oracle", f"{type(bug).__name__}: {bug}")

    def commit(self, environment: str, model: CommitModel) -> None:
        self.wanted[environment] = model
        self._touches[environment] = 0
        if model.is_good:
            self.good.setdefault(environment, []).append(model)

    def moved(self, environment: str, model: CommitModel) -> None:
        """The branch is at another commit again: what that asks for may run a job once more."""
        for job in (service for service in model.services if service.job):
            if job not in self.wanted[environment].services:
                self._last_job.pop((environment, job.name), None)
        self.commit(environment, model)

    def looked(self, task: Task, environment: str, *, lied: bool) -> None:
        """A thread looked at *environment*; the edge looks at all, and changes none."""
        if task.environment != environment:
            return
        self.looks[environment] += 1
        self._judge_looks(environment)
        read = self.read(environment)
        self._looks[environment] = LastLook(lied=lied, broken=read is not None and read.broken)

    def _judge_looks(self, environment: str) -> None:
        """L3: nobody looks all the time, for whatever reason."""
        looked_at = self._looked_at.setdefault(environment, deque(maxlen=LOOKS_MAX))
        looked_at.append(self.now())
        if len(looked_at) == LOOKS_MAX and looked_at[-1] - looked_at[0] < LOOKS_S:
            self.say("L3", f"{environment} is looked at {LOOKS_MAX} times in {LOOKS_S:g} s")
            looked_at.clear()

    def inspected(self, task: Task, container_id: str) -> None:
        key = task.number, container_id
        self._inspected.add(key)
        container = self.containers.get(container_id)
        if container is not None and is_ready(container):
            self._seen_ready.add(key)
        else:
            self._seen_ready.discard(key)

    def before(self, task: Task, method: str, target: str, asked: CommitModel | None) -> None:
        """
        Judge a call that is about to change something.

        *asked* is the commit that was read last when the call left: one that takes its time may
        arrive when a newer one says something else.
        """
        environment = task.environment
        self.mutations[environment] += 1
        container = self.containers.get(target)
        network = self.networks.get(target)
        if target in self.foreign:
            self.say("S1", f"{method} of {target[:12]}, which is not ours")
        labels = container.labels if container else network.labels if network else {}
        owner = labels.get(ENVIRONMENT, environment)
        # Who takes an environment down, or brings one up that nobody looks after, tells the edge.
        if owner != environment and not (owner == EDGE and self.by_hand[environment]):
            self.say("S19", f"the worker of {environment} does {method} in {owner}")
        if environment in self.going_down:
            if container is not None and method in DESTROYS:
                self._last_job.pop((environment, _service(container)), None)
            return
        look = self._looks.get(environment, LastLook())
        if look.broken:
            self.say("S5", f"{method} {target[:40]} although the commit of {environment} is broken")
        if method == "remove_volume" and target in self.volumes and not self._is_copy(target):
            self.say("S8", f"volume {target} is removed")
        if container is not None and method in DESTROYS and _service(container):
            self._judge_removal(task, method, container, look)
            if method == "stop_container" and not is_gate(container):
                self._judge_service(task, container, asked)

    def _judge_removal(
        self, task: Task, method: str, container: FakeContainer, look: LastLook
    ) -> None:
        if is_gate(container):
            return
        self._judge_destruction(task, method, container, look)
        environment = container.labels.get(ENVIRONMENT, "")
        if self.is_back(environment) or not self._is_declared(container):
            self._last_job.pop((environment, _service(container)), None)
            place = environment, _service(container)
            self._starts = {key: at for key, at in self._starts.items() if key[:2] != place}

    def after(self, task: Task, method: str, target: str) -> None:
        """Judge what a call has changed."""
        if method == "create_container":
            for one in self.containers.values():
                if one.name != target or not _service(one) or one.labels[ENVIRONMENT] == EDGE:
                    continue
                if not all(one.labels.get(each) for each in PROVENANCE):
                    self.say("S6", f"{target} does not say what it was made from")
        container = self.containers.get(target)
        if method != "start_container" or container is None:
            return
        self.judge_uniqueness()
        self._judge_rate(container)
        if life_of(container) == "job":
            self._judge_job(container)

    def _judge_job(self, container: FakeContainer) -> None:
        """
        S7: a job runs once, until a commit asks for another one.

        One that a commit, or the way back, did not declare is another one when it is declared again
        (docs/reference.md).
        """
        place = container.labels[ENVIRONMENT], container.labels[SERVICE]
        spec = container.labels[SPEC]
        if not container.lives:
            return
        key = place[0], spec
        goes_back = self.is_back(place[0]) and self.refused(place[0]) == self.read(place[0])
        again = self._last_job.get(place) == spec or (goes_back and key in self._jobs)
        if again and key not in self.touched:
            self.say("S7", f"the job {container.name} is started again")
        self._last_job[place] = spec
        self._jobs.add(key)

    def _judge_rate(self, container: FakeContainer) -> None:
        """
        S16: a container that ends is started ever more slowly, until another takes its place, or a
        commit none at all.
        """
        carried = container.labels
        key = carried[ENVIRONMENT], carried[SERVICE], carried[REPLICA], carried[SPEC]
        self._starts = {
            each: at for each, at in self._starts.items() if each[:3] != key[:3] or each == key
        }
        starts = self._starts.setdefault(key, deque(maxlen=STARTS_MAX + 1))
        starts.append(self.now())
        if len(starts) > STARTS_MAX and starts[-1] - starts[0] < RATE_S:
            self.say("S16", f"{container.name} is started {len(starts)} times in ten minutes")

    def _judge_service(
        self, task: Task, container: FakeContainer, asked: CommitModel | None
    ) -> None:
        """
        S3: what works is stopped when it gets no request any more, and another works.

        One works when it is ready. What is stopped was so when the thread that stops looked at it,
        and so was another, or it is now.
        """
        name, environment = container.labels[SERVICE], container.labels[ENVIRONMENT]
        if not container.lives or not is_ready(container):
            return
        wanted = self.wanted.get(environment, CommitModel()).services
        service = next((each for each in wanted if each.name == name), None)
        if container.name in self.served(environment) and container.id not in self.changed:
            self.say("S3", f"{container.name} is stopped while requests are sent to it")
        if service is None or self.is_back(environment) or container.id in self.changed:
            return
        if asked is None or name not in {each.name for each in asked.services}:
            return
        if (task.number, container.id) not in self._seen_ready:
            return
        if service.is_stop_first or service.job:
            return
        others = [
            one
            for one in self.containers.values()
            if one is not container
            and one.labels.get(ENVIRONMENT) == environment
            and one.labels.get(SERVICE) == name
            and (is_ready(one) or (task.number, one.id) in self._seen_ready)
        ]
        if not others:
            self.say("S3", f"{container.name} is stopped, and no other {name} is ready")

    def is_known(self, container: FakeContainer) -> bool:
        """Tell whether somebody has asked the engine what it made of it."""
        return any(container_id == container.id for _, container_id in self._inspected)

    def touch(self, container: FakeContainer) -> None:
        """A person did something to it."""
        self.changed.add(container.id)
        self._touches[container.labels.get(ENVIRONMENT, "")] += 1
        self.touched.add((container.labels.get(ENVIRONMENT, ""), container.labels.get(SPEC, "")))

    # safety

    def judge_uniqueness(self) -> None:
        """S2: two generations of a replica run at most, never the same twice, nor two writers."""
        running: dict[tuple[str, str, str], list[FakeContainer]] = {}
        for one in self.containers.values():
            if one.lives and one.id not in self.foreign:
                carried = one.labels
                key = carried[ENVIRONMENT], carried[SERVICE], carried[REPLICA]
                running.setdefault(key, []).append(one)
        for key, ones in running.items():
            specs = [one.labels[SPEC] for one in ones if one.id not in self.changed]
            stores = [one for one in ones if VOLUME in _volume_keys(one)]
            twice = len(set(specs)) < len(specs)
            if twice or len(ones) > GENERATIONS_MAX or len(stores) > 1:
                names = ", ".join(sorted(one.name for one in ones))
                self.say("S2", f"of {'/'.join(key)} these run at once: {names}")

    def judge_step(self) -> None:
        """What must hold after every step of the schedule."""
        self.judge_uniqueness()
        picture = tuple(
            (one.id, one.name, one.state, tuple(one.networks))
            for one in self.containers.values()
            if one.id in self.foreign
        )
        if self._picture and picture != self._picture[: len(picture)]:
            self.say("S1", "an object that is not ours has changed")
        self._picture = picture
        self._judge_verdicts()
        self._judge_volumes()

    def _judge_volumes(self) -> None:
        """S8: volumes stay, and in them what containers wrote."""
        going = tuple(map(_project, self.going_down))
        for name in sorted(self._stored - self.volumes.keys()):
            if not name.startswith(going):
                self.say("S8", f"volume {name} is gone")
        for name in sorted(self._written & self.contents.keys()):
            if WRITTEN not in self.contents[name]:
                self.say("S8", f"what a container wrote into {name} is gone")
        self._stored |= {each for each in self.volumes if not self._is_copy(each)}
        self._written |= {each for each, files in self.contents.items() if WRITTEN in files}

    def _is_copy(self, volume: str) -> bool:
        """Tell whether it holds files of a commit only, or serves another volume."""
        helping = {
            name
            for each in self.containers.values()
            if ENVIRONMENT in each.labels and not _service(each)
            for name in each.nameless.values()
        }
        return COPY in self.volumes.get(volume, {}) or volume.endswith(MARKS) or volume in helping

    def taken_down(self, environment: str) -> None:
        """A person had its volumes deleted too, and all that its jobs did with them."""
        gone = {
            each
            for each in self._stored | self._written
            if each.startswith(_project(environment)) and each not in self.volumes
        }
        self._stored -= gone
        self._written -= gone
        self._jobs = {key for key in self._jobs if key[0] != environment}

    def asked_again(self, environment: str) -> None:
        """A person wants it put right now, however often that was tried."""
        self._starts = {key: at for key, at in self._starts.items() if key[0] != environment}

    def begins_again(self) -> None:
        """A controller begins: by a clock that was set it cannot tell how long ago a start was."""
        if self.is_clock_set():
            self._starts.clear()

    def lost_journal(self) -> None:
        """Nobody knows any more what went well, to go back to, nor how often what was started."""
        self._has_good.clear()
        self._starts.clear()

    def _judge_verdicts(self) -> None:
        """
        L7: no commit that never comes up counts as good, and no good one is in quarantine.

        Known exceptions: where no commit went well yet there is none to go back to; what a person
        ends three times in one sync counts as the fault of its commit (docs/rollouts.md).
        """
        for environment in self.wanted:
            approved, refused = self.approved(environment), self.refused(environment)
            if approved is not None and approved.is_good:
                self._has_good.add(environment)
            elif approved is not None and not approved.comes_up and environment in self._has_good:
                self.say("L7", f"a bad commit of {environment} counts as good")
            if refused is not None and refused.is_good and self._touches[environment] < ENDED_MAX:
                self.say("L7", f"a good commit of {environment} is in quarantine")

    def _judge_destruction(
        self, task: Task, method: str, container: FakeContainer, look: LastLook
    ) -> None:
        if (task.number, container.id) not in self._inspected:
            self.say("S4", f"{method} of {container.name} without an inspect just before")
        wanted = self.wanted.get(task.environment)
        if (
            look.lied
            and wanted
            and not self.is_back(task.environment)
            and container.id not in self.changed
            and self._is_wanted(container, wanted)
            and container.lives
        ):
            self.say(
                "S21", f"{method} of {container.name}, which is wanted, after a list that lied"
            )

    def _is_wanted(self, container: FakeContainer, wanted: CommitModel) -> bool:
        name = container.labels[SERVICE]
        return any(
            each.name == name
            and fits(container, each)
            and answers_to_its_name(container) is not each.routed
            and int(container.labels[REPLICA]) <= each.replicas
            for each in wanted.services
        )

    def _is_declared(self, container: FakeContainer) -> bool:
        read = self.read(container.labels[ENVIRONMENT])
        names = {each.name for each in read.services} if read else set()
        return container.labels[SERVICE] in names

    def say(self, invariant: str, what: str) -> None:
        """Write down what did not hold."""
        self.violations.append(Violation(invariant, what))

    # liveness

    def differences(self, environment: str, ingress: FakeIngress) -> Iterator[str]:
        """
        What is not as the last commit of *environment* says.

        When that is bad, or a person made it seem so, and the program went back: as the nearest of
        the good ones says. A job that a person ended waits for a person, and so does the rest
        (docs/rollouts.md).
        """
        if self._has_job_ended_by_hand(environment):
            return
        wanted = [self.wanted[environment]]
        blamed = not wanted[0].is_good or self._touches[environment] >= ENDED_MAX
        if blamed and self.is_back(environment):
            wanted = self.good[environment]
        found = [list(self._unlike(environment, model.services, ingress)) for model in wanted]
        yield from min(found, key=len)

    def _has_job_ended_by_hand(self, environment: str) -> bool:
        jobs = {service.name for service in self.wanted[environment].services if service.job}
        return any(
            one.id in self.changed and one.exit_code and not one.lives
            for one in self.containers.values()
            if one.labels.get(ENVIRONMENT) == environment and one.labels.get(SERVICE) in jobs
        )

    def _unlike(
        self, environment: str, wanted: tuple[ServiceModel, ...], ingress: FakeIngress
    ) -> Iterator[str]:
        ours = [
            one
            for one in self.containers.values()
            if one.id not in self.foreign and one.labels[ENVIRONMENT] == environment
        ]
        for service in wanted:
            mine = [one for one in ours if _service(one) == service.name]
            yield from _differences(service, mine)
            yield from self._folders(service, mine)
        known = {service.name for service in wanted}
        for one in ours:
            if _service(one) not in {*known, INGRESS}:
                yield f"{one.name} is left"
        yield from _routing(wanted, ours, ingress)

    def _folders(self, service: ServiceModel, mine: list[FakeContainer]) -> Iterator[str]:
        """What of a committed folder is not as committed."""
        for one in mine if service.mount else ():
            held = self.contents.get(one.volumes.get(FOLDER, ""), {})
            there = held[SETTINGS].content if SETTINGS in held else b"nothing"
            if there != settings_of(service.setting):
                yield f"{one.name} has {there.decode()} in {FOLDER}"


def _project(environment: str) -> str:
    """How the names of all volumes of *environment* begin."""
    return f"shop-{environment}-"


def _service(container: FakeContainer) -> str:
    """Its service; none of one through which a volume is filled."""
    return container.labels.get(SERVICE, "")


def _differences(service: ServiceModel, mine: list[FakeContainer]) -> Iterator[str]:
    if service.job:
        if any(one.lives or one.exit_code for one in mine):
            yield f"job {service.name} has not ended well"
        return
    fitting = [one for one in mine if one.lives and fits(one, service) and is_ready(one)]
    if len(fitting) != service.replicas:
        yield f"{len(fitting)} of {service.replicas} {service.name} run as committed and are ready"
    for one in fitting:
        if one.limits != one.spec.service.limits:
            yield f"the limits of {one.name} are not as declared"
    if len({one.labels[REPLICA] for one in fitting}) != len(fitting):
        yield f"two of {service.name} are the same replica"
    for one in mine:
        if one not in fitting:
            yield f"{one.name} is left, {one.state}"


def fits(container: FakeContainer, service: ServiceModel) -> bool:
    made = container.spec.service
    setting = made.environment.get("SETTING")
    stores = VOLUME in _volume_keys(container)
    return (
        program_of(container) == service.program
        and setting == str(service.setting)
        and stores == service.stores
    )


def answers_to_its_name(container: FakeContainer) -> bool:
    """Tell whether others reach it by the name of its service; else the ingress answers to that."""
    return any(_service(container) in each.aliases for each in container.spec.endpoints)


def is_ready(container: FakeContainer) -> bool:
    ready = container.ready or not container.probed
    return container.state == "running" and ready and bool(container.networks)


def _volume_keys(container: FakeContainer) -> set[str]:
    return set(container.spec.volume_names)


def _routing(
    wanted: tuple[ServiceModel, ...], ours: list[FakeContainer], ingress: FakeIngress
) -> Iterator[str]:
    """An ingress leads to every routed service: to all that run, at the address that they have."""
    routed = {service.name for service in wanted if service.routed}
    doors = [one for one in ours if _service(one) == INGRESS]
    live = [one for one in doors if one.lives]
    if len(doors) != bool(routed) or len(live) != bool(routed):
        yield f"{len(live)} of {len(doors)} ingresses run for {len(routed)} routed services"
        return
    for door in live:
        config = ingress.running[door.id].config if door.id in ingress.running else None
        served = (
            {backend.service_name: backend.servers for backend in config.backends} if config else {}
        )
        for name in sorted(routed | served.keys()):
            servers = {(each.name, each.address) for each in served.get(name, ()) if each.weight}
            there = {
                (one.name, address)
                for one in ours
                if _service(one) == name and one.lives
                for address in one.observed().addresses.values()
            }
            if (
                not servers
                or not servers <= there
                or {one for one, _ in there} != {one for one, _ in servers}
            ):
                yield f"the ingress sends {name} to {sorted(servers)} instead of {sorted(there)}"
