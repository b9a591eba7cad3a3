"""What the variables and the files of this machine say."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.model.observed import TakenPort
    from sandbox.model.plan import SyncPolicy
    from sandbox.model.waiver import WaiverFile


def taken_ports(port: int) -> tuple[TakenPort, ...]:
    """
    Find who listens on a TCP *port* of this machine, other than for a container.
    """
    if os.environ.get("DOCKER_HOST", "").startswith(("tcp:", "ssh:")):
        return ()  # its ports are those of another machine
    from sandbox.adapters.host.listeners import taken

    return taken(port)


def waivers_of(path: Path) -> WaiverFile:
    """
    Read what this machine allows although the policy denies it.
    """
    from sandbox.adapters.waivers import load_waivers

    return load_waivers(path)


def edge_port_of() -> int:
    """
    Read where the edge is to be; 0 when it is turned off.
    """
    from sandbox.planning.edge_port import read_edge_port

    return read_edge_port(os.environ.get("SANDBOX_EDGE_PORT", ""))


def sync_policy() -> SyncPolicy:
    """
    Read what every plan may do.
    """
    from sandbox.model.plan import SyncPolicy

    pool = os.environ.get("SANDBOX_SUBNET_POOL")
    return SyncPolicy(subnet_pool=pool) if pool else SyncPolicy()
