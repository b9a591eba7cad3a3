from dataclasses import replace

from sandbox.model.desired import Network
from sandbox.model.ingress import RouteMode
from sandbox.model.rollout import CanaryStep, Order, Rollout, UpdateConfig
from sandbox.model.service import Port
from sandbox.planning.compare import compare_desired
from tests.builders import a_desired_state, a_service, waits_for
from tests.planning.cases import a_db, a_web, the_shop


def lines(one: object, other: object) -> list[str]:
    changes = compare_desired(one, other)  # type: ignore[arg-type] # two desired states
    return [f"{each.field}: {each.old} -> {each.new}" for each in changes]


def test_an_environment_is_like_itself_whatever_it_is_called() -> None:
    assert lines(the_shop(), replace(the_shop(), environment="production", revision="x")) == []


def test_each_field_that_differs_is_named() -> None:
    other = a_web(environment={"HEADLINE": "Hi"}, replicas=2, depends_on=(waits_for("db"),))
    assert lines(a_desired_state(a_web(), a_db()), a_desired_state(other, a_db())) == [
        "web.depends_on.db: service_healthy -> service_started",
        "web.depends_on.migrate: service_completed_successfully -> None",
        "web.environment.HEADLINE: Hello -> Hi",
        "web.replicas: 1 -> 2",
    ]


def test_what_only_one_declares_is_one_change() -> None:
    more = a_desired_state(
        a_service("extra"), a_service(), networks=[Network(key="back"), Network(key="default")]
    )
    assert lines(a_desired_state(a_service()), more) == [
        "extra: None -> declared",
        "networks.back: None -> declared",
    ]


def test_secrets_differ_without_being_shown() -> None:
    one, other = (a_desired_state(a_web(environment={"DB_PASSWORD": text})) for text in "ab")
    assert lines(one, other) == ["web.environment.DB_PASSWORD: *** -> ***"]


def test_the_release_and_the_settings_count() -> None:
    other = a_desired_state(a_service(), prune=False, release="f" * 40)
    assert [line.partition(":")[0] for line in lines(a_desired_state(a_service()), other)] == [
        "x-sandbox.release",
        "x-sandbox.sync.prune",
    ]


def test_a_setting_that_only_one_gives_is_absent_in_the_other() -> None:
    plain = a_desired_state(a_service())
    promoted = replace(plain, settings=replace(plain.settings, promote_from="staging"))
    assert lines(plain, promoted) == ["x-sandbox.promote_from: None -> staging"]


def test_how_requests_reach_a_service_and_how_it_is_rolled_out_are_named() -> None:
    plain = a_service(ports=[Port(target=80)])
    update = UpdateConfig(order=Order.STOP_FIRST, parallelism=2)
    other = replace(
        plain,
        ports=(Port(target=80, app_protocol="http"),),
        route=RouteMode.TCP,
        rollout=Rollout(update=update, steps=(CanaryStep(weight=5, for_s=1.0),)),
    )
    assert lines(a_desired_state(plain), a_desired_state(other)) == [
        "web.ports.80.app_protocol: None -> http",
        'web.rollout.steps: None -> {"for_s": 1.0, "weight": 5}',
        "web.rollout.update.order: None -> stop-first",
        "web.rollout.update.parallelism: None -> 2",
        "web.route: None -> tcp",
    ]
