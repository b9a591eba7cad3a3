"""
What both sides roll out: an application, how to change it, and what to ask it meanwhile.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from tests.benchmarks.shop import set_variable
from tests.rollouts import small_app

if TYPE_CHECKING:
    from pathlib import Path

ITEM = '{"slug": "letter-set"}'
SHOP_BASE = "environments/base/compose.yaml"


class Application(Protocol):
    """An application that is published at ``WEB_PORT``."""

    @property
    def header(self) -> str:
        """Says in each answer which generation gave it."""
        ...

    def change(self, folder: Path, generation: str) -> dict[str, str]:
        """Give the files whose change makes `web`, and nothing else, another generation."""
        ...

    def requests(self, url: str) -> list[str]:
        """What to ask below *url*, in turn."""
        ...

    @property
    def stores(self) -> tuple[str, ...]:
        """Single services with data, which can only be stopped before they are started anew."""
        ...


@dataclass(frozen=True, kw_only=True)
class Small:
    """The small web service."""

    header: str = small_app.HEADER
    stores: tuple[str, ...] = ()

    def change(self, folder: Path, generation: str) -> dict[str, str]:
        text = (folder / small_app.VARIABLES).read_text()
        return {small_app.VARIABLES: set_variable(text, "GENERATION", generation)}

    def requests(self, url: str) -> list[str]:
        return small_app.requests(url)


@dataclass(frozen=True, kw_only=True)
class Shop:
    """The shipped shop, mostly what needs no database: it is `web` that is rolled."""

    header: str = "X-Shop-Release"
    stores: tuple[str, ...] = ("cache", "db")

    def change(self, folder: Path, generation: str) -> dict[str, str]:
        text = (folder / SHOP_BASE).read_text()
        changed, number = re.subn(r"(?m)^( *SHOP_RELEASE: ).*$", rf"\g<1>{generation}", text)
        assert number == 1
        return {SHOP_BASE: changed}

    def requests(self, url: str) -> list[str]:
        cheap = [f"{url}/version", f"{url}/static/shop.css", f"{url}/healthz"] * 2
        return [*cheap, f"{url}/api/products/letter-set", f"POST {url}/api/cart/items {ITEM}"]


def change_store(folder: Path, service_name: str, number: int) -> dict[str, str]:
    """Give the files whose change makes one of the shop's stores, and nothing else, anew."""
    text = (folder / SHOP_BASE).read_text()
    head, name, section = text.partition(f"\n  {service_name}:\n")
    changed, found = re.subn(
        r"(?m)^    mem_limit: .*$", f"    mem_limit: {384 + number}m", section, count=1
    )
    assert name
    assert found
    return {SHOP_BASE: head + name + changed}
