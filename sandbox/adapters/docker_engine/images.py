"""
Build images with the engine's own builder, and pull them.
"""

from __future__ import annotations

import io
import re
import tarfile
from collections import deque
from typing import TYPE_CHECKING

from sandbox.adapters.docker_engine.connection import CHANGE_S
from sandbox.adapters.docker_engine.errors import SERVER_ERROR, status_of, words_of
from sandbox.adapters.docker_engine.ignore import without_ignored
from sandbox.adapters.docker_engine.snapshot import image_id
from sandbox.adapters.docker_engine.streams import Watch
from sandbox.adapters.docker_engine.text import plain
from sandbox.errors import CancelledError, EngineError, EngineUnreachableError, ImageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sandbox.adapters.docker_engine.api import Api, Json
    from sandbox.adapters.docker_engine.connection import Connections
    from sandbox.model.action import BuildImage
    from sandbox.model.service import Build

BUILD_SILENCE_S = 900
"""Longest time that one instruction of a Dockerfile may print nothing."""
PULL_SILENCE_S = 60
"""Longest time that a registry may send nothing."""
LOG_LINES = 40
INLINE = ".sandbox-dockerfile"
"""Name of a Dockerfile in the context that no file of the repository has."""
_STEP = re.compile(r"Step \d+/\d+ : ")
_NETWORK_TEXTS = (
    "connection refused",
    "connection reset",
    "context deadline exceeded",
    "i/o timeout",
    "no such host",
    "no such network interface",  # the engine lists interfaces while another one goes away
    "server misbehaving",
    "temporary failure in name resolution",
    "tls handshake timeout",
    "request canceled",
    "toomanyrequests",
    "unexpected eof",
)


def build_image(
    connections: Connections,
    action: BuildImage,
    context: bytes,
    on_output: Callable[[str], None],
    stop: Callable[[], bool],
) -> str:
    """
    Build from the tar *context*, give it all tags of *action*, return the image's id.

    When any of them names an image already, that is it, for they are named by content: a second
    build would take the names from the image that containers run.
    """
    name = action.tags[0]
    build = action.build
    found = {tag: image_id(connections, tag) for tag in action.tags}
    first, *others = {image for image in found.values() if image} or {""}
    if first and not others:
        _tag(connections, first, (*(tag for tag in found if not found[tag]), *build.tags))
        return first
    sent = io.BytesIO(_context(context, build))

    def call(api: Api) -> Iterator[Json]:
        return api.build(
            fileobj=sent,
            custom_context=True,
            decode=True,
            dockerfile=INLINE if build.dockerfile_inline else build.dockerfile,
            tag=name,
            target=build.target or None,
            buildargs=dict(build.args),
            labels={**build.labels, **action.labels},
            cache_from=list(build.cache_from),
            network_mode=build.network or None,
            extra_hosts=dict(host.split(":", 1) for host in build.extra_hosts) or None,
            shmsize=build.shm_size_bytes or None,
            platform=build.platform or None,
            pull=build.pull,
            nocache=build.no_cache,
            rm=True,
            forcerm=True,
            timeout=BUILD_SILENCE_S,
        )

    recipe = f"{build.context}/{build.dockerfile}".removeprefix("./")
    if build.dockerfile_inline:
        recipe = "dockerfile_inline"
    progress = _Progress(
        f"build image {name}",
        on_output,
        remedy=f"fix {recipe} or a file that it copies, and commit",
    )
    progress.follow(connections, call, stop, silence_s=BUILD_SILENCE_S)
    built = _present(connections, name)
    _tag(connections, built, (*action.tags[1:], *build.tags))
    return built


def _context(context: bytes, build: Build) -> bytes:
    """Leave out what the context ignores; a Dockerfile that is written inline goes along."""
    if not build.dockerfile_inline:
        return without_ignored(context, build.dockerfile)
    kept = io.BytesIO(without_ignored(context, INLINE))
    text = build.dockerfile_inline.encode()
    with tarfile.open(fileobj=kept, mode="a") as tar:
        member = tarfile.TarInfo(INLINE)
        member.size = len(text)
        tar.addfile(member, io.BytesIO(text))
    return kept.getvalue()


def pull_image(
    connections: Connections,
    reference: str,
    on_output: Callable[[str], None],
    stop: Callable[[], bool],
    *,
    platform: str = "",
) -> str:
    """Fetch an image from its registry, for *platform* or the engine's own; return its id."""
    registry = registry_of(reference)
    progress = _Progress(
        f"pull image {reference} from {registry}",
        on_output,
        remedy=f"check that {registry} can be reached and has {reference}, or bring the image here"
        " under that name (docker load, docker import)",
    )
    progress.follow(
        connections,
        lambda api: api.pull(reference, stream=True, decode=True, platform=platform or None),
        stop,
        silence_s=PULL_SILENCE_S,
    )
    return _present(connections, reference)


def registry_of(reference: str) -> str:
    """Host of the registry that an image reference means."""
    first, slash, _ = reference.partition("/")
    if slash and ("." in first or ":" in first or first == "localhost"):
        return first
    return "docker.io"


class _Progress:
    """What a builder or a registry says, line by line, until it ends or fails."""

    def __init__(self, doing: str, on_output: Callable[[str], None], *, remedy: str = "") -> None:
        self._log: deque[str] = deque(maxlen=LOG_LINES)
        self._doing = doing
        self._remedy = remedy
        self._on_output = on_output
        self._step = ""
        self._rest = ""

    def follow(
        self,
        connections: Connections,
        call: Callable[[Api], Iterator[Json]],
        stop: Callable[[], bool],
        *,
        silence_s: int,
    ) -> None:
        """
        Read to the end.

        Raises:
            CancelledError: *stop* said so; the engine ends its work.
            ImageError: It failed, or was silent for too long.
            EngineUnreachableError: The engine went away.
        """
        watch = Watch(stop, silence_s=silence_s)
        try:
            if stop():
                raise CancelledError(f"stopped before: {self._doing}")
            with watch.watching(), connections.own(self._doing, timeout_s=silence_s) as api:
                api.hooks["response"].append(watch.attach)
                for message in call(api):
                    watch.heard()
                    self._take(message)
        except (EngineUnreachableError, ImageError):
            if not (watch.stopped or watch.silent):
                raise
        except EngineError as error:
            words = words_of(error.__cause__ or error)
            # The engine calls a missing or wrong Dockerfile a failure of its own.
            broken = status_of(error) >= SERVER_ERROR
            temporary = broken and "dockerfile" not in words.lower()
            raise self._failure(words, temporary=temporary) from error
        if watch.stopped:
            raise CancelledError(f"stopped: {self._doing}")
        if watch.silent:
            raise self._failure(f"nothing was heard for {silence_s} s", temporary=True)
        self._flush()

    def _take(self, message: Json) -> None:
        if "error" in message:
            self._flush()
            words = plain(str(message["error"])).strip()
            temporary = any(text in words.lower() for text in _NETWORK_TEXTS)
            raise self._failure(words, temporary=temporary)
        *lines, self._rest = (self._rest + _said(message)).split("\n")
        for line in lines:
            self._show(line)

    def _flush(self) -> None:
        self._show(self._rest)
        self._rest = ""

    def _show(self, line: str) -> None:
        # A progress bar overwrites its line; the last state of it is what counts.
        shown = plain(line.rstrip("\r").rpartition("\r")[2]).rstrip()
        if not shown:
            return
        if _STEP.match(shown):
            self._step = shown
        self._log.append(shown)
        self._on_output(shown)

    def _failure(self, words: str, *, temporary: bool) -> ImageError:
        step = f" at {self._step!r}" if self._step else ""
        return ImageError(
            f"cannot {self._doing}{step}: {words}",
            remedy=self._remedy,
            log=tuple(self._log),
            temporary=temporary,
        )


def _said(message: Json) -> str:
    if "stream" in message:
        return str(message["stream"])
    # Bytes of a download are counted ten times a second: no line for people.
    if message.get("progressDetail") or "status" not in message:
        return ""
    layer = f"{message['id']}: " if message.get("id") else ""
    return f"{layer}{message['status']}\n"


def _tag(connections: Connections, image: str, tags: Sequence[str]) -> None:
    for tag in tags:
        repository, version = _name_and_version(tag)
        with connections.calling(f"tag image {tag}", timeout_s=CHANGE_S) as api:
            api.tag(image, repository, version)


def _name_and_version(tag: str) -> tuple[str, str]:
    """Take a reference apart; a colon before the last slash belongs to a registry's port."""
    name, colon, version = tag.rpartition(":")
    return (name, version) if colon and "/" not in version else (tag, "latest")


def _present(connections: Connections, reference: str) -> str:
    found = image_id(connections, reference)
    if not found:
        raise ImageError(
            f"image {reference} is not there although the engine made it",
            remedy="it was removed meanwhile; build it again: sandbox sync",
            temporary=True,
        )
    return found
