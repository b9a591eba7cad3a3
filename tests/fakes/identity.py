"""An identity that is gone with its process."""

from __future__ import annotations

import hashlib

from sandbox.model.ownership import Keyring


class FakeIdentity:
    """
    Implements `sandbox.ports.Identity`.

    Attributes:
        claims: How often it was claimed.
    """

    def __init__(self, instance: str, machine: str = "ours", *, legacy_before: float = 0.0) -> None:
        self.instance = instance
        self.claims = 0
        self._key = hashlib.sha256(f"{machine} {instance}".encode()).digest()
        self._legacy_before = legacy_before

    @property
    def claimed(self) -> bool:
        return self.claims > 0

    def keyring(self) -> Keyring:
        return Keyring(keys=(self._key,), legacy_before=self._legacy_before)

    def claim(self) -> None:
        self.claims += 1

    def become(self, instance: str) -> None:
        self.instance = instance
