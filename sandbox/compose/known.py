"""What to say about a key that is not known."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from functools import lru_cache

from sandbox.secrecy.kinds import hide_kinds

_SHOWN_MAX = 60
_NAMES_MAX = 200  # comparing takes time


def suggestion(name: str, allowed: Iterable[str]) -> str:
    """Give ``; did you mean 'x'?`` when something allowed is near, else nothing."""
    return _nearest(name[:80], frozenset(allowed))


@lru_cache(maxsize=256)  # one slip is often made in many services
def _nearest(name: str, allowed: frozenset[str]) -> str:
    if len(allowed) > _NAMES_MAX:
        return ""
    near = get_close_matches(name, sorted(allowed), n=1, cutoff=0.6)
    return f"; did you mean {near[0]!r}?" if near else ""


def unknown_key(
    key: str, allowed: Iterable[str], *, newer: Iterable[str] = (), later: Iterable[str] = ()
) -> str:
    """
    Say what is wrong with *key*, where *allowed* may stand.

    Args:
        key: As written.
        allowed: The keys that may stand here.
        newer: Keys of a later Compose than the one that we follow.
        later: Keys of our own to come.
    """
    if key in newer:
        return f"the key `{key}` is newer than the Compose Specification that is followed here"
    if key in later:
        return f"the key `{key}` is not supported yet"
    allowed = sorted(allowed)
    hint = suggestion(key, allowed)
    if not hint and len(allowed) <= 12:  # noqa: PLR2004 - what fits a line
        names = ", ".join(allowed)
        hint = f"; allowed here: {names}" if names else "; no key is allowed here"
    return f"the key `{key}` is unknown{hint}"


def shown(written: str) -> str:
    """Quote what was written, cut to what fits a message, and without what looks like a secret."""
    written = hide_kinds(written)
    return repr(written) if len(written) <= _SHOWN_MAX else f"{written[:_SHOWN_MAX]!r}…"
