"""
Labels: whose an object is, what it was made from, and what Compose's own tools look for.

Ownership is instance *and* environment: everything else on the engine is foreign.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from sandbox.model.surroundings import Hook
from sandbox.planning.names import project_name
from sandbox.planning.same import Same
from sandbox.secrecy.harvest import secrets_of_value
from sandbox.secrecy.kinds import hide_kinds
from sandbox.secrecy.values import hide_values

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.model.observed import Owner
    from sandbox.model.service import Service

PREFIX: Final = "dev.sandbox."
INSTANCE: Final = PREFIX + "instance"
APP: Final = PREFIX + "app"
ENVIRONMENT: Final = PREFIX + "environment"
SERVICE: Final = PREFIX + "service"
REPLICA: Final = PREFIX + "replica"
SPEC: Final = PREFIX + "spec"
FIELDS: Final = PREFIX + "fields"
REVISION: Final = PREFIX + "revision"
RELEASE: Final = PREFIX + "release"
PRE_STOP: Final = PREFIX + "pre-stop"
TAG: Final = PREFIX + "tag"
"""Proof that we created the object, see `planning.ownership`; no part of the spec."""
IN_COMMIT: Final = "{}"
"""Text of the label of hooks that hold a secret: they are read from the commit again."""
TARGET: Final = PREFIX + "target"
"""On an anonymous volume: where containers of its place mount it."""
HOLDS: Final = PREFIX + "holds"
"""On an anonymous volume: name of the volume that has its data instead."""
COMMITTED: Final = PREFIX + "committed"
"""On a volume that holds a copy of committed files, which no container may write to."""

COMPOSE: Final = "com.docker.compose."
COMPOSE_DEPENDS_ON: Final = COMPOSE + "depends_on"

_GRACE_S: Final = 10.0
_GRACE_MAX_S: Final = 3600.0
_NO_FIELDS: Final[Mapping[str, str]] = MappingProxyType({})
_REPLICA = re.compile(r"[1-9][0-9]{0,5}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerLabels:
    """
    What the labels of a container say; every text is empty when its label is missing.

    Attributes:
        replica: 0 when the label is missing or no positive number.
        fields: What is kept of the fingerprint, field by field; empty when it cannot be read.
        depends_on: Names of the services that it was made to wait for, sorted.
    """

    service_name: str
    replica: int
    spec_hash: str
    revision: str
    release: str
    fields: Mapping[str, str]
    depends_on: tuple[str, ...]


def owner_labels(owner: Owner) -> dict[str, str]:
    """
    Labels that make an object ours.
    """
    return {
        INSTANCE: owner.instance,
        APP: owner.application,
        ENVIRONMENT: owner.environment,
    }


def is_owned(labels: Mapping[str, str], owner: Owner) -> bool:
    """
    Tell whether an object with *labels* belongs to this environment of this instance.
    """
    # Not the application: its name may change in the file, and what runs is still ours.
    return labels.get(INSTANCE) == owner.instance and labels.get(ENVIRONMENT) == owner.environment


def container_labels(
    owner: Owner,
    service: Service,
    replica: int,
    *,
    spec_hash: str,
    fields: Mapping[str, str],
    revision: str,
    release: str,
) -> dict[str, str]:
    """
    All labels of a container, sorted; ours win, so that none of the user's can pose as one.

    *fields* is what may be kept of the fingerprint: a label must never hold a secret.
    """
    dependencies = ",".join(
        f"{dependency.service_name}:{dependency.condition}:{str(dependency.restart).lower()}"
        for dependency in sorted(service.depends_on, key=lambda each: each.service_name)
    )
    labels = {
        # One of ours that is left out below must not come from the file either.
        **{name: text for name, text in service.labels.items() if not name.startswith(PREFIX)},
        **owner_labels(owner),
        SERVICE: service.name,
        REPLICA: str(replica),
        SPEC: spec_hash,
        FIELDS: json.dumps(dict(fields), sort_keys=True, separators=(",", ":")),
        REVISION: revision,
        RELEASE: release,
        COMPOSE + "project": project_name(owner),
        COMPOSE + "service": service.name,
        COMPOSE + "container-number": str(replica),
        COMPOSE + "oneoff": "False",
        COMPOSE + "config-hash": spec_hash,
        COMPOSE_DEPENDS_ON: dependencies,
    }
    # Needed when it is stopped, and then the file may say otherwise or nothing at all. Written when
    # there are none too: a label of the image would be inherited, and run.
    hooks = hooks_text(service.hooks.pre_stop)
    labels[PRE_STOP] = IN_COMMIT if _holds_secret(hooks, service) else hooks
    return dict(sorted(labels.items()))


def _holds_secret(hooks: str, service: Service) -> bool:
    if not service.hooks.pre_stop:
        return False
    return hide_kinds(hide_values(hooks, secrets_of_value(service))) != hooks


def hooks_text(hooks: tuple[Hook, ...]) -> str:
    """
    Write *hooks* as `pre_stop_hooks` reads them.
    """
    return json.dumps([asdict(hook) for hook in hooks], sort_keys=True, separators=(",", ":"))


def network_labels(
    owner: Owner, key: str, user: Mapping[str, str], *, spec_hash: str, revision: str, release: str
) -> dict[str, str]:
    """
    All labels of the network *key*, sorted.
    """
    return _object_labels(owner, user, "network", key, (spec_hash, revision, release))


def volume_labels(
    owner: Owner, key: str, user: Mapping[str, str], *, spec_hash: str, revision: str, release: str
) -> dict[str, str]:
    """
    All labels of the volume *key*, sorted.
    """
    return _object_labels(owner, user, "volume", key, (spec_hash, revision, release))


def implied_volume_labels(carried: Mapping[str, str]) -> dict[str, str]:
    """
    Labels of a volume that the engine makes along with a container that has the labels *carried*.
    """
    return {key: carried[key] for key in (INSTANCE, APP, ENVIRONMENT) if key in carried}


def place_labels(labels: Mapping[str, str]) -> dict[str, str]:
    """
    What the volumes of a place have of the *labels* of its container, sorted.
    """
    keys = (INSTANCE, APP, ENVIRONMENT, SERVICE, REPLICA, REVISION, RELEASE, COMPOSE + "project")
    return {key: labels[key] for key in sorted(keys) if key in labels}


def place_project(labels: Mapping[str, str]) -> str:
    """
    Name of the Compose project that an object with *labels* belongs to.
    """
    return labels.get(COMPOSE + "project", "")


def resource_key(labels: Mapping[str, str]) -> str:
    """
    Key under top-level ``networks`` or ``volumes`` that an object was made for; empty if unknown.
    """
    return labels.get(COMPOSE + "network", "") or labels.get(COMPOSE + "volume", "")


def parse_container_labels(labels: Mapping[str, str]) -> ContainerLabels:
    """
    Read labels back; what is missing or broken comes out empty, never as an error.
    """
    return _parse(Same(labels))


@lru_cache(maxsize=512)  # of one container it is asked for dozens of times in one look
def _parse(same: Same[Mapping[str, str]]) -> ContainerLabels:
    labels = same.value
    replica = labels.get(REPLICA, "")
    dependencies = labels.get(COMPOSE_DEPENDS_ON, "").split(",")
    return ContainerLabels(
        service_name=labels.get(SERVICE, ""),
        replica=int(replica) if _REPLICA.fullmatch(replica) else 0,
        spec_hash=labels.get(SPEC, ""),
        revision=labels.get(REVISION, ""),
        release=labels.get(RELEASE, ""),
        fields=_parse_fields(labels.get(FIELDS, "")),
        depends_on=tuple(sorted({entry.partition(":")[0] for entry in dependencies} - {""})),
    )


def stop_grace_s(labels: Mapping[str, str]) -> float:
    """
    Seconds that a container was promised to end by itself.
    """
    text = parse_container_labels(labels).fields.get("stop_grace_period_s", "")
    try:
        grace_s = float(text)
    except ValueError:
        return _GRACE_S
    return grace_s if 0 <= grace_s <= _GRACE_MAX_S else _GRACE_S


def pre_stop_hooks(labels: Mapping[str, str]) -> tuple[Hook, ...]:
    """
    What is to be run in a container before it is stopped; nothing when that cannot be read.
    """
    try:
        loaded: list[dict[str, Any]] = json.loads(labels.get(PRE_STOP, "[]"))
        return tuple(Hook(command=tuple(each.pop("command")), **each) for each in loaded)
    except (ValueError, TypeError, KeyError, RecursionError):
        return ()


@lru_cache(maxsize=512)  # of one container it is asked for dozens of times in one look
def _parse_fields(text: str) -> Mapping[str, str]:
    try:
        loaded: object = json.loads(text)
    except (ValueError, RecursionError):
        return _NO_FIELDS
    if not isinstance(loaded, dict):
        return _NO_FIELDS
    return MappingProxyType({str(key): str(value) for key, value in loaded.items()})  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType] -- any JSON


def _object_labels(
    owner: Owner, user: Mapping[str, str], kind: str, key: str, stamp: tuple[str, str, str]
) -> dict[str, str]:
    spec_hash, revision, release = stamp
    labels = {
        **user,
        **owner_labels(owner),
        SPEC: spec_hash,
        REVISION: revision,
        RELEASE: release,
        COMPOSE + "project": project_name(owner),
        COMPOSE + kind: key,
    }
    return dict(sorted(labels.items()))
