import json
from collections.abc import Mapping
from dataclasses import replace

import pytest

from sandbox.model.action import ContainerSpec
from sandbox.model.observed import ObservedContainer
from sandbox.model.service import Logging, Service
from sandbox.model.surroundings import Hook, Hooks
from sandbox.planning.field_label import changes_since
from sandbox.planning.labels import FIELDS, IN_COMMIT, PRE_STOP, pre_stop_hooks
from sandbox.planning.spec import container_spec
from tests.builders import (
    a_container,
    a_desired_state,
    a_file,
    a_healthcheck,
    a_plan,
    a_running_state,
    a_service,
    an_owner,
)

SECRETIVE = replace(
    a_service(
        environment={
            "DB_PASSWORD": "hunter2",
            "DATABASE_URL": "postgresql://shop:hunter2@db/shop",
            "MODE": "fast",
            "COOKIE_SIGNING": "biscuit",
        },
        files=[
            replace(a_file("/run/secrets/pin", b"1234"), secret=True),
            a_file("/etc/app.conf", b"on"),
        ],
        command=("run", "--url=redis://:pass:word@cache", "--password", "opensesame"),
        healthcheck=a_healthcheck("CMD-SHELL", "curl -u admin:open-door http://localhost/"),
        user_labels={"note": "label-text"},
    ),
    entrypoint=("tini", "--token=t0ken-in-entry"),
    hooks=Hooks(post_start=(Hook(command=("login", "--pin", "98-76")),)),
    logging=Logging(driver="splunk", options={"splunk-token": "log-t0ken"}),
)
VALUES = (
    *("hunter2", "fast", "biscuit", "pass:word", "opensesame", "open-door", "t0ken-in-entry"),
    *("98-76", "log-t0ken", "03ac674216f3e15c", "label-text"),
)


def spec_of(service: Service) -> ContainerSpec:
    return container_spec(an_owner(), a_desired_state(service), service, 1)


def made_from(service: Service) -> ObservedContainer:
    return a_container(a_desired_state(service), service)


def told(container: ObservedContainer, service: Service) -> list[str]:
    changes, _ = changes_since(container, spec_of(service))
    return [f"{each.field}: {each.old} -> {each.new}" for each in changes]


def with_environment(**environment: str) -> Service:
    return replace(SECRETIVE, environment={**SECRETIVE.environment, **environment})


def test_no_label_of_ours_holds_a_value_of_free_text() -> None:
    labels = spec_of(SECRETIVE).labels
    ours = " ".join(text for name, text in labels.items() if name != "note")
    assert [value for value in VALUES if value in ours] == []
    assert "environment.DB_PASSWORD" in json.loads(labels[FIELDS])


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        (with_environment(MODE="slow"), "environment.MODE: fast -> slow"),
        (with_environment(DB_PASSWORD="other"), "environment.DB_PASSWORD: *** -> ***"),
        (
            with_environment(DATABASE_URL="postgresql://shop:b4@db2/shop"),
            (
                "environment.DATABASE_URL: postgresql://shop:***@db/shop"
                " -> postgresql://shop:***@db2/shop"
            ),
        ),
        (
            replace(SECRETIVE, command=("run", "--password", "opensesame-too")),
            (
                'command: ["run", "--url=redis://:***@cache", "--password", "***"]'
                ' -> ["run", "--password", "***"]'
            ),
        ),
        (
            replace(SECRETIVE, healthcheck=a_healthcheck("CMD", "check")),
            (
                'healthcheck.test: ["CMD-SHELL", "curl -u admin:*** http://localhost/"]'
                ' -> ["CMD", "check"]'
            ),
        ),
        (replace(SECRETIVE, working_dir="/srv"), "working_dir: None -> /srv"),
    ],
)
def test_a_change_is_named_with_what_was_and_what_is(changed: Service, expected: str) -> None:
    assert told(made_from(SECRETIVE), changed) == [expected]


def test_an_equal_spec_has_no_change() -> None:
    assert told(made_from(SECRETIVE), SECRETIVE) == []


def test_what_neither_label_nor_engine_tells_is_named_when_nothing_else_changed() -> None:
    files = (replace(SECRETIVE.files[0], content=b"4321"), SECRETIVE.files[1])
    other = replace(SECRETIVE, files=files)
    one_secret = replace(other, hooks=Hooks())

    assert changes_since(made_from(SECRETIVE), spec_of(other)) == (
        (),
        ("files./run/secrets/pin", "hooks.post_start"),
    )
    assert told(made_from(replace(SECRETIVE, hooks=Hooks())), one_secret) == [
        "files./run/secrets/pin: *** -> ***"
    ]


def labelled_as_before(service: Service, **fields: str) -> ObservedContainer:
    """Give a container as an earlier version made it: values in its label, some of them hidden."""
    made = made_from(service)
    kept: Mapping[str, str] = {**json.loads(made.labels[FIELDS]), **fields}
    return replace(made, labels={**made.labels, FIELDS: json.dumps(kept)})


def test_a_container_with_the_label_of_an_earlier_version_is_kept() -> None:
    desired = a_desired_state(SECRETIVE)
    state = a_running_state(desired)
    old = labelled_as_before(
        SECRETIVE, **{"environment.MODE": "fast", "environment.DB_PASSWORD": "hidden:f52fbd32"}
    )
    containers = [old if each.name == old.name else each for each in state.containers]

    assert a_plan(desired, replace(state, containers=tuple(containers))).steps == ()


def test_its_old_values_are_read_from_the_container_and_not_shown() -> None:
    old = labelled_as_before(SECRETIVE, **{"environment.DB_PASSWORD": "hidden:f52fbd32"})
    assert told(old, with_environment(DB_PASSWORD="new")) == ["environment.DB_PASSWORD: *** -> ***"]
    untold = replace(old, given={})
    assert told(untold, with_environment(DB_PASSWORD="new")) == []


def test_hooks_that_hold_a_secret_are_not_in_the_label() -> None:
    harmless = Hook(command=("sync", "--now"))
    secret = Hook(command=("curl", "-u", "admin:open-door", "http://x/"))
    named = Hook(command=("flush", "hunter2"))

    def label(hook: Hook) -> str:
        return spec_of(replace(SECRETIVE, hooks=Hooks(pre_stop=(hook,)))).labels[PRE_STOP]

    assert pre_stop_hooks({PRE_STOP: label(harmless)}) == (harmless,)
    assert label(secret) == label(named) == IN_COMMIT
    assert pre_stop_hooks({PRE_STOP: IN_COMMIT}) == ()
