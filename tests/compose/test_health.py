import pytest

from sandbox.model.service import Healthcheck
from tests.compose.committed import service, service_problems


@pytest.mark.parametrize(
    ("written", "healthcheck"),
    [
        ("{test: curl localhost}", Healthcheck(test=("CMD-SHELL", "curl localhost"))),
        ("{test: [CMD, curl, localhost]}", Healthcheck(test=("CMD", "curl", "localhost"))),
        ("{test: [CMD-SHELL, a || b]}", Healthcheck(test=("CMD-SHELL", "a || b"))),
        ("{test: [NONE]}", Healthcheck(test=("NONE",))),
        ("{disable: true}", Healthcheck(test=("NONE",))),
        ("{disable: true, test: [CMD, a]}", Healthcheck(test=("NONE",))),
        ("{disable: false, test: [CMD, a]}", Healthcheck(test=("CMD", "a"))),
        ("{test: []}", Healthcheck()),
        ("{interval: 1m30s, timeout: 500ms, start_period: 2s, retries: 5}",
         Healthcheck(interval_s=90.0, timeout_s=0.5, start_period_s=2.0, retries=5)),
    ],
)  # fmt: skip
def test_each_form_is_read(written: str, healthcheck: Healthcheck) -> None:
    assert service(f"healthcheck: {written}").healthcheck == healthcheck


def test_without_a_healthcheck_the_image_decides() -> None:
    assert service("user: x").healthcheck is None


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("{test: [curl, x]}", "a list must begin with CMD, CMD-SHELL or NONE, not 'curl'"),
        ("{test: [CMD]}", "nothing follows CMD"),
        ("{interval: 5}", "must be a duration"),
        ("{interval: -5s}", "must be a duration"),
        ("{retries: some}", "must be a whole number, not 'some'"),
        ("{foo: 1}", "the key `foo` is unknown"),
    ],
)
def test_what_is_no_healthcheck_is_told(written: str, message: str) -> None:
    (found,) = service_problems(f"healthcheck: {written}")

    assert message in found


def test_a_start_interval_is_taken() -> None:
    found = service("healthcheck: {test: a, start_interval: 1s}").healthcheck

    assert found == Healthcheck(test=("CMD-SHELL", "a"), start_interval_s=1.0)
