from sandbox.model.settings import (
    EnvironmentSettings,
    HealthSettings,
    RolloutSettings,
    SyncSettings,
)
from tests.compose.committed import load, problems


def test_everything_has_a_default() -> None:
    for text in ("x-sandbox:\nservices: {}", "x-sandbox: {}\nservices: {}", "services: {}"):
        assert load(text).settings == EnvironmentSettings()


def test_everything_can_be_set() -> None:
    state = load(
        "x-sandbox:\n"
        "  track: release/2\n"
        "  release: ${RELEASE:-}\n"
        "  promote_from: {environment: dev, soak: 10m}\n"
        "  sync: {auto: false, self_heal: false, prune: false, allow_empty: true}\n"
        "  rollout: {deadline: 2m, rollback: false}\n"
        "  health: {restart_after: 10m, rollback_after: 1h}\n"
        "services: {}\n",
        env="RELEASE=abc",
    )

    assert state.settings == EnvironmentSettings(
        track="release/2",
        release="abc",
        promote_from="dev",
        soak_s=600.0,
        sync=SyncSettings(auto=False, self_heal=False, prune=False, allow_empty=True),
        rollout=RolloutSettings(deadline_s=120.0, rollback=False),
        health=HealthSettings(restart_after_s=600.0, rollback_after_s=3600.0),
    )


def test_the_source_of_promotions_may_be_named_alone() -> None:
    settings = load("x-sandbox: {promote_from: dev}\nservices: {}\n").settings

    assert (settings.promote_from, settings.soak_s) == ("dev", 0.0)


def test_a_source_of_promotions_that_is_no_environment_is_told_with_its_line() -> None:
    text = "x-sandbox:\n  promote_from: dev\nservices: {}\n"
    (warning,) = load(text).warnings
    assert warning.startswith("environments/staging/compose.yaml:2: promote_from: there is no")
    there = {"environments/dev/compose.yaml": "x-sandbox: {}\nservices: {}\n"}
    assert load(text, others=there).warnings == ()
    # Branches of their own need not have each other's environments.
    assert load(text.replace("services", "  track: live\nservices")).warnings == ()


def test_an_environment_is_not_promoted_from_itself() -> None:
    (found,) = problems("x-sandbox:\n  promote_from: staging\nservices: {}\n")
    assert found.startswith("compose.yaml:2:17: x-sandbox.promote_from: staging is this")


def test_a_source_of_promotions_without_a_name_is_a_problem() -> None:
    assert problems("x-sandbox: {promote_from: {soak: 10m}}\nservices: {}\n") != []


def test_unknown_keys_and_wrong_values_are_told_with_line_and_column() -> None:
    found = problems(
        "x-sandbox:\n"
        "  trak: main\n"
        "  sync: {auto: maybe, x-y: 1}\n"
        "  rollout: {deadline: 2}\n"
        "  track: --output=x\n"
        "services: {}\n"
    )

    assert found == [
        "compose.yaml:2:3: x-sandbox.trak: the key `trak` is unknown; did you mean 'track'?",
        "compose.yaml:3:16: x-sandbox.sync.auto: must be true or false, not 'maybe'",
        (
            "compose.yaml:3:23: x-sandbox.sync.x-y: the key `x-y` is unknown;"
            " allowed here: allow_empty, auto, prune, self_heal"
        ),
        (
            "compose.yaml:4:23: x-sandbox.rollout.deadline: must be a duration such as 500ms, 10s,"
            " 1m30s or 2h, not a number (2)"
        ),
        ("compose.yaml:5:10: x-sandbox.track: must be the name of a branch, not '--output=x'"),
    ]
