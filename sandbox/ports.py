"""
What the runtime needs of the outside world, and nothing else.

Each Protocol has one adapter in `sandbox.adapters` and one fake in `tests/fakes`; the same contract
suite runs against both. Every method raises only `sandbox.errors`; adapters translate the errors of
their libraries and mark them temporary or permanent.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from sandbox.override import override

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

    from sandbox.errors import ConflictError
    from sandbox.model.action import (
        BuildImage,
        ContainerSpec,
        CreateNetwork,
        CreateVolume,
        Endpoint,
    )
    from sandbox.model.container_file import ContainerFile
    from sandbox.model.event import Event
    from sandbox.model.gate import GateResult
    from sandbox.model.ingress import IngressConfig, IngressReport, ServingServer
    from sandbox.model.notification import Webhook, WebhookFile
    from sandbox.model.observed import (
        Creation,
        ObservedContainer,
        ObservedState,
        ObservedVolume,
        Owner,
    )
    from sandbox.model.ownership import Keyring, Known, Made, Present, Usage
    from sandbox.model.pipeline import PipelineRun
    from sandbox.model.quarantine import Quarantine
    from sandbox.model.receipt import Traffic
    from sandbox.model.record import SyncRecord
    from sandbox.model.status import EnvironmentStatus, Suspension
    from sandbox.model.steadiness import HealthRecord
    from sandbox.model.surroundings import Hook
    from sandbox.model.syncing import Syncing


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineInfo:
    """Who answers: *engine_id* tells one engine from another at the same address."""

    engine_id: str
    version: str
    api_version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeResult:
    """One run of a healthcheck: did it pass, and the end of what it printed (at most 4 KiB)."""

    passed: bool
    output: str = ""


class Engine(Protocol):
    """
    A container engine. Safe to use from several threads.

    Reads never change anything. Mutations address what exists by full id; a create goes by name and
    adopts an object of the same name that carries the same labels (a create whose answer was lost).
    """

    # reads
    def info(self) -> EngineInfo: ...
    def observe(self, owner: Owner, image_references: Collection[str]) -> ObservedState:
        """Take one complete snapshot of *owner*'s objects."""
        ...

    def inspect_container(self, container_id: str) -> ObservedContainer | None:
        """Look at one container again; ``None`` when it is gone."""
        ...

    def inspect_volume(self, name: str) -> ObservedVolume | None:
        """Look at one volume; ``None`` when there is none."""
        ...

    def image_labels(self, image_id: str) -> Mapping[str, str]:
        """Labels that containers inherit from an image; none when it is gone."""
        ...

    def survey(self) -> ObservedState:
        """List everything that carries the labels of any instance, nothing inspected."""
        ...

    def usage(self) -> Usage:
        """Measure what carries our labels, of any instance; takes up to a minute."""
        ...

    def image_volumes(self, reference: str) -> tuple[str, ...]:
        """Give the targets of the volumes that an image declares, sorted; none when it is gone."""
        ...

    def file_times(self, container_id: str, paths: Sequence[str]) -> Mapping[str, float]:
        """When each of *paths* in a container was written, by path; nothing of those not there."""
        ...

    def logs(
        self,
        container_id: str,
        *,
        tail: int | None = None,
        follow: bool = False,
        timestamps: bool = False,
    ) -> Iterator[str]:
        """Yield lines without their newline, stdout and stderr as they were written."""
        ...

    def wait_events(
        self, owner_instance: str, wake: Callable[[str], None], stop: Callable[[], bool]
    ) -> None:
        """
        Call *wake* with the name of an environment whenever something of it may have changed.

        An empty name means: look at all of them. Begins with one such call. Returns when *stop*
        says so (looked at every second or so), or raises `EngineUnreachableError` when the stream
        ends.
        """
        ...

    # mutations
    def build_image(
        self,
        action: BuildImage,
        context: bytes,
        on_output: Callable[[str], None],
        stop: Callable[[], bool],
    ) -> str:
        """Build from the tar *context*, tag it, return its id; `ImageError` has the log's end."""
        ...

    def pull_image(
        self,
        reference: str,
        on_output: Callable[[str], None],
        stop: Callable[[], bool],
        *,
        platform: str = "",
    ) -> str: ...
    def create_network(self, action: CreateNetwork) -> str: ...
    def remove_network(self, network_id: str) -> None:
        """Remove it; one that is gone already is fine."""
        ...

    def create_volume(self, action: CreateVolume) -> None: ...
    def remove_volume(self, name: str) -> None: ...
    def create_container(
        self, spec: ContainerSpec, on_warning: Callable[[str], None] | None = None
    ) -> str:
        """Create it, attached to all its networks; return its full id."""
        ...

    def copy_files(self, container_id: str, files: Sequence[ContainerFile]) -> None: ...
    def start_container(self, container_id: str) -> None: ...
    def stop_container(self, container_id: str, grace_s: float) -> None: ...
    def unpause_container(self, container_id: str) -> None: ...
    def rename_container(self, container_id: str, new_name: str) -> None: ...
    def remove_container(self, container_id: str, *, volumes: bool = False) -> None:
        """
        Remove it; one that is gone already is fine.

        With *volumes* those go too that the engine named and that no other container mounts.
        """
        ...

    def connect_network(self, container_id: str, endpoint: Endpoint) -> None: ...
    def disconnect_network(self, container_id: str, network_name: str) -> None: ...
    def probe(self, container_id: str, *, timeout_s: float) -> ProbeResult:
        """Run the container's own healthcheck once, now, inside it."""
        ...

    def run_hook(self, container_id: str, hook: Hook, on_output: Callable[[str], None]) -> int:
        """Run *hook* inside the container to its end; return its exit status."""
        ...

    def exec_interactive(self, container_id: str, command: Sequence[str], *, tty: bool) -> int:
        """Run *command* on the terminal of this process; return its exit status."""
        ...


class Ingress(Protocol):
    """
    The HAProxy of one environment, which runs in a container of ours.

    Safe to use from several threads; calls about one container follow one another.
    """

    def apply(self, container_id: str, config: IngressConfig) -> None:
        """
        Make the running ingress do what *config* says, and return once it proved that it does.

        Loses no request: what differs in servers and weights only is changed in the running worker;
        anything else is a validated reload. The file in the container says the same afterwards, so
        that a restart comes back with it. Equal to what runs: nothing happens.

        Raises:
            IngressError: HAProxy refused *config*, or does something else afterwards; what it did
                before it still does.
        """
        ...

    def drain(
        self,
        container_id: str,
        servers: Collection[str],
        timeout_s: float,
        stop: Callable[[], bool],
    ) -> int:
        """
        Wait until nothing is under way to *servers*; give how many were left after *timeout_s*.

        They have weight 0, or are gone from the configuration, already.
        """
        ...

    def report(self, container_id: str) -> IngressReport:
        """
        Ask the running ingress for its hash and counters.

        Raises:
            IngressError: It does not answer.
        """
        ...

    def serving(self, container_id: str) -> tuple[ServingServer, ...]:
        """
        Ask the running ingress who gets new requests now, sorted by backend and server.

        Does not wait for other calls about that container, or for one that is only getting ready.

        Raises:
            IngressError: It does not answer.
        """
        ...

    def close(self) -> None:
        """End what is open; the next call opens it again."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """
    What is checked out.

    Attributes:
        branch: Its name, of a branch without a commit too; empty when HEAD is detached.
        commit: Full id; empty when there is no commit yet.
    """

    branch: str
    commit: str

    @property
    def text(self) -> str:
        """For people: ``branch feature (abc1234)``, ``a detached HEAD (abc1234)``."""
        what = f"branch {self.branch}" if self.branch else "a detached HEAD"
        return f"{what} ({self.commit[:7]})" if self.commit else f"{what} (no commit yet)"

    @property
    def ref(self) -> str:
        """What names it on a command line."""
        return self.branch or "HEAD"


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeEntry:
    """One entry of a Git tree; *mode* as in ``git ls-tree``, such as ``100644`` or ``040000``."""

    path: str
    mode: str
    object_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitInfo:
    """A commit: full id, author, seconds since the epoch, first line of the message."""

    id: str
    author: str
    committed_at: float
    subject: str


class Repository(Protocol):
    """
    The watched repository, read from Git objects only. Safe to use from several threads.

    Paths are relative to the top of the repository, with ``/``, normalised, never escaping.
    """

    @override
    def __hash__(self) -> int: ...
    @property
    def instance(self) -> str:
        """Id of this repository on this machine: 12 lower-case hex digits, see `Identity`."""
        ...

    @property
    def name(self) -> str:
        """Name of its folder."""
        ...

    @property
    def state_folder(self) -> str:
        """``<git common dir>/sandbox``, absolute; not created by looking at it."""
        ...

    def is_there(self) -> bool:
        """Its folder still exists."""
        ...

    def remove_left_locks(self) -> None:
        """Remove locks of Git that a killed process of ours left in the user's way."""
        ...

    def resolve(self, revision: str) -> str | None:
        """Full commit id of a branch, tag or (short) id; ``None`` when there is none."""
        ...

    def commit_info(self, commit: str) -> CommitInfo: ...
    def read_file(self, commit: str, path: str) -> bytes | None:
        """Content of a file, symlinks inside the tree followed; ``None`` when there is none."""
        ...

    def read_link(self, commit: str, path: str) -> bytes:
        """Text of the symbolic link at *path*."""
        ...

    def list_files(self, commit: str, folder: str, *, enter: bool = True) -> tuple[TreeEntry, ...]:
        """
        Every entry below *folder*, recursively, sorted by path; empty when there is none.

        With *enter* those in submodules too, and `SourceError` when one is not on this machine;
        without it a submodule is one entry.
        """
        ...

    def tree_id(self, commit: str, folder: str) -> str | None: ...
    def archive(self, commit: str, folder: str) -> bytes:
        """A tar of *folder*, the same bytes for the same tree."""
        ...

    def last_change(self, commit: str, folders: Sequence[str]) -> str:
        """The newest commit, *commit* or an ancestor, that changed any of *folders*."""
        ...

    def history(
        self, commit: str, folders: Sequence[str] = (), *, limit: int
    ) -> tuple[CommitInfo, ...]:
        """
        *commit* and its ancestors along first parents, newest first.

        Only those that changed any of *folders* (or files) when some are named.
        """
        ...

    def is_ancestor(self, ancestor: str, commit: str) -> bool:
        """Tell whether *commit* holds all that *ancestor* does; a commit is its own ancestor."""
        ...

    def read_note(self, commit: str) -> str:
        """Text of the note on *commit* under ``refs/notes/sandbox``; empty when there is none."""
        ...

    def append_note(self, commit: str, line: str) -> None:
        """
        Add *line* to the note on *commit*, keeping what is there; nothing else is touched.

        Raises:
            SourceError: The note cannot be written, such as in a repository that is read-only.
        """
        ...

    def index_files(self, folder: str) -> Mapping[str, bytes] | None:
        """Staged content of the files below *folder*, by path; ``None`` in a bare repository."""
        ...

    def hook_file(self, name: str) -> str:
        """Absolute path where Git looks for the hook *name*, such as ``pre-commit``."""
        ...

    def read_hook(self, name: str) -> str | None:
        """Text of the hook *name*; ``None`` when there is none."""
        ...

    def write_hook(self, name: str, text: str | None) -> None:
        """
        Make *text* the hook *name*, executable; ``None`` removes it.

        Raises:
            SourceError: It cannot be written.
        """
        ...

    def refs(self) -> Mapping[str, str]:
        """Commit id by branch name, for all local branches."""
        ...

    def head(self) -> Head:
        """What is checked out here."""
        ...

    def remote_branches(self, branch: str) -> tuple[str, ...]:
        """Names of the remote-tracking branches of *branch*, such as ``origin/main``, sorted."""
        ...

    def is_shallow(self) -> bool:
        """Whether history was cut off when it was cloned."""
        ...

    def moved_at(self, branch: str) -> float | None:
        """When *branch* last moved, in seconds since the epoch; ``None`` when nobody can tell."""
        ...

    def worktree_files(self, folder: str) -> Mapping[str, bytes] | None:
        """Content of the files below *folder* on disk, by path; ``None`` in a bare repository."""
        ...

    def ignored_edits(self, commit: str, folders: Sequence[str]) -> tuple[str, ...]:
        """Paths below *folders* that differ on disk from *commit*, sorted, at most 20."""
        ...

    def commit_file(
        self, *, branch: str, path: str, content: bytes, message: str, parent: str
    ) -> str:
        """
        Commit one changed file onto *branch*, which must still be at *parent*; give its id.

        When the branch is checked out, the file in index and work tree is brought along if both are
        unmodified; otherwise `ConflictError` and nothing is written.
        """
        ...

    def commit_conflict(
        self, *, branch: str, path: str, content: bytes, parent: str
    ) -> ConflictError | None:
        """What `commit_file` would refuse now; ``None`` when it would commit."""
        ...

    def commit_beside(
        self, *, branch: str, beside: str, path: str, content: bytes, message: str, parent: str
    ) -> str:
        """
        Commit one changed file onto a new *branch* made from *beside*, which must be at *parent*.

        A *branch* that holds exactly this already is left as it is; `ConflictError` for any other.
        """
        ...


class ChangeFeed(Protocol):
    """Wakes the loop when refs may have changed; losing a call costs time, never correctness."""

    def start(self, wake: Callable[[], None]) -> None: ...
    def stop(self) -> None: ...


class Ledger(Protocol):
    """What was created with which tag. Safe from several threads."""

    def record_made(self, made: Made) -> None:
        """Keep *made* instead of an earlier one of its tag."""
        ...

    def made(self) -> tuple[Made, ...]:
        """What was created or is about to be, oldest first; the last `MADE_MAX`."""
        ...

    def record_present(self, environment: str, present: Present) -> None:
        """Keep *present* instead of what was kept of *environment* before."""
        ...

    def present(self, environment: str) -> Present:
        """What was kept of *environment*; nothing when nothing was."""
        ...


class Journal(Ledger, Protocol):
    """History that may be lost, never a source of desired state. Safe from several threads."""

    def record_sync(self, record: SyncRecord) -> int: ...
    def syncs(self, environment: str = "", *, limit: int = 20) -> tuple[SyncRecord, ...]:
        """Newest first; those of all environments when none is named."""
        ...

    def sync(self, number: int) -> SyncRecord | None:
        """The one that `record_sync` gave this number."""
        ...

    def complete_receipt(self, number: int, after: Traffic) -> None:
        """Add *after* to the receipt of a sync; nothing happens when there is none (any more)."""
        ...

    def record_event(self, event: Event) -> None: ...
    def events(self, *, after: int = 0, limit: int = 200) -> tuple[tuple[int, Event], ...]:
        """Events with their numbers, oldest first; *after* 0 gives the newest *limit*."""
        ...

    def begin_step(self, environment: str, step_id: str, at: float) -> int:
        """Write the intent before the step; return its number."""
        ...

    def end_step(self, number: int, outcome: str, at: float) -> None: ...
    def steps_since(self, environment: str, at: float) -> tuple[tuple[str, float], ...]:
        """Ids of the steps of *environment* that began since then, with when; oldest first."""
        ...

    def record_syncing(self, syncing: Syncing) -> None:
        """Keep how far a sync is, instead of an earlier one of its environment."""
        ...

    def syncing(self, environment: str) -> Syncing | None:
        """What was kept and not ended; of a process that was killed, too: see its holder."""
        ...

    def end_syncing(self, environment: str) -> None:
        """The sync of *environment* is over."""
        ...

    def record_creation(self, container_id: str, creation: Creation) -> None:
        """Keep what the engine made of a container."""
        ...

    def creations(self, container_ids: Collection[str]) -> Mapping[str, Creation]:
        """What was kept of these, by container id."""
        ...

    def mark_ready(self, container_id: str, started_at: float) -> None:
        """A healthcheck passed for the container as started then."""
        ...

    def ready(self) -> Mapping[str, float]:
        """Start times by container id, of those that were marked."""
        ...

    def mark_routed(self, container_id: str, started_at: float, config_hash: str) -> None:
        """
        The ingress in the container as started then proved that it does *config_hash*.

        With 0.0 it was told that last, and has proved nothing.
        """
        ...

    def routed(self) -> Mapping[str, tuple[float, str]]:
        """Start time and the last proven hash by container id."""
        ...

    def mark_job_done(self, environment: str, spec_hash: str) -> None:
        """The job ended well; *spec_hash* tells everything that it ran from."""
        ...

    def jobs_done(self, environment: str) -> frozenset[str]:
        """Spec hashes of the jobs of *environment* that were marked."""
        ...

    def forget_jobs(self, environment: str) -> None:
        """What the jobs of *environment* did is gone: its volumes were deleted."""
        ...

    def quarantine(self, quarantine: Quarantine) -> None:
        """Keep it instead of an earlier one of its environment."""
        ...

    def quarantined(self, environment: str) -> Quarantine | None: ...
    def release_quarantine(self, environment: str) -> bool:
        """Forget the quarantine of *environment*; false when there is none."""
        ...

    def record_gate(self, result: GateResult) -> None:
        """Keep how a gate ended."""
        ...

    def gate_results(self, environment: str = "", *, limit: int = 200) -> tuple[GateResult, ...]:
        """Newest first; those of all environments when none is named."""
        ...

    def suspend(self, suspension: Suspension) -> None: ...
    def resume(self, environment: str) -> bool: ...
    def suspensions(self) -> tuple[Suspension, ...]: ...
    def record_health(self, record: HealthRecord) -> None:
        """Keep it instead of an earlier one of its service."""
        ...

    def health_records(self, environment: str) -> tuple[HealthRecord, ...]:
        """Those of *environment*, sorted by service."""
        ...

    def forget_health(self, environment: str, service_name: str = "") -> None:
        """Forget what is remembered of a service, or of all of them."""
        ...

    def health_events(self, environment: str, *, limit: int) -> tuple[Event, ...]:
        """Events that tell of the health of services, newest first."""
        ...

    def trouble(self) -> str:
        """Why what is recorded is only in memory now; empty while it is kept."""
        ...

    def notices(self) -> tuple[str, ...]:
        """What happened to the history itself since this was asked last: lost, or not written."""
        ...

    def close(self) -> None: ...


class PipelineRuns(Protocol):
    """Records and logs of pipeline runs, which may be lost: nothing is decided from old ones."""

    def add(self, run: PipelineRun) -> PipelineRun:
        """Keep *run* under the next free number; give it back with that."""
        ...

    def write(self, run: PipelineRun) -> None:
        """Keep it instead of the one of its number; whoever reads sees the old or the new one."""
        ...

    def read(self, number: int) -> PipelineRun | None:
        """Give the run of this number; ``None`` when there is none (any more)."""
        ...

    def newest(self, limit: int) -> tuple[PipelineRun, ...]:
        """Newest first."""
        ...

    def append_log(self, number: int, stage: int, line: str) -> None:
        """Add a line to the log of a stage, which is told by its index."""
        ...

    def read_log(self, number: int, stage: int) -> str:
        """Give the whole log of a stage; empty when it wrote none."""
        ...


class Webhooks(Protocol):
    """Where messages go from this machine, and the way there. Safe from several threads."""

    def read(self) -> WebhookFile:
        """Read the file anew, so that an edit counts at once."""
        ...

    def post(self, webhook: Webhook, text: str) -> None:
        """
        Send *text*, which is JSON; takes some seconds at most.

        Raises:
            DeliveryError: It was not accepted; names the host and never more of the address.
        """
        ...


class Lock(Protocol):
    """One writer per repository; a kernel lock that is gone with its process."""

    def hold(self) -> AbstractContextManager[None]:
        """Hold it; `LockedError` that names the holder when it is taken."""
        ...

    def holder(self) -> str | None:
        """Who holds it now, for people; ``None`` when nobody does."""
        ...

    def still_held(self) -> bool:
        """Whether we hold it, and nobody else can, even where its file was deleted."""
        ...


class Identity(Protocol):
    """Who this repository is on this machine, and the key that proves what it made."""

    @property
    def instance(self) -> str:
        """Id that all its objects carry: 12 lower-case hex digits."""
        ...

    @property
    def claimed(self) -> bool:
        """This process has claimed it, and may write down what it learns."""
        ...

    def keyring(self) -> Keyring:
        """Read the keys; changes nothing."""
        ...

    def claim(self) -> None:
        """Write down who this is and make a key if there is none; called before any mutation."""
        ...


class Successor(Identity, Protocol):
    """An identity that can take the place of one that is gone."""

    def become(self, instance: str) -> None:
        """
        Be the repository *instance* from now on, which is there no more.

        Raises:
            NotFoundError: No such repository was ever used here.
            ConflictError: It is still there.
        """
        ...


class Registry(Protocol):
    """The repositories of this user on this machine."""

    def known(self) -> tuple[Known, ...]:
        """Those that ever created something, sorted by instance."""
        ...

    def forget(self, instance: str) -> None:
        """Remove the second copy of its key: nothing of it is left."""
        ...


class Clock(Protocol):
    """Time as the runtime sees it."""

    def now(self) -> float:
        """Seconds since the epoch."""
        ...

    def monotonic(self) -> float:
        """Seconds that never go back."""
        ...

    def sleep(self, seconds: float) -> None: ...


class Control(Protocol):
    """
    What a person can ask of a repository's environments.

    `runtime` does it in this process, under the lock; when a controller runs, the client adapter
    asks that one over its unix socket instead. The command line knows no difference.
    """

    def status(self, environments: Sequence[str]) -> tuple[EnvironmentStatus, ...]:
        """Look now, at all when none is named; an engine that is away is a status, no error."""
        ...

    def up(self, environments: Sequence[str]) -> None:
        """Look after these environments from now on (all when none is named)."""
        ...

    def sync(
        self, environment: str, on_event: Callable[[Event], None], *, rerun: bool = False
    ) -> SyncRecord:
        """
        Reconcile once, now, and wait for the end; what happens meanwhile goes to *on_event*.

        With *rerun* every gate runs again, whatever came of it before.
        """
        ...

    def down(
        self, environment: str, *, volumes: bool, on_event: Callable[[Event], None]
    ) -> SyncRecord:
        """Look after it no more; remove its containers and networks, volumes only if told so."""
        ...

    def events(self, *, after: int, stop: Callable[[], bool]) -> Iterator[tuple[int, Event]]:
        """Follow what happens, from number *after* on (0: from now), until *stop* says so."""
        ...

    def stop(self) -> bool:
        """End the controller, leaving the containers as they are; false when none runs."""
        ...
