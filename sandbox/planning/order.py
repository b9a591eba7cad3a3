"""
Orders that are equal for equal arguments: of services by ``depends_on``, of steps by their waits.
"""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sandbox.model.plan import Step


def dependency_ranks(waits_for: Mapping[str, Iterable[str]]) -> dict[str, int]:
    """
    Number names so that each one comes after what it waits for; ties by name.

    Total: names that are not keys are ignored, and what closes a cycle is (a file with a cycle is
    refused long before; labels of what runs may still hold one).
    """
    ranks: dict[str, int] = {}
    entered: set[str] = set()
    # An explicit stack: depth is up to the author of the file.
    stack = [(name, False) for name in sorted(waits_for, reverse=True)]
    while stack:
        name, leaving = stack.pop()
        if leaving:
            ranks[name] = len(ranks)
        elif name not in entered:
            entered.add(name)
            stack.append((name, True))
            inner = sorted(set(waits_for[name]) & set(waits_for), reverse=True)
            stack.extend((each, False) for each in inner)
    return ranks


def waited_for(steps: Iterable[Step], step_id: str) -> frozenset[str]:
    """
    Ids of all steps that *step_id* waits for, by way of others too, its own included.
    """
    by_id = {step.id: step for step in steps}
    seen: set[str] = set()
    ahead = [step_id]
    while ahead:
        each = ahead.pop()
        if each in by_id and each not in seen:
            seen.add(each)
            ahead += [*by_id[each].depends_on, *by_id[each].after]
    return frozenset(seen)


def sort_steps(steps: Sequence[Step]) -> tuple[Step, ...]:
    """
    Put *steps* in an order that respects what they wait for; ties keep the order given.
    """
    position = {step.id: index for index, step in enumerate(steps)}
    assert len(position) == len(steps), "step ids are unique"
    waiting = {step.id: {*step.depends_on, *step.after} for step in steps}
    followers: dict[str, list[str]] = {step.id: [] for step in steps}
    for step_id, waits in waiting.items():
        for each in waits:
            followers[each].append(step_id)
    ready = [position[step_id] for step_id, waits in waiting.items() if not waits]
    heapq.heapify(ready)
    ordered: list[Step] = []
    while ready:
        step = steps[heapq.heappop(ready)]
        ordered.append(step)
        for follower in followers[step.id]:
            waiting[follower].discard(step.id)
            if not waiting[follower]:
                heapq.heappush(ready, position[follower])
    assert len(ordered) == len(steps), "steps do not wait for one another in a circle"
    return tuple(ordered)
