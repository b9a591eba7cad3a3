"""
Judge what the engine is about to be asked for: what is left after the waivers is denied.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sandbox.model.waiver import EVERY, Subject
from sandbox.model.written import Entries, Written, nothing_written
from sandbox.policy.container import container_faults
from sandbox.policy.denial import Denial
from sandbox.policy.fault import Fault
from sandbox.policy.keys import (
    KEYS,
    canonical_key,
    canonical_value,
    is_written_as,
    spellings,
)
from sandbox.policy.resources import (
    build_faults,
    exec_faults,
    network_body_faults,
    volume_body_faults,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sandbox.model.waiver import Waiver
    from sandbox.policy.own import Own


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """
    Who asks.

    Attributes:
        name: Key of the service, network or volume in the Compose file.
        places: ``file:line`` by key, and under the empty one of the whole.
        written: Entries of its attributes as the file has them.
        waivers: All that the machine has; those of others are passed over.
    """

    environment: str
    subject: Subject = Subject.SERVICE
    name: str
    places: Mapping[str, str] = field(default_factory=dict[str, str])
    written: Entries = field(default_factory=nothing_written)
    waivers: Sequence[Waiver] = ()


def admit(payload: Mapping[str, object], asker: Asker, own: Own) -> tuple[Denial, ...]:
    """
    Judge a container.

    Args:
        payload: The body of ``POST /containers/create``.
        asker: The service that it is of.
        own: What the environment may reach.

    Returns:
        Everything that is denied; empty when it may be created.
    """
    return _denials(container_faults(payload, own), asker)


def admit_network(payload: Mapping[str, object], asker: Asker) -> tuple[Denial, ...]:
    """Judge a network: *payload* is the body of ``POST /networks/create``."""
    return _denials(network_body_faults(payload), asker)


def admit_volume(payload: Mapping[str, object], asker: Asker) -> tuple[Denial, ...]:
    """Judge a volume: *payload* is the body of ``POST /volumes/create``."""
    return _denials(volume_body_faults(payload), asker)


def admit_external(name: str, asker: Asker) -> tuple[Denial, ...]:
    """Judge the use of the network or volume *name*, which the environment does not make."""
    what = f"the {asker.subject} {name} is external, so it is not of this environment"
    return _denials([Fault(key="external", value=name, what=what)], asker)


def admit_build(query: Mapping[str, object], asker: Asker, own: Own) -> tuple[Denial, ...]:
    """Judge a build: *query* are the parameters of ``POST /build``."""
    return _denials(build_faults(query, own), asker)


def admit_hook(payload: Mapping[str, object], key: str, asker: Asker) -> tuple[Denial, ...]:
    """Judge a hook: *payload* is the body of ``POST /containers/{id}/exec``, *key* as written."""
    return _denials(exec_faults(payload, key), asker)


def _denials(faults: Iterable[Fault], asker: Asker) -> tuple[Denial, ...]:
    denied = (fault for fault in faults if not any(_allows(w, fault, asker) for w in asker.waivers))
    return tuple(dict.fromkeys(_denial(fault, asker) for fault in denied))


def _allows(waiver: Waiver, fault: Fault, asker: Asker) -> bool:
    if waiver.subject is not asker.subject or not waiver.reason:
        return False
    if waiver.environment not in {EVERY, asker.environment}:
        return False
    if waiver.name not in {EVERY, asker.name}:
        return False
    # An unknown field is in no table, so no waiver speaks of it.
    if not fault.key or canonical_key(asker.subject, waiver.key) != fault.key:
        return False
    if not waiver.value:
        return not fault.explicit
    return canonical_value(fault.key, waiver.value) == fault.value


def _denial(fault: Fault, asker: Asker) -> Denial:
    known = KEYS[asker.subject].get(fault.key)
    key, place = _where(fault.key, asker)
    entry = _entry(fault, asker)
    return Denial(
        environment=asker.environment,
        subject=asker.subject,
        name=asker.name,
        key=key,
        value=fault.value,
        what=fault.what,
        why=fault.why
        or (known.why if known else "the policy denies every field that it does not know"),
        place=entry.place if entry else place,
        variables=entry.variables if entry else (),
        unset=entry.unset if entry else (),
        waivable=known is not None,
    )


def _entry(fault: Fault, asker: Asker) -> Written | None:
    """Find the value of the file that comes to *fault*; ``None`` when none can be told."""
    for spelling in spellings(asker.subject, fault.key):
        for entry in asker.written.get(spelling.partition(".")[0], ()):
            found = [each for each in entry if _says(each, fault)]
            if fault.sought and len(found) < len(fault.sought):
                continue
            if found:
                return found[0]
    return None


def _says(written: Written, fault: Fault) -> bool:
    if fault.sought:
        return f"{written.name}={written.text}" in fault.sought
    if not fault.value:
        return False
    pair = f"{written.name}={written.text}"
    return pair == fault.value or is_written_as(fault.key, fault.value, written.text)


def _where(key: str, asker: Asker) -> tuple[str, str]:
    """Give the spelling that the file uses, and its place."""
    for spelling in spellings(asker.subject, key):
        if spelling in asker.places:
            return spelling, asker.places[spelling]
    for spelling in spellings(asker.subject, key):
        first = spelling.partition(".")[0]
        if first in asker.places:
            return spelling, asker.places[first]
    return key, asker.places.get("", "")
