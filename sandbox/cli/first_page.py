"""
The first page of the help, printed from the table of commands without loading one of them.
"""

from __future__ import annotations

from sandbox.cli.commands import (
    DEBUG_HELP,
    HIDDEN,
    OUTPUT_HELP,
    REPO_HELP,
    ROWS,
    TIMEOUT_HELP,
    VERSION_HELP,
)

ABOUT = """\
GitOps for Compose on one machine.

Environments side by side, reconciled to what is committed."""

_OPTIONS = (
    ("--repo DIR", REPO_HELP),
    ("--output text|json", OUTPUT_HELP),
    ("--timeout SPAN", TIMEOUT_HELP),
    ("--debug", DEBUG_HELP),
    ("-h, --help", "Show this page; that of a command: sandbox status -h"),
    ("--version", VERSION_HELP),
    ("--install-completion", "Have this shell complete commands and environments."),
    ("--show-completion", "Print what --install-completion would add."),
)


def first_page() -> str:
    """
    Usage, all commands below their headings, and the options that every command takes.
    """
    shown = [row for row in ROWS if row.panel != HIDDEN and " " not in row.name]
    width = max(len(row.name) for row in shown)
    lines = ["Usage: sandbox [OPTIONS] COMMAND [ARGS]...", ""]
    lines += [f"  {line}".rstrip() for line in ABOUT.splitlines()]
    panel = ""
    for row in shown:
        if row.panel != panel:
            panel = row.panel
            lines += ["", f"{panel}:"]
        lines.append(f"  {row.name:{width}}  {row.line}")
    width = max(len(name) for name, _ in _OPTIONS)
    lines += ["", "Options:", *(f"  {name:{width}}  {text}" for name, text in _OPTIONS)]
    return "\n".join(lines)
