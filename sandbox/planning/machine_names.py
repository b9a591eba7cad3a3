"""
Names in the files of a machine, ``policy.yaml`` and ``notify.yaml``, that stand for nothing.

An entry with such a name has no effect, and nothing else would say so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from sandbox.compose.known import suggestion
from sandbox.model.waiver import EVERY, Subject
from sandbox.planning.edge_state import EDGE_ENVIRONMENT
from sandbox.planning.routes import INGRESS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from sandbox.model.desired import DesiredState
    from sandbox.model.notification import WebhookFile
    from sandbox.model.waiver import Waiver, WaiverFile

Declared: TypeAlias = "Mapping[Subject, Collection[str]]"
"""What an environment declares: names by what they are of."""


def declared_by(desired: DesiredState) -> Declared:
    """
    Give the names that a waiver for *desired* may have; the ingress can be denied something, too.
    """
    return {
        Subject.SERVICE: {INGRESS, *(each.name for each in (*desired.services, *desired.gates))},
        Subject.NETWORK: {each.key for each in desired.networks},
        Subject.VOLUME: {each.key for each in desired.volumes},
    }


def unknown_environments(
    webhooks: WebhookFile, waivers: WaiverFile, environments: Collection[str]
) -> Iterator[str]:
    """
    Warn of each environment that a file names and that is none of *environments*.
    """
    named = [pair for webhook in webhooks.webhooks for pair in webhook.named]
    named += [(each.environment, each.place) for each in waivers.waivers]
    for name, place in named:
        if name not in {EVERY, EDGE_ENVIRONMENT, *environments}:
            yield f"{place}: there is no environment {name!r}{suggestion(name, environments)}"


def unknown_names(
    waivers: WaiverFile, environment: str, declared: Declared
) -> Iterator[tuple[Waiver, str]]:
    """
    Give each waiver for *environment* whose name is not *declared* there, with a warning.

    A waiver for every environment is among them: another one may declare its name.
    """
    for waiver in waivers.waivers:
        known = declared[waiver.subject]
        if waiver.environment not in {environment, EVERY} or waiver.name in {EVERY, *known}:
            continue
        has = "no environment has a" if waiver.environment == EVERY else f"{environment} has no"
        hint = suggestion(waiver.name, known)
        yield waiver, f"{waiver.place}: {has} {waiver.subject} {waiver.name!r}{hint}"
