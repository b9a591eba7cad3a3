"""``deploy.update_config``, ``deploy.rollback_config`` and ``x-sandbox`` of a service."""

from __future__ import annotations

import math
import re
from dataclasses import replace

from sandbox.compose.findings import Place, key_mark
from sandbox.compose.given import seconds
from sandbox.compose.known import shown, suggestion
from sandbox.compose.node import MapNode, Mark, Node, Scalar, integer, items, mapping, text
from sandbox.model.ingress import RouteMode
from sandbox.model.rollout import (
    Analysis,
    CanaryStep,
    FailureAction,
    Order,
    Rollout,
    UpdateConfig,
)

_PERCENT = re.compile(r"(\d{1,3}(?:\.\d{1,9})?) ?%")
_NUMBER = re.compile(r"\d(?:\.\d{1,9})?|\.\d{1,9}")


def read_route(service: MapNode) -> RouteMode | None:
    """Read ``route``; ``None`` when the file leaves it to us."""
    written = text(mapping(service.get("x-sandbox")).get("route"))
    return RouteMode(written) if written else None


def read_rollout(service: MapNode, place: Place) -> Rollout:
    """Read how a change of *service* is brought up; what binds several keys is `surge`'s."""
    deploy, defaults = mapping(service.get("deploy")), Rollout()
    rollout = mapping(mapping(service.get("x-sandbox")).get("rollout"))
    here = place.at("x-sandbox", "rollout")
    steps = _steps(rollout.get("steps"), here.at("steps"))
    analysis = rollout.get("analysis")
    if isinstance(analysis, MapNode) and not items(rollout.get("steps")):
        here.at("analysis").problem(
            key_mark(rollout, "analysis"),
            "an analysis judges the steps of a canary, and there are none",
            "add steps, such as [{weight: 10, for: 20s}], or remove it",
        )
    return Rollout(
        update=_update(deploy.get("update_config"), place.at("deploy", "update_config")),
        rollback=_update(
            deploy.get("rollback_config"), place.at("deploy", "rollback_config"), defaults.rollback
        ),
        steps=steps,
        analysis=_analysis(analysis, here.at("analysis"), read_route(service)),
    )


def rollout_marks(service: MapNode) -> dict[str, Mark]:
    """Give the places of ``order`` and ``steps``, as far as they are written."""
    update = mapping(mapping(service.get("deploy")).get("update_config"))
    rollout = mapping(mapping(service.get("x-sandbox")).get("rollout"))
    found = {"order": update, "steps": rollout}
    return {key: key_mark(node, key) for key, node in found.items() if items(node.get(key))}


def _update(node: Node | None, place: Place, defaults: UpdateConfig | None = None) -> UpdateConfig:
    """Read one of the two; *defaults* is what holds where nothing is written."""
    update, defaults = mapping(node), defaults or UpdateConfig()
    parallelism = integer(update.get("parallelism"))
    order = text(update.get("order"))
    return replace(
        defaults,
        order=Order(order) if order else None,
        parallelism=defaults.parallelism if parallelism is None else parallelism,
        delay_s=seconds(update.get("delay"), place.at("delay")) or 0.0,
        failure_action=_failure_action(
            update.get("failure_action"), place.at("failure_action"), defaults.failure_action
        ),
        monitor_s=seconds(update.get("monitor"), place.at("monitor")) or 0.0,
        max_failure_ratio=_share(update.get("max_failure_ratio"), place.at("max_failure_ratio"))
        or 0.0,
    )


def _failure_action(node: Node | None, place: Place, default: FailureAction) -> FailureAction:
    written = text(node)
    if node is None or not written:
        return default
    known = [action.value for action in FailureAction]
    if default is not FailureAction.ROLLBACK:  # of the way back itself
        known.remove(FailureAction.ROLLBACK.value)
    if written in known:
        return FailureAction(written)
    hint = suggestion(written, known)
    place.problem(node, f"must be {' or '.join(sorted(known))}, not {shown(written)}{hint}")
    return default


def _steps(node: Node | None, place: Place) -> tuple[CanaryStep, ...]:
    steps: list[CanaryStep] = []
    for index, item in enumerate(items(node)):
        step, here = mapping(item), place.at(index)
        weight = integer(step.get("weight")) or 0
        for_s = seconds(step.get("for"), here.at("for"))
        if for_s == 0:
            here.at("for").problem(step.values["for"], "must be more than 0")
        if steps and weight <= steps[-1].weight:
            here.at("weight").problem(
                step.values["weight"],
                f"the weights must rise: {weight} comes after {steps[-1].weight}",
                "after the last step all requests go to the new containers by themselves",
            )
        steps.append(CanaryStep(weight=weight, for_s=for_s or 0.0))
    return tuple(steps)


def _analysis(node: Node | None, place: Place, route: RouteMode | None) -> Analysis | None:
    if not isinstance(node, MapNode):
        return None
    errors, latency = node.get("max_error_rate"), node.get("max_p95_ms")
    if errors is None and latency is None:
        place.problem(node, "no limit is set", "add max_error_rate, max_p95_ms or both")
    if latency is not None and route is RouteMode.TCP:
        place.at("max_p95_ms").problem(
            latency, "response times are measured for HTTP only, and the route is tcp"
        )
    defaults = Analysis()
    return Analysis(
        max_error_rate=_share(errors, place.at("max_error_rate")),
        max_p95_ms=_milliseconds(latency, place.at("max_p95_ms")),
        min_requests=integer(node.get("min_requests")) or defaults.min_requests,
    )


def _share(node: Node | None, place: Place) -> float | None:
    """Read a percentage such as ``1%``, or a number from 0 to 1."""
    if node is None or not text(node):
        return None
    written = text(node).strip()
    percent = _PERCENT.fullmatch(written)
    value = math.nan
    if percent:
        value = float(percent[1]) / 100
    elif isinstance(node, Scalar) and isinstance(node.value, int | float):
        value = float(node.value)
    elif _NUMBER.fullmatch(written):
        value = float(written)
    if 0 <= value <= 1:
        return value
    message = f"must be a percentage such as 1%, or a share from 0 to 1, not {shown(written)}"
    place.problem(node, message)
    return None


def _milliseconds(node: Node | None, place: Place) -> float | None:
    value = node.value if isinstance(node, Scalar) else None
    if node is None or not isinstance(value, int | float):
        return None
    if not 0 < value < math.inf:
        place.problem(node, f"must be a number of milliseconds above 0, not {text(node)}")
    return float(value)
