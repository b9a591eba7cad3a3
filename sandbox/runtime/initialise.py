"""A new repository from the shipped template: the files, then a commit that pins production."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.delivery.pin import set_release

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

PINNED = "environments/production/.env"


def initial_commits(
    template: Mapping[str, tuple[bytes, bool]],
) -> Sequence[tuple[str, Callable[[str], Mapping[str, tuple[bytes, bool]]]]]:
    """
    Give the messages of the first commits, and what each writes, given the id of the one before.

    Args:
        template: Content and executable bit by path.
    """

    def pin_first(first: str) -> Mapping[str, tuple[bytes, bool]]:
        content, executable = template[PINNED]
        return {PINNED: (set_release(content.decode(), first).encode(), executable)}

    return (
        ("Add the demo shop and its environments", lambda _: template),
        ("Pin production to the first release", pin_first),
    )
