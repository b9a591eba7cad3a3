"""Run a gate: a container of its own from beginning to end, and evidence of how it ended."""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sandbox.delivery.excerpt import telling_lines
from sandbox.delivery.note import note_line
from sandbox.errors import (
    CancelledError,
    EngineError,
    EngineUnreachableError,
    GateError,
    SandboxError,
)
from sandbox.model.gate import GateResult, GateVerdict
from sandbox.model.observed import ContainerState, Owner
from sandbox.planning.crashes import was_killed
from sandbox.planning.rerun import fix_or_rerun
from sandbox.secrecy.harvest import secrets_of_value
from sandbox.secrecy.vault import learn, shown

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.model.action import RunGate
    from sandbox.model.observed import ObservedContainer
    from sandbox.model.plan import Plan
    from sandbox.runtime.workspace import Workspace

FIRST_DELAY_S: Final = 0.02
LONGEST_DELAY_S: Final = 0.2
LAST_WORDS_S: Final = 2.0
"""How long the end of its output is waited for once it has ended."""
LOG_LINES: Final = 200
"""So many lines are kept for `sandbox logs`."""
TOLD_LINES: Final = 40
"""So many go with the failure."""
LINE_LENGTH: Final = 1_000
_KILLED: Final = "it was ended from outside"
_ENDED: Final = (ContainerState.EXITED, ContainerState.DEAD)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Verdict:
    """How a run ended, and with which image."""

    verdict: GateVerdict
    message: str = ""
    log: tuple[str, ...] = ()
    image_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class GateRun:
    """
    One run of one gate.

    Attributes:
        output: Told each line that it prints, and what could not be kept of it.
        stop: When it says so, the run is ended and proves nothing.
    """

    workspace: Workspace
    plan: Plan
    action: RunGate
    output: Callable[[str], None]
    stop: Callable[[], bool]

    def run(self) -> None:
        """
        Run it to its end, keep what came of it, and leave no container behind.

        Raises:
            GateError: It said no, or not yes in time, or cannot even begin as it is committed.
            EngineError: It could not be run; temporary, for the revision is not to blame.
            CancelledError: *stop* said so.
        """
        learn(secrets_of_value(self.action.spec.service))
        clock = self.workspace.clock
        started_at, began = clock.now(), clock.monotonic()
        try:
            ended = self._attempt()
        except EngineUnreachableError:
            raise
        except EngineError as error:
            ended = _Verdict(verdict=GateVerdict.ERRORED, message=error.message)
        self._keep(ended, started_at, clock.monotonic() - began)
        if ended.verdict is GateVerdict.ERRORED:
            message = f"gate {self.action.gate} could not be run: {ended.message}"
            raise EngineError(message, temporary=True)
        if ended.verdict is GateVerdict.FAILED:
            raise GateError(
                f"gate {self.action.gate} failed: it {ended.message}",
                remedy=f"{fix_or_rerun(self.plan.environment)}; its log: "
                f"sandbox logs {self.plan.environment} {self.action.gate}",
                log=ended.log[-TOLD_LINES:],
            )

    def _attempt(self) -> _Verdict:
        engine, spec = self.workspace.engine, self.action.spec
        self._make_room()
        try:
            container_id = engine.create_container(spec)
        except EngineError as error:
            return self._refused(error)
        follower = threading.Thread(target=self._follow, args=(container_id,), daemon=True)
        try:
            try:
                engine.copy_files(container_id, spec.service.files)
                engine.start_container(container_id)
            except EngineError as error:
                return self._refused(error)
            follower.start()
            return self._watch(container_id)
        finally:
            # What cannot be removed now is a leftover, which the next plan removes.
            with suppress(EngineError):
                engine.stop_container(container_id, 0.0)
                if follower.is_alive():
                    follower.join(LAST_WORDS_S)
                engine.remove_container(container_id, volumes=self._takes_volumes())

    def _make_room(self) -> None:
        """Remove what an interrupted run left: it proves nothing, and has the name."""
        owner = Owner(
            instance=self.workspace.repository.instance,
            application="",
            environment=self.plan.environment,
        )
        for container in self.workspace.engine.observe(owner, ()).containers:
            if container.name == self.action.spec.name:
                self.workspace.engine.stop_container(container.id, 0.0)
                self.workspace.engine.remove_container(container.id, volumes=self._takes_volumes())

    def _takes_volumes(self) -> bool:
        """A gate begins anew each time, and so do its anonymous volumes; those of others stay."""
        return not self.action.spec.service.volumes_from

    def _refused(self, error: EngineError) -> _Verdict:
        """What the engine will never start is as wrong as what says no."""
        if error.temporary:
            raise error
        return _Verdict(verdict=GateVerdict.FAILED, message=f"cannot be started: {error.message}")

    def _watch(self, container_id: str) -> _Verdict:
        clock, delay_s = self.workspace.clock, FIRST_DELAY_S
        until = clock.monotonic() + self.action.deadline_s
        while True:
            container = self.workspace.engine.inspect_container(container_id)
            if container is None:
                message = "its container was removed while it ran"
                raise EngineError(message, temporary=True)
            if container.state in _ENDED:
                return self._ended(container)
            if self.stop():
                message = f"gate {self.action.gate} was ended"
                raise CancelledError(message)
            if clock.monotonic() >= until:
                return self._failed(container, f"did not end within {self.action.deadline_s:g} s")
            clock.sleep(delay_s)
            delay_s = min(delay_s * 1.5, LONGEST_DELAY_S)

    def _ended(self, container: ObservedContainer) -> _Verdict:
        if was_killed(container) and not self._was_killed_before():
            raise EngineError(f"{_KILLED} with exit code {container.exit_code}", temporary=True)
        if container.exit_code or container.error or container.oom_killed:
            why = ", out of memory" if container.oom_killed else ""
            return self._failed(container, f"exited with {container.exit_code}{why}")
        return _Verdict(
            verdict=GateVerdict.PASSED, log=self._log(container), image_id=container.image_id
        )

    def _was_killed_before(self) -> bool:
        """Tell whether its last run for the same inputs was ended too: then it ends by itself."""
        results = self.workspace.journal.gate_results(self.plan.environment)
        same = (each for each in results if each.gate == self.action.gate)
        last = next((each for each in same if each.inputs == self.action.inputs), None)
        return last is not None and last.message.startswith(_KILLED)

    def _failed(self, container: ObservedContainer, message: str) -> _Verdict:
        log = self._log(container)
        return _Verdict(
            verdict=GateVerdict.FAILED,
            message="\n".join([message, *telling_lines(log)]),
            log=log,
            image_id=container.image_id,
        )

    def _log(self, container: ObservedContainer) -> tuple[str, ...]:
        lines = self.workspace.engine.logs(container.id, tail=LOG_LINES)
        return tuple(shown(line)[:LINE_LENGTH] for line in lines)

    def _follow(self, container_id: str) -> None:
        """Tell what it prints as it does; that this fails is no reason for anything."""
        with suppress(SandboxError):
            for line in self.workspace.engine.logs(container_id, follow=True):
                self.output(f"{self.action.gate}: {shown(line)}")

    def _keep(self, ended: _Verdict, started_at: float, seconds: float) -> None:
        service = self.action.spec.service
        result = GateResult(
            gate=self.action.gate,
            phase=self.action.phase,
            environment=self.plan.environment,
            revision=self.plan.revision,
            release=self.plan.release,
            inputs=self.action.inputs,
            image=service.image,
            image_id=ended.image_id,
            tree=service.build.context_id if service.build else "",
            verdict=ended.verdict,
            started_at=started_at,
            seconds=seconds,
            message=ended.message,
            log=ended.log,
        )
        if result.verdict is not GateVerdict.ERRORED:
            # First what travels: a crash in between is mended by reading it, not by running again.
            try:
                self.workspace.repository.append_note(result.release, note_line(result))
            except SandboxError as error:
                self.output(f"the evidence is kept in the journal only: {error.message}")
        self.workspace.journal.record_gate(result)
