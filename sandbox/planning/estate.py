"""
Judge what is on the engine with labels of any instance: whose it is, what is left behind, its size.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sandbox.model.diagnosis import Check, CheckStatus
from sandbox.model.observed import ObservedState
from sandbox.model.ownership import Evidence, Keyring, Kind, Left
from sandbox.planning.labels import INSTANCE
from sandbox.planning.ownership import sift
from sandbox.words import count, one_or_many

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from sandbox.model.ownership import Known, Usage

SHOWN: Final = 3
LOG_WARN_BYTES: Final = 1 << 30
_UNITS: Final = ("bytes", "KiB", "MiB", "GiB", "TiB")
_STEP: Final = 1024


def sort_out(
    survey: ObservedState,
    known: Iterable[Known],
    own: Evidence | None,
    image_labels: Mapping[str, Mapping[str, str]],
) -> tuple[Left, ...]:
    """
    Say what each instance has, sorted by instance; *own* is the evidence of the one that asks.
    """
    by_instance = {each.instance: each for each in known}
    found = {carried[INSTANCE] for carried in all_labels(survey)}
    return tuple(
        _sorted_out(survey, instance, by_instance.get(instance), own, image_labels)
        for instance in sorted(found)
    )


def all_labels(survey: ObservedState) -> Iterator[Mapping[str, str]]:
    """
    Labels of every object.
    """
    yield from (each.labels for each in survey.containers)
    yield from (each.labels for each in survey.networks)
    yield from (each.labels for each in survey.volumes)


def left_behind(left: Iterable[Left]) -> tuple[Left, ...]:
    """
    Those of repositories that are gone, with something that their key proves.
    """
    return tuple(
        each
        for each in left
        if each.known and not each.known.living and not each.ours and any(each.proven.values())
    )


def check_estate(left: Iterable[Left], usage: Usage | None) -> tuple[Check, ...]:
    """
    One check for each repository that is gone, one for claims, one for others, one for sizes.
    """
    left = tuple(left)
    return (
        *(_left_check(each) for each in left_behind(left)),
        *_claims_check(left),
        *_strangers_check(left),
        *_space_check(usage),
    )


def size_text(size_bytes: int) -> str:
    """
    Write a size with the unit that suits it: ``1.4 GiB``.
    """
    size, unit = float(size_bytes), 0
    while size >= _STEP and unit < len(_UNITS) - 1:
        size, unit = size / _STEP, unit + 1
    return f"{size:.1f} {_UNITS[unit]}" if unit else f"{size_bytes} {_UNITS[0]}"


def _sorted_out(
    survey: ObservedState,
    instance: str,
    known: Known | None,
    own: Evidence | None,
    image_labels: Mapping[str, Mapping[str, str]],
) -> Left:
    ours = own is not None and own.instance == instance
    evidence = (
        own
        if own is not None and ours
        else Evidence(
            instance=instance,
            keyring=known.keyring if known else Keyring(),
            image_labels=image_labels,
        )
    )
    kept = sift(
        ObservedState(
            owner=survey.owner,
            containers=tuple(each for each in survey.containers if _has(each.labels, instance)),
            networks=tuple(each for each in survey.networks if _has(each.labels, instance)),
            volumes=tuple(each for each in survey.volumes if _has(each.labels, instance)),
        ),
        evidence,
    ).observed
    return Left(
        instance=instance,
        known=known,
        ours=ours,
        proven={
            Kind.CONTAINER: tuple(sorted(each.name for each in kept.containers)),
            Kind.NETWORK: tuple(sorted(each.name for each in kept.networks)),
            Kind.VOLUME: tuple(sorted(each.name for each in kept.volumes)),
        },
        claims=kept.claims,
    )


def _has(labels: Mapping[str, str], instance: str) -> bool:
    return labels[INSTANCE] == instance


def _left_check(left: Left) -> Check:
    assert left.known, "only what is known is left behind"
    parts = [_counted(kind, left.proven[kind]) for kind in Kind if left.proven.get(kind)]
    volumes = left.proven.get(Kind.VOLUME, ())
    remove = f"sandbox doctor --remove {left.instance}"
    remove += "".join(f"; sandbox doctor --remove {name}" for name in volumes)
    return Check(
        name=f"left {left.instance}",
        status=CheckStatus.WARN,
        detail=f"the repository at {left.known.place} is gone and left {', '.join(parts)}",
        remedy=f"in the repository that follows it: sandbox doctor --adopt {left.instance};"
        f" or remove it: {remove}",
    )


def _counted(kind: Kind, names: tuple[str, ...]) -> str:
    text = count(len(names), kind)
    # A volume is removed by its name only, so every name is told.
    return f"{text} ({', '.join(names)})" if kind is Kind.VOLUME else text


def _claims_check(left: Iterable[Left]) -> Iterator[Check]:
    # Of another repository only its own journal could tell what was adopted there.
    claims = [claim for each in left if each.ours for claim in each.claims]
    if claims:
        names = [f"{each.kind} {each.name} ({each.reason})" for each in claims]
        yield Check(
            name="ownership",
            status=CheckStatus.WARN,
            detail=f"{count(len(claims), 'object')} with the labels of this repository"
            f" {one_or_many(len(claims), 'is', 'are')} not its own and left alone:"
            f" {_listed(names)}",
            remedy=f"remove them yourself, or: sandbox doctor --adopt {claims[0].name}",
        )


def _strangers_check(left: Iterable[Left]) -> Iterator[Check]:
    strangers = [each for each in left if each.known is None and not each.ours]
    if strangers:
        names = [each.instance for each in strangers]
        yield Check(
            name="others",
            status=CheckStatus.PASS,
            detail=f"objects of {count(len(names), 'repository', 'repositories')} of another user,"
            f" machine or earlier version are left alone: {_listed(names)}",
        )


def _space_check(usage: Usage | None) -> Iterator[Check]:
    if usage is None:
        return
    logs = usage.logs or {}
    largest = max(logs, key=lambda name: logs[name], default="")
    parts = [
        f"logs {_total(usage.logs)}",
        f"images {_total(usage.images)}",
        f"volumes {_total(usage.volumes)}",
    ]
    detail = f"used by what sandbox made: {', '.join(parts)}"
    if largest and logs[largest] >= LOG_WARN_BYTES:
        yield Check(
            name="space",
            status=CheckStatus.WARN,
            detail=f"{detail}; the log of {largest} has {size_text(logs[largest])}",
            remedy="commit a limit for it: logging: {options: {max-size: 10m, max-file: '3'}}",
        )
        return
    biggest = max(usage.volumes, key=lambda name: usage.volumes[name], default="")
    more = f"; largest: {biggest}, {size_text(usage.volumes[biggest])}" if biggest else ""
    yield Check(name="space", status=CheckStatus.PASS, detail=detail + more)


def _total(sizes: Mapping[str, int] | None) -> str:
    if sizes is None:
        return "unknown (not readable by this user)"
    return size_text(sum(sizes.values()))


def _listed(names: list[str]) -> str:
    more = f", and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more
