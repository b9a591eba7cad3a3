import pytest

from sandbox.model.ingress import RouteMode
from sandbox.model.rollout import (
    Analysis,
    CanaryStep,
    FailureAction,
    Order,
    Rollout,
    UpdateConfig,
)
from tests.compose.committed import service, service_problems
from tests.compose.memory import project, services

CANARY = "ports: ['80']\nx-sandbox: {rollout: {steps: [{weight: 10, for: 20s}]"


def test_everything_has_a_default() -> None:
    for attributes in (
        "user: x",
        "x-sandbox:",
        "x-sandbox: {}",
        "x-sandbox: {rollout: }",
        "x-sandbox: {rollout: {steps: , analysis: }}",
        "x-sandbox: {rollout: {steps: []}}",
        "deploy: {update_config: {}, rollback_config: {}}",
    ):
        found = service(attributes)
        assert (found.route, found.rollout) == (None, Rollout())


@pytest.mark.parametrize("mode", list(RouteMode))
def test_the_route_is_read(mode: RouteMode) -> None:
    assert service(f"x-sandbox: {{route: {mode}}}").route is mode


def test_the_protocol_of_a_port_is_read_in_small_letters() -> None:
    (port,) = service("ports: [{target: 81, app_protocol: HTTP}]").ports

    assert port.app_protocol == "http"


def test_everything_of_an_update_is_read() -> None:
    found = service(
        "deploy:\n"
        "  update_config: {order: stop-first, parallelism: 2, delay: 10s, monitor: 1m,"
        " failure_action: continue, max_failure_ratio: 0.25}\n"
        "  rollback_config: {order: start-first, parallelism: 0, failure_action: continue}\n"
    ).rollout

    assert found == Rollout(
        update=UpdateConfig(
            order=Order.STOP_FIRST,
            parallelism=2,
            delay_s=10.0,
            failure_action=FailureAction.CONTINUE,
            monitor_s=60.0,
            max_failure_ratio=0.25,
        ),
        rollback=UpdateConfig(
            order=Order.START_FIRST, parallelism=0, failure_action=FailureAction.CONTINUE
        ),
    )


def test_a_canary_is_read() -> None:
    found = service(
        f"{CANARY[:-1]}, {{weight: 50, for: 1m}}],"
        " analysis: {max_error_rate: 1%, max_p95_ms: 300, min_requests: 20}}}"
    ).rollout

    assert found.steps == (CanaryStep(weight=10, for_s=20.0), CanaryStep(weight=50, for_s=60.0))
    assert found.analysis == Analysis(max_error_rate=0.01, max_p95_ms=300.0, min_requests=20)


@pytest.mark.parametrize(
    ("written", "share"),
    [
        ("1%", 0.01),
        ("0.5 %", 0.005),
        ("'0.02'", 0.02),
        ("0.02", 0.02),
        ("0", 0.0),
        ("1", 1.0),
        ("100%", 1.0),
    ],
)
def test_a_rate_is_a_percentage_or_a_share(written: str, share: float) -> None:
    analysis = service(f"{CANARY}, analysis: {{max_error_rate: {written}}}}}}}").rollout.analysis

    assert analysis == Analysis(max_error_rate=share)


def test_numbers_may_come_from_variables() -> None:
    found = service(
        "ports: ['80']\n"
        "x-sandbox: {route: $ROUTE, rollout: {steps: [{weight: $W, for: $F}], analysis:"
        " {max_error_rate: $RATE, max_p95_ms: $MS, min_requests: $MIN}}}",
        env="ROUTE=http\nW=5\nF=2s\nRATE=0.02\nMS=12.5\nMIN=7",
    )

    assert found.route is RouteMode.HTTP
    assert found.rollout.steps == (CanaryStep(weight=5, for_s=2.0),)
    assert found.rollout.analysis == Analysis(max_error_rate=0.02, max_p95_ms=12.5, min_requests=7)


def test_steps_replace_those_of_what_is_extended_and_the_rest_is_laid_over_it() -> None:
    base = (
        "services: {web: {image: x, ports: ['80'], x-sandbox: {route: http, rollout:"
        " {steps: [{weight: 50, for: 1s}], analysis: {max_p95_ms: 100, min_requests: 5}}}}}"
    )
    found = service(
        "extends: {file: ../base/compose.yaml, service: web}\n"
        "x-sandbox: {rollout: {steps: [{weight: 10, for: 1s}], analysis: {max_p95_ms: 50}}}",
        others={"environments/base/compose.yaml": base},
    )

    assert found.route is RouteMode.HTTP
    assert found.rollout.steps == (CanaryStep(weight=10, for_s=1.0),)
    assert found.rollout.analysis == Analysis(max_p95_ms=50.0, min_requests=5)


def test_no_steps_take_those_of_what_is_extended_away() -> None:
    base = (
        "services: {web: {image: x, ports: ['80'],"
        " x-sandbox: {rollout: {steps: [{weight: 50, for: 1s}]}}}}"
    )
    found = service(
        "extends: {file: ../base/compose.yaml, service: web}\nx-sandbox: {rollout: {steps: }}",
        others={"environments/base/compose.yaml": base},
    )

    assert found.rollout == Rollout()


def test_config_prints_all_of_it() -> None:
    written = (
        "services: {web: {image: x, ports: ['80'], deploy: {update_config: {parallelism: 0,"
        " order: start-first}}, x-sandbox: {route: http, rollout: {steps: [{weight: '10',"
        " for: 20s}], analysis: {max_error_rate: 1%}}}}}"
    )

    printed = services(project({"compose.yaml": written}))["web"]

    assert printed["deploy"]["update_config"] == {"parallelism": 0, "order": "start-first"}
    assert printed["x-sandbox"] == {
        "route": "http",
        "rollout": {
            "steps": [{"weight": 10, "for": "20s"}],
            "analysis": {"max_error_rate": "1%"},
        },
    }


@pytest.mark.parametrize(
    ("attributes", "said"),
    [
        ("x-sandbox: {rout: http}",
         "4:17: services.web.x-sandbox.rout: the key `rout` is unknown; did you mean 'route'?"),
        ("x-sandbox: {x-y: 1}",
         ("4:17: services.web.x-sandbox.x-y: the key `x-y` is unknown; allowed here: gate,"
         " migrations, rollout, route")),
        ("x-sandbox: {probe: 1}",
         "4:17: services.web.x-sandbox.probe: the key `probe` is not supported yet"),
        ("x-sandbox: {route: htp}",
         ("4:24: services.web.x-sandbox.route: must be http, tcp or direct, not 'htp'; did you"
         " mean 'http'?")),
        ("x-sandbox: {rollout: {stepps: []}}",
         ("4:27: services.web.x-sandbox.rollout.stepps: the key `stepps` is unknown; did you mean"
         " 'steps'?")),
        ("x-sandbox: {rollout: {steps: [{weight: 0, for: 1s}]}}",
         ("4:44: services.web.x-sandbox.rollout.steps[0].weight: must be a percentage of the"
         " requests, a whole number from 1 to 99, not a number (0)")),
        ("x-sandbox: {rollout: {steps: [{weight: 100, for: 1s}]}}",
         ("4:44: services.web.x-sandbox.rollout.steps[0].weight: must be a percentage of the"
         " requests, a whole number from 1 to 99, not a number (100)")),
        ("x-sandbox: {rollout: {steps: [{weight: 10%, for: 1s}]}}",
         ("4:44: services.web.x-sandbox.rollout.steps[0].weight: must be a whole number, not"
         " '10%'")),
        ("x-sandbox: {rollout: {steps: [{weight: 10}]}}",
         "4:35: services.web.x-sandbox.rollout.steps[0]: the key `for` is missing"),
        ("ports: ['80']\nx-sandbox: {rollout: {steps: [{weight: 5, for: 0s}]}}",
         "5:52: services.web.x-sandbox.rollout.steps[0].for: must be more than 0"),
        ("ports: ['80']\nx-sandbox: {rollout: {steps: [{weight: 5, for: -1s}]}}",
         ("5:52: services.web.x-sandbox.rollout.steps[0].for: must be a duration such as 500ms,"
         " 10s, 1m30s or 2h, not '-1s'")),
        (f"{CANARY[:-1]}, {{weight: 10, for: 1s}}]}}}}",
         ("5:68: services.web.x-sandbox.rollout.steps[1].weight: the weights must rise: 10 comes"
         " after 10 (after the last step all requests go to the new containers by themselves)")),
        ("x-sandbox: {rollout: {analysis: {max_p95_ms: 1}}}",
         ("4:27: services.web.x-sandbox.rollout.analysis: an analysis judges the steps of a"
         " canary, and there are none (add steps, such as [{weight: 10, for: 20s}], or remove"
         " it)")),
        (f"{CANARY}, analysis: {{min_requests: 5}}}}}}",
         ("5:70: services.web.x-sandbox.rollout.analysis: no limit is set (add max_error_rate,"
         " max_p95_ms or both)")),
        (f"{CANARY}, analysis: {{max_p95_ms: 0}}}}}}",
         ("5:83: services.web.x-sandbox.rollout.analysis.max_p95_ms: must be a number of"
         " milliseconds above 0, not 0")),
        (f"{CANARY}, analysis: {{max_p95_ms: .nan}}}}}}",
         ("5:83: services.web.x-sandbox.rollout.analysis.max_p95_ms: must be a number of"
         " milliseconds above 0, not NaN")),
        (f"{CANARY}, analysis: {{max_p95_ms: 1, min_requests: 0}}}}}}",
         ("5:100: services.web.x-sandbox.rollout.analysis.min_requests: must be a whole number"
         " from 1 on, not a number (0)")),
        (f"{CANARY}, analysis: {{max_p95_ms: 1}}}}, route: tcp}}",
         ("5:83: services.web.x-sandbox.rollout.analysis.max_p95_ms: response times"
         " are measured for HTTP only, and the route is tcp")),
        ("deploy: {update_config: {failure_action: rolback}}",
         ("4:46: services.web.deploy.update_config.failure_action: must be continue or pause or"
         " rollback, not 'rolback'; did you mean 'rollback'?")),
        ("deploy: {rollback_config: {failure_action: rollback}}",
         ("4:48: services.web.deploy.rollback_config.failure_action: must be continue or pause,"
         " not 'rollback'")),
        ("deploy: {update_config: {max_failure_ratio: 1.5}}",
         ("4:49: services.web.deploy.update_config.max_failure_ratio: must be a percentage such"
         " as 1%, or a share from 0 to 1, not '1.5'")),
        ("deploy: {update_config: {parallelism: -1}}",
         "4:43: services.web.deploy.update_config.parallelism: must not be less than 0, not -1"),
        ("deploy: {update_config: {delay: -1s}}",
         ("4:37: services.web.deploy.update_config.delay: must be a duration such as 500ms, 10s,"
         " 1m30s or 2h, not '-1s'")),
        ("deploy: {update_config: {order: restart}}",
         ("4:37: services.web.deploy.update_config.order: must be start-first or stop-first, not"
         " 'restart'")),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_place(attributes: str, said: str) -> None:
    assert service_problems(attributes) == [f"compose.yaml:{said}"]


@pytest.mark.parametrize("written", ["1.5", "-1", "101%", "-1%", "many", "'1e-2'", ".inf", ".nan"])
def test_a_rate_outside_of_its_range_is_refused(written: str) -> None:
    (found,) = service_problems(f"{CANARY}, analysis: {{max_error_rate: {written}}}}}}}")

    assert "must be a percentage such as 1%, or a share from 0 to 1" in found
