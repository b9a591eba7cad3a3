"""
The table of all commands: what the first page of help and completion need, without loading them.

To add a command: write its module, and add two lines to the table. A test compares both.
"""

from __future__ import annotations

# Loading `typing` would take longer than all the rest here.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

HIDDEN = "Hidden"
"""Heading of the commands that no help lists."""

TABLE = """
Run
  up ENV... --foreground
    Bring environments up, then keep them at what is committed.
  stop
    End the controller of this repository; containers keep running.
  down ENV... --volumes
    Remove containers and networks; volumes stay.
  sync ENV --wait --rerun
    Bring ENV to what is committed, once, now.
See
  status ENV --exit-code
    Show where environments stand, and what to do next.
  plan ENV --ref= --worktree --staged --exit-code
    Show what a sync would do, and why. Changes nothing.
  config ENV --ref= --file= -f= --env-file= --profile= --project-directory= --project-name= --reveal
    Print the files of an environment, or others, merged and complete.
  watch
    Show environments, services and events live.
  history ENV --limit= --at= --receipt=
    List who did what and how it ended, newest first.
  why ENV SERVICE
    Say why SERVICE of ENV is as it is: file, commit, decision, health.
  open ENV
    Print the address of ENV; on a desktop, open it too.
  wait ENV --revision= --healthy
    Wait until ENV is in sync, at a revision, or healthy.
Deliver
  promote ENV --dry-run --force --reason= --pr-branch= --wait
    Commit that ENV runs what its source environment runs.
  pin ENV REV --wait
    Commit that ENV is built from the source of REV.
  unpin ENV --wait
    Commit that ENV follows its branch again.
  rollback ENV --to= --dry-run --force --reason= --wait
    Commit that ENV runs the last good release again.
  diff ENV ENV
    Compare what two environments declare, field by field.
  suspend ENV --reason= --for=
    Reconcile nothing in ENV until `resume`.
  resume ENV
    Reconcile ENV again.
  pipeline
    Push a commit through the stages of environments/pipeline.yaml.
  pipeline run REV --approve --resume=
    Run the stages for REV until one does not end well.
  pipeline list --limit=
    List the runs, newest first.
  pipeline show N --logs=
    Show run N: its stages and how each ended.
Look inside
  logs ENV SERVICE --follow -f --tail=
    Show the log of ENV, or of one SERVICE, as written: secrets too.
  exec ENV SERVICE CMD...
    Run CMD in a container of SERVICE.
Set up
  init DIR
    Make a new repository: a demo shop with two environments.
  demo DIR
    Guided tour: a commit, a promotion, a repair, a bad commit survived.
  lab --scenario= --json= --html= --unattended= --repeat= --keep
    Deliver the demo shop in two ways, under load, and measure both.
  doctor --fix --adopt= --remove=
    Check engine, base image, Git, disk, inotify, ports and leftovers.
  notify
    Messages to chats and other programs.
  notify test
    Send one message to each webhook of notify.yaml.
  hook
    Have Git check what is committed or pushed.
  hook install --pre-commit --pre-push
    Write a hook that shows what would change, and stops bad commits.
  hook uninstall
    Remove the hooks that `install` wrote; those of others stay.
Hidden
  ps ENV --exit-code
    Another name of `status`.
  hook run HOOK
    Check and plan; a status that is not 0 stops Git.
"""
"""
Headings; below each, a command with its arguments and options, and the first line of its docstring.

Arguments are in capitals. An option that takes a value ends with ``=``.
"""

ELSEWHERE = {
    "exec": "execute",
    "open": "browse",
    "pin": "promote",
    "ps": "status",
    "resume": "suspend",
    "unpin": "promote",
}
"""Modules of `sandbox.cli` by command, where the name of the command is another one."""

REPO_HELP = "The repository, if not that of the current folder."
OUTPUT_HELP = "Form of the result."
TIMEOUT_HELP = "Longest wait, such as 90s or 5m."
DEBUG_HELP = "Show tracebacks of failures."
VERSION_HELP = "Show the version."

COMMON = ("--repo=", "--output=", "--timeout=", "--debug", "--help", "-h")
"""Options of every command."""
ALONE = ("--version", "--install-completion", "--show-completion")
"""Options that stand instead of a command."""


class Row:
    """
    One command.

    Attributes:
        name: As typed; a command of a group has two words, such as ``hook install``.
        panel: Heading of the help below which it is listed.
        line: First line of its docstring.
        arguments: Names of its arguments, in order; ``ENV...`` may be repeated.
        options: Its own; ``=`` behind one that takes a value.
    """

    __slots__ = ("arguments", "line", "name", "options", "panel")

    def __init__(self, panel: str, words: Sequence[str], line: str) -> None:
        self.name = " ".join(word for word in words if word.islower() and word[0] != "-")
        self.arguments = tuple(word for word in words if word.isupper())
        self.options = tuple(word for word in words if word[0] == "-")
        self.panel = panel
        self.line = line

    @property
    def module(self) -> str:
        """Its module, where its group is too."""
        name = self.name.partition(" ")[0]
        return f"sandbox.cli.{ELSEWHERE.get(name, name)}"


def _read_table() -> tuple[Row, ...]:
    found: list[Row] = []
    panel = ""
    lines = iter(TABLE.strip().splitlines())
    for line in lines:
        if line[0] == " ":
            found.append(Row(panel, line.split(), next(lines).strip()))
        else:
            panel = line
    return tuple(found)


ROWS = _read_table()
"""All commands, in the order of the table."""


def named(words: Sequence[str]) -> Row | None:
    """
    The command that *words* begin with: ``hook install`` before ``hook``; ``None`` for no command.
    """
    by_name = {row.name: row for row in ROWS}
    return by_name.get(" ".join(words[:2])) or by_name.get(" ".join(words[:1]))
