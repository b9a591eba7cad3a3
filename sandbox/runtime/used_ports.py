"""Which TCP ports of the host a repository uses, and who in it."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from sandbox.errors import SandboxError
from sandbox.model.diagnosis import EDGE
from sandbox.planning.host_ports import asked_ports
from sandbox.runtime.desired import environment_names, load_tracked

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.runtime.workspace import Workspace


def used_ports(workspace: Workspace) -> Mapping[int, tuple[str, ...]]:
    """
    Environments by port that they publish, as committed, and `EDGE` by its own; sorted by port.

    An environment that cannot be loaded is left out: `status` says what is wrong with it.
    """
    found: dict[int, tuple[str, ...]] = {}
    repository = workspace.repository
    with suppress(SandboxError):
        for name in environment_names(repository):
            with suppress(SandboxError):
                for number in asked_ports(load_tracked(repository, name)):
                    found[number] = (*found.get(number, ()), name)
    if workspace.edge_port:
        found.setdefault(workspace.edge_port, (EDGE,))
    return dict(sorted(found.items()))
