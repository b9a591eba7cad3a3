"""
Records as the journal stores them: JSON, in which another version may know more or less.
"""

from __future__ import annotations

import json
import logging
from functools import lru_cache
from typing import TypeVar

from sandbox.adapters.wire import WireError, decode, encode
from sandbox.model.event import Event
from sandbox.model.gate import GateResult
from sandbox.model.observed import Creation
from sandbox.model.ownership import Present
from sandbox.model.quarantine import Quarantine
from sandbox.model.receipt import Traffic
from sandbox.model.record import SyncRecord
from sandbox.model.status import Suspension
from sandbox.model.steadiness import HealthRecord
from sandbox.model.syncing import Syncing

Stored = TypeVar(
    "Stored",
    Creation,
    Event,
    GateResult,
    HealthRecord,
    Present,
    Quarantine,
    Suspension,
    Syncing,
    SyncRecord,
)

READ_MAX = 512
"""Texts whose values are kept: a few kilobytes each."""

log = logging.getLogger(__name__)


def text_of(
    value: Creation
    | Event
    | GateResult
    | HealthRecord
    | Present
    | Quarantine
    | Suspension
    | Syncing
    | SyncRecord
    | Traffic,
) -> str:
    """
    Write *value* as JSON.
    """
    return json.dumps(encode(value), ensure_ascii=True, separators=(",", ":"))


@lru_cache(maxsize=READ_MAX)  # the same rows are read at every look
def value_of(kind: type[Stored], text: str) -> Stored | None:
    """
    Read what `text_of` wrote; what cannot be read is as good as forgotten.
    """
    try:
        return decode(kind, json.loads(text))
    except (ValueError, WireError) as error:
        log.warning("the journal holds a %s that cannot be read: %s", kind.__name__, error)
        return None
