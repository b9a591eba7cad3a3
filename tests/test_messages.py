"""What people read says who does what: no riddle, no file that a user of the wheel lacks."""

import ast
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

import sandbox

SOURCES = sorted(Path(sandbox.__file__).parent.rglob("*.py"))
_PERSONS = re.compile(r"\b(nobody|somebody|whoever|everybody|anybody)\b", re.IGNORECASE)
TOP = Path(__file__).parents[1]
_COUNTED = (
    "bytes changes commits containers environments errors events files images instances lines"
    " messages networks objects ports problems repairs replicas repositories requests services"
    " steps syncs tests times visitors volumes warnings watches"
)
_PLURAL = re.compile(rf" (?:(?:more|earlier|other|new|old) )?(?:{_COUNTED.replace(' ', '|')})\b")
"""What messages count; `sandbox.words.count` writes both."""
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


def test_a_number_stands_before_its_noun_in_the_singular_or_the_plural() -> None:
    found = [
        f"{source.name}:{text}"
        for source in SOURCES
        for text in plurals(ast.parse(source.read_text("utf-8")))
    ]

    assert found == []


def plurals(tree: ast.AST) -> Iterator[str]:
    """Give every value of an f-string of *tree* that stands before a noun in the plural."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.JoinedStr):
            continue
        for value, after in pairwise(node.values):
            if not isinstance(value, ast.FormattedValue) or not isinstance(after, ast.Constant):
                continue
            written, noun = ast.unparse(value.value), str(after.value)
            # A limit of the source, and what is written with commas, is more than one.
            many = value.format_spec or re.fullmatch(r"_?[A-Z_]+", written)
            if _PLURAL.match(noun) and not many:
                yield f"{node.lineno}: {written}{noun}"


@pytest.mark.parametrize(
    "text", ["{len(names)} networks", "{lost} earlier messages", "{n} watches"]
)
def test_a_number_before_a_plural_is_found(text: str) -> None:
    assert len(list(plurals(ast.parse(f'f"left {text}"')))) == 1


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
