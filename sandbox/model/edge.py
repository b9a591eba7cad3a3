"""The edge: one door of a repository to all of its environments, by name."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """
    One environment as the edge reaches it.

    Attributes:
        network_name: Exact name of the network that edge and ingress have in common.
        subnets: Of that network, in CIDR form.
        ingress_name: Name of the ingress's container; empty while there is none.
        address: IPv4 address of that on this network; empty while none runs.
    """

    environment: str
    network_name: str
    subnets: tuple[str, ...] = ()
    ingress_name: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgePort:
    """
    Where the edge is to be on the loopback of the host.

    Attributes:
        number: 0 when it is nowhere.
        preferred: What was asked for; 0 turns the edge off.
        reason: Why *number* is not that, for people; empty when it is.
    """

    number: int
    preferred: int
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeNow:
    """
    The edge as it was seen.

    Attributes:
        number: Port of the loopback at which it answers; 0 when it does at none.
        wanted: Where it is to be.
    """

    number: int
    wanted: EdgePort

    @property
    def pending(self) -> bool:
        """It is not yet where it is to be."""
        return self.number != self.wanted.number
