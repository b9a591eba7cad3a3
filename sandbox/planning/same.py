"""
Values as keys of kept answers: looks ask the same of the same commit, again and again.
"""

from __future__ import annotations

from typing import Generic, TypeVar

from sandbox.override import override

T = TypeVar("T")


class Same(Generic[T]):
    """
    A value that nobody changes, as a key: equal to itself alone, found without reading it.
    """

    __slots__ = ("value",)

    def __init__(self, value: T) -> None:
        self.value = value

    @override
    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same) and self.value is other.value  # pyright: ignore[reportUnknownMemberType] -- of any kind

    @override
    def __hash__(self) -> int:
        return id(self.value)
