"""Who asks."""

from __future__ import annotations

import getpass


def person() -> str:
    """Name of the user of this process; empty where the system does not know one."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""
