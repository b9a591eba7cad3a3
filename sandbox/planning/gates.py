"""
Checks of a revision: what each of them sees.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from sandbox.model.gate import GatePhase
from sandbox.planning.spec import container_spec

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.model.desired import DesiredState
    from sandbox.model.observed import Owner


def gate_inputs(desired: DesiredState, owner: Owner) -> Mapping[str, str]:
    """
    Digest by gate of everything that it can see; equal ones need no second run.

    A gate that runs before sees itself; one that runs after sees all services besides.

    Args:
        desired: As committed: what follows from the state of a machine, such as the ingress and
            its ports, is nothing that a commit is judged by.
        owner: Whose environment it is.
    """
    services = {
        service.name: container_spec(owner, desired, service, 1).spec_hash
        for service in desired.services
    }
    inputs: dict[str, str] = {}
    for service in desired.gates:
        assert service.gate, "a gate says when it runs"
        seen = {
            "gate": service.name,
            "phase": service.gate.phase,
            "deadline_s": service.gate.deadline_s,
            "spec": container_spec(owner, desired, service, 1).spec_hash,
            "services": services if service.gate.phase is GatePhase.AFTER else {},
        }
        text = json.dumps(seen, sort_keys=True)
        inputs[service.name] = hashlib.sha256(text.encode("ascii")).hexdigest()
    return inputs
