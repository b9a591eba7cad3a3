"""
Make a running ingress do something else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.adapters.haproxy.answers import read
from sandbox.adapters.haproxy.look import look
from sandbox.errors import IngressError
from sandbox.planning.haproxy import HASH_VARIABLE, config_hash, render
from sandbox.planning.haproxy_changes import server_changes

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sandbox.adapters.haproxy.console import Answer, Console
    from sandbox.model.ingress import IngressConfig

_CHANGING = "changing"
_COMMANDS_AT_ONCE = 20
"""A line of HAProxy's command line holds 16 KiB."""


def change(console: Console, config: IngressConfig) -> None:
    """
    Bring what runs, and the file, to *config*, and see that it is so.

    Raises:
        IngressError: HAProxy refused *config*, or does something else afterwards.
    """
    text = render(config).encode()
    before = look(console)
    if before.does(config):
        return
    _check(console.ask(f"put {len(text)}", text), "refuses the configuration")
    said = ""
    if before.has_structure_of(config):
        said = _change_servers(console, before.workers.current, config)
    else:
        _check(console.ask(f"reload {before.workers.current}"), "could not be reloaded")
    now = look(console)
    for pid in now.workers.leaving:
        _change_leaving(console, pid, config)
    if not now.does(config):
        raise IngressError(
            "the ingress does something else than it was told",
            remedy="it is told again with the next sync",
            log=tuple(line for line in said.splitlines() if line),
            temporary=True,
        )


def _change_servers(console: Console, pid: int, config: IngressConfig) -> str:
    """
    Change the servers of the current worker, and the file.

    It says "changing" meanwhile: what ends half way is seen by everybody who looks.
    """
    changes = server_changes(read(console.master(f"@!{pid} show servers state")).servers, config)
    _tell_hash(console, pid, _CHANGING)
    console.ask("keep")
    said = _tell(console, pid, changes.commands)
    for path in changes.removals:
        # One that still has connections stays, out of use, until a later change.
        console.ask(f"delete {pid} {path}")
    if not server_changes(
        read(console.master(f"@!{pid} show servers state")).servers, config
    ).commands:
        _tell_hash(console, pid, config_hash(config))
    return said


def _change_leaving(console: Console, pid: int, config: IngressConfig) -> None:
    """Let the last requests to a worker that was replaced go to the same servers as all others."""
    backends = {backend.name for backend in config.backends}
    has = read(console.leaving(pid, "show servers state")).servers
    changes = server_changes([each for each in has if each.backend in backends], config)
    for command in changes.commands if has else ():
        console.leaving(pid, command)


def _tell_hash(console: Console, pid: int, value: str) -> None:
    console.master("experimental-mode on", f"@!{pid} set var {HASH_VARIABLE} str({value})")


def _tell(console: Console, pid: int, commands: Iterable[str]) -> str:
    lines = [f"@!{pid} {command}" for command in commands]
    return "".join(
        console.master(*lines[start : start + _COMMANDS_AT_ONCE])
        for start in range(0, len(lines), _COMMANDS_AT_ONCE)
    )


def _check(answer: Answer, what: str) -> None:
    if not answer.is_ok:
        last = answer.lines[-1] if answer.lines else "it says nothing"
        raise IngressError(f"the ingress {what}: {last}", log=answer.lines)
