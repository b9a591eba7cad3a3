"""
What a promotion or a pin did.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.render.style import PLAIN, Style
from sandbox.render.text import clean, short

if TYPE_CHECKING:
    from sandbox.model.promotion import Promotion


def promotion_text(promotion: Promotion, *, style: Style = PLAIN) -> str:
    """
    The release that is pinned now, the one before, and the commit that says so.
    """
    name = style.paint(clean(promotion.environment), "bold")
    release = style.paint(short(promotion.release), "yellow")
    origin = f" of {clean(promotion.source)}" if promotion.source else ""
    if not promotion.changed:
        return f"{name} is at release {release}{origin} already; nothing was committed."
    before = f" (was {short(promotion.previous)})" if promotion.previous else ""
    commit = style.paint(short(promotion.commit), "yellow")
    branch = f" on {clean(promotion.branch)}" if promotion.branch else ""
    return f"{name} is pinned to release {release}{origin}{before} by commit {commit}{branch}."
