"""
`override`, as `typing` has it from Python 3.12 on, without a library that is slow to load.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing_extensions import override as override  # noqa: PLC0414 - it is imported from here
else:

    def override(method: object) -> object:
        """
        Say of *method* that a base class has one of that name.
        """
        return method
