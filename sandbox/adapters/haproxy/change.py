"""
Make a running ingress do something else.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from sandbox.adapters.haproxy.answers import read
from sandbox.adapters.haproxy.look import look
from sandbox.errors import IngressError
from sandbox.planning.haproxy import HASH_VARIABLE, KEEP_ALIVE_S, config_hash, render
from sandbox.planning.haproxy_changes import server_changes

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sandbox.adapters.haproxy.console import Answer, Console
    from sandbox.adapters.haproxy.look import Look
    from sandbox.model.ingress import IngressConfig

_CHANGING = "changing"
_PAUSE_S = 0.05
_COMMANDS_AT_ONCE = 20
"""A line of HAProxy's command line holds 16 KiB."""


def change(console: Console, config: IngressConfig) -> None:
    """
    Bring what runs, and the file, to *config*, and see that it is so.

    Raises:
        IngressError: HAProxy refused *config*, or does something else afterwards.
    """
    before = look(console)
    now = before if before.does(config) else _changed(console, before, config)
    for pid in now.workers.leaving:
        _await_idle_clients(console, pid, config)


def _changed(console: Console, before: Look, config: IngressConfig) -> Look:
    text = render(config).encode()
    _check(console.ask(f"put {len(text)}", text), "refuses the configuration")
    said = ""
    if before.has_structure_of(config):
        said = _change_servers(console, before, config)
    else:
        _check(console.ask(f"reload {before.workers.current}"), "could not be reloaded")
    now = look(console)
    if not now.does(config):
        raise IngressError(
            "the ingress runs another configuration than the desired one",
            remedy="apply it again: sandbox sync",
            log=tuple(line for line in said.splitlines() if line),
            temporary=True,
        )
    return now


def _change_servers(console: Console, before: Look, config: IngressConfig) -> str:
    """
    Change the servers of the current worker, and the file.

    It says "changing" meanwhile: what ends half way is seen by everybody who looks.
    """
    pid = before.workers.current
    changes = server_changes(before.servers, config)
    _tell_hash(console, pid, _CHANGING)
    console.ask("keep")
    said = _tell(console, pid, changes.commands)
    for path in changes.removals:
        # One that still has connections stays, out of use, until a later change.
        console.ask(f"delete {pid} {path}")
    has = read(console.master(f"@!{pid} show servers state")).servers
    if not server_changes(has, config).commands:
        _tell_hash(console, pid, config_hash(config))
    return said


def _await_idle_clients(console: Console, pid: int, config: IngressConfig) -> None:
    """
    Wait until nobody's next request is one to servers that *config* has no more.

    A connection that idled while its worker was replaced is answered once more by that worker,
    which cannot be told of other servers; it waits for that as long as for any request.
    """
    backends = {backend.name for backend in config.backends}
    deadline = time.monotonic() + KEEP_ALIVE_S + 1
    while time.monotonic() < deadline:
        has = read(console.leaving(pid, "show servers state", "show stat"))
        known = [each for each in has.servers if each.backend in backends]
        under_way = sum(row.open for row in has.rows if not row.server)
        if has.clients <= under_way or not server_changes(known, config).commands:
            return
        time.sleep(_PAUSE_S)


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
        alerts = [line for line in answer.lines if "[ALERT]" in line]
        why = (alerts or answer.lines or ("it says nothing",))[0]
        raise IngressError(f"the ingress {what}: {why}", log=answer.lines)
