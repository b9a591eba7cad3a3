"""Where people get into an environment: the edge's names for it, and ports that had to move."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from sandbox.errors import SandboxError
from sandbox.planning.edge import edge_urls, main_note
from sandbox.planning.edge_state import edge_notes, site_of
from sandbox.planning.host_ports import host_ports
from sandbox.planning.routes import routes
from sandbox.planning.urls import urls
from sandbox.runtime.observe import observe
from sandbox.runtime.sites import find_edge
from sandbox.runtime.wanted import last_applied, load_wanted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sandbox.model.desired import DesiredState
    from sandbox.model.edge import EdgeNow
    from sandbox.model.observed import ObservedState
    from sandbox.runtime.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Doors:
    """
    Addresses by name, and what is not where it was asked for, for people.

    Attributes:
        pending: The edge is not where it is to be yet.
    """

    urls: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    pending: bool = False


def doors(
    workspace: Workspace,
    desired: DesiredState,
    observed: ObservedState,
    edge: Callable[[], EdgeNow],
) -> Doors:
    """
    Have *edge* look where the edge is, and say how it leads to *desired*, as committed.

    Raises:
        SandboxError: The engine does not answer any more.
    """
    moved = tuple(_moved(desired, observed))
    site = site_of(observed)
    if not workspace.edge_port or site is None or not site.address:
        return Doors(notes=moved)
    found = routes(desired)
    if not edge_urls(desired.environment, found, workspace.edge_port):
        return Doors(notes=moved)
    now = edge()
    notes = (*moved, main_note(desired.environment, found), *edge_notes(now))
    return Doors(
        urls=edge_urls(desired.environment, found, now.number),
        notes=tuple(filter(None, notes)),
        pending=now.pending,
    )


def addresses(workspace: Workspace, environment: str) -> tuple[str, ...]:
    """
    Give every address of *environment*, the committed ones alone where no engine answers.

    Raises:
        SandboxError: What is committed cannot be read, and nothing went well before.
    """
    try:
        desired = load_wanted(workspace, environment).desired
    except SandboxError:
        # What runs is left alone, and is the last good commit's.
        last_good = last_applied(workspace, environment)
        if last_good is None:
            raise
        desired = last_good
    try:
        observed = observe(workspace, desired)
        entrance = doors(workspace, desired, observed, partial(find_edge, workspace))
    except SandboxError:
        return urls(desired)
    return (*urls(desired, observed), *entrance.urls)


def _moved(desired: DesiredState, observed: ObservedState) -> Iterator[str]:
    for port in host_ports(desired, observed):
        if port.is_moved and port.given:
            why = f": {port.holder} has that" if port.holder else ""
            yield (
                f"{port.service_name} is at port {port.given.published},"
                f" not {port.wanted.published}{why}"
            )
