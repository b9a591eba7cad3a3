"""
Carts: pieces by product, kept in Valkey for a week under a random token from a cookie.
"""

import re
import secrets
from collections.abc import Mapping

from redis import Redis

KEPT_S = 7 * 24 * 3600
PIECES_MAX = 20
PRODUCTS_MAX = 40

_TOKEN = re.compile(r"[0-9a-f]{32}")


def new_token() -> str:
    """
    Make a token that nobody can guess.
    """
    return secrets.token_hex(16)


def valid_token(text: str | None) -> str | None:
    """
    Give *text* back when it looks like one of our tokens.
    """
    return text if text and _TOKEN.fullmatch(text) else None


def clamp(pieces: int) -> int:
    """
    Keep the pieces of one product between 0 and ``PIECES_MAX``.
    """
    return max(0, min(PIECES_MAX, pieces))


def parse(stored: Mapping[str, str]) -> dict[str, int]:
    """
    Read a stored cart; what is not a positive number drops out.
    """
    return {
        slug: clamp(int(pieces))
        for slug, pieces in sorted(stored.items())
        if pieces.isdecimal() and int(pieces) > 0
    }


class Carts:
    """
    The carts of all visitors.
    """

    def __init__(self, cache: Redis) -> None:
        self._cache = cache

    def read(self, token: str | None) -> dict[str, int]:
        """
        Pieces by slug; empty for a visitor without a cart.
        """
        return parse(self._cache.hgetall(_key(token))) if token else {}

    def add(self, token: str, slug: str, pieces: int) -> None:
        """
        Add to what is there; two tabs that add at once both count.
        """
        if slug not in (cart := self.read(token)) and len(cart) >= PRODUCTS_MAX:
            return
        total = self._cache.hincrby(_key(token), slug, pieces)
        if total != clamp(total):
            self.put(token, slug, total)
        self._cache.expire(_key(token), KEPT_S)

    def put(self, token: str, slug: str, pieces: int) -> None:
        """
        Set the pieces of one product; 0 takes it out.
        """
        if clamp(pieces) == 0:
            self._cache.hdel(_key(token), slug)
            return
        self._cache.hset(_key(token), slug, clamp(pieces))
        self._cache.expire(_key(token), KEPT_S)

    def clear(self, token: str) -> None:
        """
        Empty the cart.
        """
        self._cache.delete(_key(token))

    def close(self) -> None:
        """
        Let go of all connections.
        """
        self._cache.close()


def _key(token: str) -> str:
    return f"cart:{token}"
