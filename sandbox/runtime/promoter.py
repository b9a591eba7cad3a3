"""Move a release: always by a commit that sets one line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.compose.load import load_environment
from sandbox.delivery.pin import set_release
from sandbox.errors import HeldError, NotFoundError, SourceError
from sandbox.model.promotion import Promotion
from sandbox.runtime.desired import load_tracked, require_environment
from sandbox.runtime.source import ENVIRONMENTS, EditedSource
from sandbox.runtime.wanted import load_wanted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.model.desired import DesiredState
    from sandbox.runtime.workspace import Workspace


def promote(workspace: Workspace, environment: str) -> Promotion:
    """
    Pin *environment* to the release of the environment that it promotes from.

    Raises:
        HeldError: It promotes from none, or from one that gave its newest revision up.
        ConflictError: The file was edited by hand; nothing was written.
    """
    require_environment(workspace.repository, environment)
    source_name = load_tracked(workspace.repository, environment).settings.promote_from
    if not source_name:
        message = f"{environment} promotes from no environment"
        remedy = "say x-sandbox: {promote_from: staging}, or: sandbox pin ENV REV"
        raise HeldError(message, remedy=remedy)
    source = load_wanted(workspace, source_name)
    if source.quarantine is not None:
        message = (
            f"{source_name} gave {source.quarantine.revision[:7]} up: {source.quarantine.reason}"
        )
        raise HeldError(message, remedy=f"commit a fix, and promote when {source_name} serves it")
    return _set(workspace, environment, source.desired.release, source_name)


def pin(workspace: Workspace, environment: str, revision: str) -> Promotion:
    """
    Pin *environment* to the application source of *revision*.

    Raises:
        NotFoundError: There is no such revision.
        ConflictError: The file was edited by hand; nothing was written.
    """
    require_environment(workspace.repository, environment)
    release = workspace.repository.resolve(revision)
    if release is None:
        message = f"revision {revision!r} does not exist"
        raise NotFoundError(message, remedy="see: git log --oneline --all")
    return _set(workspace, environment, release, source_name="")


def _set(workspace: Workspace, environment: str, release: str, source_name: str) -> Promotion:
    repository = workspace.repository
    desired = load_tracked(repository, environment)
    path = f"{ENVIRONMENTS}/{environment}/.env"
    text = (repository.read_file(desired.revision, path) or b"").decode()
    content = set_release(text, release).encode()
    commit = ""
    if desired.settings.release != release:
        _require_effect(workspace, desired, {path: content}, release)
        commit = repository.commit_file(
            branch=desired.settings.track,
            path=path,
            content=content,
            message=_message(workspace, environment, release, source_name),
            parent=desired.revision,
        )
    return Promotion(
        environment=environment,
        source=source_name,
        release=release,
        previous=desired.settings.release,
        commit=commit,
        branch=desired.settings.track,
    )


def _require_effect(
    workspace: Workspace, desired: DesiredState, edits: Mapping[str, bytes], release: str
) -> None:
    """Load what would be committed: a pin that the environment does not read would be a lie."""
    repository = workspace.repository
    source = EditedSource(repository=repository, revision=desired.revision, edits=edits)
    after = load_environment(desired.environment, source, default_application=repository.name)
    if after.settings.release != release:
        message = f"{desired.environment} does not read its release from RELEASE in its .env"
        raise SourceError(
            message, remedy="say x-sandbox: {release: '${RELEASE:-}'} in compose.yaml"
        )


def _message(workspace: Workspace, environment: str, release: str, source_name: str) -> str:
    subject = workspace.repository.commit_info(release).subject
    verb = f"Promote {release[:7]} to" if source_name else f"Pin {release[:7]} on"
    origin = f"Release of {source_name}" if source_name else "Release"
    return f"{verb} {environment}\n\n{origin}: {release}\n{subject}\n"
