"""
Complete a command line for a shell: from the table of commands, folders, and what is committed.

A completion has to be quick: no command is loaded, and Git is asked for services only.
"""

from __future__ import annotations

import os

from sandbox.cli.commands import ALONE, COMMON, HIDDEN, ROWS, named

# Loading `typing` would take longer than all the rest here.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sandbox.cli.commands import Row

    Found = list[tuple[str, str]]
    """What may stand there, and a line about it, which may be empty."""

FORMS = ("text", "json")
"""Values of ``--output``."""


def complete(environment: Mapping[str, str], variable: str) -> int | None:
    """
    Answer the shell that asks by *environment*, in the way of Typer's scripts for shells.

    Returns:
        The exit status; ``None`` when the question is another one, which Typer answers.
    """
    asked = environment.get(variable, "")
    if asked == "complete_bash":
        words = _split(environment.get("COMP_WORDS", ""))
        at = int(environment.get("COMP_CWORD", "") or 0)
        found = candidates(words[1:at], words[at] if at < len(words) else "")
        return _put(value for value, _ in found)
    if asked not in {"complete_zsh", "complete_fish"}:
        return None
    line = environment.get("_TYPER_COMPLETE_ARGS", "")
    words = _split(line)[1:]
    incomplete = words.pop() if words and not line.endswith(" ") else ""
    found = candidates(words, incomplete)
    if asked == "complete_zsh":
        return _put([_for_zsh(found)])
    if environment.get("_TYPER_COMPLETE_FISH_ACTION") == "is-args":
        return 0 if found else 1
    return _put(f"{value}\t{line}" if line else value for value, line in found)


def candidates(words: Sequence[str], incomplete: str) -> Found:
    """
    What may take the place of *incomplete* behind *words*, which follow the name of the program.
    """
    before, rest, repo = _read(words)
    row = named(before)
    found: Found
    if words and words[-1] == "--output":
        found = [(form, "") for form in FORMS]
    elif _waits_for_value(row, words):
        found = []
    elif incomplete.startswith("-"):
        own = row.options if row else ALONE
        found = [(option.rstrip("="), "") for option in (*own, *COMMON)]
    elif row is None:
        found = [] if rest else _names(before)
    else:
        found = _names(before) or [(name, "") for name in _arguments(row, rest, repo)]
    return [(value, line) for value, line in found if value.startswith(incomplete)]


def environments(folder: str) -> list[str]:
    """
    Names of environments in the work tree around *folder*.
    """
    top = _top(folder)
    if not top:
        return []
    inside = os.path.join(top, "environments")
    return sorted(name for name in os.listdir(inside) if _is_environment(inside, name))


def _names(before: Sequence[str]) -> Found:
    """
    Commands, or those of the group that *before* names; nothing behind any other command.
    """
    depth = len(before) + 1
    return [
        (row.name.split()[-1], row.line)
        for row in ROWS
        if row.panel != HIDDEN
        and row.name.split()[: depth - 1] == list(before)
        and len(row.name.split()) == depth
    ]


def _arguments(row: Row, given: Sequence[str], repo: str) -> list[str]:
    """
    Values of the argument of *row* that follows those *given*.
    """
    at = min(len(given), len(row.arguments) - 1)
    if at < 0 or (at < len(given) and not row.arguments[at].endswith("...")):
        return []
    name = row.arguments[at].rstrip(".")
    folder = repo or "."
    if name == "ENV":
        return environments(folder)
    if name != "SERVICE":
        return []
    from sandbox.cli.committed_services import service_names

    return service_names(folder, given[0])


def _read(words: Sequence[str]) -> tuple[list[str], list[str], str]:
    """
    Words of the command, its arguments so far, and the repository that is named.
    """
    command: list[str] = []
    given: list[str] = []
    repo = ""
    rest = iter(words)
    for word in rest:
        name, equals, value = word.partition("=")
        if name.startswith("-"):
            if not equals and _waits_for_value(named(command), [word]):
                value = next(rest, "")
            repo = value if name == "--repo" else repo
        elif not given and named([*command, word]) not in {None, named(command)}:
            command.append(word)
        else:
            given.append(word)
    return command, given, repo


def _waits_for_value(row: Row | None, words: Sequence[str]) -> bool:
    own = row.options if row else ()
    return bool(words) and f"{words[-1]}=" in (*own, *COMMON)


def _top(folder: str) -> str:
    folder = os.path.realpath(folder)
    while True:
        if os.path.isdir(os.path.join(folder, "environments")):
            return folder
        above = os.path.dirname(folder)
        if above == folder or os.path.exists(os.path.join(folder, ".git")):
            return ""
        folder = above


def _is_environment(folder: str, name: str) -> bool:
    try:
        with open(os.path.join(folder, name, "compose.yaml"), errors="replace") as file:
            return any(line.startswith("x-sandbox:") for line in file)
    except OSError:
        return False


def _split(line: str) -> list[str]:
    """
    Words of a line that may end inside a quotation.
    """
    if not set(line) & set("'\"\\"):
        return line.split()
    import shlex

    reader = shlex.shlex(line, posix=True, punctuation_chars=False)
    reader.whitespace_split = True
    reader.commenters = ""
    words: list[str] = []
    try:
        words.extend(reader)
    except ValueError:
        words.append(reader.token)
    return words


def _for_zsh(found: Found) -> str:
    if not found:
        return "_files"
    lines = "\n".join(
        f'"{_escaped(value)}":"{_escaped(line)}"' if line else f'"{_escaped(value)}"'
        for value, line in found
    )
    return f"_arguments '*: :(({lines}))'"


def _escaped(text: str) -> str:
    for sign, written in (('"', '""'), ("'", "''"), ("$", "\\$"), ("`", "\\`"), (":", r"\\:")):
        text = text.replace(sign, written)
    return text


def _put(lines: Iterable[str]) -> int:
    from sandbox.cli.printed import put

    put("\n".join(lines))
    return 0
