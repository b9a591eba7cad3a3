"""What is wrong with committed text, and where."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.override import override


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """
    One thing that is wrong in a committed file.

    Attributes:
        file: Path inside the repository.
        line: One-based; 0 when the file as a whole is meant.
        column: One-based; 0 when unknown.
        path: Where in the document, such as ``services.web.ports[0]``; empty for the top.
        message: What is wrong and what is allowed.
        remedy: What to do; empty when the message says it all.
    """

    file: str
    line: int = 0
    column: int = 0
    path: str = ""
    message: str
    remedy: str = ""

    @override
    def __str__(self) -> str:
        """Give one line: ``file:line:column: path: message (remedy)``."""
        place = self.file
        if self.line:
            place += f":{self.line}"
            if self.column:
                place += f":{self.column}"
        where = f" {self.path}:" if self.path else ""
        what_to_do = f" ({self.remedy})" if self.remedy else ""
        return f"{place}:{where} {self.message}{what_to_do}"
