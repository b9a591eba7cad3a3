"""The top-level ``x-sandbox`` of an environment, with its defaults."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncSettings:
    """
    What a sync may do by itself.

    Attributes:
        auto: Follow new commits without being asked.
        self_heal: Repair drift without being asked.
        prune: Remove what is no longer declared (never a volume).
        allow_empty: An environment without a single service is meant.
    """

    auto: bool = True
    self_heal: bool = True
    prune: bool = True
    allow_empty: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RolloutSettings:
    """
    How long a change may take.

    Attributes:
        deadline_s: Seconds that a started container has to become ready.
        rollback: Go back to the last good revision when it does not.
    """

    deadline_s: float = 120.0
    rollback: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthSettings:
    """
    What follows when a service becomes unhealthy after its sync.

    Attributes:
        restart_after_s: Seconds until its container is restarted; 0.0 is never.
        rollback_after_s: Seconds until the last good revision comes back; 0.0 is never.
    """

    restart_after_s: float = 300.0
    rollback_after_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentSettings:
    """
    Top-level ``x-sandbox`` of one environment.

    Attributes:
        track: Branch that the environment follows.
        release: Commit to build from; empty means the tracked commit itself.
        promote_from: Environment whose release `promote` copies; empty means none.
        soak_s: Seconds that *promote_from* has to have served a release well before it is copied.
    """

    track: str = "main"
    release: str = ""
    promote_from: str = ""
    soak_s: float = 0.0
    sync: SyncSettings = field(default_factory=SyncSettings)
    rollout: RolloutSettings = field(default_factory=RolloutSettings)
    health: HealthSettings = field(default_factory=HealthSettings)
