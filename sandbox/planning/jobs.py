"""
What jobs of an environment stand for: a job runs once for all that it is created from.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.planning.diff import job_names
from sandbox.planning.spec import container_spec

if TYPE_CHECKING:
    from sandbox.model.desired import DesiredState
    from sandbox.model.observed import Owner


def job_hashes(desired: DesiredState, owner: Owner) -> frozenset[str]:
    """
    Spec hash of every job that *desired* declares.
    """
    names = job_names(desired)
    return frozenset(
        container_spec(owner, desired, service, replica).spec_hash
        for service in desired.services
        if service.name in names
        for replica in range(1, service.replicas + 1)
    )
