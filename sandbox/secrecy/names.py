"""Whether a value is a secret, judged by its name and its shape."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise
from typing import Final

STAND_IN: Final = "***"
"""What is shown in place of a secret."""
SHORTEST: Final = 4
"""A shorter value is hidden where it stands, but not looked for in other texts."""

_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_STRONG = re.compile(
    r"passw(?:or)?d|passwd|passphrase|secret|credential|apikey|privatekey|accesskey|signingkey"
    r"|encryptionkey|masterauth|connectionstring|(?<!by)(?<!com)(?<!sur)(?<!tres)pass$"
)
_TOKEN = re.compile(r"token|jwt|bearer")


def _set(*lines: str) -> frozenset[str]:
    return frozenset(word for line in lines for word in line.split())


_STRONG_PARTS: Final = _set(
    "pass pwd pw pin pat dsn creds cred passcode otp totp psk hmac pepper signing sas webhook"
)
_WEAK_PARTS: Final = _set("key keys auth private salt session cookie cookies sid seed")
_HARMLESS_ENDS: Final = _set(
    "file files path dir folder sock socket timeout ttl length len size count max min limit name",
    "names id ids enabled disabled enable disable type algorithm alg expiry expires expiration",
    "days hours minutes seconds secs ms interval host hosts hostname port domain mode method",
    "policy header prefix suffix required lifetime age version issuer audience provider",
    "providers store driver backend service server url uri endpoint parallelism samesite",
    "format rounds cost user username role db database table field column",
)
_ORDINARY_WORDS: Final = _set(
    "true false yes no on off none null nil undefined default auto always never required",
    "optional enabled disabled missing invalid empty unset hidden masked redacted",
    "admin administrator root user guest nobody postgres postgresql mysql mariadb redis valkey",
    "mongo mongodb rabbitmq elastic kafka nginx haproxy debug info warning warn error trace",
    "production staging development testing test tests prod main master latest stable local",
    "localhost password passwd secret token string basic bearer digest memory database world",
    "hello python node bash shell data config server client service example public private",
)
_ORDINARY = re.compile(
    r"[A-Za-z]{1,12}"  # a word
    r"|[-+]?\d{1,5}(?:\.\d+)?|\d{1,9}(?:[smhdkKMGTwy%]|ms|us|ns|[KMG]i?[bB]|mb|gb|kb)"  # a number
    r"|v?\d+(?:\.\d+){1,4}(?:[-+][\w.]{1,16})?"  # a version or an address
    r"|[.~]{0,2}/[\w./@%+-]*|[\w-]+\.(?:key|pem|crt|cert|json|ya?ml|txt|env|conf|cfg|toml|pub|p12)"
    r"|[a-z0-9-]+(?:\.[a-z0-9-]+)+(?::\d{1,5})?|[a-z][a-z0-9-]*:\d{1,5}"  # a host
    r"|sha\d+:[0-9a-f]+|[0-9a-f]{7,12}|[0-9a-f]{40}|[0-9a-f]{64}"  # a digest, a commit
    r"|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
    r"|\d{4}-\d\d-\d\d(?:[T ][\d:.]+Z?)?"  # a time
    r"|\.{3}|%\w"
)
_RANDOM = re.compile(r"[A-Za-z0-9_+/=~.!@#$%^&*-]{16,}")
_UPPER_LOWER_DIGIT: Final = 3
_CLASSES = (re.compile(r"[a-z]"), re.compile(r"[A-Z]"), re.compile(r"\d"))
_HEX = re.compile(r"[0-9a-f]{32,}|[0-9A-F]{32,}")
_BUSY: Final = 0.45
"""Of a name made of words fewer letters than this are of another kind than the one before."""


@lru_cache(maxsize=4096)
def is_strong_name(name: str) -> bool:
    """Tell whether what is called *name* is a secret: ``DB_PASSWORD``, ``gh-pat``, ``apiKey``."""
    parts = name_parts(name)
    if not parts or _is_harmless(parts):
        return False
    flat = "".join(parts)
    plural = parts[-1] == "tokens"  # a number of them more often than not
    return (
        bool(_STRONG.search(flat))
        or (bool(_TOKEN.search(flat)) and not plural)
        or not _STRONG_PARTS.isdisjoint(parts)
    )


@lru_cache(maxsize=4096)
def is_weak_name(name: str) -> bool:
    """Tell whether what is called *name* may be a secret: ``SESSION``, ``KEY``, ``AUTH``."""
    parts = name_parts(name)
    if not parts or _is_harmless(parts):
        return False
    if parts in {("key",), ("keys",)}:
        return False  # of anything
    named = parts[-1].endswith("key") and parts[-1] not in {"monkey", "turkey", "hockey"}
    return named or not _WEAK_PARTS.isdisjoint(parts)


def is_secret(name: str, value: str) -> bool:
    """Tell whether *value*, which is called *name*, is a secret by either."""
    if not value or value.lower() in {"true", "false", "yes", "no", "on", "off", "none", "null"}:
        return False
    if is_strong_name(name):
        return not _stands_for(value)
    return (is_weak_name(name) and not is_ordinary(value)) or looks_random(value)


def is_ordinary(value: str) -> bool:
    """
    Tell whether *value* has the shape of what stands in any text.

    A word, a number, a version, a host, a path, a commit id, a digest, a time, a reference.
    """
    ordinary = value.lower() in _ORDINARY_WORDS or bool(_ORDINARY.fullmatch(value))
    return ordinary or _stands_for(value)


def is_common(value: str) -> bool:
    """Tell whether *value*, although it may be a secret, must stay readable in texts."""
    return (
        len(value) < SHORTEST
        or value.lower() in _ORDINARY_WORDS
        or (value.isdecimal() and len(value) < len("123456"))
        or _stands_for(value)
        or len(set(value)) == 1
    )


def looks_random(value: str) -> bool:
    """
    Tell whether *value* was made by a generator: long, without spaces, its kinds of letters mixed.

    Commit ids, digests and UUIDs do not count; hexadecimal of another length does.
    """
    if not _RANDOM.fullmatch(value) or is_ordinary(value):
        return False
    if _HEX.fullmatch(value):
        return True
    if "/" in value and not re.search(r"[+=]", value):
        return False  # a path
    kinds = [_kind(letter) for letter in value]
    found = sum(bool(each.search(value)) for each in _CLASSES)
    changes = sum(one != other for one, other in pairwise(kinds)) / (len(kinds) - 1)
    return found >= _UPPER_LOWER_DIGIT and changes >= _BUSY


def name_parts(name: str) -> tuple[str, ...]:
    """Split a name into words: ``DB_PASSWORD``, ``apiKey`` and ``x-api-key`` alike."""
    return tuple(part.lower() for part in _PART.findall(name))


def _is_harmless(parts: tuple[str, ...]) -> bool:
    return len(parts) > 1 and parts[-1] in _HARMLESS_ENDS and "webhook" not in parts


def _stands_for(value: str) -> bool:
    """``$NAME``, ``${NAME:-x}``, ``<password>``, ``***``: something in place of a value."""
    return bool(re.fullmatch(r"\$\$?(?:[A-Z_][A-Z0-9_]*|\{.*)?|<[^<>]*>|\*+", value))


def _kind(letter: str) -> int:
    return 0 if letter.islower() else 1 if letter.isupper() else 2 if letter.isdigit() else 3
