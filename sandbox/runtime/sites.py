"""What the edge is brought up for: the environments that have a door to it, and where it can be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.errors import SandboxError
from sandbox.model.edge import EdgeNow, EdgePort
from sandbox.model.observed import Owner
from sandbox.planning.edge_state import (
    EDGE_ENVIRONMENT,
    PORTS_TRIED,
    answering_port,
    bound_port,
    choose_port,
    edge_config,
    edge_state,
    site_of,
)
from sandbox.planning.haproxy import config_hash
from sandbox.planning.host_ports import asked_ports
from sandbox.planning.images import references
from sandbox.planning.slot import is_live
from sandbox.runtime.desired import environment_names, load_tracked
from sandbox.runtime.observe import with_proofs

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from sandbox.model.desired import DesiredState
    from sandbox.model.edge import Site
    from sandbox.model.observed import ObservedState
    from sandbox.runtime.workspace import Workspace


def find_sites(workspace: Workspace, leaving: Collection[str]) -> tuple[Site, ...]:
    """Look at every environment of the commit but those that are *leaving*."""
    instance = workspace.repository.instance
    found = (
        site_of(
            workspace.engine.observe(Owner(instance=instance, application="", environment=name), ())
        )
        for name in environment_names(workspace.repository)
        if name not in leaving
    )
    return tuple(site for site in found if site)


def find_application(workspace: Workspace) -> str:
    """Name the application as its environments do, the first that can be read."""
    repository = workspace.repository
    return next((each.application for each in _desired(workspace)), repository.name)


def observe_edge(workspace: Workspace, application: str = "") -> ObservedState:
    """Take a snapshot of the edge."""
    owner = Owner(
        instance=workspace.repository.instance,
        application=application,
        environment=EDGE_ENVIRONMENT,
    )
    observed = workspace.engine.observe(owner, references(edge_state(application, 1)))
    return with_proofs(workspace, observed)


def find_port(workspace: Workspace, observed: ObservedState) -> EdgePort:
    """Choose where the edge that was *observed* is to be, out of the way of everybody else."""
    preferred, present = workspace.edge_port, bound_port(observed)
    wanted = {
        number: desired.environment
        for desired in _desired(workspace)
        for number in asked_ports(desired)
    }
    taken = {each.bound[1]: each.holder for each in observed.taken_ports}
    for number in range(preferred, min(preferred + PORTS_TRIED, 2**16)):
        if number in taken or number in wanted:
            continue
        if number == present:
            break
        holders = workspace.taken_ports(number)
        if not holders:
            break
        taken[number] = holders[0].holder
    return choose_port(preferred, present, wanted, taken)


def find_edge(workspace: Workspace) -> EdgeNow:
    """
    Say where the edge answers now and where it is to be, for `status`; changes nothing.

    Raises:
        EngineUnreachableError: No engine answers.
    """
    observed = observe_edge(workspace)
    preferred = workspace.edge_port
    if bound_port(observed) == preferred:
        wanted = EdgePort(number=preferred, preferred=preferred)
    else:
        wanted = find_port(workspace, observed)
    return EdgeNow(number=answering_port(observed), wanted=wanted)


def is_up_to_date(workspace: Workspace) -> bool:
    """
    Tell whether the edge that runs leads to the environments as they are now; true when none runs.

    It follows an environment a moment after its sync.

    Raises:
        EngineUnreachableError: No engine answers.
    """
    running = [each for each in observe_edge(workspace).containers if is_live(each)]
    if not running:
        return True
    config = config_hash(edge_config(find_sites(workspace, ())))
    return any(each.config_hash == config for each in running)


def _desired(workspace: Workspace) -> Iterator[DesiredState]:
    for name in environment_names(workspace.repository):
        try:
            yield load_tracked(workspace.repository, name)
        except SandboxError:
            continue  # Its own worker tells why it cannot be read.
