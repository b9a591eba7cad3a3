"""Hooks of Git."""

from __future__ import annotations

from enum import StrEnum


class HookName(StrEnum):
    """The hooks that can be installed."""

    PRE_COMMIT = "pre-commit"
    PRE_PUSH = "pre-push"
