"""
The tests in this folder visit a shop that runs, at SHOP_URL, as somebody from outside would.
"""

import os
from collections.abc import Iterator

import httpx
import pytest


@pytest.fixture
def visitor() -> Iterator[httpx.Client]:
    """
    A browser that has never been here.
    """
    url = os.environ.get("SHOP_URL", "http://web:8080")
    with httpx.Client(base_url=url, follow_redirects=True, timeout=10) as client:
        yield client
