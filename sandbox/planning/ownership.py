"""
Tell what we made from what only carries our labels.

Each object that we create gets a tag: a keyed hash over what it is, when it was signed and a number
used once. Labels are inherited and copied, so a tag alone proves nothing about a second object: the
journal keeps the id that each tag was created with. Where the journal does not know it, an object
is ours when it was created just after its tag, before any other with the same tag, and did not get
the tag from its image.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from sandbox.model.observed import TakenPort
from sandbox.model.ownership import ADOPTED, Claim, Evidence, Kind
from sandbox.planning import labels

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from sandbox.model.observed import (
        ObservedContainer,
        ObservedNetwork,
        ObservedState,
        ObservedVolume,
    )

    Observed = ObservedContainer | ObservedNetwork | ObservedVolume

CREATED_WITHIN_S: Final = 600.0
"""Longest time between signing a tag and the creation of its object."""
INSTANCE_DIGITS: Final = 12
_VERSION: Final = "1"
_PARTS: Final = 4
_MAC_DIGITS: Final = 32
_BOUND: Final = (
    labels.INSTANCE,
    labels.ENVIRONMENT,
    labels.SERVICE,
    labels.REPLICA,
    labels.SPEC,
)
"""Labels that a tag is bound to: it proves nothing on an object that has others."""
_COMPLETE: Final = (
    *(labels.APP, labels.SPEC, labels.REVISION, labels.RELEASE),
    labels.COMPOSE + "project",
)
"""Labels that every version so far gave to each object."""

NO_TAG: Final = "it has no tag, so sandbox did not create it"
WRONG_TAG: Final = "its tag was not made by this repository on this machine, or for another object"
COPIED: Final = "it has the labels of another object that sandbox created"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sifted:
    """
    An observed state without what only claims to be ours.

    Attributes:
        learned: Id by tag of objects that are ours though the journal did not know them.
    """

    observed: ObservedState
    learned: Mapping[str, str]


def sign(
    key: bytes, kind: Kind, name: str, carried: Mapping[str, str], *, at: float, nonce: str
) -> str:
    """
    Make the tag of an object that is about to be created with the labels *carried*.

    Args:
        key: Known on this machine only.
        kind: What is created.
        name: On the engine. A container may be renamed, so its tag does not depend on it.
        carried: Its labels.
        at: Seconds since the epoch.
        nonce: Hex digits that are used once.
    """
    signed_at = str(int(at))
    mac = _mac(key, kind, name, carried, f"{_VERSION}-{signed_at}-{nonce}")
    return f"{_VERSION}-{signed_at}-{nonce}-{mac}"


def signed_at(
    keys: Iterable[bytes], kind: Kind, name: str, carried: Mapping[str, str]
) -> float | None:
    """
    Verify the tag of an object; give the time at which it was signed, ``None`` when it is wrong.
    """
    tag = carried.get(labels.TAG, "")
    parts = tag.split("-")
    if len(parts) != _PARTS or parts[0] != _VERSION or not _is_number(parts[1]):
        return None
    head, _, mac = tag.rpartition("-")
    for key in keys:
        right = _mac(key, kind, name, carried, head)
        if hmac.compare_digest(right.encode(), mac.encode()):
            return float(parts[1])
    return None


def derived_instance(place: bytes, number: int = 0) -> str:
    """
    Id for a new repository at *place*; the next *number* where another one has it already.
    """
    seed = place + (b"\0%d" % number if number else b"")
    return hashlib.sha256(seed).hexdigest()[:INSTANCE_DIGITS]


def adopted_tag(kind: Kind, object_id: str) -> str:
    """
    What the journal keeps instead of a tag for an object that a person, or an upgrade, adopted.
    """
    return f"{ADOPTED}{kind} {object_id}"


def images_to_ask(observed: ObservedState, evidence: Evidence) -> tuple[str, ...]:
    """
    Ids of the images whose labels are needed, in order.

    A container that the journal does not know may have inherited its labels.
    """
    found = {
        each.image_id
        for each in observed.containers
        if not _is_known(Kind.CONTAINER, each.id, each.labels, evidence)
    }
    return tuple(sorted(found))


def sift(observed: ObservedState, evidence: Evidence) -> Sifted:
    """
    Keep what is ours; make claims of the rest, which counts as foreign from then on.
    """
    judged = tuple(_judged(observed, evidence))
    claims = tuple(
        Claim(kind=kind, name=each.name, object_id=id_, reason=reason, labels=each.labels)
        for kind, each, id_, reason in judged
        if reason
    )
    learned = {
        each.labels.get(labels.TAG, "") or adopted_tag(kind, id_): id_
        for kind, each, id_, reason in judged
        if not reason and not _is_known(kind, id_, each.labels, evidence)
    }
    foreign = {(claim.kind, claim.object_id) for claim in claims}
    ports = tuple(
        TakenPort(bound=bound, holder=f"container {each.name}")
        for each in observed.containers
        if (Kind.CONTAINER, each.id) in foreign
        for bound in each.host_ports
    )
    kept = replace(
        observed,
        containers=tuple(
            each for each in observed.containers if (Kind.CONTAINER, each.id) not in foreign
        ),
        networks=tuple(
            each for each in observed.networks if (Kind.NETWORK, each.id) not in foreign
        ),
        volumes=tuple(each for each in observed.volumes if (Kind.VOLUME, each.name) not in foreign),
        claims=claims,
        foreign_names=_with_claims(observed.foreign_names, claims),
        taken_ports=(*observed.taken_ports, *ports),
    )
    return Sifted(observed=kept, learned=learned)


def claim_text(claim: Claim) -> str:
    """
    Say that an object is left alone, why, and what to do about it.
    """
    return (
        f"{claim.kind} {claim.name} has our labels and is not ours: {claim.reason};"
        f" it is left alone. Remove it yourself, or: sandbox doctor --adopt {claim.name}"
    )


def _judged(
    observed: ObservedState, evidence: Evidence
) -> Iterator[tuple[Kind, Observed, str, str]]:
    """
    Give kind, object, id and why it is not ours, empty when it is, of everything.
    """
    for container in observed.containers:
        reason = _container_doubt(container, observed.containers, evidence)
        yield Kind.CONTAINER, container, container.id, reason
    for network in observed.networks:
        reason = _network_doubt(network, observed.networks, evidence)
        yield Kind.NETWORK, network, network.id, reason
    for volume in observed.volumes:
        yield Kind.VOLUME, volume, volume.name, _volume_doubt(volume, evidence)


def _container_doubt(
    container: ObservedContainer, others: Collection[ObservedContainer], evidence: Evidence
) -> str:
    if _is_known(Kind.CONTAINER, container.id, container.labels, evidence):
        return ""
    image = evidence.image_labels.get(container.image_id, {})
    if labels.TAG not in container.labels:
        inherited = image.get(labels.INSTANCE) == container.labels.get(labels.INSTANCE)
        return NO_TAG if inherited else _legacy_doubt(container, container.created_at, evidence)
    if image.get(labels.TAG) == container.labels[labels.TAG]:
        return COPIED
    return _tag_doubt(Kind.CONTAINER, container, container.created_at, others, evidence)


def _network_doubt(
    network: ObservedNetwork, others: Collection[ObservedNetwork], evidence: Evidence
) -> str:
    if _is_known(Kind.NETWORK, network.id, network.labels, evidence):
        return ""
    if labels.TAG not in network.labels:
        return _legacy_doubt(network, network.created_at, evidence)
    return _tag_doubt(Kind.NETWORK, network, network.created_at, others, evidence)


def _volume_doubt(volume: ObservedVolume, evidence: Evidence) -> str:
    """
    A volume is known by its name alone, which its tag is bound to: a copy has another name.
    """
    if _is_known(Kind.VOLUME, volume.name, volume.labels, evidence):
        return ""
    if labels.TAG not in volume.labels:
        return _legacy_doubt(volume, volume.created_at, evidence)
    signed = signed_at(evidence.keyring.keys, Kind.VOLUME, volume.name, volume.labels)
    return WRONG_TAG if signed is None else ""


def _tag_doubt(
    kind: Kind,
    each: ObservedContainer | ObservedNetwork,
    created_at: float,
    others: Collection[ObservedContainer] | Collection[ObservedNetwork],
    evidence: Evidence,
) -> str:
    tag = each.labels[labels.TAG]
    if evidence.made.get(tag):
        return COPIED
    signed = signed_at(evidence.keyring.keys, kind, each.name, each.labels)
    if signed is None:
        return WRONG_TAG
    if created_at and abs(created_at - signed) > CREATED_WITHIN_S:
        return COPIED
    first = min(
        (other for other in others if other.labels.get(labels.TAG) == tag),
        key=lambda other: (other.created_at, other.id),
    )
    return "" if first.id == each.id else COPIED


def _legacy_doubt(each: Observed, created_at: float, evidence: Evidence) -> str:
    """
    An earlier version made no tags; it gave all other labels, and before this one ran here first.
    """
    old = 0.0 < created_at <= evidence.keyring.legacy_before
    return "" if old and all(key in each.labels for key in _COMPLETE) else NO_TAG


def _is_known(kind: Kind, object_id: str, carried: Mapping[str, str], evidence: Evidence) -> bool:
    tag = carried.get(labels.TAG, "")
    if tag and kind is not Kind.VOLUME and evidence.made.get(tag) == object_id:
        return True
    return adopted_tag(kind, object_id) in evidence.made


def _with_claims(
    names: Mapping[str, frozenset[str]], claims: Collection[Claim]
) -> dict[str, frozenset[str]]:
    return {
        **names,
        **{
            kind.value: names.get(kind.value, frozenset())
            | {each.name for each in claims if each.kind is kind}
            for kind in Kind
        },
    }


def _mac(key: bytes, kind: Kind, name: str, carried: Mapping[str, str], head: str) -> str:
    bound = "" if kind is Kind.CONTAINER else name
    parts = (head, kind.value, bound, *(carried.get(label, "") for label in _BOUND))
    # No part can pose as two: each is written with its length.
    message = "".join(f"{len(part)}:{part}" for part in parts)
    return hmac.new(key, message.encode(errors="surrogatepass"), "sha256").hexdigest()[:_MAC_DIGITS]


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 12  # noqa: PLR2004 - the year 33658
