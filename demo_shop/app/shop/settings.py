"""
Settings, read once from the environment of the process.

The database is named by the variables of libpq (``PGHOST``, ``PGUSER``, ``PGPASSWORD``,
``PGDATABASE``), which psycopg reads by itself, so that no password is ever put into a URL.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """
    What differs between environments.

    ``release`` is a full commit id or a word; ``step_s`` is how long each step of the worker takes,
    so that an audience can follow an order.
    """

    environment: str
    release: str
    cache_url: str
    port: int
    step_s: float

    @classmethod
    def read(cls, variables: Mapping[str, str] | None = None) -> "Settings":
        """
        Read the settings; each has a default that works on a developer's machine.

        Raises:
            SystemExit: a number is not one; the message names the variable.
        """
        known = os.environ if variables is None else variables
        return cls(
            environment=known.get("SHOP_ENVIRONMENT") or "development",
            release=known.get("SHOP_RELEASE") or "dev",
            cache_url=known.get("SHOP_CACHE_URL") or "redis://127.0.0.1:6379/0",
            port=int(_number(known, "SHOP_PORT", 8080)),
            step_s=_number(known, "SHOP_STEP_SECONDS", 0.3),
        )


def _number(variables: Mapping[str, str], name: str, default: float) -> float:
    text = variables.get(name) or str(default)
    try:
        return float(text)
    except ValueError:
        message = f"{name} is {text!r}, which is not a number"
        raise SystemExit(message) from None
