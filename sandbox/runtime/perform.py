"""One step, one engine call: translate an action, check the evidence, retry what is temporary."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, assert_never

from sandbox.errors import (
    CancelledError,
    EngineError,
    EngineUnreachableError,
    HeldError,
    StaleError,
    StartFailedError,
)
from sandbox.model import action as actions
from sandbox.model.event import Event, EventKind
from sandbox.model.observed import ContainerState, Creation
from sandbox.planning.deviations import creation_texts
from sandbox.planning.labels import INSTANCE
from sandbox.planning.place_volumes import made_volumes, with_place_volumes
from sandbox.runtime.filling import fill_volume
from sandbox.runtime.gates import GateRun
from sandbox.runtime.images import ImageWork
from sandbox.runtime.readiness import (
    await_container,
    is_working,
    refuse_ended,
    watch_container,
)
from sandbox.runtime.traffic import Traffic

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sandbox.model.action import ContainerSpec
    from sandbox.model.plan import Plan, Step
    from sandbox.planning.admission import Judge
    from sandbox.runtime.workspace import Workspace

TRIES = 4
FIRST_PAUSE_S = 0.1
NO_FILES = bytes(10_240)
"""A tar without any file, for an image that is built from nothing but its Dockerfile."""
PAUSE_TURN_S = 0.2


@dataclass(slots=True, kw_only=True)
class Performer:
    """
    Performs the steps of one plan.

    Attributes:
        judge: Asked right before the engine is, whatever the plan says.
        traffic: Keeps what the ingress is told meanwhile.
        step_id: Step that runs, which each line of its output names. Several run at once, each with
            a copy of its own that shares what was created.
        created: Ids of the containers that this plan created, by name.
        volumes: Names of the anonymous volumes that it created.
        filled: Names of the volumes that it created to fill them.
    """

    workspace: Workspace
    plan: Plan
    judge: Judge
    emit: Callable[[Event], None]
    stop: Callable[[], bool]
    traffic: Traffic
    created: dict[str, str] = field(default_factory=dict[str, str])
    volumes: set[str] = field(default_factory=set[str])
    filled: set[str] = field(default_factory=set[str])
    step_id: str = ""

    def perform(self, step: Step) -> None:
        """
        Perform *step*; a temporary refusal of the engine is tried again a few times.

        Every call can be repeated: a create adopts what a lost answer left, the others are
        satisfied when what they ask for is so already.

        Raises:
            HeldError: The policy denies it; the engine was not asked.
        """
        step = self._admitted(self._with_volumes(step))
        for number in range(TRIES):
            try:
                self._perform(step.action)
            except (EngineUnreachableError, StaleError):
                raise
            except EngineError as error:
                if not error.temporary or number == TRIES - 1 or self.stop():
                    raise
                self.workspace.clock.sleep(FIRST_PAUSE_S * 2**number)
            else:
                return

    def _with_volumes(self, step: Step) -> Step:
        """Name the anonymous volumes of a container: its image is there by now, and says some."""
        action = step.action
        if not isinstance(action, actions.CreateContainer):
            return step
        declared = self.workspace.engine.image_volumes(action.spec.service.image)
        spec = with_place_volumes(action.spec, action.carried, declared)
        return replace(step, action=replace(action, spec=spec))

    def _admitted(self, step: Step) -> Step:
        """Judge *step*; of a stop only the hooks can be denied, and it goes on without them."""
        denials = self.judge.denials(step.action, step.service_name)
        if not denials:
            return step
        if isinstance(step.action, actions.StopContainer):
            self._output(f"{step.id}: {self.judge.message(denials)}")
            return replace(step, action=replace(step.action, hooks=()))
        raise HeldError(self.judge.message(denials))

    def _perform(self, action: actions.Action) -> None:
        match action:
            case actions.BuildImage() | actions.PullImage():
                self._image(action)
            case actions.CreateNetwork() | actions.RemoveNetwork():
                self._network(action)
            case actions.CreateVolume():
                self.workspace.engine.create_volume(action)
            case actions.FillVolume():
                fill_volume(self.workspace.engine, action, self.filled, self._differs)
            case actions.RemoveVolume():
                self.workspace.engine.remove_volume(action.name)
            case actions.CreateContainer():
                self._make_volumes(made_volumes(action.spec, action.carried))
                self._create(action.spec)
            case actions.RunGate():
                self._gate(action)
            case actions.Pause():
                self._pause(action.for_s)
            case (
                actions.ConfigureIngress()
                | actions.ShiftTraffic()
                | actions.AnalyseTraffic()
                | actions.DrainContainer()
            ):
                self._traffic(action)
            case _:
                self._container(action, self._id(action.container_name, action.container_id))

    def _make_volumes(self, volumes: Sequence[actions.CreateVolume]) -> None:
        for volume in volumes:
            if volume.name not in self.volumes:
                self.workspace.engine.create_volume(volume)
                self.volumes.add(volume.name)

    def _image(self, action: actions.BuildImage | actions.PullImage) -> None:
        work = self._pull(action) if isinstance(action, actions.PullImage) else self._build(action)
        self.workspace.images.obtain(work, self._output, self.stop, self.workspace.clock)

    def _pull(self, action: actions.PullImage) -> ImageWork:
        return ImageWork(
            content=f"{action.reference} {action.platform}",
            name=action.reference,
            tags=frozenset({action.reference}),
            make=partial(
                self.workspace.engine.pull_image, action.reference, platform=action.platform
            ),
        )

    def _build(self, action: actions.BuildImage) -> ImageWork:
        engine, repository = self.workspace.engine, self.workspace.repository

        def make(output: Callable[[str], None], stop: Callable[[], bool]) -> None:
            folder = action.build.context
            context = repository.archive(action.release, folder) if folder else NO_FILES
            engine.build_image(action, context, output, stop)

        name, _, content = action.tags[0].rpartition(":")
        return ImageWork(content=content, name=name, tags=frozenset(action.tags), make=make)

    def _create(self, spec: ContainerSpec) -> None:
        """Create a container, and keep what the engine made of it: drift is compared with that."""
        warnings: list[str] = []
        engine = self.workspace.engine
        container_id = engine.create_container(spec, warnings.append)
        self.created[spec.name] = container_id
        made = engine.inspect_container(container_id)
        if made is None:
            return
        creation = Creation(limits=made.limits, warnings=tuple(warnings))
        self.workspace.journal.record_creation(container_id, creation)
        for line in creation_texts(spec.service.limits, creation):
            self._output(f"{spec.name}: {line}")

    def _network(self, action: actions.CreateNetwork | actions.RemoveNetwork) -> None:
        if isinstance(action, actions.CreateNetwork):
            self.workspace.engine.create_network(action)
        else:
            self.workspace.engine.remove_network(action.network_id)

    def _gate(self, action: actions.RunGate) -> None:
        GateRun(
            workspace=self.workspace,
            plan=self.plan,
            action=action,
            output=self._output,
            stop=self.stop,
        ).run()

    def _pause(self, for_s: float) -> None:
        """Let time pass, in short turns: a newer commit does not wait for it."""
        until = self.workspace.clock.monotonic() + for_s
        while (left_s := until - self.workspace.clock.monotonic()) > 0:
            if self.stop():
                raise CancelledError("the pause between two batches was ended")
            self.workspace.clock.sleep(min(left_s, PAUSE_TURN_S))

    def _traffic(self, action: TrafficAction) -> None:
        match action:
            case actions.ConfigureIngress():
                self.traffic.configure(self._id(action.container_name, action.container_id), action)
            case actions.ShiftTraffic():
                ids = {name: self._id(name, action.ids.get(name, "")) for name in action.shares}
                self.traffic.shift(self._id(action.ingress_name, action.ingress_id), action, ids)
            case actions.AnalyseTraffic():
                self.traffic.analyse(
                    self._id(action.ingress_name, action.ingress_id), action, self._of_step
                )
            case actions.DrainContainer():
                left = self.traffic.drain(self._id(action.ingress_name, action.ingress_id), action)
                if left:
                    name = action.container_name
                    self._output(f"{name}: {left} still under way after {action.timeout_s:g} s")
            case _:
                assert_never(action)

    def _container(self, action: ContainerAction, container_id: str) -> None:  # noqa: C901 - one arm per action
        engine = self.workspace.engine
        match action:
            case actions.CopyFiles():
                engine.copy_files(container_id, action.files)
            case actions.StartContainer():
                engine.start_container(container_id)
                self._post_start(container_id, action)
            case actions.AwaitContainer():
                await_container(self.workspace, container_id, action, self.stop)
            case actions.WatchContainer():
                watch_container(self.workspace, container_id, action, self.stop)
            case actions.StopContainer():
                if self._is_still_ours(container_id, action.container_name):
                    self._require_successor(action)
                    self._pre_stop(container_id, action)
                    engine.stop_container(container_id, action.grace_s)
            case actions.UnpauseContainer():
                engine.unpause_container(container_id)
            case actions.RenameContainer():
                engine.rename_container(container_id, action.new_name)
            case actions.ConnectNetwork():
                engine.connect_network(container_id, action.endpoint)
            case actions.DisconnectNetwork():
                engine.disconnect_network(container_id, action.network_name)
            case actions.RemoveContainer():
                self._remove(container_id, action)
            case _:
                assert_never(action)

    def _post_start(self, container_id: str, action: actions.StartContainer) -> None:
        """Run what belongs to the start; when it fails, the start did."""
        for hook in action.hooks:
            try:
                status = self.workspace.engine.run_hook(container_id, hook, self._output)
            except EngineUnreachableError:
                raise
            except EngineError:
                # A hook of what has ended cannot run, and to start that again would not be a retry.
                refuse_ended(self.workspace, container_id)
                raise
            if status:
                words = " ".join(hook.command)
                message = f"post_start of {action.container_name} exited with {status}: {words}"
                raise StartFailedError(
                    message, remedy="fix the command under post_start, and commit"
                )

    def _require_successor(self, action: actions.StopContainer) -> None:
        """See at this moment that another container works; who is drained may take a while."""
        ids = {name: self._id(name, each) for name, each in action.successors.items()}
        if ids and not any(
            is_working(self.workspace, each, action.networks) for each in ids.values()
        ):
            for each in ids.values():
                refuse_ended(self.workspace, each)
            message = (
                f"{', '.join(ids)} stopped working, so {action.container_name} is left running"
            )
            raise StaleError(message)

    def _pre_stop(self, container_id: str, action: actions.StopContainer) -> None:
        """Run what belongs to the stop; when it fails, the container is stopped all the same."""
        for hook in action.hooks:
            try:
                status = self.workspace.engine.run_hook(container_id, hook, self._output)
            except EngineUnreachableError:
                raise
            except EngineError as error:
                self._output(f"pre_stop of {action.container_name}: {error.message}")
                continue
            if status:
                words = " ".join(hook.command)
                self._output(f"pre_stop of {action.container_name} exited with {status}: {words}")

    def _remove(self, container_id: str, action: actions.RemoveContainer) -> None:
        if self._is_still_ours(container_id, action.container_name, stopped=True):
            self.workspace.engine.remove_container(container_id, volumes=action.volumes)

    def _is_still_ours(self, container_id: str, name: str, *, stopped: bool = False) -> bool:
        """Take fresh evidence just before destruction; a container that is gone needs none."""
        container = self.workspace.engine.inspect_container(container_id)
        if container is None:
            return False
        if container.labels.get(INSTANCE) != self.workspace.repository.instance:
            message = f"{name} does not carry this instance's label any more and is left alone"
            raise EngineError(message)
        if stopped and container.state in (ContainerState.RUNNING, ContainerState.PAUSED):
            message = f"{name} was started again meanwhile and is not removed"
            raise EngineError(message)
        return True

    def _id(self, name: str, observed_id: str) -> str:
        container_id = observed_id or self.created.get(name, "")
        assert container_id, f"the plan acts on {name} before it creates it"
        return container_id

    def _differs(self, line: str) -> None:
        """Tell people that the engine keeps what is not in the commit."""
        self._say(EventKind.DRIFT, line)

    def _output(self, line: str) -> None:
        self._of_step(EventKind.OUTPUT, line)

    def _of_step(self, kind: EventKind, line: str) -> None:
        self._say(kind, line, self.step_id)

    def _say(self, kind: EventKind, line: str, step_id: str = "") -> None:
        self.emit(
            Event(
                at=self.workspace.clock.now(),
                environment=self.plan.environment,
                kind=kind,
                message=line,
                revision=self.plan.revision,
                step_id=step_id,
            )
        )


TrafficAction = (
    actions.ConfigureIngress
    | actions.ShiftTraffic
    | actions.AnalyseTraffic
    | actions.DrainContainer
)
ContainerAction = (
    actions.CopyFiles
    | actions.StartContainer
    | actions.AwaitContainer
    | actions.WatchContainer
    | actions.StopContainer
    | actions.UnpauseContainer
    | actions.RenameContainer
    | actions.ConnectNetwork
    | actions.DisconnectNetwork
    | actions.RemoveContainer
)
