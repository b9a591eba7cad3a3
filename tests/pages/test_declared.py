"""Each block of each page is run, or says why it cannot be; names and links lead somewhere."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

import sandbox
from sandbox.cli.commands import ALONE, COMMON, named
from tests.pages.page import REASONS, STARTS, TOP, Block, Page, all_pages

PAGES = all_pages()
IDS = [page.path for page in PAGES]
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_CALL = re.compile(r"(?<![\w/.=-])sandbox ((?:[a-z]+|-)[^`\n|;&]*)")
_FATES = ("not run", "write", "load", "shape")


def fate(block: Block) -> str:
    """Say what becomes of a block; empty when nobody said."""
    named_fate = next((key for key in _FATES if block.note(key)), "")
    return named_fate or ("run" if block.commands else "")


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_every_block_is_run_or_says_why_not(page: Page) -> None:
    assert [f"{page.path}:{block.line}" for block in page.blocks if not fate(block)] == []
    reasons = {block.note("not run") for block in page.blocks if block.note("not run")}
    assert reasons <= set(REASONS)


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_a_page_with_something_to_run_declares_what_it_starts_from(page: Page) -> None:
    runs = any(fate(block) in {"run", "write", "shape"} for block in page.blocks)
    assert page.start in STARTS if runs else not page.start


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_no_block_hides_behind_four_spaces(page: Page) -> None:
    lines = (TOP / page.path).read_text().splitlines()
    fenced = {
        number
        for block in page.blocks
        for number in range(block.line, block.line + len(block.lines) + 2)
    }
    hidden = [
        f"{page.path}:{number}"
        for number, line in enumerate(lines, 1)
        if number not in fenced and line.startswith("    ") and not lines[number - 2].strip()
    ]
    assert hidden == []


def test_every_reason_is_used_and_most_blocks_are_run() -> None:
    reasons = Counter(
        block.note("not run") for page in PAGES for block in page.blocks if block.note("not run")
    )
    fates = Counter(fate(block) for page in PAGES for block in page.blocks)
    print(f"{sum(fates.values())} blocks: {dict(fates)}; not run: {dict(reasons)}")

    assert set(reasons) == set(REASONS)
    assert fates["not run"] < sum(fates.values()) / 3


def anchors(path: Path) -> set[str]:
    """Give the anchors of the headings of a page."""
    headings = re.findall(r"(?m)^#+ (.+)$", path.read_text())
    return {re.sub(r"[^\w\- ]", "", text.lower()).strip().replace(" ", "-") for text in headings}


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_every_link_leads_to_a_page_and_a_heading_that_exist(page: Page) -> None:
    here = TOP / page.path
    for target in _LINK.findall(here.read_text()):
        if "://" in target:
            continue
        name, _, anchor = target.partition("#")
        there = (here.parent / name).resolve() if name else here
        assert there.exists(), f"{page.path}: {target}"
        assert not anchor or anchor in anchors(there), f"{page.path}: {target}"


def calls(page: Page) -> Iterator[list[str]]:
    """Give the words behind `sandbox` of each call in code, wherever it stands."""
    text = (TOP / page.path).read_text()
    spans = [found[1] for found in re.finditer(r"(?<!`)`([^`\n]+)`(?!`)", text)]
    blocks = [
        line.removeprefix("$ ")
        for block in page.blocks
        if block.language in {"sh", "console"} or "command" in block.note("not run")
        for line in block.lines
        if block.language != "console" or line.startswith("$ ")
    ]
    for code in (*spans, *blocks):
        for found in _CALL.finditer(code.partition("  #")[0]):
            yield found[1].replace("[", " ").replace("]", " ").split()


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_every_command_and_option_that_is_named_exists(page: Page) -> None:
    unknown: list[str] = []
    for words in calls(page):
        own = words[: words.index("--")] if "--" in words else words
        options = {word.partition("=")[0] for word in own if re.match(r"--?[a-z]", word)}
        if own[0].startswith("-"):
            unknown += options - set(ALONE) - {each.rstrip("=") for each in COMMON}
            continue
        if own[0] == "process":  # what a lock says it is held by
            continue
        for name in own[0].split("|"):
            row = named([name, *own[1:]])
            if row is None:
                unknown.append(" ".join(words))
                continue
            known = {each.rstrip("=") for each in (*row.options, *COMMON)}
            unknown += [f"{row.name} {option}" for option in options - known]
    assert unknown == []


def test_every_variable_that_is_named_is_read() -> None:
    sources = "".join(path.read_text() for path in Path(sandbox.__file__).parent.rglob("*.py"))
    named_variables = {
        name
        for page in PAGES
        for name in re.findall(r"\bSANDBOX_[A-Z_]+\b", (TOP / page.path).read_text())
    }
    assert named_variables
    assert {name for name in named_variables if name not in sources} == set()


def test_the_index_leads_to_every_page() -> None:
    index = (TOP / "docs" / "README.md").read_text()
    linked = {
        (TOP / "docs" / target.partition("#")[0]).resolve() for target in _LINK.findall(index)
    }
    missing = [page.path for page in PAGES[1:] if (TOP / page.path).resolve() not in linked]
    assert missing == ["docs/README.md"]
