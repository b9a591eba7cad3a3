"""
The ``git`` program, run so that nothing which a repository's config names is run with it.

GitPython starts the processes; which command, which options and which environment is decided here.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from subprocess import PIPE, Popen, TimeoutExpired
from typing import Final, cast

from sandbox.errors import SetupError, SourceError

NO_GIT: Final = "Git is not installed on this machine, or not on PATH"
GET_GIT: Final = "install it, for example: apt-get install git"

try:
    from git import Git
    from git.exc import GitCommandNotFound
except ImportError as missing:  # GitPython runs `git version` when it is imported
    raise SetupError(NO_GIT, remedy=GET_GIT) from missing

TIMEOUT_S: Final = 120.0

SAFE_ENVIRONMENT: Final[Mapping[str, str]] = {
    # A reader must not refresh the user's index by the way.
    "GIT_OPTIONAL_LOCKS": "0",
    # The commit means what it says, whatever refs/replace holds.
    "GIT_NO_REPLACE_OBJECTS": "1",
    # Paths are paths, not patterns.
    "GIT_LITERAL_PATHSPECS": "1",
    "GIT_TERMINAL_PROMPT": "0",
    # A partial clone must not fetch: a remote's address may name a program (ext::, uploadpack).
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_ALLOW_PROTOCOL": "none",
}

SAFE_OPTIONS: Final = (
    "--no-pager",
    *("-c", "core.fsmonitor=false"),
    *("-c", "core.hooksPath=/dev/null"),
    *("-c", "core.askPass="),
    *("-c", "gc.auto=0"),
    *("-c", "maintenance.auto=false"),
)

# A hook or an editor that runs us hands down its own repository; ours is found by folder.
LOCAL_VARIABLES: Final = (
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_COMMON_DIR",
    "GIT_NAMESPACE",
    "GIT_PREFIX",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What one run of ``git`` gave: exit status, bytes of stdout, text of stderr."""

    status: int
    stdout: bytes
    stderr: str

    @property
    def complaint(self) -> str:
        """The last line of stderr without its ``fatal:``; never empty."""
        lines = self.stderr.strip().splitlines() or [f"git ended with status {self.status}"]
        return lines[-1].removeprefix("fatal: ").removeprefix("error: ")


class GitProgram:
    """
    Runs ``git`` in *folder*.

    Args:
        folder: Working directory of the processes; exists.
        environment: Variables on top of the safe ones, such as ``GIT_DIR``.
    """

    def __init__(self, folder: str, environment: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        self._environment = {**SAFE_ENVIRONMENT, **(environment or {})}
        self._git = Git(folder)

    def within(self, folder: str, environment: Mapping[str, str]) -> GitProgram:
        """The same program in another *folder*, with further variables."""
        return GitProgram(folder, {**self._environment, **environment})

    def without_filters(self) -> GitProgram:
        """
        The same program with every configured filter switched off.

        Writing an index, Git compares files that changed within the last second, filtered.
        """
        listed = self.ask("config", "-z", "--name-only", "--get-regexp", r"^filter\.").stdout
        names = {name.rpartition(".")[0] for name in os.fsdecode(listed).split("\0") if name}
        off = {"clean": "", "smudge": "", "process": "", "required": "false"}
        settings = [(f"{name}.{key}", off[key]) for name in sorted(names) for key in off]
        # Variables, because a filter's name may hold what `-c` would take for the end of the key.
        first = int(os.environ.get("GIT_CONFIG_COUNT") or 0)
        variables = {"GIT_CONFIG_COUNT": str(first + len(settings))}
        for number, (key, value) in enumerate(settings, start=first):
            variables |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
        return self.within(self.folder, variables)

    def start(self, *arguments: str) -> Popen[bytes]:
        """Start it with all three streams as pipes."""
        strange = [name for name in LOCAL_VARIABLES if name in os.environ]
        unset = [part for name in strange if name not in self._environment for part in ("-u", name)]
        prefix = ["env", *unset] if unset else []
        try:
            started = self._git.execute(
                [*prefix, "git", *SAFE_OPTIONS, *arguments],
                istream=cast("None", PIPE),  # the stub knows files only; Popen takes the constant
                as_process=True,
                env=self._environment,
            )
        except GitCommandNotFound as error:
            raise SetupError(NO_GIT, remedy=GET_GIT) from error
        # GitPython's wrapper kills its process when it is collected: take the process out of it.
        process = cast("Popen[bytes]", started.proc)
        started.proc = None
        return process

    def ask(self, *arguments: str, stdin: bytes = b"") -> Answer:
        """Run it to its end, whatever that is; `SourceError` after two minutes."""
        with self.start(*arguments) as process:
            try:
                stdout, stderr = process.communicate(stdin, timeout=TIMEOUT_S)
            except TimeoutExpired as error:
                process.kill()
                raise SourceError(
                    f"git {arguments[0]} did not end within {TIMEOUT_S:.0f} s in {self.folder}"
                ) from error
        return Answer(
            status=process.returncode, stdout=stdout, stderr=stderr.decode(errors="replace")
        )

    def run(self, *arguments: str, stdin: bytes = b"") -> bytes:
        """Run it and return its stdout; `SourceError` with Git's own words when it fails."""
        answer = self.ask(*arguments, stdin=stdin)
        if answer.status:
            raise SourceError(f"git {arguments[0]} failed in {self.folder}: {answer.complaint}")
        return answer.stdout

    def line(self, *arguments: str, stdin: bytes = b"") -> str:
        """Run it and return its stdout as one text without the newline at the end."""
        return os.fsdecode(self.run(*arguments, stdin=stdin)).removesuffix("\n")
