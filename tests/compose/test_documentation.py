"""What the pages show of Compose files can be pasted: every block loads as it stands."""

import re
from pathlib import Path

import pytest

from sandbox.compose.load import load_environment
from tests.compose.committed import MemorySource

DOCS = Path(__file__).parents[2] / "docs"
BLOCK = re.compile(r"^```yaml\n((?:x-sandbox|services):\n.*?)^```$", re.MULTILINE | re.DOTALL)
BLOCKS = [
    pytest.param(block, id=f"{page.stem}-{number}")
    for page in sorted(DOCS.glob("*.md"))
    for number, block in enumerate(BLOCK.findall(page.read_text(encoding="utf-8")), 1)
]
NAMED = ("app/Dockerfile", "app/db/sql/1.sql", "app/db/migrations/1.sql")
"""What the blocks name."""


@pytest.mark.parametrize("block", BLOCKS)
def test_a_block_loads_as_it_stands(block: str) -> None:
    files = dict.fromkeys(NAMED, b"")
    files["environments/staging/compose.yaml"] = b"x-sandbox: {}\nservices: {}\n"
    files["environments/production/compose.yaml"] = block.encode()

    desired = load_environment("production", MemorySource(files=files), default_application="shop")

    assert not desired.warnings
    assert bool(desired.services or desired.gates) == block.startswith("services")


def test_the_blocks_of_the_reference_are_found() -> None:
    assert {"reference-1", "reference-2"} <= {each.id for each in BLOCKS}
