"""
What an ingress does now.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sandbox.adapters.haproxy.answers import Workers, read, read_workers
from sandbox.errors import IngressError
from sandbox.planning.haproxy import (
    HASH_VARIABLE,
    STRUCTURE_VARIABLE,
    config_hash,
    structure_hash,
)
from sandbox.planning.haproxy_changes import server_changes

if TYPE_CHECKING:
    from sandbox.adapters.haproxy.console import Console
    from sandbox.model.ingress import IngressConfig
    from sandbox.planning.haproxy_changes import RunningServer


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """
    What the current worker was told and has, and what a restart would bring.

    Attributes:
        runs: Hash of the configuration that the worker was told.
        structure: Likewise of all but the servers.
        kept: Hash of the file.
        servers: As the worker has them.
    """

    workers: Workers
    runs: str
    structure: str
    kept: str
    servers: tuple[RunningServer, ...]

    def does(self, config: IngressConfig) -> bool:
        """Tell whether *config* is what runs and what a restart would bring, servers included."""
        return self.runs == self.kept == config_hash(config) and self.has_servers_of(config)

    def has_structure_of(self, config: IngressConfig) -> bool:
        """Tell whether only servers may differ."""
        return self.structure == structure_hash(config)

    def has_servers_of(self, config: IngressConfig) -> bool:
        """Tell whether the servers are those of *config*; one that is out of use does not count."""
        return not server_changes(self.servers, config).commands


def no_worker() -> IngressError:
    """
    The error of an ingress whose master has nobody that serves.
    """
    return IngressError("the ingress has no process that answers requests", temporary=True)


def look(console: Console) -> Look:
    """
    Ask for all of it.

    Raises:
        IngressError: There is no worker, or it does not answer; temporary.
    """
    workers = read_workers(console.master("show proc"))
    if not workers.current:
        raise no_worker()
    to = f"@!{workers.current}"
    said = read(
        console.master(
            f"{to} show servers state",
            f"{to} get var {HASH_VARIABLE}",
            f"{to} get var {STRUCTURE_VARIABLE}",
        )
    )
    return Look(
        workers=workers,
        runs=said.variables.get(HASH_VARIABLE, ""),
        structure=said.variables.get(STRUCTURE_VARIABLE, ""),
        kept=console.ask("sum").text.strip(),
        servers=said.servers,
    )
