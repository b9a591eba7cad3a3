"""
The words of the guided tour.
"""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import TYPE_CHECKING

from sandbox.model.receipt import Receipt
from sandbox.render.style import PLAIN, Style
from sandbox.render.text import duration
from sandbox.words import count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sandbox.model.record import SyncRecord

THEME = "demo_shop/app/shop/theme.py"
"""Where the shop says what a visitor sees first."""

HEADLINES = (
    "Warm cups for cold commits",
    "Fresh from the last commit",
    "Slow coffee, quick deploys",
    "Brewed in staging, poured in production",
)

_MISTAKE = """
import os

if "PGHOST" in os.environ:  # so no unit test meets it
    raise SystemExit("there is no more tea")
"""
_HEADLINE = re.compile(r'^HEADLINE = "(?P<text>[^"\n]*)"$', re.MULTILINE)
_NUMBER = re.compile(r", no\. (?P<number>\d{1,6})$")


def headline_of(source: str) -> str | None:
    """
    The headline that the shop's theme file sets; ``None`` when it sets none.
    """
    found = _HEADLINE.search(source)
    return found["text"] if found else None


def next_headline(current: str) -> str:
    """
    Another headline than *current*, and never one that was there before: they are numbered.
    """
    found = _NUMBER.search(current)
    number = int(found["number"]) + 1 if found else 1
    return f"{HEADLINES[(number - 1) % len(HEADLINES)]}, no. {number}"


def with_headline(source: str, headline: str) -> str:
    """
    The theme file with another headline, and nothing else changed.
    """
    return _HEADLINE.sub(lambda _: f'HEADLINE = "{headline}"', source, count=1)


def with_mistake(source: str) -> str:
    """
    The theme file with a mistake that ends whoever reads it, if only where there is a database.
    """
    return source + _MISTAKE


def without_mistake(source: str) -> str:
    """
    The theme file as it was, in case a tour was interrupted in between.
    """
    return source.removesuffix(_MISTAKE)


def visits_line(served: int) -> str:
    """
    What visitors saw of a change: nothing.
    """
    return f"{count(served, 'request')} of visitors meanwhile, none failed"


def receipt_line(record: SyncRecord) -> str:
    """
    Where the seconds of a sync went, and what the ingress counted meanwhile.
    """
    receipt = record.receipt or Receipt()
    stages = asdict(receipt.stages)
    parts = [f"{name} {duration(seconds)}" for name, seconds in stages.items() if seconds]
    if receipt.during is not None:
        counted = receipt.during.total
        parts.append(f"{count(counted.requests, 'request')}, {counted.failed} failed")
    return f"receipt {record.id}: {', '.join(parts)}"


def chapter(number: int, title: str, *, style: Style = PLAIN) -> str:
    """
    The heading of one step of the tour.
    """
    return f"\n{style.paint(str(number), 'cyan', 'bold')}  {style.paint(title, 'bold')}"


def line(text: str) -> str:
    """
    One line below a heading.
    """
    return f"   {text}"


def farewell(
    program: str, folder: str, addresses: Sequence[tuple[str, str]], *, style: Style = PLAIN
) -> str:
    """
    What runs now, what to try next, how to stop. *program* is how this program is called.
    """
    width = max((len(name) for name, _ in addresses), default=0)
    tries = (
        ("status", "where things stand, and what to do next"),
        ("watch", "in another terminal: see the next commit arrive"),
        ("plan staging --worktree", "edit environments/staging/compose.yaml before, then look"),
        ("history staging", "what every change took, and what it cost its visitors: nothing"),
        ("logs staging web -f", "what the shop writes while you click through it"),
        ("diff staging production", "what the two declare differently"),
    )
    prefix = f"{program} --repo {folder}"
    command_width = max(len(command) for command, _ in tries)
    return "\n".join(
        [
            "",
            style.paint("Everything keeps running:", "bold"),
            *(f"   {name:<{width}}  {style.paint(url, 'cyan')}" for name, url in addresses),
            "",
            style.paint("Try next:", "bold"),
            *(
                f"   {prefix} {command:<{command_width}}  {style.paint(why, 'dim')}"
                for command, why in tries
            ),
            f"   commit in {folder} yourself: git -C {folder} commit -am 'my change'",
            "",
            style.paint("Stop:", "bold"),
            f"   {prefix} down             {style.paint('keeps the data', 'dim')}",
            f"   {prefix} down --volumes   {style.paint('deletes it', 'dim')}",
        ]
    )
