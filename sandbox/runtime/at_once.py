"""Do the same for several things at once: most of it is waiting for the engine."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Item = TypeVar("Item")
Answer = TypeVar("Answer")


def at_once(work: Callable[[Item], Answer], items: Sequence[Item]) -> tuple[Answer, ...]:
    """
    Give what *work* makes of each of *items*, one in this thread and the others beside it.

    Whatever one of them raises is raised here, once all have ended.
    """
    answers = dict[int, Answer]()
    errors = dict[int, BaseException]()

    def do(at: int) -> None:
        try:
            answers[at] = work(items[at])
        except BaseException as error:  # noqa: BLE001 - it is raised in the thread that asked
            errors[at] = error

    beside = [threading.Thread(target=do, args=(at,), daemon=True) for at in range(1, len(items))]
    for thread in beside:
        thread.start()
    if items:
        do(0)
    for thread in beside:
        thread.join()
    for _, error in sorted(errors.items()):
        raise error
    return tuple(answers[at] for at in range(len(items)))
