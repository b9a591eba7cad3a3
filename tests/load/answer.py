"""What came of one request: a line of the log that a prober writes."""

from __future__ import annotations

import json
from typing import NamedTuple


class Answer(NamedTuple):
    """
    One request and its end; times are seconds of the machine's monotonic clock.

    Attributes:
        due: When it was to be sent; latency counts from here, so that waiting is not forgotten.
        sent: When it was sent (for the last time, if it was repeated).
        ended: When the last byte of the answer was read, or when it failed.
        target: Index of what was asked for.
        generation: Which release answered, as it says itself, of a failure too; empty when not.
        failure: What went wrong; empty when all went well.
        attempts: How often it was sent.
    """

    due: float
    sent: float
    ended: float
    target: int
    generation: str
    failure: str
    attempts: int = 1

    def line(self) -> str:
        """Give the line of the log."""
        return json.dumps(self) + "\n"


def read_answers(text: str) -> list[Answer]:
    """Read a log; a last line that is still being written is left out."""
    whole, _, _ = text.rpartition("\n")
    return [Answer(*json.loads(line)) for line in whole.splitlines()]
