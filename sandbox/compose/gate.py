"""``x-sandbox.gate``: a service that is a check of the others, and is not run as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sandbox.compose.findings import Place, key_mark
from sandbox.compose.given import seconds, words
from sandbox.compose.known import shown, suggestion
from sandbox.compose.node import MapNode, Node, integer, is_null, items, mapping, text
from sandbox.model.gate import Gate, GatePhase

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sandbox.compose.service import Draft

PROFILE: Final = "gate"
_PHASES: Final = tuple(phase.value for phase in GatePhase)
_SERVICE: Final = "service:"
_SHARED: Final = ("network_mode", "ipc", "pid")


def is_gate(service: MapNode) -> bool:
    """Tell whether *service* says that it is a check, rightly or not."""
    return written_gate(service) is not None


def written_gate(service: MapNode) -> Node | None:
    """Give what is written as its gate; ``None`` when nothing is."""
    node = mapping(service.get("x-sandbox")).get("gate")
    return None if node is None or is_null(node) else node


def read_gate(service: MapNode, place: Place) -> Gate | None:
    """Read ``gate`` as the word or the mapping that it is; what contradicts it is a problem."""
    node = written_gate(service)
    if node is None:
        return None
    here, defaults = place.at("x-sandbox", "gate"), Gate(phase=GatePhase.BEFORE)
    phase_node, deadline_s = node, None
    if isinstance(node, MapNode):
        phase_node = node.get("phase") or node
        deadline_s = seconds(node.get("deadline"), here.at("deadline"))
        if deadline_s == 0:
            here.at("deadline").problem(node.values["deadline"], "must be more than 0")
    written = text(phase_node)
    if written not in _PHASES:
        hint = suggestion(written, _PHASES)
        here.problem(phase_node, f"must be before or after, not {shown(written)}{hint}")
        return None
    _check_profile(service, node, here)
    for key, message, remedy in _contradictions(service, GatePhase(written)):
        place.at(key).problem(key_mark(service, key), message, remedy)
    return Gate(phase=GatePhase(written), deadline_s=deadline_s or defaults.deadline_s)


def check_gates(drafts: Mapping[str, Draft]) -> None:
    """Report what waits for a gate, or shares with one: it is there only while it is run."""
    gates = {name for name, draft in drafts.items() if draft.service.gate}
    for draft in drafts.values():
        for key, name in _uses(draft):
            if name in gates:
                draft.place.at(key).problem(
                    draft.mark,
                    f"{draft.service.name} needs {name}, which is a gate and no service",
                    "remove that; what a service needs before it starts is a job, not a gate",
                )


def _check_profile(service: MapNode, node: Node, place: Place) -> None:
    """A gate is nothing that ``docker compose up`` may start."""
    if words(service.get("profiles")) != (PROFILE,):
        place.problem(
            node,
            "a gate needs `profiles: [gate]`, and no other: "
            "docker compose up would run it as a service",
            "add `profiles: [gate]`",
        )


def _contradictions(service: MapNode, phase: GatePhase) -> Iterator[tuple[str, str, str]]:
    """Give key, message and remedy of whatever a gate cannot have."""
    if items(service.get("ports")):
        yield "ports", "a gate gets no requests, so it publishes no port", "remove the ports"
    if text(service.get("restart")) not in {"", "no"}:
        yield "restart", "a gate runs once, and its exit status is the verdict", "remove `restart`"
    for key in ("post_start", "pre_stop"):
        if items(service.get(key)):
            yield key, "a gate has no hooks: its command is all that it runs", "remove them"
    deploy = mapping(service.get("deploy"))
    policy = mapping(deploy.get("restart_policy"))
    if policy.values and text(policy.get("condition")) != "none":
        yield (
            "deploy",
            "a gate runs once, and its exit status is the verdict",
            "remove `restart_policy`",
        )
    for key, count in (("scale", service.get("scale")), ("deploy", deploy.get("replicas"))):
        if count is not None and integer(count) != 1:
            yield key, "a gate runs once, in one container", "remove the number of replicas"
    if phase is GatePhase.BEFORE and mapping(service.get("depends_on")).values:
        # To share with a service is to wait for it.
        shared = (key for key in _SHARED if text(service.get(key)).startswith(_SERVICE))
        message = "a gate that runs before anything changes cannot need a service"
        yield next(shared, "depends_on"), message, "remove it, or say `gate: after`"


def _uses(draft: Draft) -> Iterator[tuple[str, str]]:
    """Give attribute and name of each service that another one needs."""
    service = draft.service
    for dependency in service.depends_on:
        yield "depends_on", dependency.service_name
    shared = service.namespaces
    modes = {"network_mode": shared.network, "ipc": shared.ipc, "pid": shared.pid}
    for key, mode in modes.items():
        if mode.startswith(_SERVICE):
            yield key, mode.removeprefix(_SERVICE)
    for each in service.volumes_from:
        yield "volumes_from", each.service_name
