"""The cases in which we differ on purpose, as the documentation lists them."""

import re
from pathlib import Path

_HEADING = "## Deviations"
_CASE = re.compile(r"^- `([^`]+)`$", re.MULTILINE)


def listed_deviations(document: Path) -> set[str]:
    """Give the ids of cases that *document* lists below its heading of deviations."""
    if not document.is_file():
        return set()
    _, _, section = document.read_text().partition(f"\n{_HEADING}\n")
    section = re.split(r"^## ", section, maxsplit=1, flags=re.MULTILINE)[0]
    return set(_CASE.findall(section))
