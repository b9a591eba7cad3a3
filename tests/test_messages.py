"""What people read says who does what: no riddle, no file that a user of the wheel lacks."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import sandbox

SOURCES = sorted(Path(sandbox.__file__).parent.rglob("*.py"))
_PERSONS = re.compile(r"\b(nobody|somebody|whoever|everybody|anybody)\b", re.IGNORECASE)
TOP = Path(__file__).parents[1]
INSTALLED = ("demo_shop", "environments")
"""What a wheel brings besides the package, and `init` copies."""
TARGETS = re.findall(r"^([a-z]+):.*## ", (TOP / "Makefile").read_text("utf-8"), re.MULTILINE)
_DOCUMENTS = re.compile(
    r"\b(?:docs|tests|\.ci)/|\b[\w-]+\.md\b|\b(?:README|CHANGELOG|Makefile)\b"
    rf"|\bmake (?:{'|'.join(TARGETS)})\b"
)
"""Files of a checkout, and its `make`: a user of the wheel has neither."""
_OTHER = ("secrecy/names.py", "/lab.py", "/lab_audit.py", "/lab_story.py", "/lab_ways.py")
_OTHERS = (*_OTHER, "/lab_chart.py", "/lab_measures.py", "/lab_page.py")
"""Names of users, which are no message; and the laboratory, which measures what people do."""


def messages(source: Path) -> Iterator[tuple[int, str]]:
    """Give every text of *source* with its line; of docstrings those that are the help of one."""
    tree = ast.parse(source.read_text(encoding="utf-8"))
    silent: set[int] = set()
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list) and not is_command(node):
            silent |= {id(each.value) for each in body if isinstance(each, ast.Expr)}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Constant) or id(node) in silent:
            continue
        if isinstance(node.value, str) and not node.value.startswith("#!"):  # no program
            yield node.lineno, node.value


def is_command(node: ast.AST) -> bool:
    """Tell whether the docstring of *node* is a help text."""
    return isinstance(node, ast.FunctionDef) and any(
        isinstance(each, ast.Call) and isinstance(each.func, ast.Name) and each.func.id == "command"
        for each in node.decorator_list
    )


@pytest.mark.parametrize("pattern", [_PERSONS, _DOCUMENTS], ids=("persons", "documents"))
def test_no_message_speaks_in_riddles_or_names_a_file_that_is_not_installed(
    pattern: re.Pattern[str],
) -> None:
    found = [
        f"{source.name}:{line}: {text}"
        for source in SOURCES
        if pattern is _DOCUMENTS or not source.as_posix().endswith(_OTHERS)
        for line, text in messages(source)
        if pattern.search(text)
    ]

    assert found == []


def test_files_that_init_copies_point_to_nothing_that_is_not_installed() -> None:
    found = [
        f"{path.relative_to(TOP)}:{number}: {line}"
        for folder in INSTALLED
        for path in sorted((TOP / folder).rglob("*"))
        if path.suffix in {".yaml", ".html", ".sql", ".sh"} or path.name == "Dockerfile"
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if _DOCUMENTS.search(line) and "pytest" not in line and "tests/" not in line
    ]

    assert found == []


@pytest.mark.parametrize(
    "text",
    ["see docs/gates.md#evidence", "read gates.md", "run make demo", "tests/x.py", "the README"],
)
def test_what_only_a_checkout_has_is_found(text: str) -> None:
    assert _DOCUMENTS.search(text)


def test_the_help_of_commands_is_read_too() -> None:
    hook = next(each for each in SOURCES if each.as_posix().endswith("cli/hook.py"))

    assert any("A hook that sandbox did not write" in text for _, text in messages(hook))
