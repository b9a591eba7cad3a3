"""
A moment as people write it.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta, tzinfo

from sandbox.cli.command import parse_span

_AGO = re.compile(r"(?P<span>\S+)(?: +ago)?")
_CLOCK = re.compile(r"(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d))?")


def parse_moment(text: str, now: float, zone: tzinfo | None = None) -> float | None:
    """
    Read a moment of the past as seconds since the epoch; ``None`` for what is none.

    ``14:05`` (today, or yesterday when that is still to come), ``2026-11-23 14:05``, ISO 8601 with
    a zone or without, ``10m ago``.

    Args:
        text: As written.
        now: Seconds since the epoch.
        zone: Of what names none; ``None`` is this machine's.
    """
    text = text.strip()
    clock = _CLOCK.fullmatch(text)
    if clock is not None:
        return _today(clock, now, zone)
    ago = _AGO.fullmatch(text)
    span = parse_span(ago["span"]) if ago and ago["span"][-1:] in "smhd" else None
    if span is not None:
        return now - span
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (moment.replace(tzinfo=zone) if moment.tzinfo is None else moment).timestamp()


def _today(clock: re.Match[str], now: float, zone: tzinfo | None) -> float | None:
    here = datetime.fromtimestamp(now, zone)
    hour, minute, second = (int(part or 0) for part in clock.groups())
    try:
        moment = here.replace(hour=hour, minute=minute, second=second, microsecond=0)
    except ValueError:
        return None
    if moment.timestamp() > now:
        moment -= timedelta(days=1)
    return moment.timestamp()
