"""Durations, sizes and fractions of processors as Compose writes them."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

DURATION_SAYS = "a duration such as 500ms, 10s, 1m30s or 2h"
SIZE_SAYS = "a size such as 512k, 64m or 1.5g (1k is 1024 bytes)"

_DURATION = re.compile(r"(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|μs|ms|s|m|h|d|w)")
_PARTS = re.compile(r"([\d.]+)([a-zµμ]+)")
_SECONDS = {
    "ns": Decimal("1e-9"),
    "us": Decimal("1e-6"),
    "µs": Decimal("1e-6"),
    "μs": Decimal("1e-6"),
    "ms": Decimal("1e-3"),
    "s": Decimal(1),
    "m": Decimal(60),
    "h": Decimal(3600),
    "d": Decimal(86400),
    "w": Decimal(604800),
}
_SIZE = re.compile(r"(\d+(?:\.\d+)?) ?([kmgtp]?)i?b?", re.IGNORECASE)
_RAM = re.compile(
    r"\+?((?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?) ?(?:b|([kmgtp])(?:i?b)?)?", re.IGNORECASE
)
_POWERS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4, "p": 5}
_LENGTH_MAX = 40
_INT64_MAX = 2**63 - 1


def duration_s(text: str) -> float | None:
    """Seconds of a duration; ``None`` when it is none, or longer than some 292 years."""
    if text == "0":
        return 0.0
    if len(text) > _LENGTH_MAX or not text or _DURATION.sub("", text):
        return None
    seconds = sum(
        (Decimal(number) * _SECONDS[unit] for number, unit in _PARTS.findall(text)), Decimal(0)
    )
    return float(seconds) if seconds * 10**9 <= _INT64_MAX else None


def size_bytes(text: str) -> int | None:
    """Bytes of a size; ``None`` when it is none."""
    found = _SIZE.fullmatch(text.strip()) if len(text) <= _LENGTH_MAX else None
    if found is None:
        return None
    size = int(Decimal(found[1]) * 1024 ** _POWERS[found[2].lower()])
    return size if size <= _INT64_MAX else None


def nano_cpus(text: str) -> int | None:
    """Billionths of a processor in a decimal such as ``0.5``; ``None`` when it is none."""
    try:
        number = Decimal(text) if len(text) <= _LENGTH_MAX else None
    except InvalidOperation:
        return None
    if number is None or not number.is_finite() or not 0 <= number <= _INT64_MAX // 10**9:
        return None
    return int(number * 10**9)


def duration_text(text: str) -> str | None:
    """
    Write a duration as Go does: ``1m30s``, ``500ms``, ``0s``; ``None`` when *text* is none.

    Source:
        `Duration.String` of Go's `time`. A sign may stand before a duration; a unit may repeat.
    """
    unsigned = text[1:] if text.startswith(("-", "+")) else text
    sign = "-" if text.startswith("-") else ""
    if unsigned == "0":
        return "0s"
    if len(unsigned) > _LENGTH_MAX or not unsigned or _DURATION.sub("", unsigned):
        return None
    parts = _PARTS.findall(unsigned)
    nanoseconds = int(sum((Decimal(n) * _SECONDS[unit] for n, unit in parts), Decimal(0)) * 10**9)
    if nanoseconds > _INT64_MAX:
        return None
    return sign * bool(nanoseconds) + _in_units(nanoseconds)


def _in_units(nanoseconds: int) -> str:
    for unit, size in (("ns", 1), ("µs", 10**3), ("ms", 10**6)):
        if 0 < nanoseconds < size * 10**3:
            return f"{_decimal(nanoseconds, size)}{unit}"
    minutes, rest = divmod(nanoseconds, 60 * 10**9)
    hours, minutes = divmod(minutes, 60)
    written = f"{hours}h" if hours else ""
    written += f"{minutes}m" if written or minutes else ""
    return f"{written}{_decimal(rest, 10**9)}s"


def _decimal(number: int, size: int) -> str:
    """Write *number* in units of *size*, which is a power of ten, without trailing zeros."""
    whole, rest = divmod(number, size)
    return f"{whole}.{rest:0{len(str(size)) - 1}}".rstrip("0").rstrip(".")


def ram_bytes(text: str) -> int | None:
    """
    Bytes of a size as Docker reads it: also ``1e3k`` and ``10.5 MiB``; ``None`` when it is none.

    Source:
        `RAMInBytes` of docker/go-units.
    """
    found = _RAM.fullmatch(text) if len(text) <= _LENGTH_MAX else None
    if found is None:
        return None
    size = Decimal(found[1]) * 1024 ** _POWERS[(found[2] or "").lower()]
    return int(size) if size <= _INT64_MAX else None
