"""A waiver: what a person allows on this machine although the policy denies it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

EVERY: Final = "*"
"""Stands for every environment, or every object of a kind; never for a key."""


class Subject(StrEnum):
    """What a denial or a waiver is about; the word is the key in the waiver file."""

    SERVICE = "service"
    NETWORK = "network"
    VOLUME = "volume"


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiver:
    """
    One entry of the waiver file.

    Attributes:
        environment: Name of the environment, or `EVERY`.
        name: Key of the service, network or volume in the Compose file, or `EVERY`.
        key: What is allowed, as it is written in a Compose file, such as ``privileged``.
        value: The one value that is allowed; empty allows them all.
        reason: Why; for people, and never empty.
        place: ``file:line`` of the entry.
    """

    environment: str
    subject: Subject = Subject.SERVICE
    name: str
    key: str
    value: str = ""
    reason: str
    place: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WaiverFile:
    """
    What the waiver file of a machine says.

    Attributes:
        path: Where it is, or would be.
        waivers: In the order of the file; none when it has a problem.
        problems: All of them, each as a line with its place.
    """

    path: str = ""
    waivers: tuple[Waiver, ...] = ()
    problems: tuple[str, ...] = ()
