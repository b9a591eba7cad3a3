"""
The engine's API, as far as set-up needs it: who answers, who holds a port, the base image.

Owner of ``docker`` for set-up; its types and errors stay here.
"""

# What the engine answers is JSON: `Any` in the stubs, and turned into our own types right here.
# pyright: reportUnknownVariableType=false, reportUnknownMemberType=false, reportUnknownArgumentType=false

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import docker
import docker.errors
import docker.utils
import requests.exceptions

from sandbox.errors import SetupError
from sandbox.model.diagnosis import EngineFacts, Reach
from sandbox.planning import labels

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping
    from pathlib import Path

    from sandbox.adapters.host.narration import Progress

DEFAULT_ENDPOINT = "unix:///var/run/docker.sock"
LOOK_TIMEOUT_S = 5
IMPORT_TIMEOUT_S = 300
# A registry that answers sends its first line well within this.
PULL_DECISION_S = 8.0
# No line for this long is a registry that went away.
PULL_SILENCE_S = 60

FAILURES = (docker.errors.DockerException, requests.exceptions.RequestException, OSError)


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineAddress:
    """
    Where the engine is.

    Args:
        environment: The process's own; only its ``DOCKER_*`` settings are read.
    """

    environment: Mapping[str, str]

    @property
    def chosen(self) -> bool:
        """``DOCKER_HOST`` names it."""
        return bool(self.environment.get("DOCKER_HOST"))

    @property
    def endpoint(self) -> str:
        """The address itself."""
        return self.environment.get("DOCKER_HOST") or DEFAULT_ENDPOINT


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineView:
    """
    One look at the engine.

    Args:
        facts: Who answers.
        image_present: It has the image that was asked for.
        ports: Holder of each published port, and whether it is a sandbox's.
    """

    facts: EngineFacts
    image_present: bool
    ports: Mapping[int, tuple[str, bool]]


def look(address: EngineAddress, image: str) -> EngineView:
    """
    Ask the engine for what set-up wants to know; never raises, never changes anything.
    """
    reach, failure = _reach(address.endpoint)
    if reach is Reach.ANSWERS:
        try:
            with _client(address, LOOK_TIMEOUT_S) as client:
                return _view(client, address, image)
        except FAILURES as error:
            failure = _brief(error)
            late = any(isinstance(e, requests.exceptions.Timeout) for e in _causes(error))
            reach = Reach.SILENT if late else Reach.ABSENT
    facts = EngineFacts(
        endpoint=address.endpoint, chosen=address.chosen, reach=reach, failure=failure
    )
    return EngineView(facts=facts, image_present=False, ports={})


def answers(address: EngineAddress) -> bool:
    """
    Whether the engine answers a ping.
    """
    if _reach(address.endpoint)[0] is not Reach.ANSWERS:
        return False
    try:
        with _client(address, LOOK_TIMEOUT_S) as client:
            return bool(client.ping())
    except FAILURES:
        return False


def pull(address: EngineAddress, reference: str, progress: Progress) -> bool:
    """
    Pull *reference*; give up when no registry answers within seconds.

    Returns:
        Whether it was pulled; the reason why not is noted in *progress*.
    """
    first_line = threading.Event()
    outcome: list[str] = []

    def work() -> None:
        try:
            with _client(address, PULL_SILENCE_S) as client:
                for status in client.pull(*_split(reference), stream=True, decode=True):
                    if "error" in status:
                        outcome.append(str(status["error"]))
                        break
                    progress.note(f"{status.get('status', '')} {status.get('progress', '')}")
                    first_line.set()
                else:
                    outcome.append("")
        except FAILURES as error:
            outcome.append(_brief(error))
        finally:
            first_line.set()

    # The engine goes on for a while after we stop listening; a thread left behind costs nothing.
    worker = threading.Thread(target=work, name="pull", daemon=True)
    worker.start()
    if not first_line.wait(PULL_DECISION_S):
        progress.note(f"no registry answered within {PULL_DECISION_S:.0f} s")
        return False
    worker.join()
    progress.note(outcome[0])
    return outcome[0] == ""


def import_image(address: EngineAddress, tar: Path, reference: str) -> None:
    """
    Import the root file system *tar* as *reference*.

    Raises:
        SetupError: The engine refused.
    """
    repository, tag = _split(reference)
    try:
        with _client(address, IMPORT_TIMEOUT_S) as client, tar.open("rb") as content:
            answer = str(
                client.import_image(
                    src=content, repository=repository, tag=tag, changes=['CMD ["bash"]']
                )
            )
    except FAILURES as error:
        raise SetupError(f"the engine did not import {reference}: {_brief(error)}") from error
    if '"error"' in answer:
        raise SetupError(f"the engine did not import {reference}: {answer.strip()}")


@contextmanager
def _client(address: EngineAddress, timeout_s: int) -> Generator[docker.APIClient]:
    """
    A client for one conversation, closed after it.
    """
    if address.chosen:
        settings = docker.utils.kwargs_from_env(environment=dict(address.environment))
        client = docker.APIClient(version="auto", timeout=timeout_s, **settings)
    else:
        client = docker.APIClient(base_url=address.endpoint, version="auto", timeout=timeout_s)
    try:
        yield client
    finally:
        client.close()


def _reach(endpoint: str) -> tuple[Reach, str]:
    """
    Whether a local socket takes connections; an address elsewhere has to be tried.
    """
    if not endpoint.startswith("unix://"):
        return Reach.ANSWERS, ""
    path = endpoint.removeprefix("unix://")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(LOOK_TIMEOUT_S)
        try:
            probe.connect(path)
        except PermissionError:
            return Reach.DENIED, f"no permission for {path}"
        except TimeoutError:
            return Reach.SILENT, f"{path} takes no connection"
        except FileNotFoundError:
            return Reach.ABSENT, f"there is no {path}"
        except OSError as error:
            return Reach.ABSENT, f"{path}: {error.strerror or error}"
    return Reach.ANSWERS, ""


def _view(client: docker.APIClient, address: EngineAddress, image: str) -> EngineView:
    version = client.version()
    info = client.info()
    mirrors = (info.get("RegistryConfig") or {}).get("Mirrors") or []
    facts = EngineFacts(
        endpoint=address.endpoint,
        chosen=address.chosen,
        reach=Reach.ANSWERS,
        version=str(version.get("Version", "")),
        api_version=str(version.get("ApiVersion", "")),
        root_folder=str(info.get("DockerRootDir", "")),
        registry_known=bool(mirrors or info.get("HttpsProxy")),
    )
    present = True
    try:
        client.inspect_image(image)  # type: ignore[no-untyped-call]  # its decorator has no types
    except docker.errors.ImageNotFound:
        present = False
    return EngineView(facts=facts, image_present=present, ports=_published(client))


def _published(client: docker.APIClient) -> dict[int, tuple[str, bool]]:
    """
    Holder of each published port, as the engine's list of running containers has it.
    """
    holders: dict[int, tuple[str, bool]] = {}
    for container in client.containers():
        name = str((container.get("Names") or ["?"])[0]).lstrip("/")
        ours = labels.INSTANCE in (container.get("Labels") or {})
        for port in container.get("Ports") or []:
            if port.get("PublicPort"):
                holders[int(port["PublicPort"])] = (f"container {name}", ours)
    return holders


def _split(reference: str) -> tuple[str, str]:
    repository, _, tag = reference.rpartition(":")
    return repository, tag


def _brief(error: Exception) -> str:
    """
    What the engine said, else the innermost cause: libraries wrap a refused connection four times.
    """
    if isinstance(error, docker.errors.APIError) and error.explanation:
        return " ".join(str(error.explanation).split())
    *_, cause = _causes(error)
    return " ".join(str(cause).split()) or type(cause).__name__


def _causes(error: BaseException) -> Generator[BaseException]:
    """
    The error and what led to it, the outermost first.
    """
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__
