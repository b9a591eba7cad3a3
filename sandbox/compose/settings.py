"""Top-level ``x-sandbox``."""

from __future__ import annotations

from sandbox.compose.node import MapNode, Node, flag, mapping, text
from sandbox.compose.units import duration_s
from sandbox.model.settings import (
    EnvironmentSettings,
    HealthSettings,
    RolloutSettings,
    SyncSettings,
)


def read_settings(node: Node | None) -> EnvironmentSettings:
    """Read it; the schema has refused what is unknown."""
    top = mapping(node)
    source = mapping(top.get("promote_from"))
    defaults = EnvironmentSettings()
    return EnvironmentSettings(
        track=text(top.get("track")) or defaults.track,
        release=text(top.get("release")),
        promote_from=text(source.get("environment")) or text(top.get("promote_from")),
        soak_s=duration_s(text(source.get("soak"))) or 0.0,
        sync=_sync(mapping(top.get("sync"))),
        rollout=_rollout(mapping(top.get("rollout"))),
        health=_health(mapping(top.get("health"))),
    )


def _sync(node: MapNode) -> SyncSettings:
    defaults = SyncSettings()
    return SyncSettings(
        auto=flag(node.get("auto"), default=defaults.auto),
        self_heal=flag(node.get("self_heal"), default=defaults.self_heal),
        prune=flag(node.get("prune"), default=defaults.prune),
        allow_empty=flag(node.get("allow_empty"), default=defaults.allow_empty),
    )


def _rollout(node: MapNode) -> RolloutSettings:
    defaults = RolloutSettings()
    deadline_s = duration_s(text(node.get("deadline")))
    return RolloutSettings(
        deadline_s=defaults.deadline_s if deadline_s is None else deadline_s,
        rollback=flag(node.get("rollback"), default=defaults.rollback),
    )


def _health(node: MapNode) -> HealthSettings:
    defaults = HealthSettings()
    restart_after_s = duration_s(text(node.get("restart_after")))
    rollback_after_s = duration_s(text(node.get("rollback_after")))
    return HealthSettings(
        restart_after_s=defaults.restart_after_s if restart_after_s is None else restart_after_s,
        rollback_after_s=(
            defaults.rollback_after_s if rollback_after_s is None else rollback_after_s
        ),
    )
