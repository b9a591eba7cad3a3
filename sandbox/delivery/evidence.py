"""
How likely chance alone does what was seen: exact one-sided tests of shares.

Both sums end where their terms no longer count, so they take a handful of steps for the small
answers that matter; an answer that shows nothing is given as 1.0 without adding up.
"""

from __future__ import annotations

from math import exp, inf, lgamma, log
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

NEGLIGIBLE = 1e-12


def chance_of_share(hits: int, tries: int, share: float) -> float:
    """
    Chance of *hits* or more in *tries* when each hits with a chance of at most *share*.

    Source:
        Binomial test, one-sided.
    """
    if hits <= tries * share:
        return 1.0
    if share <= 0.0:
        return 0.0

    def term(count: int) -> float:
        ways = _log_choose(tries, count)
        return exp(ways + count * log(share) + (tries - count) * log(1.0 - share))

    return _tail(term, hits, tries)


def chance_of_difference(hits: int, tries: int, other_hits: int, other_tries: int) -> float:
    """
    Chance that so many or more of all hits fall to *tries* when both sides hit equally often.

    Source:
        Fisher's exact test, one-sided.
    """
    # Without tries on a side this holds, too: there is nothing to compare.
    if hits * other_tries <= other_hits * tries:
        return 1.0
    all_hits = hits + other_hits
    together = _log_choose(tries + other_tries, all_hits)

    def term(count: int) -> float:
        ways = _log_choose(tries, count) + _log_choose(other_tries, all_hits - count)
        return exp(ways - together)

    return _tail(term, hits, min(tries, all_hits))


def _tail(term: Callable[[int], float], first: int, last: int) -> float:
    """Add up terms that fall from the *first* on."""
    total = 0.0
    for count in range(first, last + 1):
        more = term(count)
        total += more
        if more <= total * NEGLIGIBLE:
            break
    return min(total, 1.0)


def _log_choose(things: int, chosen: int) -> float:
    if not 0 <= chosen <= things:
        return -inf
    return lgamma(things + 1) - lgamma(chosen + 1) - lgamma(things - chosen + 1)
