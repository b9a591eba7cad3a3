"""
Pure functions of the program, with their last answers kept: most looks see what the last one saw.

That equal arguments give equal answers is shown elsewhere, by the properties of plans.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import sandbox.runtime.sync

KEPT: Final = 8
NAMES: Final = ("plan_sync", "judge_of")


@contextmanager
def remembered_plans() -> Iterator[None]:
    """Have looks keep their last plans in the block."""
    module = sandbox.runtime.sync
    before = {name: getattr(module, name) for name in NAMES}
    for name, function in before.items():
        setattr(module, name, _remembered(function))
    try:
        yield
    finally:
        for name, function in before.items():
            setattr(module, name, function)


def _remembered(function: Callable[..., Any]) -> Callable[..., Any]:
    kept: deque[tuple[tuple[Any, ...], Any]] = deque(maxlen=KEPT)

    def call(desired: Any, observed: Any, policy: Any) -> Any:
        for (same, seen, so), answer in kept:
            if same is desired and so == policy and seen == observed:
                return answer
        answer = function(desired, observed, policy)
        kept.append(((desired, observed, policy), answer))
        return answer

    return call
